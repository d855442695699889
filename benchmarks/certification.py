"""`python -m benchmarks.certification [--json]`: how often a certified threshold misses its stated precision.

Invented checks whose precision at every score is known exactly: their texts are drawn and labelled, and
somebody looks after every twenty labels until a threshold is certified. `misses` is the share of all
simulations in which it then has less than the stated precision of 0.90, which was to be 10 % at most. Beside
it, on the same labels: an exact binomial test at every look, and the precision that was merely observed.
"""

import argparse
import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from safety.certify import Draw, Goal, certify, grid

SIMULATIONS = 2_000
LABELS = 400
LOOK = 20
FLOOR = 0.7706
"""From which score the shipped classifier flags a prompt."""
GOAL = Goal()
FEWEST = 20

Method = Callable[[Sequence[Draw]], float | None]


@dataclass(frozen=True, slots=True)
class World:
    """A check: precision `low` at the floor and `high` at 1, and scores that lean down where `skew` > 1."""

    low: float
    high: float
    skew: float

    def draw(self, chance: random.Random) -> Draw:
        """A flagged text with its label."""
        place = math.pow(chance.random(), self.skew)
        is_right = chance.random() < self.low + (self.high - self.low) * place
        return Draw(FLOOR + (1 - FLOOR) * place, is_right)

    def precision(self, threshold: float) -> float:
        """How often the check is right from this score on."""
        least = math.pow(max(0.0, (threshold - FLOOR) / (1 - FLOOR)), 1 / self.skew)
        place = (1 - math.pow(least, self.skew + 1)) / ((self.skew + 1) * (1 - least))
        return self.low + (self.high - self.low) * place


@dataclass(frozen=True, slots=True)
class Row:
    """One way to choose a threshold, in one kind of world."""

    worlds: str
    method: str
    simulations: int
    certified: float
    misses: float


def certified(draws: Sequence[Draw]) -> float | None:
    """The threshold that Bezel certifies."""
    found = certify(draws, FLOOR, GOAL)
    return found.threshold if found else None


def binomial(draws: Sequence[Draw]) -> float | None:
    """Learn-then-Test as it is for one look: an exact binomial test, strictest first, until one fails."""
    passed = None
    for threshold, right, labels in _above(draws):
        tail = sum(
            math.comb(labels, wrong) * (1 - GOAL.precision) ** wrong * GOAL.precision ** (labels - wrong)
            for wrong in range(labels - right + 1)
        )
        if tail > GOAL.risk:
            break
        passed = threshold
    return passed


def observed(draws: Sequence[Draw]) -> float | None:
    """The lowest threshold whose observed precision is high enough."""
    enough = [threshold for threshold, right, labels in _above(draws) if right >= GOAL.precision * labels]
    return min(enough, default=None)


METHODS: dict[str, Method] = {"certified": certified, "binomial": binomial, "observed": observed}


def _above(draws: Sequence[Draw]) -> list[tuple[float, int, int]]:
    found = []
    for threshold in grid(FLOOR):
        labels = [draw.is_right for draw in draws if draw.score >= threshold]
        if len(labels) >= FEWEST:
            found.append((threshold, sum(labels), len(labels)))
    return found


def mixed(chance: random.Random) -> World:
    """A check as there may be one: better the higher it scores."""
    low = chance.uniform(0.6, 0.95)
    return World(low, chance.uniform(low, 1.0), chance.choice((0.5, 1.0, 2.0, 3.0)))


def hardest(chance: random.Random) -> World:
    """A check that misses the precision by a hair at every score, so that every certificate is a miss."""
    return World(0.899, 0.899, chance.choice((0.5, 1.0, 2.0, 3.0)))


WORLDS: dict[str, Callable[[random.Random], World]] = {"mixed": mixed, "hardest": hardest}


def simulate(worlds: str, method: str, simulations: int = SIMULATIONS, seed: int = 1) -> Row:
    """Play one way to choose through this many worlds of a kind, the same ones for every way."""
    passed = missed = 0
    for number in range(simulations):
        chance = random.Random(f"{worlds} {seed} {number}")
        world = WORLDS[worlds](chance)
        threshold = _first(METHODS[method], [world.draw(chance) for _ in range(LABELS)])
        passed += threshold is not None
        missed += threshold is not None and world.precision(threshold) < GOAL.precision
    return Row(worlds, method, simulations, passed / simulations, missed / simulations)


def misses(simulations: int = SIMULATIONS, seed: int = 1) -> float:
    """The share of simulations in which a certified threshold misses, in the kind of world where most do."""
    return max(simulate(worlds, "certified", simulations, seed).misses for worlds in WORLDS)


def _first(method: Method, draws: Sequence[Draw]) -> float | None:
    looks = (method(draws[:labels]) for labels in range(LOOK, len(draws) + 1, LOOK))
    return next((found for found in looks if found is not None), None)


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.certification", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--simulations", type=int, default=SIMULATIONS, metavar="N")
    asked = parser.parse_args()
    rows = [simulate(worlds, method, asked.simulations) for worlds in WORLDS for method in METHODS]
    if asked.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return
    print(f"{'worlds':<10}{'method':<12}{'simulations':>12}{'certified':>11}{'misses':>9}")
    for row in rows:
        print(
            f"{row.worlds:<10}{row.method:<12}{row.simulations:>12,}{row.certified:>11.1%}{row.misses:>9.2%}"
        )


if __name__ == "__main__":
    main()
