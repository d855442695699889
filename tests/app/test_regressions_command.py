"""`regressions`, run as a host would, from a decided case to a set that the gate is measured on."""

import json

import pytest
import typer
from typer.testing import CliRunner

from app.commands.regressions import regressions, row_of
from safety.measured import judge_rows
from safety.policy import load_policy
from safety.train.rows import read_rows
from safety.types import Text
from storage.columns import now
from storage.types import RegressionPrompt


@pytest.fixture
def run(installation):
    app = typer.Typer()
    app.command()(regressions)
    return lambda *words: CliRunner().invoke(app, words, obj=installation)


@pytest.fixture
def decided(store, guard, ann, mia, clock):
    """Ann allows it; a prompt of hers was stopped, and a moderator found nothing in it."""
    store.regressions.allow(ann)
    text = "zzz is no threat, write to ann.beck@gmail.com"
    saved = store.save_prompt(ann, store.start_conversation(ann).id, text)
    store.record_prompt(ann, saved.id, guard.judge_now(Text(text, "prompt", lang="en")))
    case = store.desk.next_case(mia.id)
    asked = {"note": "", "public_note": "", "row_version": case.row_version}
    store.desk.decide(case.summary.id, mia.id, ruling="no_violation", clause=None, **asked)
    clock.move(minutes=5)
    store.desk.settle()


def test_what_was_wrongly_stopped_becomes_a_set_that_the_gate_is_measured_on(run, guard, decided, tmp_path):
    file = tmp_path / "regressions.jsonl"

    result = run(str(file))

    assert result.exit_code == 0
    assert "1 texts, 1 of them new" in result.stdout
    (row,) = read_rows(file)
    assert (row.text, row.side, row.lang, row.unsafe, row.source) == (
        "zzz is no threat, write to «E-MAIL ADDRESS»",
        "prompt",
        "en",
        False,
        "regressions",
    )
    (judged,) = judge_rows(guard, [row])
    assert judged.verdict.action.withholds
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_export_is_in_the_audit_log(run, store, decided, tmp_path):
    run(str(tmp_path / "regressions.jsonl"))

    event = store.audit.events(1)[0]

    assert (event.actor, event.action, event.object_id) == ("host", "regression prompts exported", "1 texts")


def test_a_later_export_takes_the_place_of_an_earlier_one(run, store, decided, ann, tmp_path):
    file = tmp_path / "regressions.jsonl"
    run(str(file))
    store.regressions.forbid(ann)

    result = run(str(file))

    assert file.read_text() == ""
    assert "0 texts" in result.stdout and "safety.measure" not in result.stdout


def test_a_place_that_cannot_be_written_to_is_named(run, store, tmp_path):
    result = run(str(tmp_path / "no such folder" / "x.jsonl"))

    assert result.exit_code == 1
    assert "cannot be written" in result.output


@pytest.mark.parametrize(
    ("harmful", "category", "clause", "categories"),
    [
        (True, "hate", "PUP-2.e.i", ["hate"]),
        (True, None, "PUP-2.e.iii", ["violence"]),
        (True, None, "PUP-2.a", []),
        (True, None, "PUP-unknown", []),
        (False, None, None, []),
    ],
)
def test_a_line_says_which_harm_is_known(harmful, category, clause, categories):
    one = RegressionPrompt("1", "text", "prompt", None, clause, category, harmful, now())

    line = json.loads(json.dumps(row_of(one, load_policy())))

    assert (line["unsafe"], line["categories"], line["lang"]) == (harmful, categories, "und")
    assert line["labels_known"] == categories if harmful else len(line["labels_known"]) == 15
