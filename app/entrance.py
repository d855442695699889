"""Middleware that lets in who may chat: nobody else gets past it to a page, a handler or a stream."""

import asyncio
import logging
from dataclasses import dataclass

import gradio as gr
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.address import noted_address, noted_tls
from app.identity import VISITOR_COOKIE, VISITOR_SECONDS, CookieShape, Identity
from app.limits import Admission
from app.open_routes import BEGINNING, DESK, SIGN_IN, is_public_file
from app.pages.door import Page
from app.wording import entrance, limits
from app.wording.languages import preferred
from storage.types import StorageError

log = logging.getLogger("bezel.entrance")
ENTER = "/enter"
# The moderators' own door, and what monitors and crawlers ask for; each has its own lock where it needs one.
BESIDE = frozenset(
    {DESK, SIGN_IN, "/sign-out", "/sign-out-everywhere", BEGINNING, "/healthz", "/readyz", "/metrics"}
    | {"/robots.txt", ENTER}
)


@dataclass(frozen=True, slots=True)
class Cookies:
    """The shape of the cookies of one installation, for the request at hand."""

    framed: bool
    secure: bool = False

    def __call__(self, request: HTTPConnection) -> CookieShape:
        """For TLS only where the person's browser speaks it."""
        return CookieShape(framed=self.framed, secure=self.secure or noted_tls(request))


class Entrance:
    """ASGI middleware behind the shield: asks for the cookie of whoever may chat; hands it out if all may."""

    def __init__(self, app: ASGIApp, identity: Identity, admission: Admission, cookies: Cookies) -> None:
        self._app = app
        self._identity = identity
        self._admission = admission
        self._cookies = cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or show the way in."""
        if scope["type"] != "http" or is_beside(scope["path"]):
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        try:
            owner = await asyncio.to_thread(self._identity.visitor, request.cookies)
        except StorageError as error:
            log.error("nobody can be recognised: %s", type(error).__name__)
            await _cannot_tell(request)(scope, receive, send)
            return
        if owner is not None:
            self._admission.came_from(owner, noted_address(request), language_of(request))
            await self._app(scope, receive, send)
        elif self._identity.door.who != "open":
            await _the_way_in(request)(scope, receive, send)
        elif _is_page(request):
            await self._welcomed(request, receive, send)
        else:
            # Whoever has no cookie owns nothing; each handler asks for it again.
            await self._app(scope, receive, send)

    async def _welcomed(self, request: HTTPConnection, receive: Receive, send: Send) -> None:
        """Give somebody new their cookie, unless too many come from their address."""
        wait = self._admission.wait_of_new_person(noted_address(request))
        if wait > 0:
            await turned_away(language_of(request), wait)(request.scope, receive, send)
            return
        value = self._identity.new_visitor()
        cookie = self._cookies(request).header(VISITOR_COOKIE, value, VISITOR_SECONDS)

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", []), (b"set-cookie", cookie.encode())]
                message = {**message, "headers": headers}
            await send(message)

        await self._app(request.scope, receive, with_cookie)


def is_beside(path: str) -> bool:
    """Whether this path is not for people who chat: it is the desk's, or holds nothing of anybody."""
    return path in BESIDE or path.startswith(f"{DESK}/") or is_public_file(path)


def language_of(request: HTTPConnection | gr.Request) -> str:
    """The language that a browser asks for, of those we have."""
    return preferred(str(request.headers.get("accept-language", "")))


def turned_away(language: str, wait: float) -> Response:
    """The page for somebody new from an address that too many come from."""
    answer = Page(
        entrance.please_wait(language),
        limits.too_many_people(language, wait),
        language=language,
    ).answer(429)
    answer.headers["retry-after"] = str(int(wait) + 1)
    return answer


def _cannot_tell(request: HTTPConnection) -> Response:
    language = language_of(request)
    return Page(entrance.please_wait(language), entrance.cannot_tell(language), language=language).answer(503)


def _the_way_in(request: HTTPConnection) -> Response:
    # A form that was left open leads in as well; only a script needs words.
    if "text/html" in request.headers.get("accept", "") or request.scope["method"] == "HEAD":
        return RedirectResponse(ENTER, 303)
    return JSONResponse({"detail": entrance.come_in_first(language_of(request))}, 401)


def _is_page(request: HTTPConnection) -> bool:
    return request.scope["method"] == "GET" and "text/html" in request.headers.get("accept", "")
