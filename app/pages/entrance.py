"""The entrance: a passcode or a sign-in; and what people do with their account."""

import asyncio

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.address import noted_address
from app.entrance import ENTER, Cookies, language_of, turned_away
from app.identity import ACCOUNT_SECONDS, VISITOR_COOKIE, VISITOR_SECONDS, Identity
from app.limits import Admission
from app.pages.door import Field, Note, Page, fields_of, form, link, section
from app.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD
from app.slowing import Slowing
from app.wording import entrance

ACCOUNT = "/account"
PASSCODE = "passcode"


class Entry:
    """The handlers of the entrance and of the page of an account."""

    def __init__(
        self, identity: Identity, admission: Admission, cookies: Cookies, host: str, slowing: Slowing
    ) -> None:
        self._identity = identity
        self._admission = admission
        self._cookies = cookies
        self._host = host
        self._slowing = slowing

    async def show(self, request: Request) -> Response:
        """The form; whoever has come in already goes to the chat."""
        is_open = self._identity.door.who == "open"
        if is_open or await asyncio.to_thread(self._identity.visitor, request.cookies) is not None:
            return RedirectResponse("/", 303)
        return self._form(language_of(request))

    async def enter(self, request: Request) -> Response:
        """Check the code or the password and hand out the cookie, or say that it is not right."""
        if self._identity.door.who == "open":
            return RedirectResponse("/", 303)
        return await (self._with_code if self._identity.door.who == PASSCODE else self._with_name)(request)

    async def leave(self, request: Request) -> Response:
        """Take the cookie back."""
        return self._given(request, ENTER, "", 0)

    async def leave_everywhere(self, request: Request) -> Response:
        """Make every sign-in of this account worthless, this one too."""
        await asyncio.to_thread(self._identity.leave_everywhere, request.cookies)
        return self._given(request, ENTER, "", 0)

    async def account(self, request: Request) -> Response:
        """The page of whoever is signed in."""
        return await self._account_page(request)

    async def change_password(self, request: Request) -> Response:
        """Change the password, if the one so far is right and the new one long enough."""
        language = language_of(request)
        account = await asyncio.to_thread(self._identity.account, request.cookies)
        if account is None:
            return RedirectResponse(ENTER, 303)
        typed = await fields_of(request, "old", "new")
        if not SHORTEST_PASSWORD <= len(typed["new"]) <= LONGEST_PASSWORD:
            note = Note(entrance.too_short_a_password(language, SHORTEST_PASSWORD))
            return await self._account_page(request, note, status=400)
        address = noted_address(request)
        async with self._slowing.one_try(account.id, address):
            value = await asyncio.to_thread(
                self._identity.change_password, account, typed["old"], typed["new"]
            )
        if value is None:
            return await self._account_page(request, Note(entrance.wrong_old_password(language)), status=403)
        self._slowing.succeeded(account.id, address)
        return self._given(request, f"{ACCOUNT}?changed", value, ACCOUNT_SECONDS)

    async def _with_code(self, request: Request) -> Response:
        language, address = language_of(request), noted_address(request)
        typed = await fields_of(request, "passcode")
        async with self._slowing.one_try(PASSCODE, address):
            is_right = await asyncio.to_thread(self._identity.is_passcode, typed["passcode"].strip())
        if not is_right:
            return self._form(language, entrance.wrong_passcode(language), status=403)
        self._slowing.succeeded(PASSCODE, address)
        wait = self._admission.wait_of_new_person(address)
        if wait > 0:
            return turned_away(language, wait)
        value = await asyncio.to_thread(self._identity.readmitted, request.cookies)
        return self._given(request, "/", value, VISITOR_SECONDS)

    async def _with_name(self, request: Request) -> Response:
        language, address = language_of(request), noted_address(request)
        typed = await fields_of(request, "name", "password")
        name = typed["name"].strip()
        async with self._slowing.one_try(name.casefold(), address):
            value = await asyncio.to_thread(self._identity.enter, name, typed["password"])
        if value is None:
            return self._form(language, entrance.wrong_sign_in(language), name, status=403)
        self._slowing.succeeded(name.casefold(), address)
        return self._given(request, "/", value, ACCOUNT_SECONDS)

    def _form(self, language: str, error: str = "", name: str = "", *, status: int = 200) -> HTMLResponse:
        has_code = self._identity.door.who == PASSCODE
        lead = entrance.passcode_lead if has_code else entrance.accounts_lead
        return Page(
            entrance.welcome(language),
            lead(language, self._host),
            _code_form(language) if has_code else _name_form(language, name),
            note=Note(error) if error else None,
            foot=entrance.one_cookie(language),
            language=language,
        ).answer(status)

    async def _account_page(
        self, request: Request, note: Note | None = None, *, status: int = 200
    ) -> Response:
        language = language_of(request)
        account = await asyncio.to_thread(self._identity.account, request.cookies)
        if account is None:
            return RedirectResponse("/", 303)
        if "changed" in request.query_params and note is None:
            note = Note(entrance.password_changed(language), is_error=False)
        return Page(
            entrance.account_title(language),
            entrance.signed_in_as(language, account.name),
            _account_forms(language),
            note=note,
            foot=link("/", entrance.back(language)),
            language=language,
        ).answer(status)

    def _given(self, request: Request, to: str, value: str, seconds: int) -> Response:
        answer = RedirectResponse(to, 303)
        header = self._cookies(request).header(VISITOR_COOKIE, value, seconds)
        answer.headers.append("set-cookie", header)
        return answer


def entrance_routes(
    identity: Identity, admission: Admission, cookies: Cookies, host: str, *, slowing: Slowing | None = None
) -> list[Route]:
    """The routes of the entrance; those of an account are there only where people have accounts."""
    entry = Entry(identity, admission, cookies, host, slowing or Slowing())
    routes = [Route(ENTER, entry.show, methods=["GET"]), Route(ENTER, entry.enter, methods=["POST"])]
    if identity.door.who != "accounts":
        return routes
    return [
        *routes,
        Route("/leave", entry.leave, methods=["POST"]),
        Route("/leave-everywhere", entry.leave_everywhere, methods=["POST"]),
        Route(ACCOUNT, entry.account, methods=["GET"]),
        Route(ACCOUNT, entry.change_password, methods=["POST"]),
    ]


def _code_form(language: str) -> str:
    field = Field("passcode", entrance.passcode(language), "password", has_focus=True)
    return form(ENTER, entrance.enter(language), field)


def _name_form(language: str, name: str) -> str:
    return form(
        ENTER,
        entrance.sign_in(language),
        Field("name", entrance.name(language), autocomplete="username", value=name, has_focus=not name),
        Field("password", entrance.password(language), "password", "current-password", has_focus=bool(name)),
    )


def _account_forms(language: str) -> str:
    change = form(
        ACCOUNT,
        entrance.change_password(language),
        Field("old", entrance.old_password(language), "password", "current-password"),
        Field("new", entrance.new_password(language), "password", "new-password"),
    )
    leave = form("/leave", entrance.sign_out(language), is_plain=True)
    leave += form("/leave-everywhere", entrance.sign_out_everywhere(language), is_plain=True)
    lead = entrance.change_password_lead(language, SHORTEST_PASSWORD)
    return section(entrance.sign_out(language), entrance.sign_out_lead(language), leave) + section(
        entrance.change_password(language), lead, change
    )
