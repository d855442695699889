"""What of the policy is covered: by clause its checks, their languages, and what was measured of them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safety.figures import Interval, wilson
from safety.policy.types import Policy
from safety.types import SafetyError

FIGURES = Path(__file__).parent / "policy" / "figures.json"
"""Written by `python -m safety.measure --sets PATH --record`."""

ANY = "any"
"""A check that reads every language: words and numbers look alike in them all."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts of a clause: prompts that break it and those found, harmless ones and those cited for it."""

    harmful: int
    found: int
    harmless: int
    alarms: int

    @property
    def recall(self) -> Interval:
        """The share of prompts breaking the clause that had a finding, of this clause or another."""
        return wilson(self.found, self.harmful)

    @property
    def false_alarms(self) -> Interval:
        """The share of harmless prompts with a finding of this clause."""
        return wilson(self.alarms, self.harmless)


@dataclass(frozen=True, slots=True)
class Covered:
    """One clause and what serves it; no `measured` where no labelled text tells."""

    id: str
    title: str
    checks: tuple[str, ...]
    languages: tuple[str, ...]
    measured: Measured | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What `safety.measure` recorded: counts by clause, and the versions of what was measured."""

    versions: Mapping[str, str]
    clauses: Mapping[str, Measured]

    def is_of(self, versions: Mapping[str, str]) -> bool:
        """Whether these very checks were measured."""
        return all(versions.get(name) == version for name, version in self.versions.items())


def read_recorded(file: Path = FIGURES) -> Recorded:
    """The recorded figures; SafetyError where the file cannot be used."""
    try:
        fields: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        clauses = {name: Measured(**counts) for name, counts in fields["clauses"].items()}
        return Recorded({str(name): str(one) for name, one in fields["versions"].items()}, clauses)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SafetyError(
            f"{file.name} cannot be read ({type(error).__name__}); "
            "`python -m safety.measure --sets PATH --record` writes it anew."
        ) from None


def record(clauses: Mapping[str, Measured], versions: Mapping[str, str], file: Path = FIGURES) -> None:
    """Keep the counts for `read_recorded`."""
    checks = {name: version for name, version in versions.items() if name != "policy"}
    fields = {"versions": checks, "clauses": {name: asdict(one) for name, one in clauses.items()}}
    file.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")


def coverage(
    policy: Policy, languages: Mapping[str, Mapping[str, frozenset[str]]], recorded: Recorded
) -> Iterator[Covered]:
    """Every clause of the policy; `languages` are those that a check reads, by its name and by clause."""
    for clause in policy.clauses.values():
        checks = tuple(name for name in clause.checks if name in policy.checks)
        read = frozenset[str]().union(
            *(languages.get(name, {}).get(clause.id, frozenset()) for name in checks)
        )
        yield Covered(clause.id, clause.title, checks, tuple(sorted(read)), recorded.clauses.get(clause.id))
