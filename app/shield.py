"""Middleware around every request: own origin, size, time, used routes, session binding, headers, cookie."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.content_policy import content_policy
from app.identity import Identity
from app.open_routes import BEGINNING, DESK, SIGN_IN, OpenRoutes, is_api, is_bound, is_public_file
from app.wording import desk

MAX_BODY = 2_000_000
BODY_SECONDS = 20.0
MAX_SESSIONS = 20_000
# Gradio and uvicorn believe these from anybody; Bezel believes them only where a proxy is configured.
FORWARDED = (b"forwarded", b"x-forwarded-", b"x-real-ip", b"x-gradio-", b"x-direct-url", b"x-ip-token")


@dataclass(frozen=True, slots=True)
class ShieldSettings:
    """What the shield needs to know of the installation."""

    framed: bool
    """Whether huggingface.co may frame the pages (a Space)."""
    pages: tuple[str, ...] = ("/",)
    """The paths of pages and of Bezel's own routes; any other must be one that Gradio needs."""
    head: str = ""
    """HTML of our own that Gradio adds to its pages in the browser, so that its scripts may run."""
    behind_proxy: bool = False
    """Whether a configured proxy writes the headers that tell of the first address, host and scheme."""
    body_seconds: float = BODY_SECONDS
    """How long the body of a request may take to arrive."""
    listeners: Mapping[str, Collection[int]] = field(default_factory=dict)
    """The numbers of the listeners of the chat, under "", and of the desk, under its path."""


