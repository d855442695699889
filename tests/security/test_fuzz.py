"""Whatever bytes arrive: no crash, no answer of 500, no traceback. More inputs: BEZEL_TEST_FUZZ=20000."""

import asyncio
import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from siege import FUZZED, MODERATOR, TYPES, Caller, plausible

from safety.guard import default_guard
from safety.types import Action, Text

INPUTS = int(os.environ.get("BEZEL_TEST_FUZZ", "2000"))
ENOUGH = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None, "derandomize": True}
OURS = ("Traceback", "site-packages", "sqlalchemy", 'File "/')

# Gradio's queue draws lots in this process, which hypothesis takes for a strategy of ours that does.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")

texts = st.text(max_size=60) | st.sampled_from(
    ["", "\ud800", "\x00", "zzz", "<b>", "$$\\frac{", "a" * 5000, "‮" * 9]
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
events = st.fixed_dictionaries(
    {},
    optional={
        "index": values,
        "value": values,
        "liked": values,
        "row_value": values,
        "selected": values,
        "_": values,
    },
)
bodies = st.fixed_dictionaries(
    {"data": st.lists(values, max_size=9) | values, "fn_index": st.integers(-1, 90) | values},
    optional={
        "session_hash": st.just("mine") | values,
        "event_data": events | values,
        "trigger_id": values,
        "event_id": values,
        "simple_format": values,
        "batched": values,
        "api_name": texts,
    },
)


@pytest.fixture(scope="module")
def somebody(siege):
    """A visitor who is a moderator too, so that every endpoint is reached."""
    caller = siege.caller(moderator=MODERATOR).accept_terms()
    yield caller
    caller.close()


def sound(text):
    assert not [word for word in OURS if word in text], text[:400]


def send(caller, path, content, headers=TYPES):
    FUZZED["sent"] += 1
    answer = caller.ask("POST", path, content=content, headers=headers)
    assert answer.status_code < 500, (path, answer.status_code, content[:300])
    sound(answer.text)
    return answer


EVENTS = 10
listened = st.tuples(
    st.integers(0, 200),
    st.lists(values, max_size=8),
    events | st.none(),
    st.sampled_from(["any", "as many", "fitting"]),
    texts,
)


@settings(max_examples=INPUTS // 4 // EVENTS, **ENOUGH)
@given(desk=st.booleans(), batch=st.lists(listened, min_size=EVENTS, max_size=EVENTS))
def test_every_listener_takes_any_values(somebody, desk, batch):
    listeners = somebody.listeners(desk=desk)
    path = "/moderation/gradio_api/queue/join" if desk else "/gradio_api/queue/join"
    queued = 0
    for number, data, event, shape, text in batch:
        index, _, inputs = listeners[number % len(listeners)]
        if shape == "fitting":  # what its components give, of any text
            data = plausible(somebody.siege, index, desk=desk, text=text, named=text)
        elif shape == "as many":
            data = (data + [None] * inputs)[:inputs]
        sent = {"data": data, "fn_index": index, "session_hash": somebody.session, "event_data": event}
        queued += send(somebody, path, json.dumps(sent)).status_code == 200
    if queued:
        sound(somebody.outcome(desk=desk, events=queued))


@settings(max_examples=INPUTS // 4, **ENOUGH)
@given(
    path=st.sampled_from(["queue/join", "cancel", "reset"]),
    desk=st.booleans(),
    body=bodies.map(lambda body: json.dumps(body).encode())
    | st.binary(max_size=200)
    | values.map(json.dumps),
)
def test_every_queue_route_takes_any_body(siege, somebody, path, desk, body):
    if b'"fn_index"' in (body if isinstance(body, bytes) else b""):
        Caller.sessions += 1  # what might be queued by chance is queued for a session nobody waits for
    send(somebody, ("/moderation" if desk else "") + f"/gradio_api/{path}", body)


@settings(max_examples=max(12, INPUTS // 500), **ENOUGH)
@given(
    path=st.sampled_from(
        [*("/sign-in", "/sign-out", "/enter", "/recovery/use"), "/conversations/import", "/moderation-export"]
    ),
    kind=st.sampled_from(
        ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""]
    ),
    body=st.binary(max_size=300)
    | st.text(max_size=60).map(lambda name: f"other={name}".encode("utf-8", "replace")),
)
def test_every_form_takes_any_body(nobody_at_all, path, kind, body):
    send(nobody_at_all, path, body, {"content-type": kind})


lines = st.fixed_dictionaries(
    {
        "id": st.sampled_from("abc"),
        "parent": st.none() | st.sampled_from("abc"),
        "role": st.sampled_from(["user", "assistant"]),
        "state": st.sampled_from(["accepted", "complete", "withheld"]),
        "text": texts,
        "said_at": st.just("2026-11-01T12:00:00+00:00") | texts,
        "checkpoint": st.none() | texts,
    }
)
talks = st.fixed_dictionaries(
    {"title": texts, "leaf": st.none() | st.sampled_from("abc"), "messages": st.lists(lines, max_size=3)}
)
files = st.fixed_dictionaries(
    {
        "format": st.just("bezel-conversations"),
        "version": st.just(1) | leaves,
        "conversations": st.lists(talks | values, max_size=2) | values,
    }
)


@settings(max_examples=INPUTS // 20, **ENOUGH)
@given(content=files.map(lambda file: json.dumps(file).encode()) | st.binary(max_size=300))
def test_an_import_takes_any_file(somebody, content):
    FUZZED["files"] += 1
    answer = somebody.ask("POST", "/conversations/import", files={"file": ("x.json", content)})

    assert answer.status_code in (200, 400)
    assert "Something went wrong" not in answer.text, content
    sound(answer.text)


@settings(max_examples=INPUTS // 100, **ENOUGH)
@given(
    path=st.sampled_from(["/conversations/export", "/my-data/export"]),
    asked=st.dictionaries(st.sampled_from(["of", "as"]), st.text(max_size=40) | st.just("markdown")),
)
def test_a_download_takes_any_question(somebody, path, asked):
    FUZZED["questions"] += 1
    answer = somebody.ask("GET", path, params=asked)

    assert answer.status_code in (200, 404)


@settings(max_examples=INPUTS // 100, **ENOUGH)
@given(sent=st.dictionaries(st.sampled_from(["id", "as"]), st.text(max_size=40)))
def test_an_export_of_cases_takes_any_form(somebody, sent):
    FUZZED["questions"] += 1
    answer = somebody.ask("POST", "/moderation-export", data=sent)

    assert answer.status_code in (400, 404)
    sound(answer.text)


@settings(max_examples=INPUTS // 24, **ENOUGH)
@given(
    path=st.text(max_size=40), query=st.text(max_size=40), accept=st.sampled_from(["text/html", "*/*", ""])
)
def test_every_address_takes_any_query(somebody, path, query, accept):
    for start in ("/", "/gradio_api/queue/", "/moderation/", "/assets/", "/static/", "/my-data/"):
        FUZZED["addresses"] += 1
        answer = somebody.http.get(
            somebody.siege.url + start, params={"x": path, "session_hash": query}, headers={"accept": accept}
        )
        assert answer.status_code < 500
        sound(answer.text[:2000] if answer.status_code >= 400 else "")


@settings(max_examples=INPUTS // 4, **ENOUGH)
@given(value=st.text(max_size=300), side=st.sampled_from(["prompt", "response"]), lang=st.none() | texts)
def test_the_judge_has_a_verdict_on_any_text(shipped, value, side, lang):
    FUZZED["judged"] += 1
    verdict = asyncio.run(shipped.judge(Text(value, side, prompt=value[:20], lang=lang)))

    assert verdict.action in Action
    assert set(verdict.checks) == set(shipped.live_checks) or verdict.failed
    assert all(0 <= span.start < span.end <= len(value) for found in verdict.findings for span in found.spans)


@pytest.fixture(scope="module")
def shipped():
    opened = default_guard()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def nobody_at_all(siege):
    caller = siege.caller(visitor=False)
    yield caller
    caller.close()
