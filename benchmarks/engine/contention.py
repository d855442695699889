"""Row 7: how much slower a token comes when another process keeps one CPU busy."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

from benchmarks.engine.bench import speedy
from benchmarks.engine.figures import Figure, at_most, middle
from benchmarks.engine.options import Bench

ROOT = Path(__file__).parents[2]
POLICIES = {"passive": "passive", "default": None}
"""What OMP_WAIT_POLICY is for each child: as Bezel sets it, or not set at all."""


class Child:
    """An engine in its own process, which answers how long a token takes; closed with `with`."""

    def __init__(self, folder: Path, policy: str | None) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.engine.child", "speed", str(folder)],
            cwd=ROOT,
            env=environment | ({"OMP_WAIT_POLICY": policy} if policy else {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Child":
        self._line()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()

    def milliseconds(self, tokens: int) -> float:
        """Milliseconds a token, over a reply of so many."""
        if self._process.stdin is None:
            raise RuntimeError("The child has no standard input.")
        self._process.stdin.write(f"{tokens}\n")
        self._process.stdin.flush()
        return 1_000 * float(self._line())

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"The child ended with status {self._process.wait()}.")
        return line


@contextmanager
def busy_cpu() -> Iterator[None]:
    """A process that does nothing, as fast as it can."""
    spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        spinning.kill()
        spinning.wait()


def measure(bench: Bench) -> Iterator[Figure]:
    """Both ways of waiting, quiet and busy, one after the other in every round."""
    family = bench.families[0]
    folder = speedy(bench, family)
    tokens = 12 if bench.is_quick else 24
    quiet: dict[str, list[float]] = {name: [] for name in POLICIES}
    busy: dict[str, list[float]] = {name: [] for name in POLICIES}
    with ExitStack() as stack:
        children = {name: stack.enter_context(Child(folder, way)) for name, way in POLICIES.items()}
        for _ in bench.each_round():
            for name, child in children.items():
                quiet[name].append(child.milliseconds(tokens))
            with busy_cpu():
                for name, child in children.items():
                    busy[name].append(child.milliseconds(tokens))
    yield _figure(bench, family, quiet, busy)


def _figure(bench: Bench, family: str, quiet: dict[str, list[float]], busy: dict[str, list[float]]) -> Figure:
    slower = {
        name: tuple(late / early for early, late in zip(quiet[name], busy[name], strict=True))
        for name in POLICIES
    }
    return Figure(
        row="7",
        name=f"one CPU kept busy, ms/token ÷ quiet, {family}",
        values=slower["passive"],
        unit="×",
        ours="the engine, one person, OMP_WAIT_POLICY=passive as Bezel sets it",
        peer=f"the engine, one person, OMP_WAIT_POLICY not set: {middle(slower['default'])} ×",
        reach=at_most(1.7),
        note=f"{bench.size}; {os.cpu_count()} CPUs; ms/token, quiet and busy: "
        f"ours {middle(quiet['passive'])}, {middle(busy['passive'])}; "
        f"peer {middle(quiet['default'])}, {middle(busy['default'])}",
    )
