"""The moderators' sign-in page: plain HTML without any script, and the forms behind it."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.address import noted_address
from app.identity import DESK_COOKIE, DESK_SECONDS, CookieShape, Identity
from app.open_routes import DESK, SIGN_IN
from app.pages.door import Field, Note, Page, fields_of, form, link
from app.slowing import Slowing
from app.wording import desk


class SignIn:
    """The handlers of the sign-in page; `cookie` gives the shape of a cookie for one request."""

    def __init__(
        self, identity: Identity, cookie: Callable[[Request], CookieShape], slowing: Slowing
    ) -> None:
        self._identity = identity
        self._cookie = cookie
        self._slowing = slowing

    async def show(self, request: Request) -> Response:
        """The form; whoever is signed in already goes to the desk."""
        if await asyncio.to_thread(self._identity.moderator, request.cookies) is not None:
            return RedirectResponse(DESK, 303)
        return _page()

    async def sign_in(self, request: Request) -> Response:
        """Check name and password and hand out the desk cookie, or say that one of both is not right."""
        typed = await fields_of(request, "name", "password")
        name, address = typed["name"].strip(), noted_address(request)
        account = name.casefold()
        async with self._slowing.one_try(account, address):
            value = await asyncio.to_thread(self._identity.sign_in, name, typed["password"], request.cookies)
        if value is None:
            return _page(name, desk.wrong_sign_in(), status=403)
        self._slowing.succeeded(account, address)
        return self._leave(request, DESK, value, DESK_SECONDS)

    async def sign_out(self, request: Request) -> Response:
        """Take the desk cookie back."""
        await asyncio.to_thread(self._identity.sign_out, request.cookies)
        return self._leave(request, SIGN_IN, "", 0)

    async def sign_out_everywhere(self, request: Request) -> Response:
        """Make every sign-in of this moderator worthless, this one too."""
        await asyncio.to_thread(self._identity.sign_out, request.cookies, everywhere=True)
        return self._leave(request, SIGN_IN, "", 0)

    def _leave(self, request: Request, to: str, value: str, seconds: int) -> Response:
        response = RedirectResponse(to, 303)
        response.headers.append("set-cookie", self._cookie(request).header(DESK_COOKIE, value, seconds))
        return response


def sign_in_routes(identity: Identity, cookie: Callable[[Request], CookieShape]) -> list[Route]:
    """The routes of the sign-in page; the shield refuses a form that another site sends."""
    pages = SignIn(identity, cookie, Slowing())
    return [
        Route(SIGN_IN, pages.show, methods=["GET"]),
        Route(SIGN_IN, pages.sign_in, methods=["POST"]),
        Route("/sign-out", pages.sign_out, methods=["POST"]),
        Route("/sign-out-everywhere", pages.sign_out_everywhere, methods=["POST"]),
    ]


def _page(name: str = "", error: str = "", *, status: int = 200) -> HTMLResponse:
    fields = (
        Field("name", desk.name(), autocomplete="username", value=name, has_focus=not name),
        Field("password", desk.password(), "password", "current-password", has_focus=bool(name)),
    )
    return Page(
        desk.sign_in_title(),
        desk.sign_in_lead(),
        form(SIGN_IN, desk.sign_in(), *fields),
        note=Note(error) if error else None,
        foot=f"{desk.where_accounts_come_from()} {link('/', desk.back_to_the_chat())}",
    ).answer(status)
