"""`model list|remove`, run as a person would run it, over a cache folder of its own."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ID = "google/gemma-2-2b-it"


@pytest.fixture
def cache(tmp_path):
    """A cache with one downloaded checkpoint."""
    folder = tmp_path / "hf" / "hub" / "models--google--gemma-2-2b-it"
    snapshot = folder / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    for name in ("blobs", "refs"):
        (folder / name).mkdir()
    (folder / "refs" / "main").write_text("a" * 40)
    for name in ("config.json", "model.safetensors"):
        (folder / "blobs" / name).write_bytes(b"{}")
        (snapshot / name).symlink_to(f"../../blobs/{name}")
    return folder


@pytest.fixture
def run(tmp_path):
    def command(*words, typed="", **settings):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "BEZEL_"))}
        return subprocess.run(
            [sys.executable, ROOT / "app.py", "model", *words],
            cwd=tmp_path,
            env=kept | {"HF_HOME": str(tmp_path / "hf")} | settings,
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return command


def test_without_a_cache_nothing_is_listed(run):
    listed = run("list")

    assert listed.returncode == 0
    assert "No weights have been downloaded" in listed.stdout


def test_downloads_are_listed_with_revision_and_name(run, cache):
    listed = run("list")

    assert listed.returncode == 0, listed.stderr
    assert listed.stdout.splitlines() == [f"{ID}\t0.00 GiB", f"  {'a' * 12}\t0.00 GiB\tmain"]


@pytest.mark.parametrize(("typed", "is_kept"), [("y\n", False), ("n\n", True), ("", True)])
def test_removing_asks_first(run, cache, typed, is_kept):
    removed = run("remove", ID, typed=typed)

    assert f"of {ID} from" in removed.stdout
    assert cache.exists() == is_kept
    assert (removed.returncode == 1) == is_kept


def test_yes_removes_without_asking(run, cache):
    removed = run("remove", ID, "--yes")

    assert removed.returncode == 0, removed.stderr
    assert f"Removed {ID}" in removed.stdout
    assert not cache.exists()


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("google/gemma-7b", "'google/gemma-7b' is not downloaded"),
        ("bezel-demo", "'bezel-demo' was not downloaded by Bezel"),
        ("./hf", "'./hf' was not downloaded by Bezel"),
    ],
)
def test_what_was_not_downloaded_is_refused(run, cache, id, said):
    removed = run("remove", id, "--yes")

    assert removed.returncode == 1
    assert said in removed.stderr
    assert "Traceback" not in removed.stderr
    assert cache.exists()


def test_weights_that_a_running_bezel_may_use_are_kept(run, cache):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        removed = run("remove", ID, "--yes", BEZEL_MODEL=ID, BEZEL_PORT=port)
        of_another = run("remove", ID, "--yes", BEZEL_PORT=port)

    assert removed.returncode == 1
    assert "stop it first" in removed.stderr
    assert of_another.returncode == 0


def test_the_list_needs_neither_torch_nor_gradio(tmp_path):
    code = (
        "import sys; sys.argv = ['app.py', 'model', 'list']\n"
        "from app.commands import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'torch', 'gradio', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env=os.environ | {"HF_HOME": str(tmp_path)},
    )  # fmt: skip

    assert done.stdout.splitlines()[-1] == "[]"
