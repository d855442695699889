"""What a decision may be, when it needs a second person, and what it says of each finding: no database."""

from collections.abc import Mapping
from typing import Final

from storage.states import PASSES_ON
from storage.types import (
    AppealOutcome,
    DecisionAction,
    IllegalMove,
    Judgement,
    LabelName,
    Ruling,
    SecondReason,
)

GRAVEST: Final = 3
LONGEST_SUSPENSION: Final = 365

USUAL: Final[Mapping[Ruling, DecisionAction]] = {
    "misuse": "remove",
    "model_failure": "remove",
    "no_violation": "restore",
    "unsure": "second_opinion",
}

ACTIONS: Final[Mapping[Ruling, frozenset[DecisionAction]]] = {
    "misuse": frozenset({"remove", "warn", "suspend", *PASSES_ON}),
    # What the model did is nobody's guilt.
    "model_failure": frozenset({"remove", *PASSES_ON}),
    "no_violation": frozenset({"restore", *PASSES_ON}),
    "unsure": PASSES_ON,
}

Content = tuple[Ruling, str | None, DecisionAction, int | None]
"""What a decision says: the ruling, the clause, the action, for how many days."""


def is_violation(ruling: Ruling) -> bool:
    """Whether the text violates the policy, whoever is to blame."""
    return ruling in ("misuse", "model_failure")


def checked(judgement: Judgement) -> DecisionAction:
    """The action of this judgement, the usual one where none is named; raises IllegalMove for nonsense."""
    if judgement.ruling not in USUAL:
        raise IllegalMove(f"The ruling is {judgement.ruling!r}; it must be one of {', '.join(USUAL)}.")
    if is_violation(judgement.ruling) and not judgement.clause:
        raise IllegalMove(f"The ruling {judgement.ruling} needs the clause that the message violates.")
    action = judgement.action or USUAL[judgement.ruling]
    if action not in ACTIONS[judgement.ruling]:
        fitting = ", ".join(sorted(ACTIONS[judgement.ruling]))
        raise IllegalMove(f"The action is {action!r}; after {judgement.ruling} it must be one of {fitting}.")
    if action == "suspend" and not 1 <= (judgement.days or 0) <= LONGEST_SUSPENSION:
        raise IllegalMove(
            f"A suspension lasts {judgement.days or 0} days; it must be 1 to {LONGEST_SUSPENSION}."
        )
    return action


def needs_second(severity: int, action: DecisionAction, *, overrules: bool) -> tuple[SecondReason, ...]:
    """Why a second person has to agree before this takes effect; () where nobody has to."""
    if action in PASSES_ON:
        return ()
    reasons: dict[SecondReason, bool] = {
        "severity": severity >= GRAVEST,
        "suspension": action == "suspend",
        "override": overrules,
    }
    return tuple(reason for reason, applies in reasons.items() if applies)


def label_of(flagged: str, ruling: Ruling, clause: str | None) -> LabelName:
    """Whether a finding under the clause `flagged` was right, going by the ruling alone."""
    if not is_violation(ruling):
        return "fp"
    return "tp" if flagged == clause else "unsure"


def outcome(earlier: Content, later: Content) -> AppealOutcome:
    """What a later decision makes of an earlier one about the same message."""
    if is_violation(earlier[0]) != is_violation(later[0]):
        return "overturned"
    return "upheld" if earlier == later else "changed"
