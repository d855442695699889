"""`python -m safety.measure --sets PATH`: how well the gate, as it ships, finds harm and spares the rest.

A set is a file of JSON lines (`.jsonl` or `.jsonl.gz`) in the format of the labelled data.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from safety.checks.classifier import WEIGHTS, Classifier
from safety.figures import au_prc, auroc, calibration_error, f1, recall_at, share
from safety.guard import Guard, default_guard
from safety.policy import policy_for
from safety.train.rows import CATEGORIES, Row, read_rows
from safety.types import Outcome, Text, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled row and the gate's verdict on it."""

    row: Row
    verdict: Verdict

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
    """The share of harmless texts with a finding."""
    blocks: float
    """The share of harmless texts withheld."""
    found: float
    """The share of harmful texts with a finding."""
    withheld: float
    auroc: float
    au_prc: float
    recall_at_1: float
    f1: float
    calibration_error: float


def judge_rows(guard: Guard, rows: Sequence[Row]) -> list[Judged]:
    """Every row with its verdict; a row's own language is not told to the gate."""
    return [Judged(row, guard.judge_now(Text(row.text, row.side))) for row in rows]


def any_harm(judged: Sequence[Judged]) -> Figures:
    """Harm of any kind against none, by the verdict's score."""
    return _figures(
        judged,
        truth=lambda one: one.row.unsafe,
        score=lambda one: one.verdict.score,
        found=lambda one: bool(one.verdict.findings),
    )


def of_category(judged: Sequence[Judged], name: str) -> Figures:
    """One category against its absence, on the rows that know it; harmless rows know that all are absent."""
    known = [one for one in judged if name in one.row.known or not one.row.unsafe]
    return _figures(
        known,
        truth=lambda one: name in one.row.categories,
        score=lambda one: {str(key): value for key, value in one.verdict.categories.items()}[name],
        found=lambda one: any(finding.category == name for finding in one.verdict.findings),
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
    checked = [one for one in judged if one.is_checked]
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
        recall_at_1=recall_at(0.01, scores, truths),
        f1=f1(findings, truths),
        calibration_error=calibration_error(scores, truths),
    )


_COLUMNS = {
    "harmless": "harmless",
    "harmful": "harmful",
    "not_checked": "unchecked",
    "alarms": "alarms%",
    "blocks": "blocks%",
    "found": "found%",
    "withheld": "withheld%",
    "auroc": "AUROC",
    "au_prc": "AU-PRC",
    "recall_at_1": "R@1%FA",
    "f1": "F1",
    "calibration_error": "ECE",
}


def table(groups: Mapping[str, Mapping[str, Figures]]) -> str:
    """The figures as lines for a terminal; `-` where one is not known."""
    lines = []
    for group, named in groups.items():
        lines.append(f"\n{group:<34}" + "".join(f"{title:>10}" for title in _COLUMNS.values()))
        lines += [
            f"{name:<34}" + "".join(_cell(column, value) for column, value in asdict(one).items())
            for name, one in named.items()
        ]
    return "\n".join(lines) + "\n"


def _cell(column: str, value: float) -> str:
    if math.isnan(value):
        return f"{'-':>10}"
    if isinstance(value, int):
        return f"{value:>10}"
    return f"{value * 100:>10.2f}" if _COLUMNS[column].endswith("%") else f"{value:>10.3f}"


def as_json(groups: Mapping[str, Mapping[str, Figures]], versions: Mapping[str, str]) -> str:
    """The figures as JSON, null where one is not known, with the versions of what was measured."""
    plain = {
        group: {
            name: {column: None if math.isnan(value) else value for column, value in asdict(one).items()}
            for name, one in named.items()
        }
        for group, named in groups.items()
    }
    return json.dumps({"versions": dict(versions), **plain}, indent=1)


def main(arguments: Iterable[str] | None = None) -> None:
    """Measure and print; `--checks classifier` leaves out the rules, `--weights` takes other weights."""
    parser = argparse.ArgumentParser(prog="python -m safety.measure", description=__doc__)
    parser.add_argument("--sets", type=Path, required=True, help="folder of labelled sets")
    parser.add_argument("--checks", choices=("all", "classifier"), default="all")
    parser.add_argument(
        "--weights", type=Path, default=WEIGHTS, help="with --checks classifier: folder of weights"
    )
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    guard = _guard(chosen.checks, chosen.weights)
    judged = judge_rows(guard, read_rows(chosen.sets))
    guard.close()
    groups = measured(judged)
    sys.stdout.write(as_json(groups, judged[0].verdict.versions) + "\n" if chosen.json else table(groups))


def _guard(checks: str, weights: Path) -> Guard:
    return default_guard() if checks == "all" else Guard([Classifier(weights)], policy_for("classifier"))


if __name__ == "__main__":
    main()
