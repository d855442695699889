"""The set-up: the real Makefile and scripts, run with small stand-ins for Python, pip and browsers."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from setup import browser

ROOT = Path(__file__).parent.parent
STAND_IN = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
    setup/check_python.py)
        exec {python} -c "{before}; import runpy; runpy.run_path('$1', run_name='__main__')" ;;
    "-m venv "*) mkdir -p {venv}/bin && cp "$0" {venv}/bin/python ;;
    "-m pip "*" -r "*) test ! -e {log}.offline ;;
esac
"""


class Machine:
    """A folder with a stand-in for Python that notes how it was called, and the real Makefile."""

    def __init__(self, folder, before="pass"):
        self.venv = folder / "venv"
        self.log = folder / "calls"
        self.offline = folder / "calls.offline"
        self.python = folder / "python"
        self.python.write_text(
            STAND_IN.format(log=self.log, python=sys.executable, before=before, venv=self.venv)
        )
        self.python.chmod(0o755)

    def make(self, *words):
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("MAKE") and name not in ("PYTHON", "VENV", "TORCH_INDEX", "MFLAGS")
        }
        command = ["make", *words, f"PYTHON={self.python}", f"VENV={self.venv}"]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    def calls(self):
        return self.log.read_text().splitlines()


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_the_plan_of_make_run_can_be_read(machine):
    planned = machine.make("-n", "run")

    assert planned.returncode == 0, planned.stderr
    assert planned.stdout.splitlines()[-1].endswith("bin/python app.py")


def test_make_help_lists_every_target(machine):
    listed = machine.make("help").stdout

    for target in ("run", "test", "lint", "format", "browser", "clean"):
        assert f"make {target} " in listed


def test_make_run_installs_torch_first_then_the_rest_then_serves(machine):
    done = machine.make("run")

    assert done.returncode == 0, done.stderr
    made, torch, rest, served = machine.calls()[1:]
    assert made == f"-m venv {machine.venv}"
    assert torch.endswith("install torch==2.13.0")
    assert rest.endswith("install --quiet -r requirements.txt")
    assert served == "app.py"


def test_another_index_is_used_for_torch_alone(machine):
    machine.make("run", "TORCH_INDEX=https://example.org/cpu")

    torch, rest = machine.calls()[2:4]
    assert torch.endswith("install torch==2.13.0 --index-url https://example.org/cpu")
    assert "--index-url" not in rest


def test_make_run_goes_straight_to_the_app_when_nothing_changed(machine):
    machine.make("run")
    machine.log.unlink()

    machine.make("run")

    assert machine.calls() == ["app.py"]


def test_an_install_that_broke_off_is_taken_up_again(machine):
    machine.offline.touch()
    broken = machine.make("run")
    machine.offline.unlink()
    machine.log.unlink()

    again = machine.make("run")

    assert broken.returncode != 0
    assert again.returncode == 0, again.stderr
    assert machine.calls()[-2].endswith("-r requirements.txt")
    assert machine.calls()[-1] == "app.py"


def test_an_environment_whose_python_is_gone_is_made_anew(machine):
    machine.make("run")
    python = machine.venv / "bin" / "python"
    python.unlink()
    python.symlink_to("gone")
    (machine.venv / "notes").touch()
    machine.log.unlink()

    done = machine.make("run")

    assert done.returncode == 0, done.stderr
    assert machine.calls()[1] == f"-m venv {machine.venv}"
    assert machine.calls()[-1] == "app.py"
    assert (machine.venv / "notes").exists()


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("import sys; sys.version_info = (3, 9, 18)", "Bezel needs Python 3.11 or newer; "),
        ("import sys; sys.version_info = (3, 9, 18)", " is 3.9.18. Install a newer one "),
        ("import sys; sys.modules['ensurepip'] = None", "Install the package python3."),
        ("import sys; sys.modules['venv'] = None", "Bezel needs Python's venv module with pip, which "),
    ],
)
def test_a_python_that_will_not_do_is_named_in_one_sentence(tmp_path, before, sentence):
    machine = Machine(tmp_path, before)

    refused = machine.make("run")

    said = [line for line in refused.stderr.splitlines() if not line.startswith("make")]
    assert refused.returncode != 0
    assert len(said) == 1 and sentence in said[0]
    assert machine.calls() == ["setup/check_python.py"]
    assert not machine.venv.exists()


