"""The matrix's last role: somebody suspended reads, takes along and appeals as before, and writes nothing."""

import json

import pytest
from matrix import VISITOR, wrong_answers
from siege import REPLY, besieged, converse, plausible

from storage.types import NotFound

WORDS = "words-from-before-the-suspension"
REFUSED = "cannot write here until"
# What asks the model or stores a message; every other listener answers somebody suspended too.
WRITING = ("send", "send_example", "edit", "retry", "rename")
FILE = {
    "format": "bezel-conversations",
    "version": 1,
    "conversations": [
        {
            "title": "",
            "leaf": "1",
            "messages": [
                {
                    "id": "1",
                    "parent": None,
                    "role": "user",
                    "state": "accepted",
                    "text": "Hello from a file",
                    "said_at": "2026-11-01T12:00:00+00:00",
                    "checkpoint": None,
                }
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A Bezel of its own: whoever is suspended takes everybody of the same address along."""
    with besieged(tmp_path_factory.mktemp("suspended"), (REPLY,), undo_seconds=0) as running:
        yield running


@pytest.fixture(scope="module")
def eve(site):
    """Somebody who talked, was stopped, and has been suspended for it."""
    caller = site.caller().accept_terms()
    converse(site, caller, WORDS)
    site.suspend(caller)
    assert site.parts.store.sanctions.of(caller.owner)
    yield caller
    caller.close()


def is_refused(said):
    """Whether a listener refused, and did not only fill the page, which says until when as well."""
    told = [line for line in said.splitlines() if '"msg":"log"' in line or '"success":false' in line]
    return any(REFUSED in line for line in told)


def stored(site, person):
    """The messages of somebody, as they are kept."""
    return [talk["messages"] for talk in site.parts.store.archive.write(person.owner)["conversations"]]


def test_who_is_suspended_gets_every_page_and_download_and_none_of_the_desk(site, eve):
    assert wrong_answers(eve, VISITOR) == {}
    assert WORDS in eve.ask("GET", "/my-data/export").text
    assert WORDS in eve.ask("GET", "/conversations/export").text


def test_who_is_suspended_gets_nothing_of_anothers_conversation_and_session(site, eve):
    bob = site.caller().accept_terms()
    theirs = site.parts.store.start_conversation(bob.owner, "a title of Bob's").id
    bob.call(bob.function("load"), [])

    asked = [
        ("GET", f"/conversations/export?of={theirs}&as=json"),
        ("GET", "/conversations/export?of=made-up&as=json"),
        ("GET", f"/gradio_api/queue/data?session_hash={bob.session}"),
        ("GET", f"/gradio_api/heartbeat/{bob.session}"),
    ]
    answers = [eve.ask(*one) for one in asked]
    opened = eve.call(eve.function("open"), plausible(site, eve.function("open"), named=theirs))

    bob.close()
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].text == answers[1].text
    assert "Bob's" not in opened


def test_no_listener_lets_who_is_suspended_write(site, eve):
    before, asked = stored(site, eve), len(site.model.calls)
    conversation = site.parts.store.conversations(eve.owner, 9)[-1].id
    opened = plausible(site, eve.function("open"), named=conversation)
    refusals = set()

    for number, name, _ in eve.listeners():
        if name in ("erase", "delete", "delete_all"):
            continue
        eve.call(eve.function("open"), opened)
        event = {
            "index": 0,
            "value": {"text": "Hello"} if name == "send_example" else "Hello",
            "previous_value": WORDS,
        }
        said = eve.call(number, plausible(site, number, text="Hello"), event_data=event)
        if is_refused(said):
            refusals.add(name)

    assert refusals == set(WRITING)
    assert (stored(site, eve), len(site.model.calls)) == (before, asked)


def test_a_file_brings_nothing_to_who_is_suspended(site, eve):
    before = stored(site, eve)

    answer = eve.ask("POST", "/conversations/import", files={"file": ("x.json", json.dumps(FILE).encode())})

    assert (answer.status_code, REFUSED in answer.text) == (400, True)
    assert stored(site, eve) == before


def test_a_new_cookie_from_the_same_address_writes_nothing_either(site, eve):
    eve.call(eve.function("send"), plausible(site, eve.function("send")))
    again, asked = site.caller().accept_terms(), len(site.model.calls)

    said = again.call(again.function("send"), plausible(site, again.function("send")))

    again.close()
    assert "from your network" in said
    assert len(site.model.calls) == asked
    assert stored(site, again) == []


def test_who_is_suspended_reads_why_and_appeals_and_no_check_or_model_reads_the_appeal(site, eve):
    statements, before = site.parts.store.appeals.statements, len(site.journal)
    for number, name, _ in eve.listeners():
        if name == "load":
            eve.call(number, plausible(site, number))
    appeal = eve.function("appeal")

    shown = eve.call(eve.function("open_row"), [None], event_data={"index": [0, 0], "value": ""})
    eve.call(appeal, plausible(site, appeal, text="I was quoting a book."))

    assert "Please stop." in shown
    assert statements(eve.owner)[0].appeal is not None
    assert site.journal[before:] == []


def test_nobody_else_reads_or_appeals_a_decision(site, eve):
    bob = site.caller().accept_terms()
    decision = site.parts.store.appeals.statements(eve.owner)[0].decision_id

    for number, name, inputs in bob.listeners():
        if name in ("load", "open_row", "appeal", "confirm"):
            event = {"index": [0, 0], "value": decision}
            said = bob.call(number, [decision] * inputs, event_data=event)
            assert "Please stop." not in said, name

    bob.close()
    with pytest.raises(NotFound):
        site.parts.store.appeals.appeal(bob.owner, decision, "Not mine")
