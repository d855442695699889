"""`doctor`, run as a person would run it, and its table on terminals of several widths."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from app.commands import cli
from app.commands.doctor import adapter_condition, as_object, model_condition, show
from app.installation import Condition
from app.settings import Settings
from model.advice import Host, Load
from model.catalog import known
from model.machine import Gpu, this_machine
from model.survey import survey

ROOT = Path(__file__).parents[2]
GIB = 2**30


@pytest.fixture(scope="module")
def machine():
    return replace(this_machine(), memory=64 * GIB, free=60 * GIB, gpus=(), has_mps=False)


@pytest.fixture(scope="module")
def looked_at(machine):
    return survey("bezel-demo", Host(machine, Load(users=8, context=8_192), has_token=False))


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("BEZEL_DATA_FOLDER", str(tmp_path))
    monkeypatch.delenv("HF_TOKEN", raising=False)

    def command(*words, **settings):
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(cli, ["doctor", *words])

    return command


def printed(looked_at, width=80, found=()):
    paper = io.StringIO()
    show(Console(file=paper, width=width, highlight=False), list(found), looked_at)
    return paper.getvalue()


def test_a_fresh_installation_needs_no_network_and_is_well(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "BEZEL_"))}

    done = subprocess.run(
        [sys.executable, ROOT / "app.py", "doctor", "--users", "2", "--context", "1024"],
        cwd=tmp_path,
        env=kept | {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=240,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "This machine" in done.stdout
    assert "2 conversations of 1,024 tokens" in done.stdout
    assert all(id in done.stdout for id in known())


def test_json_says_the_same_to_a_program(run):
    done = run("--json", HF_TOKEN="hf_secret", BEZEL_MODEL="google/gemma-3-270m-it")

    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["chosen"]["checkpoint"]["id"] == "google/gemma-3-270m-it"
    assert said["chosen"]["parameters"] == 268_098_176
    assert said["chosen"]["unchecked"]
    assert [row["checkpoint"]["id"] for row in said["checkpoints"]] == list(known())
    assert said["machine"]["memory"] >= said["machine"]["free"]
    assert "hf_secret" not in done.output


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"BEZEL_MODEL": "google/gemma-2-2b-it"}, "https://huggingface.co/google/gemma-2-2b-it"),
        ({"BEZEL_MODEL": "google/shieldgemma-2b"}, "judges texts and does not chat"),
        ({"BEZEL_MODEL": "./nowhere"}, "is not a folder"),
        ({"BEZEL_PORT": "high"}, "BEZEL_PORT is 'high'"),
    ],
)
def test_what_is_set_and_cannot_work_ends_with_status_1(run, settings, said):
    done = run("--json", **settings)

    assert done.exit_code == 1
    bad = [one["said"] for one in json.loads(done.stdout)["installation"] if one["state"] == "bad"]
    assert len(bad) == 1
    assert said in bad[0]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_keeps_to_the_width_and_cuts_no_id(looked_at, width):
    text = printed(looked_at, width)

    assert max(map(len, text.splitlines())) <= width
    assert width < 80 or all(id in text for id in known())
    assert "…" not in text


def test_the_table_says_what_is_missing_where_to_get_it_and_what_is_suggested(looked_at):
    text = " ".join(printed(looked_at).split())

    assert "set HF_TOKEN to a token of that account" in text
    assert "unverified: nobody has run Bezel with Gemma 4 yet" in text
    assert "Suggested: bezel-demo" in text
    assert "kept whole in every layer, sliding ones too" in text


def test_a_gpu_is_named_and_marked_as_unverified(machine):
    with_card = replace(machine, gpus=(Gpu("a card", 80 * GIB, 79 * GIB, has_bfloat16=True),))
    looked_at = survey("bezel-demo", Host(with_card, Load(8, 8_192), has_token=True))

    assert "a card: 80.00 GiB, 79.00 GiB free, with bfloat16" in printed(looked_at)
    assert "CUDA is unverified" in model_condition(Settings(_env_file=None), looked_at).said


def test_each_condition_is_shown_with_its_sign():
    found = [Condition("port", "good", "is free"), Condition("terms", "bad", "cannot be read")]

    lines = printed(None, found=found).splitlines()

    assert [line.split()[:2] for line in lines[1:]] == [["ok", "port"], ["mend", "terms"]]


def test_what_servers_hold_is_not_looked_at_here(looked_at):
    settings = Settings(_env_file=None, server_url="http://127.0.0.1:9/v1")

    assert "http://127.0.0.1:9/v1, which was not asked" in model_condition(settings, looked_at).said


def test_a_checkpoint_that_is_set_as_adapter_is_refused():
    found = adapter_condition("bezel-demo")

    assert found.state == "bad"
    assert "BEZEL_ADAPTER is 'bezel-demo', which is a checkpoint" in found.said


def test_an_adapter_says_what_it_was_trained_for(tmp_path):
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "google/gemma-2-2b-it"}')

    found = adapter_condition(str(tmp_path))

    assert found.state == "good"
    assert "was trained for google/gemma-2-2b-it" in found.said


def test_everything_can_be_written_as_json(looked_at):
    said = json.loads(json.dumps(as_object([Condition("port", "good", "is free")], looked_at)))

    assert said["reckoned_for"] == {"users": 8, "context": 8_192}
    assert said["suggested"] == "bezel-demo"
    assert said["suggested_with_token"] == "google/gemma-3-1b-it"
    assert all(row["needed"] > row["weights"] + row["cache"] for row in said["checkpoints"])
