import asyncio
import json
import logging
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydantic import ValidationError

from app.background import background
from app.settings import Settings
from app.webhook import Webhook, telling
from safety.types import Text
from storage.types import StorageError, Waiting


@contextmanager
def address(*answers, came=None):
    """An address that answers so, one after the other, then 204; gives its URL and what it heard."""
    waiting, heard = list(answers), []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(waiting.pop(0) if waiting else 204)
            self.send_header("location", "/elsewhere")
            self.end_headers()
            if came:
                came.set()

        def log_message(self, *_):
            """Write nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?key=secret", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Desk:
    """A desk on which so much waits."""

    def __init__(self, *loads):
        self.loads = list(loads)
        self.asked = threading.Semaphore(0)

    def __call__(self):
        self.asked.release()
        load = self.loads.pop(0) if len(self.loads) > 1 else self.loads[0]
        if isinstance(load, Exception):
            raise load
        return Waiting(*load, None)


def webhooks():
    return {thread for thread in threading.enumerate() if thread.name == "webhook"}


def test_two_numbers_are_told_and_again_only_when_they_change():
    with address() as (url, heard):
        webhook = Webhook(url, Desk((2, 1), (2, 1), (3, 1), (0, 0)))

        for _ in range(4):
            webhook.look()

    assert heard == [{"waiting": 2, "overdue": 1}, {"waiting": 3, "overdue": 1}, {"waiting": 0, "overdue": 0}]


def test_an_empty_desk_has_nothing_to_tell():
    with address() as (url, heard):
        Webhook(url, Desk((0, 0))).look()

        Webhook(None, Desk((3, 3))).look()

    assert heard == []


def test_a_few_tries_and_then_the_next_look_tells_it(caplog):
    with address(500, 503, 302) as (url, heard), caplog.at_level(logging.WARNING):
        webhook = Webhook(url, Desk((2, 0)), pauses=(0.0, 0.0))
        webhook.look()
        tries = len(heard)
        webhook.look()
        webhook.look()

    assert (tries, len(heard)) == (3, 4)
    assert caplog.messages == ["127.0.0.1 was not told how much waits: it answered 302"]


def test_an_address_where_nobody_is_costs_a_line_without_its_secret(caplog):
    with address() as (url, _):
        pass

    with caplog.at_level(logging.WARNING):
        Webhook(url, Desk((2, 0)), pauses=()).look()

    (line,) = caplog.messages
    assert line.startswith("127.0.0.1 was not told") and "secret" not in line


def test_it_looks_until_the_end_also_past_a_database_that_does_not_answer(caplog):
    desk = Desk(StorageError("The database is in use."), (1, 0))

    before = webhooks()  # Another app of this process may be up, with a webhook of its own.

    told = caplog.at_level(logging.WARNING)
    with told, address() as (url, heard), telling(Webhook(url, desk), every=0.001):
        for _ in range(4):
            assert desk.asked.acquire(timeout=10)
        assert len(webhooks() - before) == 1

    assert heard == [{"waiting": 1, "overdue": 0}]
    assert caplog.messages == ["how much waits could not be counted: The database is in use."]
    assert not webhooks() - before


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example.org/T0/B1", "http://localhost:9000/x", "http://127.0.0.1/", "http://[::1]:80"],
)
def test_an_encrypted_address_or_this_machine_is_accepted(monkeypatch, url):
    monkeypatch.setenv("BEZEL_WEBHOOK_URL", url)

    assert Settings().webhook_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/x",
        "ftp://localhost/x",
        "hooks",
        "http://localhost.example.org/x",
        "https://",
    ],
)
def test_any_other_address_is_refused(monkeypatch, url):
    monkeypatch.setenv("BEZEL_WEBHOOK_URL", url)

    with pytest.raises(ValidationError):
        Settings()


async def test_what_is_told_from_the_start_on_is_what_waits_on_the_desk(store, ann, parts):
    prompt = store.save_prompt(ann, store.start_conversation(ann).id, "zzz")
    verdict = await parts.guard.judge(Text("zzz", "prompt"))
    store.record_prompt(ann, prompt.id, verdict)

    came = threading.Event()
    with (
        address(came=came) as (url, heard),
        background(Settings(webhook_url=url), store, parts.turns, parts.guard),
    ):
        await asyncio.to_thread(came.wait, 10)

    assert heard == [{"waiting": 1, "overdue": 0}]
