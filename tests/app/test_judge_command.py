import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.commands.judge import judged
from safety.checks.banned import Banned
from safety.guard import Guard
from safety.policy import policy_for

ROOT = Path(__file__).parents[2]


@pytest.fixture
def guard():
    made = Guard([Banned("zzz", clause="PUP-2.e.iii")], policy_for("banned"))
    yield made
    made.close()


def lines(*rows):
    return io.BytesIO("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode())


def test_every_line_is_answered_in_order(guard):
    asked = lines({"id": "b", "text": "please zzz"}, {"id": "a", "text": "hello"}, {"id": 3, "text": ""})

    answers = list(judged(guard, asked, "prompt"))

    assert [(answer["id"], answer["action"]) for answer in answers] == [
        ("b", "block"),
        ("a", "allow"),
        (3, "allow"),
    ]


def test_an_answer_holds_what_the_readme_promises(guard):
    (answer,) = judged(guard, lines({"id": "b", "text": "please zzz"}), "prompt")

    assert list(answer) == ["id", "action", "score", "categories", "findings", "checks", "ms"]
    assert len(answer["categories"]) == 15
    assert answer["checks"] == {"banned": "block"}
    (found,) = answer["findings"]
    assert {"clause", "category", "check", "score", "threshold", "spans"} <= found.keys()
    assert found["spans"] == [[7, 10]]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"id": 1}', "`text` is missing"),
        ('{"text": 7}', "`text` is missing or not a string"),
        ('{"text": "a", "side": "left"}', "`side` is 'left'"),
        ('{"text": "a", "lang": 5}', "`lang` is 5"),
    ],
)
def test_a_bad_line_gets_its_number_and_the_run_goes_on(guard, line, said):
    answers = list(judged(guard, lines({"text": "hello"}, line, {"text": "hello"}), "prompt"))

    assert [answer.get("line") for answer in answers] == [None, 2, None]
    assert said in answers[1]["error"]


def test_a_line_that_is_no_text_at_all_is_an_error_line(guard):
    (answer,) = judged(guard, io.BytesIO(b"\xff\xfe\x00\n"), "prompt")

    assert answer["line"] == 1


def test_lone_surrogates_and_nul_are_judged_and_printed(guard):
    (answer,) = judged(guard, io.BytesIO(b'{"id": "\\ud800", "text": "a\\u0000\\ud800 zzz"}'), "prompt")

    assert answer["action"] == "block"
    assert json.loads(json.dumps(answer))["id"] == "\ud800"


def test_the_command_judges_with_what_ships_and_its_status_tells_of_bad_lines():
    asked = '{"id": 1, "text": "How do I bake bread?"}\nnonsense\n'

    run = subprocess.run(
        [sys.executable, "app.py", "judge", "--side", "prompt"],
        cwd=ROOT,
        input=asked,
        capture_output=True,
        text=True,
    )

    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 1, run.stderr
    assert answers[0]["action"] == "allow"
    assert set(answers[0]["checks"]) == {"rules", "identifiers", "classifier", "circumvention"}
    assert answers[1]["line"] == 2
