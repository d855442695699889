"""`policy` and `policy check`, as a person would run them."""

import json

import pytest
from typer.testing import CliRunner

from app.commands import cli
from safety.checks.rules import Rules
from safety.coverage import FIGURES, read_recorded
from safety.policy import load_policy
from safety.types import SafetyError

OWN = """
version = "school-1"
[blocklists.names]
clause = "PUP-2.e.ii"
words = ["Zorblax"]
must_catch = ["Zorblax did it"]
must_pass = ["Zorb is a game"]
"""


@pytest.fixture
def run(monkeypatch):
    def command(*words, **settings):
        for name, value in settings.items():
            monkeypatch.setenv(name, str(value))
        return CliRunner().invoke(cli, ["policy", *words])

    return command


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    return path


def test_the_table_has_a_line_for_each_clause_that_a_check_serves(run):
    printed = run()

    clauses = load_policy().clauses.values()
    lines = {line.split()[0]: line for line in printed.stdout.splitlines() if line.startswith("PUP-")}
    assert printed.exit_code == 0
    assert set(lines) == {clause.id for clause in clauses if clause.checks}
    assert "en ja ko zh" in lines["PUP-2.e.i"]
    assert "circumvention" in lines["PUP-2.d"]
    uncovered = printed.stdout.partition("Nothing covers: ")[2]
    assert all(clause.id in uncovered for clause in clauses if not clause.checks)


def test_measured_shares_stand_with_their_intervals(run):
    recorded = read_recorded().clauses["PUP-2.e.i"]

    (line,) = (line for line in run().stdout.splitlines() if line.startswith("PUP-2.e.i "))

    assert f"{100 * recorded.recall.share:.0f} % (" in line
    assert recorded.recall.low < recorded.recall.share < recorded.recall.high


def test_a_hosts_clause_stands_in_the_table(run, own):
    printed = run(BEZEL_POLICY_FILE=own)

    (line,) = (line for line in printed.stdout.splitlines() if line.startswith("PUP-2.e.ii "))
    assert "host" in line
    assert "+school-1" in printed.stdout


def test_a_file_whose_examples_hold_is_said_to_be_good(run, own):
    printed = run("check", str(own))

    assert (printed.exit_code, printed.stdout) == (0, "2 of 2 examples end as they must.\n")


def test_a_failing_example_is_named_and_the_status_is_1(run, own):
    own.write_text(OWN.replace("Zorb is a game", "Zorblax is a game"))

    printed = run("check", str(own))

    assert printed.exit_code == 1
    assert "blocklists.names: 'Zorblax is a game' is found, but must pass." in printed.stdout
    assert "1 of 2 examples" in printed.stdout


def test_an_unknown_clause_is_named(run, own):
    own.write_text(OWN.replace("PUP-2.e.ii", "PUP-9"))

    printed = run("check", str(own))

    assert isinstance(printed.exception, SafetyError)
    assert "'PUP-9'" in str(printed.exception)


def test_the_recorded_figures_are_of_every_clause():
    assert set(read_recorded().clauses) == set(load_policy().clauses)
    assert any(rule.clause == "PUP-2.d" for rule in Rules().rules)


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", json.dumps({"versions": {}, "clauses": {"PUP-1": {"found": 1}}})]
)
def test_figures_that_cannot_be_used_are_refused(tmp_path, content):
    (tmp_path / FIGURES.name).write_text(content)

    with pytest.raises(SafetyError, match=r"figures\.json cannot be read"):
        read_recorded(tmp_path / FIGURES.name)
