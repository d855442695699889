"""The shield around a small application that says who was asked for what."""

import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.identity import DESK_COOKIE, VISITOR_COOKIE, Identity
from app.shield import MAX_BODY, SessionOwners, Shield, ShieldSettings

HTML = {"accept": "text/html"}


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.url.path} {len(await request.body())}")


@pytest.fixture
def identity(store):
    return Identity(b"k" * 32, store)


@pytest.fixture
def client(identity):
    inner = Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST", "PUT"])])
    return TestClient(
        Shield(inner, identity, ShieldSettings(framed=False, secure=False)), follow_redirects=False
    )


def visitor(identity):
    return {"cookie": f"{VISITOR_COOKIE}={identity.new_visitor()}"}


def test_a_first_page_gives_a_visitor_their_cookie_once(client):
    first = client.get("/", headers=HTML)
    second = client.get("/", headers=HTML)

    assert "HttpOnly" in first.headers["set-cookie"]
    assert "set-cookie" not in second.headers


def test_every_answer_carries_the_headers(client):
    for path in ("/", "/assets/x.js", "/docs"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe-eval" not in policy
        assert "img-src 'self' data: blob:" in policy
        assert "frame-ancestors 'self'" in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_only_hugging_face_may_frame_a_space(identity):
    inner = Starlette(routes=[Route("/", echo)])
    client = TestClient(Shield(inner, identity, ShieldSettings(framed=True, secure=True)))

    policy = client.get("/").headers["content-security-policy"]

    assert "frame-ancestors 'self' https://huggingface.co" in policy


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil.example", "http://"]
)
def test_a_request_from_another_site_is_refused(client, identity, origin):
    answer = client.post("/gradio_api/queue/join", headers={"origin": origin} | visitor(identity))

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_a_request_from_our_own_page_goes_through(client, identity):
    answer = client.post(
        "/gradio_api/queue/join",
        headers={"origin": "http://testserver"} | visitor(identity),
        json={"session_hash": "s"},
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/call/send",
        "/gradio_api/run/predict",
        "/gradio_api/api/predict",
        "/gradio_api/info",
        "/gradio_api/upload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/x",
        "/gradio_api/proxy=http://example.org",
        "/gradio_api/deep_link",
        "/gradio_api/component_server",
        "/gradio_api/stream/a/b/c/playlist.m3u8",
        "/gradio_api/vibe-edit/",
        "/gradio_api/startup-events",
        "/gradio_api/runs",
        "/monitoring",
        "/monitoring/summary",
        "/docs",
        "/openapi.json",
        "/login",
        "/moderation/gradio_api/call/decide",
        "/moderation/gradio_api/upload",
        "/moderation/monitoring/summary",
    ],
)
def test_a_route_that_bezel_does_not_use_is_not_there(client, path):
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 404


def test_a_method_that_bezel_does_not_use_is_not_there(client):
    assert client.put("/").status_code == 404


def test_a_session_belongs_to_whoever_used_it_first(client, identity):
    ann, bob = visitor(identity), visitor(identity)
    join = {"session_hash": "abc", "data": []}

    assert client.post("/gradio_api/queue/join", json=join, headers=ann).status_code == 200
    assert client.post("/gradio_api/queue/join", json=join, headers=bob).status_code == 404
    assert client.get("/gradio_api/queue/data?session_hash=abc", headers=bob).status_code == 404
    assert client.get("/gradio_api/heartbeat/abc", headers=bob).status_code == 404
    assert client.post("/gradio_api/cancel", json=join, headers=bob).status_code == 404
    assert client.get("/gradio_api/queue/data?session_hash=abc", headers=ann).status_code == 200


def test_a_session_is_refused_to_nobody(client):
    assert client.get("/gradio_api/queue/data?session_hash=abc").status_code == 403


def test_a_repeated_session_hash_cannot_hide_the_second(client, identity):
    ann, bob = visitor(identity), visitor(identity)
    client.get("/gradio_api/queue/data?session_hash=anns", headers=ann)

    answer = client.get("/gradio_api/queue/data?session_hash=bobs&session_hash=anns", headers=bob)

    assert answer.status_code == 404


def test_a_body_arrives_whole_and_a_giant_one_is_refused(client, identity):
    ours = visitor(identity)

    assert client.post("/x", content=b"a" * 1000, headers=ours).text == "/x 1000"
    assert client.post("/x", content=b"a" * (MAX_BODY + 1), headers=ours).status_code == 413


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b'{"session_hash": 7}', b"\xff\xfe", json.dumps("x").encode()]
)
def test_rubbish_in_a_body_is_left_to_gradio_and_breaks_nothing(client, identity, body):
    assert client.post("/gradio_api/queue/join", content=body, headers=visitor(identity)).status_code == 200


def test_a_visitor_who_comes_to_the_desk_is_led_to_the_sign_in(client, identity):
    answer = client.get("/moderation", headers=HTML | visitor(identity))

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_signed_in_moderator_reaches_the_desk(client, identity, store):
    store.add_moderator("mia", identity.hash_password("a long password"))
    desk = {"cookie": f"{DESK_COOKIE}={identity.sign_in('mia', 'a long password')}"}

    assert client.get("/moderation", headers=HTML | desk).status_code == 200


def test_the_oldest_sessions_are_forgotten_past_the_bound():
    owners = SessionOwners(2)
    owners.belongs("a", "ann")
    owners.belongs("b", "ann")
    owners.belongs("c", "ann")

    assert owners.belongs("a", "bob")
    assert not owners.belongs("c", "bob")
