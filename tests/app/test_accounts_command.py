"""`accounts add|list|end|password`, run as a person would run it."""

import pytest
from typer.testing import CliRunner

from app.commands.accounts import accounts
from app.identity import Door, Identity

LONG = "correct horse battery"


@pytest.fixture
def run(installation):
    return lambda *words, typed="": CliRunner().invoke(accounts, words, input=typed, obj=installation)


@pytest.fixture
def can_sign_in(installation):
    def tried(name, password):
        opened = installation.open_store()
        try:
            return Identity(b"k" * 32, opened, Door("accounts")).enter(name, password) is not None
        finally:
            opened.close()

    return tried


def test_an_added_person_can_sign_in_and_their_password_is_never_echoed(run, can_sign_in):
    added = run("add", "ann", typed=f"{LONG}\n{LONG}\n")

    assert added.exit_code == 0 and "Added ann" in added.stdout
    assert LONG not in added.output
    assert can_sign_in("ann", LONG) and not can_sign_in("ann", "another")


def test_a_name_in_use_is_refused_before_a_password_is_asked_for(run):
    run("add", "ann", "--password-stdin", typed=LONG)

    refused = run("add", "ANN")

    assert refused.exit_code == 1 and "already" in refused.stderr and "Password" not in refused.output


@pytest.mark.parametrize("typed", ["", "short", "p" * 1_001])
def test_a_password_of_a_wrong_length_is_refused_with_one_sentence(run, typed):
    refused = run("add", "ann", "--password-stdin", typed=typed)

    assert refused.exit_code == 1 and refused.stderr.count("\n") == 1
    assert f"{len(typed)} characters long; it must have 12" in refused.stderr
    assert "no account yet" in run("list").stdout


def test_an_ended_person_cannot_sign_in_stays_listed_and_leaves_the_name_free(run, can_sign_in):
    run("add", "ann", "--password-stdin", typed=LONG)

    ended = run("end", "ann")

    assert ended.exit_code == 0 and not can_sign_in("ann", LONG)
    assert ", ended" in run("list").stdout
    assert run("add", "ann", "--password-stdin", typed=LONG).exit_code == 0


def test_a_changed_password_replaces_the_old_one(run, can_sign_in):
    run("add", "ann", "--password-stdin", typed=LONG)

    changed = run("password", "ann", "--password-stdin", typed="another long password")

    assert changed.exit_code == 0
    assert can_sign_in("ann", "another long password") and not can_sign_in("ann", LONG)


@pytest.mark.parametrize("words", [("end", "zoe"), ("password", "zoe", "--password-stdin")])
def test_a_name_that_nobody_has_is_named(run, words):
    refused = run(*words, typed=LONG)

    assert refused.exit_code == 1 and "'zoe'" in refused.stderr
