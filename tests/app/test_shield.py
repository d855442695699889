"""The shield around a small application that says who was asked for what."""

import asyncio
import base64
import hashlib

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.identity import DESK_COOKIE, VISITOR_COOKIE, Identity
from app.open_routes import DESK
from app.shield import MAX_BODY, SessionOwners, Shield, ShieldSettings

HTML = {"accept": "text/html"}


JSON = {"content-type": "application/json"}
PAGE = "<p>hello</p><script>let a = 1;</script><script src='x.js'></script>"


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.url.path} {len(await request.body())}")


async def page(_request: Request) -> HTMLResponse:
    return HTMLResponse(PAGE)


async def headers(request: Request) -> JSONResponse:
    return JSONResponse(dict(request.headers))


@pytest.fixture
def identity(store):
    return Identity(b"k" * 32, store)


@pytest.fixture
def client(identity):
    return shielded(identity)


def shielded(identity, **options):
    every = Route("/{path:path}", echo, methods=["GET", "POST", "PUT"])
    inner = Starlette(routes=[Route("/page", page), Route("/headers", headers), every])
    settings = {"framed": False, "pages": ("/", "/x", "/page", "/headers")} | options
    return TestClient(Shield(inner, identity, ShieldSettings(**settings)), follow_redirects=False)


def visitor(identity):
    return {"cookie": f"{VISITOR_COOKIE}={identity.new_visitor()}"}


def test_every_answer_carries_the_headers(client):
    for path in ("/", "/assets/x.js", "/docs"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe-eval" not in policy
        assert "img-src 'self' data: blob:" in policy
        assert "frame-ancestors 'self'" in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_only_hugging_face_may_frame_a_space(identity):
    policy = shielded(identity, framed=True).get("/").headers["content-security-policy"]

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


LISTENERS = {"": {0, 2}, DESK: {1}}


@pytest.mark.parametrize(
    ("number", "status"),
    [(0, 200), (2, 200), (None, 200), (1, 404), (-1, 404), ("0", 404), (0.0, 404), (False, 404), ([0], 404)],
)
def test_an_event_of_a_listener_that_the_page_has_not_is_refused(identity, number, status):
    client, sent = shielded(identity, listeners=LISTENERS), {"fn_index": number, "session_hash": "mine"}

    answer = client.post("/gradio_api/queue/join", json=sent, headers=visitor(identity))

    assert answer.status_code == status


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
    "body", [b"", b"{", b"\xff\xfe", b"[NaN]", b"[" * 100_000, b"[1" + b"0" * 5_000 + b"]"]
)
def test_a_body_that_is_not_json_is_refused(client, identity, body):
    ours = JSON | visitor(identity)

    assert client.post("/gradio_api/queue/join", content=body, headers=ours).status_code == 400


@pytest.mark.parametrize("body", [b"[1]", b'{"session_hash": 7}', b'"x"', b"null", b'["\\ud800"]'])
def test_json_that_is_nothing_of_ours_is_left_to_gradio(client, identity, body):
    ours = JSON | visitor(identity)

    assert client.post("/gradio_api/queue/join", content=body, headers=ours).status_code == 200


def test_gradio_reads_the_very_session_that_was_checked(client, identity):
    bob = visitor(identity) | JSON
    read = b'{"session_hash": "bobs"}'

    answer = client.post(
        "/gradio_api/queue/join", content=b'{"session_hash": "anns", "session_hash": "bobs"}', headers=bob
    )

    assert answer.text.endswith(f" {len(read)}")


def test_a_visitor_who_comes_to_the_desk_is_led_to_the_sign_in(client, identity):
    answer = client.get("/moderation", headers=HTML | visitor(identity))

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_signed_in_moderator_reaches_the_desk(client, identity, store):
    store.moderators.add("mia", identity.hash_password("a long password"))
    desk = {"cookie": f"{DESK_COOKIE}={identity.sign_in('mia', 'a long password')}"}

    assert client.get("/moderation", headers=HTML | desk).status_code == 200


def test_the_oldest_sessions_are_forgotten_past_the_bound():
    owners = SessionOwners(2)
    owners.belongs("a", "ann")
    owners.belongs("b", "ann")
    owners.belongs("c", "ann")

    assert owners.belongs("a", "bob")
    assert not owners.belongs("c", "bob")


@pytest.mark.parametrize(
    "path",
    [
        "/anything-new",
        "/gradio_api/whatever-comes-next",
        "/gradio_api/queue/status",
        "/assets/../config.json",
        "/gradio_api/heartbeat/a/b",
        "/CONFIG",
        "/moderationx",
    ],
)
def test_what_nobody_has_opened_is_not_there(client, path):
    assert client.get(path).status_code == 404


def test_a_route_of_our_own_may_have_parameters(identity):
    client = shielded(identity, pages=("/export/{name}",))

    assert client.get("/export/mine").status_code == 200
    assert client.get("/export/a/b").status_code == 404


def test_a_host_header_cannot_hide_the_path(client):
    for host in ("testserver?", "testserver/x?", "testserver#", "x/config"):
        assert client.get("/gradio_api/call/send", headers={"host": host}).status_code == 404


def test_a_form_cannot_stand_in_for_a_script(client, identity):
    ours = visitor(identity)

    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        headers = ours | {"content-type": kind}
        assert client.post("/gradio_api/queue/join", content=b"{}", headers=headers).status_code == 415
    assert client.post("/x", content=b"a=b", headers=ours).status_code == 200


def test_a_page_names_the_hash_of_each_script_that_it_came_with(client):
    policy = client.get("/page", headers=HTML).headers["content-security-policy"]

    digest = base64.b64encode(hashlib.sha256(b"let a = 1;").digest()).decode()
    scripts = next(part for part in policy.split(";") if "script-src" in part)
    assert scripts.split() == ["script-src", "'self'", f"'sha256-{digest}'"]
    assert client.get("/page", headers=HTML).text == PAGE


def test_inline_styles_are_the_only_thing_allowed_unseen(client):
    policy = client.get("/page", headers=HTML).headers["content-security-policy"]

    allowed = {part.split()[0]: part.split()[1:] for part in policy.split(";")}
    assert [name for name, sources in allowed.items() if "'unsafe-inline'" in sources] == ["style-src"]
    assert not any(
        source.startswith(("http", "*", "'unsafe-eval'")) for one in allowed.values() for source in one
    )


def test_a_header_that_a_proxy_would_write_is_believed_only_behind_one(identity):
    sent = {"x-forwarded-for": "6.6.6.6", "x-forwarded-host": "evil.example", "forwarded": "for=6.6.6.6"}

    direct = shielded(identity).get("/headers", headers=sent).json()
    behind = shielded(identity, behind_proxy=True).get("/headers", headers=sent).json()

    assert not sent.keys() & direct.keys()
    assert sent.items() <= behind.items()


async def test_a_body_that_comes_too_slowly_is_refused(identity):
    shield = Shield(echo, identity, ShieldSettings(framed=False, pages=("/x",), body_seconds=0.05))
    scope = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": []}
    sent = []

    async def receive():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"a", "more_body": True}

    async def send(message):
        sent.append(message)

    await shield(scope, receive, send)

    assert sent[0]["status"] == 408


@pytest.mark.parametrize("path", ["config", "gradio_api/app_id", "gradio_api/heartbeat/x", "anything"])
def test_nothing_of_the_desk_answers_a_visitor(client, identity, path):
    answer = client.get(f"/moderation/{path}", headers=visitor(identity))

    assert answer.status_code in (303, 401, 404)
