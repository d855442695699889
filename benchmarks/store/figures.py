"""A figure of a benchmark, the bound that it is held to, and the table of all."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from storage.keys import Keys, keys_from
from storage.store import Store

EVIDENCE_KEY, AUDIT_KEY = b"e" * 32, b"a" * 32


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured on one database: `value` is held to `bound`, and `remark` says what else was seen."""

    measure: str
    database: str
    value: float
    bound: float
    unit: str
    remark: str = ""

    @property
    def is_reached(self) -> bool:
        """Whether the value is within its bound."""
        return self.value <= self.bound

    def as_dict(self) -> dict[str, Any]:
        """The figure as JSON values."""
        return {**asdict(self), "is_reached": self.is_reached}


def opened(url: str) -> Store:
    """The store of a benchmark; its keys are no secret."""
    return Store.open(url, evidence_key=EVIDENCE_KEY, audit_key=AUDIT_KEY)


def keys() -> Keys:
    """The keys that such a store has."""
    return keys_from(EVIDENCE_KEY, AUDIT_KEY)


def milliseconds(step: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    step()
    return (time.perf_counter() - started) * 1000


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of all does not exceed."""
    return sorted(values)[max(math.ceil(len(values) * share) - 1, 0)]


def table(figures: Sequence[Figure]) -> str:
    """The figures for a person."""
    lines = [f"{'':<62}{'database':<12}{'measured':>12}  {'reach':<10}"]
    for figure in figures:
        measured = f"{figure.value:,.2f}".rstrip("0").rstrip(".")
        bound = f"≤ {figure.bound:g} {figure.unit}".strip()
        mark = "" if figure.is_reached else "  MISSED"
        remark = f"  ({figure.remark})" if figure.remark else ""
        lines.append(f"{figure.measure:<62}{figure.database:<12}{measured:>12}  {bound:<10}{mark}{remark}")
    return "\n".join(lines)
