"""Starting Bezel as a Space does, with bad settings, and ending it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from e2e_site import ROOT, await_answer, free_port, running


def start(folder, *, program=ROOT, prefix=(), **variables):
    """Run `python app.py` to its end and give what it said; for starts that fail."""
    environment = os.environ | {"BEZEL_DATA_FOLDER": str(folder), "BEZEL_PORT": str(free_port())} | variables
    return subprocess.run(
        [*prefix, sys.executable, "app.py"],
        cwd=program,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
    )


def ordinary(folder):
    """The words before a command that run it without root's right to write everywhere."""
    if os.geteuid() != 0:
        return ()
    as_user = ("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups")
    reachable = subprocess.run(
        [*as_user, sys.executable, "-c", "import gradio"], capture_output=True, cwd=folder
    )
    if reachable.returncode == 0:
        return as_user
    # The interpreter lies in root's own folder: stay root by name, but obey permissions like anybody.
    return ("setpriv", "--bounding-set=-all", "--inh-caps=-all")


def visited(http):
    """What the page says of its listeners, to a visitor whose model is ready and who accepted the terms."""
    deadline = time.monotonic() + 60
    while http.get("/readyz").status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    http.get("/", headers={"accept": "text/html"})
    config = http.get("/config").json()
    list(lines_of(http, config, "load"))
    list(lines_of(http, config, "accept_terms"))
    return config


def lines_of(http, config, name, text=None):
    """Call a listener as the page does; yields what its stream says until it has ended."""
    listener = next(one for one in config["dependencies"] if one["api_name"] == name)
    kinds = {one["id"]: one for one in config["components"]}
    given = [kinds[number] for number in listener["inputs"]]
    values = [text if one["type"] == "textbox" else one["props"].get("value") for one in given]
    event = {"data": values, "fn_index": listener["id"], "session_hash": "start0001"}
    http.post("/gradio_api/queue/join", json=event).raise_for_status()
    with http.stream("GET", "/gradio_api/queue/data?session_hash=start0001") as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                message = json.loads(line.removeprefix("data:"))
                yield message
                if message["msg"] == "process_completed":
                    return


def first_words(event):
    """The first words of a reply where this event of the stream brings them, else nothing."""
    if event["msg"] != "process_generating":
        return ""
    changes = [change for values in event["output"]["data"] if isinstance(values, list) for change in values]
    begins = ["replace", [1, "content", 0, "text"]]
    return "".join(change[2] for change in changes if isinstance(change, list) and change[:2] == begins)


def test_it_says_where_it_answers_what_answers_and_how_moderators_sign_in_and_ends_when_asked_to(tmp_path):
    with running(tmp_path / "data") as (site, log):
        said = log.read_text()
        asked = time.monotonic()

    assert time.monotonic() - asked < 20
    assert site.url in said
    assert "bezel-demo" in said
    assert "rules, identifiers, classifier" in said
    assert "moderators add" in said
    assert f"{site.url}/moderation" in said


