"""Chooses from which score on a category is flagged and blocked, for a stated share of false alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safety.checks.tables import CATEGORIES
from safety.types import Category, Side

NEVER = 1.0
"""A threshold that no score reaches."""
NEVER_BLOCKED: tuple[Category, ...] = ("unlicensed_advice",)
HIGHEST = 0.999
OWN_CHECK: Category = "circumvention"
OWN_PART = 0.25
"""The part of a side's false alarms that the classifier may spend on it."""


@dataclass(frozen=True, slots=True)
class Target:
    """The share of harmless texts that may be flagged or blocked at all, and that may be blocked."""

    alarms: float
    blocks: float

    def part(self, share: float) -> "Target":
        """This part of both."""
        return Target(self.alarms * share, self.blocks * share)


@dataclass(frozen=True, slots=True)
class Limit:
    """From which score on a category is flagged, and from which blocked."""

    flag: float
    block: float


TARGETS: Mapping[Side, Target] = {
    "prompt": Target(alarms=0.008, blocks=0.002),
    "response": Target(alarms=0.01, blocks=0.003),
    "post": Target(alarms=0.05, blocks=0.01),
}
CIRCUMVENTION = Target(alarms=0.004, blocks=0.0015)


def choose(
    scores: NDArray[np.floating], groups: Sequence[frozenset[str]], target: Target
) -> dict[Category, Limit]:
    """Limits from scores of harmless texts, one row a text; they hold in every group that has enough.

    Attempts to get round the rules have a check of their own, so here only the surest count.
    """
    others = [index for index, name in enumerate(CATEGORIES) if name != OWN_CHECK]
    blockable = [index for index in others if CATEGORIES[index] not in NEVER_BLOCKED]
    flag = _limit(scores[:, others].max(axis=1), groups, target.alarms)
    block = max(flag, _limit(scores[:, blockable].max(axis=1), groups, target.blocks))
    limits = {name: Limit(flag, NEVER if name in NEVER_BLOCKED else block) for name in CATEGORIES}
    surest = choose_one(scores[:, CATEGORIES.index(OWN_CHECK)], target.part(OWN_PART))
    return limits | {OWN_CHECK: Limit(max(flag, surest.flag), max(block, surest.block))}


def choose_one(scores: NDArray[np.floating], target: Target) -> Limit:
    """The limit of a check with one score, from those of harmless texts, all languages together."""
    flag = min(HIGHEST, _exceeded_by(scores, target.alarms))
    return Limit(flag, max(flag, min(HIGHEST, _exceeded_by(scores, target.blocks))))


def _limit(highest: NDArray[np.floating], groups: Sequence[frozenset[str]], share: float) -> float:
    """The score that at most this share exceeds, of all texts and of each group with enough."""
    names = sorted(frozenset().union(*groups))
    members = [np.array([name in its for its in groups], dtype=bool) for name in names]
    enough = [one for one in (highest, *(highest[own] for own in members)) if len(one) * share >= 1]
    return min(HIGHEST, max((_exceeded_by(group, share) for group in enough), default=HIGHEST))


def _exceeded_by(group: NDArray[np.floating], share: float) -> float:
    """The lowest score to four places that at most this share of the group reaches."""
    allowed = int(len(group) * share)
    return float(np.ceil(np.sort(group)[-1 - allowed] * 1e4 + 1) / 1e4)


def write_thresholds(file: Path, limits: Mapping[tuple[str, Side], Mapping[Category, Limit]]) -> None:
    """Write the policy's table of thresholds anew, by check and side."""
    lines = [
        "# From which calibrated score on a check's finding is flagged (`flag`) and acted on (`block`), by",
        "# side and category. Written by `python -m safety.train`: each number is the lowest at which, of",
        "# harmless dev texts, over all, in each language and in everyday talk, at most this is flagged",
        "# or blocked, and at most this is blocked:",
        *(f"#   {side}: {share.alarms:.1%} and {share.blocks:.1%}" for side, share in TARGETS.items()),
        f"#   circumvention, over all: {CIRCUMVENTION.alarms:.1%} and {CIRCUMVENTION.blocks:.2%}",
        f"# A block at {NEVER} is one that no score reaches.",
    ]
    for (check, side), categories in limits.items():
        lines += ["", f"[thresholds.{check}.{side}]"]
        lines += [
            f"{name} = {{ flag = {limit.flag:.4f}, block = {limit.block:.4f} }}"
            for name, limit in categories.items()
        ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
