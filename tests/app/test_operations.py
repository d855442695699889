"""The three addresses of a host's machines, over real parts."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.operations import operation_routes
from app.self_check import SelfCheck, open_to_others
from app.settings import Settings
from app.turn import Turns

TOKEN = "a token that is long enough"


@pytest.fixture
def check(parts, tmp_path):
    return SelfCheck(parts, tmp_path)


@pytest.fixture
def serve(parts, check):
    """The routes under these settings, asked from an address under a host name."""

    def served(address="127.0.0.1", host="127.0.0.1:7860", **settings):
        app = Starlette(routes=operation_routes(check, parts.metrics, Settings(**settings)))
        return TestClient(app, base_url=f"http://{host}", client=(address, 5000))

    return served


def test_a_living_process_says_so(serve):
    assert serve().get("/healthz").text == "ok"


def test_a_bezel_with_all_its_parts_is_ready(serve):
    answer = serve().get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": []})


def test_a_closed_database_is_named_without_details(serve, store, tmp_path):
    (tmp_path / "bezel.sqlite").chmod(0o400)
    store.close()
    for left in tmp_path.glob("bezel.sqlite*"):
        left.unlink()
    (tmp_path / "bezel.sqlite").mkdir()

    answer = serve().get("/readyz")

    assert (answer.status_code, answer.json()["missing"]) == (503, ["database"])
    assert str(tmp_path) not in answer.text


def test_checks_that_do_not_answer_are_named(serve, guard):
    guard.close()

    assert serve().get("/readyz").json()["missing"] == ["checks"]


def test_a_model_that_is_loading_is_named(parts, tmp_path):
    class Loading:
        progress = "half"

    class Failed:
        progress, has_failed = None, True

    for model, named in ((Loading(), "model loading"), (Failed(), "model")):
        asked = SelfCheck(with_model(parts, model), tmp_path)
        assert asyncio.run(asked.missing()) == (named,)


def with_model(parts, model):
    return type(parts)(
        model, parts.guard, parts.store, parts.turns, parts.identity, parts.terms, parts.crisis
    )


def test_a_bezel_that_is_stopping_is_not_ready(serve, check):
    check.is_stopping = True

    assert serve().get("/readyz").json()["missing"] == ["stopping"]


def test_the_figures_answer_this_machine_asking_directly(serve):
    assert serve().get("/metrics").status_code == 200
    assert serve(host="localhost").get("/metrics").status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"address": "192.0.2.7"},
        {"host": "chat.example.org"},
        {"proxy_hops": 1},
        {"space_id": "someone/bezel"},
        {"address": "testclient"},
    ],
)
def test_the_figures_answer_nobody_else(serve, asked):
    assert serve(**asked).get("/metrics").status_code == 404


def test_with_a_token_only_the_token_counts(serve):
    near, far = serve(metrics_token=TOKEN), serve("192.0.2.7", "chat.example.org", metrics_token=TOKEN)

    assert near.get("/metrics").status_code == 404
    assert far.get("/metrics", headers={"authorization": f"Bearer {TOKEN}x"}).status_code == 404
    assert far.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_file_that_others_can_read_is_named_with_what_mends_it(tmp_path):
    keys = tmp_path / "keys.json"
    keys.write_text("{}")
    keys.chmod(0o644)

    (said,) = open_to_others(tmp_path)
    keys.chmod(0o600)

    assert "chmod go-rwx" in said and str(keys) in said
    assert open_to_others(tmp_path) == ()


def test_the_self_check_at_start_names_what_fails(check, guard):
    guard.close()

    assert any("checks" in sentence for sentence in check.at_start())


async def test_turns_that_are_under_way_may_end_and_none_begins_when_bezel_stops(parts, ann):
    turns: Turns = parts.turns
    steps = turns.send(ann, None, "Good morning")
    await anext(steps)

    winding = asyncio.create_task(asyncio.to_thread(turns.wind_down, 5.0))
    await asyncio.sleep(0.1)
    with pytest.raises(Exception, match="restarted"):
        await anext(turns.send(ann, None, "One more"))
    last = [step async for step in steps][-1]

    assert last.reply.state == "complete"
    assert await winding == 0


async def test_what_does_not_end_in_time_is_counted(parts, ann):
    steps = parts.turns.send(ann, None, "Good morning")
    await anext(steps)

    assert await asyncio.to_thread(parts.turns.wind_down, 0.0) == 1
    await steps.aclose()
