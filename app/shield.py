"""Middleware around every request: own origin, size, unused routes, session binding, headers, cookie."""

import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.identity import VISITOR_COOKIE, VISITOR_SECONDS, CookieShape, Identity

# unsafe-inline: Gradio's page carries inline scripts and styles; nothing of a person's text reaches either.
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline'; connect-src 'self'; font-src 'self' data:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors {ancestors}"
)

UNUSED_ROUTES = re.compile(
    r"(?:/moderation)?/(?:gradio_api/(?:api|call|run|info|openapi\.json|deep_link|upload|proxy=|file=|file/"
    r"|stream/|component_server|process_recording|vibe|undo-vibe|token|dev/|runs|user|startup-events"
    r"|custom_component)|monitoring|docs|redoc|openapi\.json|pwa_icon|manifest\.json|login|logout|svelte)"
)
# Gradio asks its own server to begin; nobody else may.
BEGINNING = "/gradio_api/startup-events"
BOUND_ROUTES = re.compile(r"(?:/moderation)?/gradio_api/(?:queue/|heartbeat/|cancel|reset)")
DESK = "/moderation"
SIGN_IN = "/sign-in"
MAX_BODY = 2_000_000
MAX_SESSIONS = 20_000


@dataclass(frozen=True, slots=True)
class ShieldSettings:
    """What the shield needs to know of the installation."""

    framed: bool
    """Whether huggingface.co may frame the pages (a Space)."""
    secure: bool
    """Whether people come over TLS, so that cookies are for TLS only."""


class Shield:
    """ASGI middleware; refuses before Gradio sees the request, and dresses every response."""

    def __init__(self, app: ASGIApp, identity: Identity, settings: ShieldSettings) -> None:
        self._app = app
        self._identity = identity
        self._cookie = CookieShape(framed=settings.framed, secure=settings.secure)
        self._sessions = SessionOwners(MAX_SESSIONS)
        ancestors = "'self' https://huggingface.co" if settings.framed else "'self'"
        self._headers = {
            "content-security-policy": CONTENT_POLICY.format(ancestors=ancestors),
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it with a plain sentence."""
        if scope["type"] != "http":
            # No part of Bezel speaks WebSocket; the lifespan is the server's own.
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        dressed = self._dressed(scope, request, send)
        refusal = self._refusal(request)
        if refusal is None and _has_body(scope):
            body = await _body(receive)
            refusal = PlainTextResponse("The request is too large.", 413) if body is None else None
            receive = _again(body or b"", receive)
            refusal = refusal or self._binding(request, body)
        elif refusal is None:
            refusal = self._binding(request, None)
        await (refusal or self._app)(scope, receive, dressed)

    def _refusal(self, request: HTTPConnection) -> PlainTextResponse | RedirectResponse | None:
        path = request.url.path
        if request.scope["method"] not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("Not found", 404)
        if not _is_own_origin(request):
            return PlainTextResponse("This request comes from another site.", 403)
        if UNUSED_ROUTES.match(path) and not (path == BEGINNING and _is_own_server(request)):
            return PlainTextResponse("Not found", 404)
        wants_desk = path == DESK or path.startswith(DESK + "/")
        is_page = request.scope["method"] != "POST" and "gradio_api" not in path
        if wants_desk and is_page and self._identity.moderator(request.cookies) is None:
            return RedirectResponse(SIGN_IN, 303)
        return None

    def _binding(self, request: HTTPConnection, body: bytes | None) -> PlainTextResponse | None:
        """Refuse a Gradio session to anybody but the cookie that used it first."""
        if not BOUND_ROUTES.match(request.url.path):
            return None
        owner = self._identity.visitor(request.cookies)
        if owner is None:
            return PlainTextResponse("This page needs its cookie; reload it.", 403)
        hashes = _session_hashes(request, body)
        is_theirs = all(self._sessions.belongs(named, owner) for named in hashes)
        return None if is_theirs else PlainTextResponse("Not found", 404)

    def _dressed(self, scope: Scope, request: HTTPConnection, send: Send) -> Send:
        is_page = scope["method"] == "GET" and "text/html" in request.headers.get("accept", "")
        needs_cookie = is_page and self._identity.visitor(request.cookies) is None

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [
                    (name, value)
                    for name, value in message.get("headers", [])
                    if name.decode().lower() not in self._headers
                ]
                added = [(name.encode(), value.encode()) for name, value in self._headers.items()]
                if needs_cookie:
                    value = self._identity.new_visitor()
                    cookie = self._cookie.header(VISITOR_COOKIE, value, VISITOR_SECONDS)
                    added.append((b"set-cookie", cookie.encode()))
                if is_page:
                    added.append((b"cache-control", b"no-store"))
                message = {**message, "headers": kept + added}
            await send(message)

        return dressed


class SessionOwners:
    """Which cookie used a Gradio session hash first; the oldest are forgotten past a bound."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._owners: OrderedDict[str, str] = OrderedDict()

    def belongs(self, session: str, owner: str) -> bool:
        """Whether this owner may use this session; an unused one becomes theirs."""
        first = self._owners.setdefault(session, owner)
        self._owners.move_to_end(session)
        while len(self._owners) > self._most:
            self._owners.popitem(last=False)
        return first == owner


def _is_own_origin(request: HTTPConnection) -> bool:
    """Whether a request does not come from another site: its Origin, where it has one, is this address."""
    if request.headers.get("sec-fetch-site") == "cross-site" and request.scope["method"] == "POST":
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    return bool(urlsplit(origin).netloc == request.headers.get("host", ""))


def _is_own_server(request: HTTPConnection) -> bool:
    """Whether the server asks itself: the two ends of the connection have one address."""
    server = request.scope.get("server")
    return bool(server and request.client and request.client.host == server[0] and not request.cookies)


def _session_hashes(request: HTTPConnection, body: bytes | None) -> list[str]:
    """Every session hash that a request names, in whatever place Gradio may look for it."""
    named = parse_qs(request.url.query).get("session_hash", [])
    if "/heartbeat/" in request.url.path:
        named.append(request.url.path.rsplit("/", 1)[1])
    try:
        sent = json.loads(body or b"null")
    except ValueError:
        return named
    value = sent.get("session_hash") if isinstance(sent, Mapping) else None
    return [*named, value] if isinstance(value, str) else named


def _has_body(scope: Scope) -> bool:
    return bool(scope["method"] == "POST")


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None where it is larger than a request of ours can be."""
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(parts)
        parts += message.get("body", b"")
        if len(parts) > MAX_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the body once more, then waits for the disconnect as before."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
