"""`moderators add|list|end|password`, run as a person would run it."""

import pytest
from typer.testing import CliRunner

from app.commands.moderators import moderators
from app.identity import Identity

LONG = "correct horse battery"


@pytest.fixture
def run(installation):
    return lambda *words, typed="": CliRunner().invoke(moderators, words, input=typed, obj=installation)


@pytest.fixture
def can_sign_in(installation):
    def tried(name, password):
        opened = installation.open_store()
        try:
            return Identity(b"k" * 32, opened).sign_in(name, password) is not None
        finally:
            opened.close()

    return tried


def test_an_added_moderator_can_sign_in(run, can_sign_in):
    added = run("add", "mia", typed=f"{LONG}\n{LONG}\n")

    assert added.exit_code == 0 and "mia" in added.stdout
    assert can_sign_in("mia", LONG)


def test_the_password_is_never_echoed(run):
    added = run("add", "mia", typed=f"{LONG}\n{LONG}\n")

    assert LONG not in added.output


def test_a_password_can_come_from_standard_input(run, can_sign_in):
    added = run("add", "mia", "--password-stdin", typed=f"{LONG}\r\n")

    assert added.exit_code == 0
    assert can_sign_in("mia", LONG)


def test_a_lead_is_made_with_lead(run):
    run("add", "noa", "--lead", "--password-stdin", typed=LONG)

    assert "noa\tlead\t" in run("list").stdout


@pytest.mark.parametrize("typed", ["", "short", "elevenchars", "p" * 1_001])
def test_a_password_of_a_wrong_length_is_refused_with_one_sentence(run, typed):
    refused = run("add", "mia", "--password-stdin", typed=typed)

    assert refused.exit_code == 1
    assert f"{len(typed)} characters long; it must have 12" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert "no moderator yet" in run("list").stdout


def test_a_name_that_is_in_use_is_refused_before_a_password_is_asked_for(run):
    run("add", "mia", "--password-stdin", typed=LONG)

    refused = run("add", "MIA")

    assert refused.exit_code == 1 and "already" in refused.stderr and "Password" not in refused.output


@pytest.mark.parametrize("name", ["", "   ", "n" * 65, "two\nlines"])
def test_a_name_that_cannot_be_one_is_refused(run, name):
    refused = run("add", name, "--password-stdin", typed=LONG)

    assert refused.exit_code == 1 and "cannot be a name" in refused.stderr


def test_an_ended_moderator_cannot_sign_in_and_stays_listed(run, can_sign_in):
    run("add", "mia", "--password-stdin", typed=LONG)

    ended = run("end", "mia")

    assert ended.exit_code == 0
    assert not can_sign_in("mia", LONG)
    assert "mia" in run("list").stdout and "ended" in run("list").stdout


def test_a_changed_password_replaces_the_old_one_and_keeps_name_and_role(run, can_sign_in):
    run("add", "mia", "--lead", "--password-stdin", typed=LONG)

    changed = run("password", "mia", "--password-stdin", typed="another long password")

    assert changed.exit_code == 0
    assert can_sign_in("mia", "another long password") and not can_sign_in("mia", LONG)
    assert run("list").stdout.count("mia\tlead\t") == 1 + run("list").stdout.count(", ended")


def test_a_new_password_that_is_too_short_leaves_the_old_one(run, can_sign_in):
    run("add", "mia", "--password-stdin", typed=LONG)

    refused = run("password", "mia", "--password-stdin", typed="short")

    assert refused.exit_code == 1
    assert can_sign_in("mia", LONG)


@pytest.mark.parametrize("words", [("end", "zoe"), ("password", "zoe", "--password-stdin")])
def test_a_name_that_nobody_has_is_named(run, words):
    refused = run(*words, typed=LONG)

    assert refused.exit_code == 1 and "'zoe'" in refused.stderr
