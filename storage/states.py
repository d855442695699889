"""The state machines of messages and cases, and who may hold a case: pure functions that know no database."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from storage.types import (
    CaseState,
    CaseTaken,
    DecisionAction,
    DecisionState,
    IllegalMove,
    LeaseEnded,
    MessageRole,
    MessageState,
    ReportKind,
    Ruling,
    Stage,
)

LEASE: Final = timedelta(minutes=10)
LONGEST_HOLD: Final = timedelta(hours=24)
PASSES_ON: Final[frozenset[DecisionAction]] = frozenset({"escalate", "second_opinion"})
"""Actions that leave the decision to somebody else."""

HIDDEN: Final[frozenset[MessageState]] = frozenset({"withheld", "removed"})
"""States in which nobody is shown the text."""

SEARCHABLE: Final[frozenset[MessageState]] = frozenset(
    {"accepted", "restored", "complete", "stopped", "interrupted", "failed"}
)
"""States in which a message passed and is final: only these are found by a search."""

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
    "pending_second": frozenset({"claimed"}),
    "claimed": frozenset({"claimed", "open", "escalated", "pending_second", "ruled"}),
    "ruled": frozenset({"claimed", "escalated", "pending_second", "decided"}),
    "decided": frozenset(),
}

DECISION_MOVES: Final[Mapping[DecisionState, frozenset[DecisionState]]] = {
    "settling": frozenset({"undone", "proposed", "in_force", "passed_on", "agreed", "disagreed"}),
    "proposed": frozenset({"in_force", "declined"}),
    "in_force": frozenset({"overturned"}),
    "passed_on": frozenset(),
    "agreed": frozenset(),
    "disagreed": frozenset(),
    "undone": frozenset(),
    "declined": frozenset(),
    "overturned": frozenset(),
}

SETTLED: Final[Mapping[DecisionState, CaseState]] = {
    "in_force": "decided",
    "proposed": "pending_second",
    "passed_on": "escalated",
    "agreed": "decided",
    "disagreed": "escalated",
}
"""Where a case goes when a decision on it settles as this."""


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


def move_decision(state: DecisionState, to: DecisionState) -> DecisionState:
    """The state a decision moves to; raises IllegalMove where it does not go from here to there."""
    if to not in DECISION_MOVES[state]:
        raise IllegalMove(f"A decision cannot go from {state} to {to}.")
    return to


def can_be_answered(state: MessageState) -> bool:
    """Whether a prompt in this state may be answered: a verdict or a moderator has let it through."""
    return state in ("accepted", "restored")


def refuse_unfinished(state: MessageState, kind: ReportKind) -> None:
    """Raise IllegalMove where a message is still being judged or written: nothing can be looked at yet."""
    if state in ("pending", "streaming"):
        raise IllegalMove(f"This message is still {state}; a {kind} can be made once it has ended.")


def ruled_message(role: MessageRole, state: MessageState, action: DecisionAction) -> MessageState:
    """Where a decision takes the message: `removed`, `restored`, or the state it is in already."""
    wanted: dict[DecisionAction, MessageState] = {
        "remove": "removed",
        "warn": "removed",
        "suspend": "removed",
        "restore": "restored",
    }
    to = wanted.get(action)
    if to is None or to not in MESSAGE_MOVES[role].get(state, frozenset()):
        return state
    return move_message(role, state, to)


def settled_decision(
    stage: Stage, ruling: Ruling, action: DecisionAction, *, needs_second: bool
) -> DecisionState:
    """What becomes of a decision once nobody can undo it any more."""
    if stage == "second":
        return "disagreed" if ruling == "unsure" else "agreed"
    if action in PASSES_ON:
        return "passed_on"
    return "proposed" if needs_second else "in_force"


def released_case(state: CaseState, *, was_escalated: bool, has_proposal: bool) -> CaseState:
    """Where a case goes that its moderator hands back."""
    if has_proposal:
        return move_case(state, "pending_second")
    return move_case(state, "escalated" if was_escalated else "open")


def hold_until(wanted: datetime, *, since: datetime, at: datetime) -> datetime:
    """When a hold ends; raises IllegalMove for a time that is past or more than a day after it began."""
    if wanted <= at:
        raise IllegalMove("A case is held until a time that is still to come.")
    if wanted > since + LONGEST_HOLD:
        raise IllegalMove(f"A case can be held until {since + LONGEST_HOLD:%Y-%m-%d %H:%M} UTC: 24 hours.")
    return wanted


def check_undo(state: DecisionState, *, author: str, until: datetime, moderator: str, at: datetime) -> None:
    """Raise IllegalMove where this moderator cannot undo the decision, or not any more."""
    if author != moderator:
        raise IllegalMove("Only who made a decision can undo it.")
    if state != "settling" or at >= until:
        raise IllegalMove("This decision has taken effect; it cannot be undone any more.")


def is_over(until: datetime | None, at: datetime) -> bool:
    """Whether a claim has run out; one that lasts longer than any can was made by a clock that jumped."""
    return until is None or not at < until <= at + LONGEST_HOLD


def take_case(
    state: CaseState, *, holder: str | None, until: datetime | None, moderator: str, at: datetime
) -> CaseState:
    """The state after this moderator claims the case; raises CaseTaken while somebody else's lease runs."""
    if state == "ruled":
        raise IllegalMove("A decision on this case has just been made; it takes effect in a moment.")
    if state == "claimed" and holder != moderator and not is_over(until, at):
        raise CaseTaken(f"Another moderator holds this case until {until:%H:%M} UTC.")
    return move_case(state, "claimed")


def check_holder(
    state: CaseState, *, holder: str | None, until: datetime | None, moderator: str, at: datetime
) -> None:
    """Raise IllegalMove where nobody holds the case or the lease ran out, CaseTaken where another does."""
    if state in ("ruled", "decided"):
        raise IllegalMove("This case is decided.")
    if state != "claimed":
        raise IllegalMove(f"This case is {state}; claim it first.")
    if holder != moderator:
        raise CaseTaken("Another moderator has claimed this case.")
    if is_over(until, at):
        raise LeaseEnded("Your claim on this case has run out; claim it again.")
