"""What a person reads of how messages are judged, by checks and by dearer judges."""

from collections.abc import Mapping

from safety.types import Action

_NAMES = {
    "shieldgemma": "ShieldGemma, by its makers' guidelines",
    "clause_judge": "A model that is shown the clause",
    "label_judge": "A model that labels texts",
}


def how_it_is_judged(policy: str) -> str:
    """The head of the transparency page."""
    return (
        "## How messages are judged\n\nEverything you type and everything the model says is judged against the "
        "[Gemma Prohibited Use Policy](https://ai.google.dev/gemma/prohibited_use_policy) before it goes further. What is stopped is never "
        "shown; a moderator looks at what was stopped or flagged. Automatic checks make mistakes in both directions: you can ask for a "
        f"review of anything that was stopped, and report anything that was not. Policy in force: `{policy}`."
    )


def read_by_an_encoder() -> str:
    """What the classifier reads English with, where its weights hold a second tier."""
    return (
        "The classifier reads English with a small transformer besides, in whole sentences; "
        "other languages it judges by their words alone."
    )


def asked_about_suspects() -> str:
    """Who judges what the checks are unsure of, and what becomes of it where they cannot."""
    return (
        "### Judges of suspects\n\nWhat the checks suspect is shown to these as well, after card numbers and the like are taken out. "
        "They can make a verdict graver. A text that one of them should judge and could not, because it failed or took too long, is not "
        "let through as if it had passed."
    )


def described(judge: str, version: str, asked: tuple[float, float], lifts: Mapping[str, Action]) -> str:
    """What a judge is, as which version it runs, when it is asked, and what it may take back."""
    taken = ", ".join(_lifted(check, action) for check, action in lifts.items()) or "nothing"
    low, high = asked
    return (
        f"**{_NAMES.get(judge, judge)}** (`{judge}`, `{version}`): asked where a check scores a kind of harm from {low:g} to {high:g}; "
        f"it takes back {taken}."
    )


def taken_back(judge: str) -> str:
    """To a moderator: this finding did not count."""
    return f"taken back by {judge}"


def _lifted(check: str, action: Action) -> str:
    return f"what {check} flags" if action is Action.FLAG else f"what {check} flags or blocks"
