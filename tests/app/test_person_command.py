"""`person export|erase`, run as a host would run it when somebody asks for it."""

import json

import pytest
from typer.testing import CliRunner

from app.commands.person import person


@pytest.fixture
def run(installation):
    return lambda *words, typed="": CliRunner().invoke(person, words, input=typed, obj=installation)


@pytest.fixture
def said(store, ann):
    """A conversation of ann's."""
    return store.save_prompt(ann, store.start_conversation(ann).id, "Qopalesce")


def test_an_export_holds_what_the_person_wrote_and_is_in_the_log(run, store, ann, said):
    export = run("export", ann)

    assert export.exit_code == 0
    (conversation,) = json.loads(export.stdout)["conversations"]
    assert conversation["messages"][0]["text"] == "Qopalesce"
    event = store.audit.events(1)[0]
    assert (event.actor, event.action, event.object_id) == (
        "host",
        "person exported",
        store.audit.pseudonym(ann),
    )


def test_an_export_into_a_file_is_for_the_host_alone_and_replaces_nothing(run, ann, said, tmp_path):
    first = run("export", ann, "--to", str(tmp_path / "ann.json"))
    again = run("export", ann, "--to", str(tmp_path / "ann.json"))

    assert first.exit_code == 0 and first.stdout == ""
    assert (tmp_path / "ann.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "ann.json").read_text())["person"] == ann
    assert again.exit_code == 1 and "name a new file" in again.output


def test_an_erased_person_is_gone_and_the_log_names_the_host(run, store, ann, bob, said):
    erased = run("erase", ann, typed="y\n")

    assert erased.exit_code == 0 and "Everything of ann is erased" in erased.stdout
    assert store.conversations(ann) == ()
    assert not store.knows(ann) and store.knows(bob)
    assert (store.audit.events(1)[0].actor, store.audit.events(1)[0].action) == ("host", "person erased")
    assert store.audit.first_broken() is None


def test_nothing_is_erased_without_a_yes(run, store, ann, said):
    refused = run("erase", ann, typed="n\n")

    assert refused.exit_code == 1 and "with 1 conversations" in refused.output
    assert store.message(ann, said.id) == said


def test_a_person_with_an_account_is_named_by_it_and_loses_it(run, store):
    account = store.accounts.add("Ann Lee", "not a real hash")
    store.save_prompt(account.id, store.start_conversation(account.id).id, "Qopalesce")

    export = run("export", "ann lee")
    erased = run("erase", "Ann Lee", "--yes")

    assert json.loads(export.stdout)["account"]["name"] == "Ann Lee"
    assert erased.exit_code == 0
    assert store.accounts.by_id(account.id) is None and store.conversations(account.id) == ()


def test_an_unknown_person_is_said_and_nothing_happens(run, store, ann, said):
    for command in ("export", "erase"):
        answer = run(command, "nobody")

        assert answer.exit_code == 1 and "Nothing is kept of a person 'nobody'" in answer.output
    assert store.message(ann, said.id) == said
