"""Runs the tests that hold Bezel to its promises, and writes docs/promises.md from what they say."""

import subprocess
import sys
import tomllib
import xml.etree.ElementTree as xml
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "promises.md"
RESULTS = ROOT / "build" / "promises.xml"
HEAD = """# What is promised and how it is tested

Each promise with tests that fail where it is broken, a few of many; a name is a true sentence. `runs` counts
how often a test was tried, with other values each time. Written by `python setup/promises.py`, from what
pytest said.
"""

Runs = Mapping[str, tuple[int, int]]
"""How often each test ran, and how often it passed, by its address."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise, and the addresses of tests that break with it."""

    says: str
    tests: tuple[str, ...]


def promises() -> tuple[Promise, ...]:
    """The promises, as promises.toml has them."""
    found = tomllib.loads((Path(__file__).parent / "promises.toml").read_text(encoding="utf-8"))["promises"]
    return tuple(
        Promise(
            one["says"],
            tuple(f"{file}::test_{name}" for file, names in one["tests"].items() for name in names),
        )
        for one in found
    )


def runs_of(results: str) -> Runs:
    """Count what a JUnit report of pytest says; a test that was skipped neither ran nor passed."""
    ran, passed = Counter[str](), Counter[str]()
    for case in xml.fromstring(results).iter("testcase"):
        file = case.attrib["classname"].replace(".", "/")
        address = f"{file}.py::{case.attrib['name'].partition('[')[0]}"
        kinds = {child.tag for child in case}
        ran[address] += "skipped" not in kinds
        passed[address] += not kinds & {"skipped", "failure", "error"}
    return {address: (count, passed[address]) for address, count in ran.items()}


def page(promised: Sequence[Promise], runs: Runs) -> str:
    """The whole page."""
    return HEAD + "".join(_part(number, one, runs) for number, one in enumerate(promised, 1))


def _part(number: int, promise: Promise, runs: Runs) -> str:
    rows = "".join(_row(address, *runs.get(address, (0, 0))) for address in promise.tests)
    title, _, rest = promise.says.partition(": ")
    said = rest[:1].upper() + rest[1:]
    return f"\n## {number}. {title}\n\n{said}\n\n| test | in | runs | passed |\n|---|---|---|---|\n{rows}"


def _row(address: str, ran: int, passed: int) -> str:
    file, _, name = address.partition("::test_")
    return f"| {name.replace('_', ' ')} | [{file}](../{file}) | {ran} | {passed} |\n"


def main() -> int:
    """Run the tests and write the page, unless one of them did not pass; gives pytest's exit status."""
    promised = promises()
    wanted = sorted({address for one in promised for address in one.tests})
    command = [sys.executable, "-m", "pytest", "-q", *wanted, f"--junitxml={RESULTS}"]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if status == 0:
        PAGE.write_text(page(promised, runs_of(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
