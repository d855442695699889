"""Figures as lines for a terminal, and as JSON."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from safety.battery import Kept
from safety.figures import Interval
from safety.measured import Figures

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
    "recall_at_01": "R@.1%",
    "recall_at_1": "R@1%",
    "recall_at_5": "R@5%",
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


def intervals_table(named: Mapping[str, Mapping[str, Interval]]) -> str:
    """The intervals as lines for a terminal."""
    titles = list(next(iter(named.values()), {}))
    lines = [f"\n{'95 % intervals':<34}" + "".join(f"{title:>20}" for title in titles)]
    lines += [
        f"{name:<34}" + "".join(f"{_interval(title, one):>20}" for title, one in its.items())
        for name, its in named.items()
    ]
    return "\n".join(lines) + "\n"


def _interval(title: str, one: Interval) -> str:
    if math.isnan(one.share):
        return "-"
    times, places = (100, 1) if title.endswith("%") else (1, 3)
    share, low, high = (f"{times * value:.{places}f}" for value in (one.share, one.low, one.high))
    return f"{share} ({low}-{high})"


def battery_table(kept: Mapping[str, Kept]) -> str:
    """What each disguise keeps, as lines for a terminal."""
    lines = [f"\n{'disguise':<34}{'prompts':>10}{'flagged kept %':>24}{'passed kept %':>24}"]
    lines += [
        f"{name:<34}{one.count:>10}{_interval('%', one.flagged):>24}{_interval('%', one.passed):>24}"
        for name, one in kept.items()
    ]
    return "\n".join(lines) + "\n"


def as_json(
    groups: Mapping[str, Mapping[str, Figures]],
    bounds: Mapping[str, Mapping[str, Interval]],
    kept: Mapping[str, Kept],
    versions: Mapping[str, str],
) -> str:
    """Everything as JSON, null where a figure is not known, with the versions of what was measured."""
    plain = {
        "versions": dict(versions),
        **{group: {name: asdict(one) for name, one in named.items()} for group, named in groups.items()},
        "intervals": {
            name: {title: asdict(one) for title, one in its.items()} for name, its in bounds.items()
        },
        "battery": {name: asdict(one) for name, one in kept.items()},
    }
    return json.dumps(_known(plain), indent=1)


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(one) for key, one in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
