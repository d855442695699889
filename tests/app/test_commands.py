"""The command line as a whole: which commands there are, and what they do not wait for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.commands import COMMANDS, cli

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "gradio", "transformers")


def test_every_command_is_listed_with_what_it_does():
    group = typer.main.get_command(cli)

    shown = {name: group.get_command(None, name).get_short_help_str() for name in COMMANDS}

    assert [name for name, said in shown.items() if len(said) < 10] == []


def test_the_help_names_every_command():
    said = CliRunner().invoke(cli, ["--help"]).output

    assert [name for name in COMMANDS if f"│ {name} " not in said] == []


def test_an_unknown_command_is_refused():
    done = CliRunner().invoke(cli, ["nonsense"])

    assert done.exit_code == 2
    assert "No such command 'nonsense'" in done.output


@pytest.mark.parametrize("words", [["judge"], ["judge", "--help"], ["model", "list"]])
def test_a_command_that_needs_neither_torch_nor_gradio_does_not_wait_for_them(words, tmp_path):
    code = (
        "import sys\nfrom app.commands import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        env=os.environ | {"HF_HOME": str(tmp_path), "BEZEL_DATA_FOLDER": str(tmp_path)},
        input="",
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.stdout.splitlines()[-1] == "[]", done.stderr
