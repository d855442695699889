"""The sentences of the desk's panel of thresholds, in English; one function a sentence."""

import re
from collections.abc import Sequence

from safety.certify import Certificate, Shortfall

SIDES = {"prompt": "prompts", "response": "replies", "post": "posts"}
DONE = {
    "allow": "let through",
    "redact": "redacted",
    "flag": "flagged",
    "block": "blocked",
    "support": "helped",
}


def title() -> str:
    """The name of the panel."""
    return "Thresholds"


def intro(precision: float, risk: float) -> str:
    """What the panel is for, and where its labels come from."""
    return (
        "From which score on a check's finding is acted on, not only flagged. The labels are decisions on cases of the blind "
        "slice that are a week old: drawn at random, so that they stand for all that is flagged. What nobody is sure about, or "
        f"has not decided, counts as wrong. Wanted is a precision of {precision:.2f}, with {_percent(1 - risk, 0)} confidence however "
        "often you look."
    )


def nothing_yet() -> str:
    """No label and no threshold."""
    return "There are no labels yet. They come with decisions on cases of the blind slice, a week after the case was opened."


def found(what: Certificate | Shortfall, precision: float, risk: float) -> str:
    """What the labels say, in a line."""
    if isinstance(what, Shortfall):
        return f"Not enough labels: {what.labels:,} so far, {what.needed:,} needed"
    sure = _percent(1 - risk, 0)
    return (
        f"From {what.threshold:.4g}: precision ≥ {precision:.2f} with {sure} confidence, n = {what.labels:,}"
    )


def labels(right: int, wrong: int, undecided: int) -> str:
    """How many labels there are, of each kind."""
    return f"Labels: {right:,} right, {wrong:,} wrong or unsure, {undecided:,} not decided."


def acts_from(score: float, *, is_learned: bool) -> str:
    """The threshold in force."""
    return f"{score:.4g} (switched on here)" if is_learned else f"{score:.4g} (the policy's)"


def under_way(value: float, status: str) -> str:
    """A threshold on its way."""
    return f"{value:.4g}, {'in shadow' if status == 'shadow' else 'proposed'}"


def findings(check: str, clause: str, side: str) -> str:
    """Which findings a row is about."""
    return f"{check} · {clause} · {SIDES[side]}"


def head(check: str, clause: str, name: str, side: str) -> str:
    """Which findings the open row is about."""
    return f"### {check} · {clause} {name} · {SIDES[side]}"


def proposed(value: float, who: str, when: str) -> str:
    """Who proposed what is under way."""
    return f"**{value:.4g}** was proposed by {_plain(who)} on {when}."


def tried(side: str, verdicts: int, changed: int, since: str) -> str:
    """What the shadow has seen."""
    return f"In shadow since {since}: of {verdicts:,} {SIDES[side]}, {changed:,} would have been treated otherwise."


def second_person() -> str:
    """Who can switch it on."""
    return "A lead who did not propose it can switch it on."


def active(value: float, who: str, when: str) -> str:
    """Who switched on what is in force."""
    return f"**{value:.4g}** has been in force since {when}, switched on by {_plain(who)}."


def differs(count: int) -> str:
    """Above the replay."""
    if count == 0:
        return "Under it, no verdict of the last 30 days would differ."
    return f"Under it, {count:,} {'verdict' if count == 1 else 'verdicts'} of the last 30 days would differ:"


def change(was: str, would: str) -> str:
    """What was done with a text, and what would be."""
    return f"{DONE[was]} → {DONE[would]}"


def missed(turns: int, violations: int, undecided: int, *, at_most: float, sure: float) -> str:
    """What random audits found."""
    if turns == 0:
        return "No turn without a finding has been audited, so nobody knows what the checks miss."
    return (
        f"Of {turns:,} turns without a finding that were drawn at random, {violations:,} violate the policy and {undecided:,} "
        f"are not decided: at most {_percent(at_most, 1)} of all such turns violate it, with {_percent(sure, 0)} confidence."
    )


def buttons() -> Sequence[str]:
    """Propose, try, switch on, withdraw, switch off."""
    return ("Propose", "Run in shadow", "Switch on", "Withdraw", "Switch off")


def nothing_chosen() -> str:
    """A button without an open row."""
    return "Choose a row first."


def not_there_any_more() -> str:
    """A button for what somebody else has changed since."""
    return "There is nothing like that under way or in force any more; the list has been brought up to date."


def _percent(share: float, places: int) -> str:
    return f"{share * 100:.{places}f} %"


def _plain(name: str) -> str:
    """A name whose marks stay marks."""
    return re.sub(r"([!-/:-@[-`{-~])", r"\\\1", name)
