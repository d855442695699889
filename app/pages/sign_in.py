"""The moderators' sign-in page: plain HTML without any script, and the two forms behind it."""

import asyncio
import html
from collections import OrderedDict
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.identity import DESK_COOKIE, DESK_SECONDS, CookieShape, Identity
from app.shield import DESK, SIGN_IN
from app.wording import desk

PAGE = Template((Path(__file__).parent / "sign_in.html").read_text(encoding="utf-8"))

FREE_FAILURES = 5
FIRST_DELAY = 0.5
LONGEST_DELAY = 4.0
REMEMBERED_PAIRS = 10_000
LONGEST_FIELD = 1_000
# Each check of a password takes 64 MiB and a thread: more at once would starve the chat of both.
CHECKS_AT_ONCE = 2


class Slowing:
    """Counts failed sign-ins in a row by account and address; past a bound the oldest are forgotten."""

    def __init__(self, most: int = REMEMBERED_PAIRS) -> None:
        self._most = most
        self._failures: OrderedDict[tuple[str, str], int] = OrderedDict()

    def seconds(self, account: str, address: str) -> float:
        """How long the next try of this pair waits; nobody is ever locked out."""
        failures = self._failures.get((account, address), 0)
        if failures < FREE_FAILURES:
            return 0.0
        return float(min(FIRST_DELAY * 2 ** min(failures - FREE_FAILURES, 10), LONGEST_DELAY))

    def failed(self, account: str, address: str) -> None:
        """Note a failure."""
        pair = (account, address)
        self._failures[pair] = self._failures.get(pair, 0) + 1
        self._failures.move_to_end(pair)
        while len(self._failures) > self._most:
            self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of this pair."""
        self._failures.pop((account, address), None)


class SignIn:
    """The handlers of the sign-in page."""

    def __init__(self, identity: Identity, cookie: CookieShape, slowing: Slowing) -> None:
        self._identity = identity
        self._cookie = cookie
        self._slowing = slowing
        self._checks = asyncio.Semaphore(CHECKS_AT_ONCE)

    async def show(self, request: Request) -> Response:
        """The form; whoever is signed in already goes to the desk."""
        if await asyncio.to_thread(self._identity.moderator, request.cookies) is not None:
            return RedirectResponse(DESK, 303)
        return _page()

    async def sign_in(self, request: Request) -> Response:
        """Check name and password and hand out the desk cookie, or say that one of both is not right."""
        async with request.form() as form:
            name, password = str(form.get("name", "")).strip(), str(form.get("password", ""))
        address = request.client.host if request.client is not None else ""
        account = name.casefold()[:LONGEST_FIELD]
        await asyncio.sleep(self._slowing.seconds(account, address))
        async with self._checks:
            value = await asyncio.to_thread(
                self._identity.sign_in, name[:LONGEST_FIELD], password[:LONGEST_FIELD]
            )
        if value is None:
            self._slowing.failed(account, address)
            return _page(name, desk.wrong_sign_in(), status=403)
        self._slowing.succeeded(account, address)
        return self._leave(DESK, value, DESK_SECONDS)

    async def sign_out(self, request: Request) -> Response:
        """Take the desk cookie back."""
        await asyncio.to_thread(self._identity.sign_out, request.cookies)
        return self._leave(SIGN_IN, "", 0)

    def _leave(self, to: str, value: str, seconds: int) -> Response:
        response = RedirectResponse(to, 303)
        response.headers.append("set-cookie", self._cookie.header(DESK_COOKIE, value, seconds))
        return response


def sign_in_routes(identity: Identity, cookie: CookieShape) -> list[Route]:
    """The routes of the sign-in page; the shield refuses a form that another site sends."""
    pages = SignIn(identity, cookie, Slowing())
    return [
        Route(SIGN_IN, pages.show, methods=["GET"]),
        Route(SIGN_IN, pages.sign_in, methods=["POST"]),
        Route("/sign-out", pages.sign_out, methods=["POST"]),
    ]


def _page(name: str = "", error: str = "", *, status: int = 200) -> HTMLResponse:
    said = f'<p class="error" role="alert" id="error">{html.escape(error)}</p>' if error else ""
    filled = PAGE.substitute(
        title=desk.sign_in_title(),
        lead=desk.sign_in_lead(),
        accounts=desk.where_accounts_come_from(),
        name=html.escape(name[:LONGEST_FIELD]),
        error=said,
        focus_name="" if name else "autofocus",
        focus_password="autofocus" if name else "",
    )
    return HTMLResponse(filled, status)
