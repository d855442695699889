"""What a row measured, against what, and whether it reaches what was set."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reach:
    """The bound that a figure must keep; `aim` is what would be better still."""

    bound: float
    at_least: bool = True
    aim: float | None = None

    def is_met(self, value: float) -> bool:
        """Tell whether this value keeps the bound."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"{sign} {self.bound:g}" + (f", aim {self.aim:g}" if self.aim is not None else "")


def at_most(bound: float) -> Reach:
    """A reach for what should be small."""
    return Reach(bound, at_least=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value a round; `ours` and `peer` say what each side did. No values: not measured."""

    row: str
    name: str
    values: tuple[float, ...]
    unit: str
    ours: str
    peer: str
    reach: Reach | None = None
    note: str = ""

    @property
    def median(self) -> float | None:
        """The middle of the rounds."""
        return statistics.median(self.values) if self.values else None

    @property
    def is_met(self) -> bool | None:
        """Whether the median keeps the reach; None where nothing was measured or set."""
        if self.median is None or self.reach is None:
            return None
        return self.reach.is_met(self.median)

    def as_json(self) -> dict[str, Any]:
        """The figure with what is computed from it."""
        fields = asdict(self)
        fields["reach"] = str(self.reach) if self.reach else None
        spread = {"min": min(self.values), "max": max(self.values)} if self.values else {}
        return fields | {"median": self.median, **spread, "met": self.is_met}

    def as_text(self) -> str:
        """The figure for a person."""
        lines = [f"[{self.row}] {self.name}: {self._value()}{self._ruling()}"]
        if self.values:
            lines += [f"      ours: {self.ours}", f"      peer: {self.peer}"]
        return "\n".join([*lines, f"      note: {self.note}"] if self.note else lines)

    def _value(self) -> str:
        if self.median is None:
            return "not measured"
        spread = f" ({min(self.values):.3g} to {max(self.values):.3g})" if len(self.values) > 1 else ""
        return f"{self.median:.3g} {self.unit}{spread}"

    def _ruling(self) -> str:
        if self.reach is None:
            return ""
        said = {True: "met", False: "MISSED", None: "open"}[self.is_met]
        return f"; reach {self.reach}: {said}"


def middle(values: Sequence[float]) -> str:
    """A median with its spread, for a note."""
    return f"{statistics.median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def not_measured(row: str, name: str, why: str) -> Figure:
    """A figure that this machine or these packages cannot give, and why."""
    return Figure(row=row, name=name, values=(), unit="", ours="", peer="", note=why)