def test_a_space_starts_unchanged_as_an_ordinary_user_without_a_writable_code_folder(tmp_path):
    code, home = tmp_path / "code", tmp_path / "home"
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in tracked.stdout.splitlines():
        if not name.startswith(("tests/", "docs/")):
            (code / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, code / name)
    home.mkdir()
    home.chmod(0o777)
    for place in [code, *code.rglob("*")]:
        place.chmod(0o555 if place.is_dir() else 0o444)
    tmp_path.chmod(0o755)
    # What pytest made is its owner's alone; one folder more where tests run in several processes.
    for parent in tmp_path.parents[:3]:
        parent.chmod(parent.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    log = tmp_path / "said.log"
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 7860)) == 0:
            pytest.skip("port 7860, the one a Space must use, is in use on this machine")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BEZEL_")}
    environment |= {"SPACE_ID": "someone/bezel", "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    with log.open("w") as said:
        child = subprocess.Popen(
            [*ordinary(tmp_path), sys.executable, "app.py"],
            cwd=code,
            stdout=said,
            stderr=said,
            env=environment,
        )

    try:
        await_answer("http://127.0.0.1:7860/", child, log)
        page = httpx.get("http://127.0.0.1:7860/", headers={"accept": "text/html"})
    finally:
        child.terminate()
        child.wait(timeout=30)
        for place in [code, *code.rglob("*")]:
            place.chmod(0o755)

    assert "SameSite=None; Secure; Partitioned" in page.headers["set-cookie"]
    assert "https://huggingface.co" in page.headers["content-security-policy"]
    assert (home / ".local" / "share" / "bezel" / "bezel.sqlite").exists()
    assert not (code / "data").exists()


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        ended = start(tmp_path, BEZEL_PORT=str(port))

    assert ended.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o500)

    ended = start(folder, prefix=ordinary(tmp_path))

    folder.chmod(0o700)
    assert ended.returncode == 1
    assert str(folder) in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("BEZEL_MODEL", "./no-such-folder", "no-such-folder"),
        ("BEZEL_PORT", "seven", "BEZEL_PORT is 'seven'"),
        ("BEZEL_TERMS_FILE", "/nowhere/terms.md", "/nowhere/terms.md"),
        ("BEZEL_DATABASE_URL", "nonsense", "database address"),
    ],
)
def test_a_bad_setting_ends_with_one_sentence(tmp_path, variable, value, said):
    ended = start(tmp_path, **{variable: value})

    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_second_start_leaves_the_first_ones_replies_alone(tmp_path):
    with running(tmp_path / "data") as (site, _):
        port = site.url.rsplit(":", 1)[1]

        ended = start(tmp_path / "data", BEZEL_PORT=port)

        assert ended.returncode == 1
        assert httpx.get(site.url).status_code == 200


def test_the_first_run_needs_no_network(tmp_path):
    alone = ("unshare", "--net", "--map-root-user")
    if subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine does not let a process give up its network")

    done = subprocess.run(
        [*alone, sys.executable, "app.py", "chat", "--once", "Who are you?"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "BEZEL_DATA_FOLDER": str(tmp_path / "data"),
        },
    )

    assert done.returncode == 0, done.stderr
    assert "Bezel" in done.stdout


@pytest.mark.parametrize(
    ("patience", "ends"),
    [("30", {"complete"}), ("0", {"complete", "interrupted"})],
    ids=["with time to end", "at once"],
)
def test_sigterm_during_a_turn_ends_it_and_loses_nothing_that_was_acknowledged(tmp_path, patience, ends):
    folder, shown = tmp_path / "data", ""
    with (
        running(folder, BEZEL_STOP_SECONDS=patience) as (site, _),
        httpx.Client(base_url=site.url, timeout=60, headers={"origin": site.url}) as http,
    ):
        config = visited(http)
        with contextlib.suppress(httpx.TransportError):
            for event in lines_of(http, config, "send", "Tell me about a river"):
                shown = shown or first_words(event)
                if event["msg"] == "process_generating":
                    site.child.send_signal(signal.SIGTERM)
        status = site.child.wait(timeout=60)

    with contextlib.closing(sqlite3.connect(folder / "bezel.sqlite")) as database:
        prompt, *replies = database.execute("SELECT role, state, text FROM message ORDER BY id").fetchall()
    assert status == 0
    # What was not judged yet stays as it was saved, and the page offers Retry for it.
    assert prompt[::2] == ("user", "Tell me about a river")
    assert prompt[1] == "accepted" or (patience == "0" and prompt[1] == "pending" and not replies)
    assert {state for _, state, _ in replies} <= ends
    assert replies or not shown
    assert all(text.startswith(shown) for _, _, text in replies)
    assert replies or patience == "0"


def test_the_entry_point_stays_short():
    assert len((Path(ROOT) / "app.py").read_text().splitlines()) < 30
