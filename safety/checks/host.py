"""The check of a host's own blocklists: their words in any language, also where they are disguised."""

from collections.abc import Iterator
from dataclasses import dataclass

from safety.checks.banned import Banned
from safety.decoding import readings
from safety.policy.host import CHECK, Blocklist, HostPolicy
from safety.policy.types import Policy
from safety.types import CheckedText, SafetyError, Side, Text


@dataclass(frozen=True, slots=True)
class FailedExample:
    """An example that does not end as its blocklist says."""

    blocklist: str
    text: str
    must_be_found: bool


class HostLists:
    """Finds the words of every blocklist on the sides that it is for."""

    name = CHECK

    def __init__(self, host: HostPolicy, policy: Policy) -> None:
        """`policy` is the one that the host's is part of; SafetyError for words without a letter."""
        self.version = host.fingerprint
        self._lists = {one.name: (one, _banned(one, policy)) for one in host.blocklists}

    def check(self, text: Text) -> CheckedText:
        """A signal of score 1 for each blocklist that finds a word of its own."""
        found = (banned.check(text).signals for one, banned in self._lists.values() if text.side in one.sides)
        return CheckedText(tuple(signal for signals in found for signal in signals))

    def failed_examples(self) -> Iterator[FailedExample]:
        """The examples that a blocklist must find and does not, or must let pass and finds."""
        for one, banned in self._lists.values():
            for texts, must_be_found in ((one.must_catch, True), (one.must_pass, False)):
                for text in texts:
                    if _finds(banned, text, one.sides[0]) is not must_be_found:
                        yield FailedExample(one.name, text, must_be_found)


def _banned(one: Blocklist, policy: Policy) -> Banned:
    category = policy.clause(one.clause).categories[0]
    try:
        return Banned(*one.words, clause=one.clause, category=category, name=one.name)
    except SafetyError as error:
        raise SafetyError(f"blocklists.{one.name}: {error}") from None


def _finds(banned: Banned, text: str, side: Side) -> bool:
    shown = (text, *(reading.value for reading in readings(text)))
    return any(banned.check(Text(value, side)).signals for value in shown)
