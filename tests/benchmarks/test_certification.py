import random

import pytest

from benchmarks.certification import FLOOR, GOAL, World, misses, simulate
from safety.certify import grid


@pytest.mark.parametrize("skew", [0.5, 1.0, 3.0])
def test_the_precision_of_an_invented_check_is_what_its_draws_show(skew):
    world, chance = World(0.6, 0.95, skew), random.Random(7)
    drawn = [world.draw(chance) for _ in range(30_000)]

    for threshold in grid(FLOOR):
        found = [draw.is_right for draw in drawn if draw.score >= threshold]
        assert sum(found) / len(found) == pytest.approx(world.precision(threshold), abs=0.02)


def test_a_certified_threshold_misses_less_often_than_it_says():
    assert misses(simulations=60) <= GOAL.risk


def test_the_simulation_tells_a_test_that_misses_more_often():
    assert simulate("hardest", "binomial", simulations=100).misses > 2 * GOAL.risk


def test_the_same_seed_gives_the_same_row():
    rows = [simulate("mixed", "certified", simulations=20, seed=seed) for seed in (3, 3)]

    assert rows[0] == rows[1]
