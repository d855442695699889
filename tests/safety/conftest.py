"""Small real checks for the Guard's tests: they say, raise, hang or talk nonsense as they are told."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import settings

from safety.guard import Guard
from safety.policy import Policy, policy_for
from safety.types import Check, CheckedText, Signal, Text

# A busy machine is not a broken test: hypothesis would fail an example that takes 0.2 s.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


class Says:
    """Gives the same answer on every text and keeps the texts that it was asked about."""

    version = "1"

    def __init__(self, *signals, name="says", not_checked=None, answer=None):
        self.name = name
        self.texts: list[Text] = []
        self._answer = answer if answer is not None else CheckedText(signals, not_checked)

    def check(self, text):
        self.texts.append(text)
        return self._answer


class Raises:
    """Fails on every text."""

    version = "1"

    def __init__(self, error, name="raises"):
        self.name = name
        self._error = error

    def check(self, text):
        raise self._error


class Hangs:
    """Stays in a text that holds "hang" until it is let go."""

    name = "hangs"
    version = "1"

    def __init__(self):
        self.let_go = threading.Event()

    def check(self, text):
        if "hang" in text.value:
            self.let_go.wait()
        return CheckedText()


@pytest.fixture
def says():
    """Makes a check that gives these signals."""
    return Says


@pytest.fixture
def raises():
    """Makes a check that raises this."""
    return Raises


@pytest.fixture
def hangs() -> Iterator[Hangs]:
    """A check that hangs; it is let go when the test ends."""
    check = Hangs()
    yield check
    check.let_go.set()


@pytest.fixture
def guard_of():
    """Makes a Guard of these checks, under the shipped policy reduced to them; the test's end closes it."""
    guards: list[Guard] = []

    def make(*checks: Check, profile: str = "standard", policy: Policy | None = None, deadline: float = 5.0):
        policy = policy or policy_for(*(check.name for check in checks), profile=profile)
        guards.append(Guard(checks, policy, deadline=deadline))
        return guards[-1]

    yield make
    for guard in guards:
        guard.close()


@pytest.fixture
def prompt():
    """An ordinary English prompt."""
    return Text("What is the capital of Norway?", "prompt", lang="en")


@pytest.fixture
def violent():
    """Makes a signal of violence of this score."""
    return lambda score, **other: Signal("violence", score, **other)
