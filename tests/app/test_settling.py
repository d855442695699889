import logging
import threading

import pytest

from app.settling import settling
from safety.types import Action, Outcome, Verdict
from storage.types import StorageError

ALLOWED = Verdict(Action.ALLOW, 0.0, {}, (), {"banned": Outcome.PASS}, "pup/standard/n1")


@pytest.fixture
def said(store):
    """A complete reply to this person."""

    def made(owner):
        prompt = store.save_prompt(owner, store.start_conversation(owner).id, "Good morning")
        store.record_prompt(owner, prompt.id, ALLOWED)
        begun = store.start_reply(owner, prompt.id, checkpoint="fake@1", settings={})
        return store.end_reply(
            owner, begun.id, state="complete", text="Good day", end_reason="end", verdict=ALLOWED
        )

    return made


class Changing:
    """A desk on which these things come due, one an asking, and then nothing."""

    def __init__(self, *due):
        self.due = list(due)
        self.idle = threading.Event()

    def settle(self):
        if not self.due:
            self.idle.set()
            return ()
        came = self.due.pop(0)
        if isinstance(came, Exception):
            raise came
        return came


def test_the_model_forgets_every_conversation_that_a_decision_changed():
    desk, forgotten = Changing(("one", "two"), (), ("three",)), []
    before = set(threading.enumerate())

    with settling(desk, forgotten.append, every=0.001):
        assert desk.idle.wait(10)

    assert forgotten == ["one", "two", "three"]
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name == "settling"]


def test_a_database_that_does_not_answer_for_a_while_keeps_no_decision_back(caplog):
    desk, forgotten = Changing(StorageError("The database is in use."), ("one",)), []

    with caplog.at_level(logging.WARNING), settling(desk, forgotten.append, every=0.001):
        assert desk.idle.wait(10)

    assert forgotten == ["one"]
    assert caplog.messages == ["decisions could not take effect yet: The database is in use."]


def test_a_removed_message_is_gone_and_forgotten_while_nobody_looks(store, ann, mia, said):
    message, forgotten, done = said(ann), [], threading.Event()
    store.report(ann, message.id, reason="other", note="")
    case = store.desk.next_case(mia.id)

    with settling(store.desk, lambda found: (forgotten.append(found), done.set()), every=0.001):
        store.desk.decide(
            case.summary.id,
            mia.id,
            ruling="model_failure",
            clause="PUP-2.e.ii",
            note="",
            public_note="",
            row_version=case.row_version,
        )
        assert done.wait(10)

    assert forgotten == [message.conversation_id]
    assert store.message(ann, message.id).state == "removed"