def test_a_python_that_does_not_exist_is_named_in_one_sentence(machine):
    machine.python.unlink()

    refused = machine.make("run")

    assert refused.returncode != 0
    assert f"There is no {machine.python} on this machine; install Python 3.11 or newer" in refused.stderr


def test_make_clean_never_deletes_the_data_folder(machine):
    planned = machine.make("-n", "clean").stdout

    removed = [word for line in planned.splitlines() if line.startswith("rm ") for word in line.split()[2:]]
    assert removed and "data" not in removed
    assert "find . -path ./data -prune" in planned


@pytest.fixture
def checkout(tmp_path):
    """A copy of .ci/run in a folder of its own, with a `make` that prints what it was given."""
    (tmp_path / "code" / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", tmp_path / "code" / ".ci" / "run")
    make = tmp_path / "bin" / "make"
    make.parent.mkdir()
    make.write_text('#!/bin/sh\necho "$@|$PWD|$BEZEL_EVAL_DATA|$HF_HUB_OFFLINE"\n')
    make.chmod(0o755)
    return tmp_path


def run_ci(checkout):
    environment = {"PATH": f"{checkout / 'bin'}:{os.environ['PATH']}"}
    command = [checkout / "code" / ".ci" / "run"]
    return subprocess.run(
        command, cwd="/", env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_the_check_on_every_change_names_the_labelled_data_that_lies_beside_the_code(checkout):
    (checkout / "shared" / "data").mkdir(parents=True)

    ran = run_ci(checkout)

    assert ran == f"test|{checkout / 'code'}|{checkout / 'shared' / 'data'}|1\n"


def test_the_check_on_every_change_runs_without_the_labelled_data_too(checkout):
    ran = run_ci(checkout)

    assert ran == f"test|{checkout / 'code'}||1\n"


def test_a_download_that_takes_too_long_is_given_up_with_all_it_started(tmp_path):
    mark = tmp_path / "still-running"
    command = ["sh", "-c", f"(sleep 3; touch {mark}) & echo started; sleep 30"]
    start = time.perf_counter()

    succeeded = browser.run_within(1, command, tmp_path / "log")

    assert not succeeded
    assert time.perf_counter() - start < 20
    assert (tmp_path / "log").read_text() == "started\n"
    time.sleep(3)
    assert not mark.exists()


@pytest.mark.browser
def test_a_browser_that_does_not_start_is_passed_over_for_one_that_does(tmp_path, browser_path):
    stand_in = tmp_path / "chromium"
    stand_in.write_text("#!/bin/sh\necho 'install me first' >&2\nexit 1\n")
    stand_in.chmod(0o755)

    assert not browser.starts(str(stand_in))
    assert browser.starts(browser_path)


def test_the_browser_found_earlier_is_kept_without_looking_again(tmp_path):
    found = tmp_path / "browser"
    found.write_text(sys.executable)

    subprocess.run(
        [sys.executable, ROOT / "setup" / "browser.py", "--wanted", "", "--found", found], check=True
    )

    assert found.read_text() == sys.executable


def test_no_browser_at_all_is_said_in_one_sentence_and_the_download_is_tried_only_once(tmp_path):
    found = tmp_path / "browser"
    found.write_text("")
    nothing_here = {"PATH": str(tmp_path), "HOME": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    command = [sys.executable, ROOT / "setup" / "browser.py", "--found", found]

    done = subprocess.run(command, env=nothing_here, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "No Chromium starts here, so the browser tests are skipped; install the package chromium."
    ]
    assert found.read_text() == ""
