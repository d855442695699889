import logging
import threading

import pytest

from app.heartbeat import beating
from storage.types import StorageError


class Journal:
    """A journal that notes each sign of life and answers with what it was told to."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.beats = []
        self.ended_by = None
        self.enough = threading.Event()

    def beat(self, at):
        self.beats.append(at)
        answer = self.answers.pop(0) if self.answers else 0
        if not self.answers:
            self.enough.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self):
        self.ended_by = threading.current_thread().name
        return 0


def test_signs_of_life_are_given_until_the_end_and_then_the_rest_is_closed():
    journal, before = Journal(0, 0, 0), set(threading.enumerate())

    with beating(journal, every=0.001):
        assert journal.enough.wait(10)
        assert journal.ended_by is None

    given = len(journal.beats)
    assert journal.beats == sorted(journal.beats)
    assert journal.ended_by == "MainThread"
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name == "heartbeat"]
    assert len(journal.beats) == given


def test_the_first_sign_of_life_is_given_before_anything_else():
    journal = Journal()

    with beating(journal, every=60):
        assert len(journal.beats) == 1


def test_a_database_that_does_not_answer_for_a_while_ends_no_heartbeat(caplog):
    journal = Journal(StorageError("The database is in use."), 2)

    with caplog.at_level(logging.INFO), beating(journal, every=0.001):
        assert journal.enough.wait(10)

    assert "no sign of life could be given: The database is in use." in caplog.messages
    assert any(message.startswith("2 replies had been cut off") for message in caplog.messages)


def test_what_a_failing_run_left_open_is_closed_too():
    journal = Journal()

    with pytest.raises(KeyError), beating(journal):
        raise KeyError

    assert journal.ended_by == "MainThread"
