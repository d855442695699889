import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

COMMIT = "a" * 40
EXTRA = {"model.gguf": b"x" * 50, "pytorch_model.bin": b"x" * 50, "original/model.safetensors": b"x" * 50}
"""What must not be fetched."""


class Hub(BaseHTTPRequestHandler):
    """Answers as Hugging Face does, for one repository whose files it holds; breaks off when told to."""

    def do_GET(self):
        self.server.asked.append((self.command, self.path, self.headers.get("Range")))
        if "/tree/" in self.path:
            listed = [
                {"type": "file", "path": name, "size": len(body), "oid": hashlib.sha1(body).hexdigest()}
                for name, body in self.server.files.items()
            ]
            self._send(json.dumps(listed).encode())
        elif self.path.startswith("/api/models/"):
            siblings = [{"rfilename": name} for name in self.server.files]
            known = {"id": "someone/tune", "sha": COMMIT, "siblings": siblings, "private": False}
            self._send(json.dumps(known | {"tags": [], "downloads": 0}).encode())
        else:
            self._send_file(self.path.split("?")[0].split(f"/resolve/{COMMIT}/")[-1])

    do_HEAD = do_GET

    def _send_file(self, name):
        body = self.server.files.get(name)
        if body is None:
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-") or 0)
        self._send(body, start, etag=hashlib.sha1(body).hexdigest())

    def _send(self, body, start=0, etag=None):
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if etag:
            self.send_header("ETag", f'"{etag}"')
            self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[start:])

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def hub(tiny_folder):
    """A server that stands for Hugging Face and holds the tiny checkpoint as someone/tune."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.files = {path.name: path.read_bytes() for path in tiny_folder.iterdir()} | EXTRA
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def load_twice(hub, home):
    """Load in another process, where the hub is this server; give what was heard, by line."""
    code = (
        "import json\nfrom model.loading import load\n"
        "for again in range(2):\n"
        "    heard = []\n"
        "    loaded = load('someone/tune', device='cpu', on_progress=heard.append)\n"
        "    said = [(one.stage, one.fraction, one.text) for one in heard]\n"
        "    print(json.dumps([loaded.checkpoint.revision, loaded.checkpoint.kind, said]))\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    finished = subprocess.run(
        [sys.executable, "-c", code],
        env=kept
        | {
            "HF_HOME": str(home),
            "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}",
            "HF_HUB_DISABLE_XET": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr[-2_000:]
    return [json.loads(line) for line in finished.stdout.splitlines()]


def test_an_id_is_fetched_once_with_real_figures_and_nothing_but_what_is_read(hub, tmp_path):
    first, second = load_twice(hub, tmp_path)

    size = len(hub.files["model.safetensors"])
    fractions = [fraction for stage, fraction, _ in first[2] if stage == "downloading"]
    texts = [text for stage, _, text in first[2] if stage == "downloading"]
    assert first[:2] == [COMMIT, "chat"]
    assert fractions == sorted(fractions) and fractions[0] == 0 and fractions[-1] == 1
    assert texts[-1] == f"{size / 2**30:,.2f} GiB of {size / 2**30:,.2f} GiB"
    assert [stage for stage, _, _ in first[2]][0] == "checking"
    assert "downloading" not in [stage for stage, _, _ in second[2]]
    fetched = [path for command, path, _ in hub.asked if command == "GET" and "/resolve/" in path]
    assert not any(name in path for path in fetched for name in EXTRA)
    assert sum(path.endswith("model.safetensors") for path in fetched) == 1
