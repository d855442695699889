"""The benchmark of the store, run small: it measures every row, and its own counts are true."""

import json

import pytest

from benchmarks import postgresql
from benchmarks.store.__main__ import PARTS, main, measured_on
from benchmarks.store.figures import Figure, percentile, table
from benchmarks.store.places import OnServer

SIZES = {
    "messages": 400,
    "rounds": 3,
    "saves": 10,
    "cases": 60,
    "claims": 20,
    "moderators": 4,
    "events": 50,
    "writes": 1,
    "simulations": 2,
}
ROWS = ("open a conv", "list 50", "search", "one writer", "32 writers", "queue", "claim", "verify", "kill")


def check(figures):
    """Every row is there, and what is counted is nothing lost, nothing twice, nothing broken."""
    said = {figure["measure"] for figure in figures}
    assert [row for row in ROWS if not any(row in measure for measure in said)] == []
    counts = {figure["measure"]: figure["value"] for figure in figures if figure["bound"] == 0}
    assert len(counts) == 7
    assert set(counts.values()) == {0}
    assert all(figure["value"] > 0 for figure in figures if figure["bound"])


def test_every_row_is_measured_on_sqlite_and_nothing_is_lost(capsys):
    main(["--json", "--database=sqlite", *(f"--{name}={size}" for name, size in SIZES.items())])

    thresholds, *others = json.loads(capsys.readouterr().out)
    assert thresholds["database"] == "neither"
    check(others)


def test_every_row_is_measured_on_postgresql_and_nothing_is_lost():
    if postgresql.programs() is None:
        pytest.skip(postgresql.ABSENT)
    server = postgresql.PostgreSQL(is_durable=False)

    figures = [figure.as_dict() for figure in measured_on(OnServer(server), SIZES, PARTS)]

    server.stop()
    check(figures)


def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed():
    assert percentile(range(1, 101), 0.95) == 95
    assert percentile([3.0], 0.99) == 3.0
    assert percentile([1, 2], 0.5) == 1


def test_a_figure_beyond_its_bound_is_marked():
    reached, missed = Figure("quick", "SQLite", 5, 5, "ms"), Figure("slow", "SQLite", 5.01, 5, "ms", "why")

    lines = table([reached, missed]).splitlines()

    assert "MISSED" not in lines[1]
    assert lines[2].endswith("MISSED  (why)")
