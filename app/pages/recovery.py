"""The page where a person makes a recovery code, or takes over the conversations of one."""

import asyncio
import hashlib
import html
import secrets

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.address import noted_address
from app.entrance import Cookies, language_of
from app.identity import VISITOR_COOKIE, VISITOR_SECONDS, Identity
from app.pages.door import Field, Note, Page, fields_of, form, link, section
from app.slowing import Slowing
from app.wording import entrance, recovery
from storage.store import Store

RECOVERY = "/recovery"
# Without letters and digits that look alike; 24 of 31 signs are 118 bits, more than anybody can guess.
SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
GROUPS, GROUP = 6, 4


class RecoveryPage:
    """The handlers of the page; a code is kept as its SHA-256 digest, which gives nothing of it away."""

    def __init__(self, identity: Identity, store: Store, cookies: Cookies, slowing: Slowing) -> None:
        self._identity = identity
        self._store = store
        self._cookies = cookies
        self._slowing = slowing

    async def show(self, request: Request) -> Response:
        """Both forms."""
        return _page(language_of(request), _make(language_of(request)))

    async def make(self, request: Request) -> Response:
        """Make a code for whoever asks and show it, this once."""
        owner = await asyncio.to_thread(self._identity.visitor, request.cookies)
        if owner is None:
            return RedirectResponse(RECOVERY, 303)
        code = new_code()
        await asyncio.to_thread(self._store.recovery.keep, owner, digest_of(code))
        language = language_of(request)
        shown = Note(recovery.this_is_the_code(language), is_error=False)
        half = len(code) // 2 + 1
        two_lines = f"{html.escape(code[:half])}<br>{html.escape(code[half:])}"
        return _page(language, f'{shown}\n<code id="new-code">{two_lines}</code>')

    async def use(self, request: Request) -> Response:
        """Give this browser the conversations of a code, and use the code up."""
        language, address = language_of(request), noted_address(request)
        typed = await fields_of(request, "code")
        async with self._slowing.one_try("recovery", address):
            owner = await asyncio.to_thread(self._store.recovery.use, digest_of(typed["code"]))
        if owner is None:
            return _page(language, _make(language), Note(recovery.wrong_code(language)), status=403)
        self._slowing.succeeded("recovery", address)
        value = await asyncio.to_thread(self._identity.recovered, owner)
        answer = RedirectResponse("/", 303)
        header = self._cookies(request).header(VISITOR_COOKIE, value, VISITOR_SECONDS)
        answer.headers.append("set-cookie", header)
        return answer


def recovery_routes(
    identity: Identity, store: Store, cookies: Cookies, *, slowing: Slowing | None = None
) -> list[Route]:
    """The routes of the page; none where people have accounts, which no browser can lose."""
    if identity.door.who == "accounts":
        return []
    pages = RecoveryPage(identity, store, cookies, slowing or Slowing())
    return [
        Route(RECOVERY, pages.show, methods=["GET"]),
        Route(f"{RECOVERY}/make", pages.make, methods=["POST"]),
        Route(f"{RECOVERY}/use", pages.use, methods=["POST"]),
    ]


def new_code() -> str:
    """A code as a person writes it down."""
    groups = ("".join(secrets.choice(SIGNS) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def digest_of(code: str) -> str:
    """What is kept of a code, however its letters and groups were typed."""
    plain = "".join(sign for sign in code.upper() if sign in SIGNS)
    return hashlib.sha256(plain.encode()).hexdigest()


def _make(language: str) -> str:
    button = form(f"{RECOVERY}/make", recovery.make_code(language))
    return section(recovery.make_code(language), recovery.make_code_lead(language), button)


def _page(language: str, first: str, note: Note | None = None, *, status: int = 200) -> Response:
    field = Field("code", recovery.code(language))
    use = form(f"{RECOVERY}/use", recovery.use_code(language), field, is_plain=True)
    return Page(
        recovery.title(language),
        recovery.lead(language),
        first + section(recovery.use_code(language), recovery.use_code_lead(language), use),
        note=note,
        foot=link("/", entrance.back(language)),
        language=language,
    ).answer(status)
