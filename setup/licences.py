"""Writes docs/dependencies.md: every package that runs Bezel, with its version and licence."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "dependencies.md"
LONGEST_LICENCE = 60
HEAD = """# What Bezel runs on

Every package that `requirements.txt` names, and what those bring along, with the licence that each states in
its own metadata; no file of theirs is part of this repository. Written by `python setup/licences.py` in an
environment that `make run` made, on Linux with a torch for processors alone. A torch for CUDA brings NVIDIA's
libraries as well, under NVIDIA's own licences. The second table is what pip chose on that day.
"""


@dataclass(frozen=True, slots=True)
class Package:
    """A package as it is installed."""

    name: str
    version: str
    licence: str


def required(file: Path = ROOT / "requirements.txt") -> tuple[Requirement, ...]:
    """The requirements that a file names itself."""
    lines = (line.split(" #")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(Requirement(line) for line in lines if line and not line.startswith(("#", "-r")))


def brought(requirements: Iterable[Requirement]) -> dict[str, Package]:
    """What is installed for these requirements, theirs and their requirements' own, by normal name."""
    found: dict[str, Package] = {}
    waiting, seen = [(one.name, frozenset(one.extras)) for one in requirements], set()
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        try:
            installed = distribution(wanted[0])
        except PackageNotFoundError:
            continue  # a requirement of another platform
        found[normal(wanted[0])] = Package(installed.name, installed.version, licence_of(installed))
        waiting += [(one.name, frozenset(one.extras)) for one in needs(installed, wanted[1])]
    return found


def needs(installed: Distribution, extras: frozenset[str]) -> Iterator[Requirement]:
    """What a package needs here, with these extras of it."""
    for line in installed.requires or ():
        one = Requirement(line)
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield one


def licence_of(installed: Distribution) -> str:
    """The licence as a package states it: as an expression, by classifiers, or in a short line; else ""."""
    stated = installed.metadata.json
    if "license_expression" in stated:
        return str(stated["license_expression"])
    classes = stated.get("classifier", ())
    names = [
        one.split(" :: ")[-1] for one in classes if one.startswith("License :: ") and one.count("::") > 1
    ]
    line = str(stated.get("license", "")).strip()
    is_short = "\n" not in line and len(line) <= LONGEST_LICENCE
    return " AND ".join(names) or (line if is_short else "")


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def listed(requirements: Iterable[Requirement]) -> str:
    """The whole document."""
    named = tuple(requirements)
    found = brought(named)
    direct = {normal(one.name) for one in named}
    own = [package for name, package in sorted(found.items()) if name in direct]
    others = [package for name, package in sorted(found.items()) if name not in direct]
    return (
        f"{HEAD}\n## Named in requirements.txt\n\n{table(own)}\n## Brought along by those\n\n{table(others)}"
    )


def table(packages: Iterable[Package]) -> str:
    """A table of packages."""
    rows = "".join(f"| {one.name} | {one.version} | {one.licence} |\n" for one in packages)
    return f"| package | version | licence |\n|---|---|---|\n{rows}"


if __name__ == "__main__":
    LIST.write_text(listed(required()), encoding="utf-8")
