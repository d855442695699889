"""What all tests share: a quiet environment, the labelled data and the browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

# Read when Gradio, huggingface_hub and OpenMP are imported, so they stand before any test is.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

EVAL_DATA = "BEZEL_EVAL_DATA"
BROWSER = "BEZEL_TEST_BROWSER"


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_this_shell() -> Iterator[None]:
    """Take Bezel's settings, and what makes it believe it is a Space, out of every test's environment."""
    with pytest.MonkeyPatch.context() as environment:
        for name in set(os.environ) - {EVAL_DATA, BROWSER}:
            if name.startswith(("BEZEL_", "SPACE_")) or name == "HF_TOKEN":
                environment.delenv(name)
        yield


@pytest.fixture(scope="session")
def eval_data() -> Path:
    """The folder of labelled data (safety/, policy/, gemma/ …); without it the test is skipped."""
    named = os.environ.get(EVAL_DATA)
    if not named:
        pytest.skip(f"{EVAL_DATA} is not set; it names the folder of labelled data that this test reads")
    folder = Path(named).resolve()
    if not (folder / "safety").is_dir():
        pytest.fail(f"{EVAL_DATA} is {named!r}; it must be a folder that holds safety/.")
    return folder


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The path of a Chromium: what `make test` found, else the system's; without one the test is skipped."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get(BROWSER, next(filter(None, map(shutil.which, names)), ""))
    if not path:
        pytest.skip(f"no Chromium was found; `make test` looks for one, or {BROWSER} names it")
    return path