class Shield:
    """ASGI middleware; refuses before Gradio sees the request, and dresses every response."""

    def __init__(self, app: ASGIApp, identity: Identity, settings: ShieldSettings) -> None:
        self._app = app
        self._identity = identity
        self._settings = settings
        self._open = OpenRoutes(settings.pages)
        self._sessions = SessionOwners(MAX_SESSIONS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it with a plain sentence."""
        if scope["type"] != "http":
            # No part of Bezel speaks WebSocket; the lifespan is the server's own.
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        if not self._settings.behind_proxy:
            scope = {**scope, "headers": [pair for pair in scope["headers"] if not _is_forwarded(pair[0])]}
        request = HTTPConnection(scope)
        dressed = Dressed(send, self._headers_for(request), self._settings)
        refusal = self._refusal(request) or await self._desk_refusal(request)
        sent: object = None
        if refusal is None and scope["method"] == "POST":
            body, refusal = await self._received(receive)
            if refusal is None and is_api(scope["path"]):
                body, sent, refusal = _read(body)
            scope, receive = _with_length(scope, body), _again(body, receive)
        refusal = refusal or self._binding(request, sent) or self._unknown(scope["path"], sent)
        await (refusal or self._app)(scope, receive, dressed)
        await dressed.finish()

    def _refusal(self, request: HTTPConnection) -> Response | None:
        scope = request.scope
        if scope["method"] not in ("GET", "HEAD", "POST") or not self._is_open(request):
            return PlainTextResponse("Not found", 404)
        if not _is_own_origin(request):
            return PlainTextResponse("This request comes from another site.", 403)
        is_json = request.headers.get("content-type", "").partition(";")[0].strip() == "application/json"
        if scope["method"] == "POST" and is_api(scope["path"]) and not is_json:
            # A form that a text brings in could be sent from our own page; it cannot send JSON.
            return PlainTextResponse("This address takes JSON only.", 415)
        return None

    def _is_open(self, request: HTTPConnection) -> bool:
        # Of the scope, not of request.url: a Host header may hold a `?` and with it the whole path.
        path = request.scope["path"]
        return self._open.has(path) or (path == BEGINNING and _is_own_server(request))

    async def _desk_refusal(self, request: HTTPConnection) -> Response | None:
        """Refuse whatever lies under the desk to all but moderators; a page leads them to the sign-in."""
        path = request.scope["path"]
        is_of_desk = path == DESK or path.startswith(DESK + "/")
        if not is_of_desk or is_public_file(path):
            return None
        if await asyncio.to_thread(self._identity.moderator, request.cookies) is not None:
            return None
        if request.scope["method"] == "POST" or is_api(path):
            return JSONResponse({"detail": desk.signed_out()}, 401)
        return RedirectResponse(SIGN_IN, 303)

    def _binding(self, request: HTTPConnection, sent: object) -> Response | None:
        """Refuse a Gradio session to anybody but the cookie that used it first."""
        if not is_bound(request.scope["path"]):
            return None
        owner = self._asker(request)
        if owner is None:
            return PlainTextResponse("This page needs its cookie; reload it.", 403)
        hashes = _session_hashes(request, sent)
        is_theirs = all(self._sessions.belongs(named, owner) for named in hashes)
        return None if is_theirs else PlainTextResponse("Not found", 404)

    def _unknown(self, path: str, sent: object) -> Response | None:
        """Refuse an event of a listener that the page has not, at which Gradio would fail."""
        if not path.endswith("/queue/join") or not isinstance(sent, Mapping) or sent.get("fn_index") is None:
            return None
        known = self._settings.listeners.get(DESK if path.startswith(f"{DESK}/") else "", ())
        number = sent["fn_index"]
        return None if type(number) is int and number in known else PlainTextResponse("Not found", 404)

    def _asker(self, request: HTTPConnection) -> str | None:
        """Whose cookie this is; at the desk a moderator's, who need not be somebody who chats."""
        if request.scope["path"].startswith(f"{DESK}/"):
            account = self._identity.moderator(request.cookies)
            return account.id if account else None
        return self._identity.owner_in(request.cookies)

    async def _received(self, receive: Receive) -> tuple[bytes, Response | None]:
        """The whole body, or the refusal of one that is too large or comes too slowly."""
        try:
            async with asyncio.timeout(self._settings.body_seconds):
                body = await _body(receive)
        except TimeoutError:
            return b"", PlainTextResponse("The request took too long to arrive.", 408)
        if body is None:
            return b"", PlainTextResponse("The request is too large.", 413)
        return body, None

    def _headers_for(self, request: HTTPConnection) -> dict[str, str]:
        headers = {
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=()",
        }
        if request.scope["method"] == "GET" and "text/html" in request.headers.get("accept", ""):
            headers["cache-control"] = "no-store"
        return headers


class Dressed:
    """A `send` that adds our headers; a page waits for its end, since its policy names its scripts."""

    def __init__(self, send: Send, headers: Mapping[str, str], settings: ShieldSettings) -> None:
        self._send = send
        self._headers = headers
        self._settings = settings
        self._start: Message | None = None
        self._page = bytearray()

    async def __call__(self, message: Message) -> None:
        """Send one message on, dressed where it opens the answer."""
        if message["type"] == "http.response.start":
            if _is_page(message):
                self._start = message
                return
            message = self._dressed(message, b"")
        elif self._start is not None and message["type"] == "http.response.body":
            self._page += message.get("body", b"")
            if not message.get("more_body", False):
                await self.finish()
            return
        await self._send(message)

    async def finish(self) -> None:
        """Send a page that was held back; does nothing a second time."""
        if self._start is None:
            return
        start, self._start = self._start, None
        await self._send(self._dressed(start, bytes(self._page)))
        await self._send({"type": "http.response.body", "body": bytes(self._page), "more_body": False})

    def _dressed(self, start: Message, page: bytes) -> Message:
        html = page + self._settings.head.encode() if page else b""
        policy = content_policy(html, framed=self._settings.framed)
        headers = {**self._headers, "content-security-policy": policy}
        replaced = {name.encode() for name in headers}
        kept = [pair for pair in start.get("headers", []) if pair[0].lower() not in replaced]
        return {
            **start,
            "headers": kept + [(name.encode(), value.encode()) for name, value in headers.items()],
        }


class SessionOwners:
    """Which cookie used a Gradio session hash first; the oldest are forgotten past a bound."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._owners: OrderedDict[str, str] = OrderedDict()

    def belongs(self, session: str, owner: str) -> bool:
        """Whether this owner may use this session; an unused one becomes theirs."""
        first = self._owners.setdefault(session, owner)
        if first == owner:
            self._owners.move_to_end(session)
        while len(self._owners) > self._most:
            self._owners.popitem(last=False)
        return first == owner


def _is_page(start: Message) -> bool:
    headers = {name.lower(): value for name, value in start.get("headers", [])}
    return bool(headers.get(b"content-type", b"").startswith(b"text/html"))


def _is_forwarded(name: bytes) -> bool:
    return name.lower().startswith(FORWARDED)


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


def _session_hashes(request: HTTPConnection, sent: object) -> list[str]:
    """Every session hash that a request names, in whatever place Gradio may look for it."""
    named = parse_qs(request.scope["query_string"].decode("latin-1")).get("session_hash", [])
    if "/heartbeat/" in request.scope["path"]:
        named.append(request.scope["path"].rsplit("/", 1)[1])
    value = sent.get("session_hash") if isinstance(sent, Mapping) else None
    return [*named, value] if isinstance(value, str) else named


def _read(body: bytes) -> tuple[bytes, object, Response | None]:
    """The body written anew and what it says, or a refusal: what is checked here is what Gradio then reads.

    Of two equal keys one is left, and a lone half of a character, which no answer could quote, becomes a `?`.
    """
    try:
        sent = json.loads(body)
        anew = json.dumps(sent, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return b"", None, PlainTextResponse("This is not JSON.", 400)
    return anew.encode("utf-8", "replace"), sent, None


def _with_length(scope: Scope, body: bytes) -> Scope:
    """The request with the length that its body now has."""
    kept = [pair for pair in scope["headers"] if pair[0] not in (b"content-length", b"transfer-encoding")]
    return {**scope, "headers": [*kept, (b"content-length", str(len(body)).encode())]}


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
