"""The figures of labelled texts as the gate judges them: by set, side, language, category and clause."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from safety.coverage import Measured
from safety.figures import (
    Interval,
    Scores,
    Truths,
    au_prc,
    auroc,
    bootstrap,
    calibration_error,
    f1,
    recall_at,
    share,
    wilson,
)
from safety.guard import Guard
from safety.policy import Policy
from safety.train.rows import CATEGORIES, Row
from safety.types import Finding, Outcome, Text, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled row and the gate's verdict on it."""

    row: Row
    verdict: Verdict

    @property
    def is_found(self) -> bool:
        """Whether a finding opens a case; an identifier that is only taken out does not."""
        return is_found(self.verdict)

    @property
    def is_checked(self) -> bool:
        """Whether no check left the text aside, for example for its language."""
        return Outcome.NOT_CHECKED not in self.verdict.checks.values()


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured on one group of texts; NaN where a figure needs a kind of text that is missing."""

    harmless: int
    harmful: int
    not_checked: int
    """Texts that a check left aside; they are in no other figure."""
    alarms: float
    """The share of harmless texts with a finding that opens a case; one that is only redacted has none."""
    blocks: float
    """The share of harmless texts withheld."""
    found: float
    """The share of harmful texts with such a finding."""
    withheld: float
    auroc: float
    au_prc: float
    recall_at_01: float
    """How much harm lies above what 0.1 % of harmless texts exceed; then what 1 % and 5 % do."""
    recall_at_1: float
    recall_at_5: float
    f1: float
    calibration_error: float


def is_found(verdict: Verdict) -> bool:
    """Whether a finding opens a case."""
    return bool(_cases(verdict))


def _cases(verdict: Verdict) -> list[Finding]:
    return [finding for finding in verdict.findings if finding.action.opens_case]


def judge_rows(guard: Guard, rows: Sequence[Row]) -> list[Judged]:
    """Every row with its verdict; a row's own language is not told to the gate."""
    return [Judged(row, guard.judge_now(Text(row.text, row.side))) for row in rows]


def any_harm(judged: Sequence[Judged]) -> Figures:
    """Harm of any kind against none, by the verdict's score."""
    return _figures(
        judged,
        truth=lambda one: one.row.unsafe,
        score=lambda one: one.verdict.score,
        found=lambda one: one.is_found,
    )


def of_category(judged: Sequence[Judged], name: str) -> Figures:
    """One category against its absence, on the rows that know it; harmless rows know that all are absent."""
    known = [one for one in judged if name in one.row.known or not one.row.unsafe]
    return _figures(
        known,
        truth=lambda one: name in one.row.categories,
        score=lambda one: {str(key): value for key, value in one.verdict.categories.items()}[name],
        found=lambda one: any(finding.category == name for finding in _cases(one.verdict)),
    )


def measured(judged: Sequence[Judged]) -> dict[str, dict[str, Figures]]:
    """Figures by set, by side and language, and by side and category."""
    return {
        "sets": _by(judged, lambda row: row.source),
        "languages": _by(judged, lambda row: f"{row.side} {row.lang}"),
        "sides": _by(judged, lambda row: row.side),
        "categories": {
            f"{side} {name}": of_category([one for one in judged if one.row.side == side], name)
            for side in sorted({one.row.side for one in judged})
            for name in CATEGORIES
            if any(name in one.row.categories for one in judged if one.row.side == side)
        },
    }


def _by(judged: Sequence[Judged], key: Callable[[Row], str]) -> dict[str, Figures]:
    names = sorted({key(one.row) for one in judged})
    return {name: any_harm([one for one in judged if key(one.row) == name]) for name in names}


def _figures(
    judged: Sequence[Judged],
    *,
    truth: Callable[[Judged], bool],
    score: Callable[[Judged], float],
    found: Callable[[Judged], bool],
) -> Figures:
    checked = _checked(judged)
    truths = np.array([truth(one) for one in checked], dtype=bool)
    scores = np.array([score(one) for one in checked], dtype=float)
    findings = np.array([found(one) for one in checked], dtype=bool)
    withheld = np.array([found(one) and one.verdict.action.withholds for one in checked], dtype=bool)
    return Figures(
        harmless=int((~truths).sum()),
        harmful=int(truths.sum()),
        not_checked=len(judged) - len(checked),
        alarms=share(findings[~truths]),
        blocks=share(withheld[~truths]),
        found=share(findings[truths]),
        withheld=share(withheld[truths]),
        auroc=auroc(scores, truths),
        au_prc=au_prc(scores, truths),
        recall_at_01=recall_at(0.001, scores, truths),
        recall_at_1=recall_at(0.01, scores, truths),
        recall_at_5=recall_at(0.05, scores, truths),
        f1=f1(findings, truths),
        calibration_error=calibration_error(scores, truths),
    )


def _checked(judged: Sequence[Judged]) -> list[Judged]:
    return [one for one in judged if one.is_checked]


def intervals(judged: Sequence[Judged]) -> dict[str, dict[str, Interval]]:
    """By set, and by side and language: within what bounds the figures of any harm lie (95 %)."""
    groups = {row.source: row for row in (one.row for one in judged)}
    named = {name: [one for one in judged if one.row.source == name] for name in sorted(groups)}
    for key in sorted({f"{one.row.side} {one.row.lang}" for one in judged}):
        named[key] = [one for one in judged if f"{one.row.side} {one.row.lang}" == key]
    return {name: _intervals(_checked(group)) for name, group in named.items()}


def _intervals(checked: Sequence[Judged]) -> dict[str, Interval]:
    truths = np.array([one.row.unsafe for one in checked], dtype=bool)
    scores = np.array([one.verdict.score for one in checked], dtype=float)
    harmless = [one for one in checked if not one.row.unsafe]
    harmful = [one for one in checked if one.row.unsafe]
    drawn: dict[str, Callable[[Scores, Truths], float]] = {
        "AUROC": auroc,
        "AU-PRC": au_prc,
        "R@1%": partial(recall_at, 0.01),
    }
    return {
        "alarms%": wilson(sum(one.is_found for one in harmless), len(harmless)),
        "blocks%": wilson(sum(one.verdict.action.withholds for one in harmless), len(harmless)),
        "found%": wilson(sum(one.is_found for one in harmful), len(harmful)),
        **{name: bootstrap(figure, scores, truths) for name, figure in drawn.items()},
    }


def counted_by_clause(judged: Sequence[Judged], policy: Policy) -> dict[str, Measured]:
    """For each clause, of prompts: those of its categories and those found, harmless ones and those cited."""
    prompts = [one for one in _checked(judged) if one.row.side == "prompt"]
    harmless = [one for one in prompts if not one.row.unsafe]
    found: dict[str, Measured] = {}
    for clause in policy.clauses:
        own = {category for category, home in policy.categories.items() if home == clause}
        harmful = [one for one in prompts if own & one.row.categories]
        alarms = sum(any(finding.clause == clause for finding in _cases(one.verdict)) for one in harmless)
        found[clause] = Measured(len(harmful), sum(one.is_found for one in harmful), len(harmless), alarms)
    return found
