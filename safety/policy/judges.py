"""Reads what the policy says of dearer judges: when each is asked, and what its word is worth."""

from collections.abc import Sequence

from safety.policy.tables import Table
from safety.policy.types import CheckPolicy, JudgePolicy, Threshold
from safety.types import Action

FAILURES = ("flag", "block")
"""What may follow where a check did not do its work; to let such a text pass would be no gate."""

_NOT_READ = ("allow", *FAILURES)
"""What may follow where a judge does not read a language: cheap checks have judged the text all the same."""

_NEVER_LIFTED = ("rules", "identifiers", "host")
"""What these find is certain by itself, or a host's own word."""


def judge_in(table: Table, checks: Sequence[str], *, blocks_from_flag: bool = False) -> JudgePolicy:
    """One `[judges.NAME]` table: flag, block, asked and, where it may take something back, lifts and clears.

    `checks` are those whose findings it could take back, less those that are never taken back.
    """
    threshold = threshold_in(table)
    given = table.take_table("lifts", known=[name for name in checks if name not in _NEVER_LIFTED])
    lifts = {name: Action(given.take_choice(name, FAILURES)) for name in given.keys}
    judge = JudgePolicy(
        check=CheckPolicy(threshold, blocks_from_flag),
        asked=_asked(table),
        lifts=lifts,
        clears=table.take_score("clears") if lifts or "clears" in table else 0.0,
        languages=table.take_texts("languages"),
        error=_failure(table, "error", FAILURES),
        not_checked=_failure(table, "not_checked", _NOT_READ),
    )
    if judge.clears > threshold.flag:
        raise table.wrong("clears", judge.clears, f"at most what flag is, {threshold.flag}")
    table.done()
    return judge


def threshold_in(table: Table) -> Threshold:
    """The keys `flag` and `block`, in that order of size."""
    threshold = Threshold(table.take_score("flag"), table.take_score("block"))
    if threshold.flag > threshold.block:
        raise table.wrong("flag", threshold.flag, f"at most what block is, {threshold.block}")
    return threshold


def _asked(table: Table) -> tuple[float, float]:
    band = table.take_table("asked", known=("from", "to"))
    low, high = band.take_score("from"), band.take_score("to")
    if low > high:
        raise band.wrong("from", low, f"at most what to is, {high}")
    return low, high


def _failure(table: Table, key: str, choices: Sequence[str]) -> Action | None:
    return Action(table.take_choice(key, choices)) if key in table else None
