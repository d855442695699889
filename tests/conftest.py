"""What all tests share: a quiet environment, the labelled data and the browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from model.catalog import DEMO_FOLDER

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


class ModelServer:
    """A real `transformers serve` over the bundled checkpoint, in a process of its own."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        program = Path(sys.executable).with_name("transformers")
        command = f"{program} serve {DEMO_FOLDER} --device cpu --port {port} --host 127.0.0.1".split()
        self.url = f"http://127.0.0.1:{port}"
        self.model = str(DEMO_FOLDER)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        for _ in range(1_200):
            if self.process.poll() is not None:
                pytest.fail("`transformers serve` ended; `pip install -r requirements-dev.txt` installs it")
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/health").status_code == 200:
                    return
            time.sleep(0.1)
        pytest.fail("`transformers serve` did not become healthy in two minutes")

    def kill(self) -> None:
        """End it as `kill -9` does; safe to call twice."""
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def model_server() -> Iterator[ModelServer]:
    """The server that all tests of a run share; none of them ends it."""
    server = ModelServer()
    yield server
    server.kill()


@pytest.fixture
def mortal_server() -> Iterator[ModelServer]:
    """A server of one test alone, which may kill it."""
    server = ModelServer()
    yield server
    server.kill()
