"""The state machines of messages and cases, and who may hold a case: pure functions that know no database."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from storage.types import CaseState, CaseTaken, IllegalMove, MessageRole, MessageState, ReportKind, Ruling

LEASE: Final = timedelta(minutes=10)

HIDDEN: Final[frozenset[MessageState]] = frozenset({"withheld", "removed"})
"""States in which nobody is shown the text."""

STOPPED: Final[frozenset[MessageState]] = frozenset({"blocked", "withheld", "removed"})
"""States that the author gets a notice about."""

MESSAGE_MOVES: Final[Mapping[MessageRole, Mapping[MessageState, frozenset[MessageState]]]] = {
    "user": {
        "pending": frozenset({"accepted", "blocked"}),
        "accepted": frozenset({"removed"}),
        "blocked": frozenset({"restored"}),
        "removed": frozenset({"restored"}),
        "restored": frozenset({"removed"}),
    },
    "assistant": {
        "streaming": frozenset({"complete", "stopped", "withheld", "interrupted", "failed"}),
        "complete": frozenset({"removed"}),
        "stopped": frozenset({"removed"}),
        "interrupted": frozenset({"removed"}),
        "failed": frozenset({"removed"}),
        "withheld": frozenset({"restored"}),
        "removed": frozenset({"restored"}),
        "restored": frozenset({"removed"}),
    },
}

CASE_MOVES: Final[Mapping[CaseState, frozenset[CaseState]]] = {
    "open": frozenset({"claimed"}),
    "escalated": frozenset({"claimed"}),
    "claimed": frozenset({"claimed", "open", "escalated", "decided"}),
    "decided": frozenset(),
}


def move_message(role: MessageRole, state: MessageState, to: MessageState) -> MessageState:
    """The state a message moves to; raises IllegalMove where its role does not go from here to there."""
    if to not in MESSAGE_MOVES[role].get(state, frozenset()):
        raise IllegalMove(f"A message of role {role} cannot go from {state} to {to}.")
    return to


def move_case(state: CaseState, to: CaseState) -> CaseState:
    """The state a case moves to; raises IllegalMove where it does not go from here to there."""
    if to not in CASE_MOVES[state]:
        raise IllegalMove(f"A case cannot go from {state} to {to}.")
    return to


def can_be_answered(state: MessageState) -> bool:
    """Whether a prompt in this state may be answered: a verdict or a moderator has let it through."""
    return state in ("accepted", "restored")


def refuse_unfinished(state: MessageState, kind: ReportKind) -> None:
    """Raise IllegalMove where a message is still being judged or written: nothing can be looked at yet."""
    if state in ("pending", "streaming"):
        raise IllegalMove(f"This message is still {state}; a {kind} can be made once it has ended.")


def ruled_message(role: MessageRole, state: MessageState, ruling: Ruling) -> MessageState:
    """Where a ruling takes the message: `removed`, `restored`, or the state it is in already."""
    wanted: dict[Ruling, MessageState] = {"violates": "removed", "no_violation": "restored"}
    to = wanted.get(ruling)
    if to is None or to not in MESSAGE_MOVES[role].get(state, frozenset()):
        return state
    return move_message(role, state, to)


def ruled_case(state: CaseState, ruling: Ruling) -> CaseState:
    """Where a ruling takes the case: `unsure` hands it on, the others end it."""
    return move_case(state, "escalated" if ruling == "unsure" else "decided")


def released_case(state: CaseState, *, was_escalated: bool) -> CaseState:
    """Where a case goes that its moderator hands back."""
    return move_case(state, "escalated" if was_escalated else "open")


def check_clause(ruling: str, clause: str | None) -> None:
    """Raise IllegalMove for a ruling that does not exist, or for `violates` without a clause."""
    if ruling not in ("violates", "no_violation", "unsure"):
        raise IllegalMove(f"The ruling is {ruling!r}; it must be violates, no_violation or unsure.")
    if ruling == "violates" and not clause:
        raise IllegalMove("The ruling violates needs the clause that the message violates.")


def take_case(
    state: CaseState, *, holder: str | None, until: datetime | None, moderator: str, at: datetime
) -> CaseState:
    """The state after this moderator claims the case; raises CaseTaken while somebody else's lease runs."""
    if state == "claimed" and holder != moderator and until is not None and until > at:
        raise CaseTaken(f"Another moderator holds this case until {until:%H:%M} UTC.")
    return move_case(state, "claimed")


def check_holder(
    state: CaseState, *, holder: str | None, until: datetime | None, moderator: str, at: datetime
) -> None:
    """Raise IllegalMove where nobody holds the case or the lease ran out, CaseTaken where another does."""
    if state != "claimed":
        raise IllegalMove(
            f"This case is {state}; claim it first." if state != "decided" else "This case is decided."
        )
    if holder != moderator:
        raise CaseTaken("Another moderator has claimed this case.")
    if until is None or until <= at:
        raise IllegalMove("Your claim on this case has run out; claim it again.")
