"""Who is asking: a visitor or a moderator by a signed cookie; never a component or a session hash."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from http.cookies import SimpleCookie
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer
from uuid_utils import uuid7

from storage.store import Store
from storage.types import Moderator

VISITOR_COOKIE = "bezel_visitor"
DESK_COOKIE = "bezel_desk"
VISITOR_SECONDS = 400 * 24 * 3600
DESK_SECONDS = 12 * 3600


class NotSignedIn(Exception):
    """A request without a valid cookie for what it asks."""


class HasCookies(Protocol):
    """What identity needs of a request, Gradio's or Starlette's."""

    @property
    def cookies(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class CookieShape:
    """How a cookie must look to come back: inside a Space's frame it is a third-party one."""

    framed: bool
    secure: bool

    def header(self, name: str, value: str, seconds: int) -> str:
        """The value of a Set-Cookie header; `seconds` 0 removes the cookie."""
        jar = SimpleCookie({name: value})
        morsel = jar[name]
        morsel["path"] = "/"
        morsel["max-age"] = seconds
        morsel["httponly"] = True
        morsel["samesite"] = "None" if self.framed else "Lax"
        if self.framed or self.secure:
            morsel["secure"] = True
        return morsel.OutputString() + ("; Partitioned" if self.framed else "")


class Identity:
    """Makes and reads the two cookies; an id in a cookie counts only with our signature."""

    def __init__(self, key: bytes, store: Store) -> None:
        self._visitors = URLSafeSerializer(key, salt="visitor")
        self._desk = URLSafeTimedSerializer(key, salt="desk")
        self._store = store
        self._hasher = PasswordHasher()

    def new_visitor(self) -> str:
        """A cookie value for somebody new."""
        return self._visitors.dumps(str(uuid7()))

    def visitor(self, cookies: Mapping[str, str]) -> str | None:
        """The owner id in a visitor's cookie, or None where there is none with our signature."""
        try:
            owner = self._visitors.loads(cookies.get(VISITOR_COOKIE, ""))
        except BadSignature:
            return None
        return owner if isinstance(owner, str) else None

    def require_visitor(self, request: HasCookies) -> str:
        """The owner id of who is asking. Raises NotSignedIn."""
        owner = self.visitor(request.cookies)
        if owner is None:
            raise NotSignedIn("This page needs its cookie; reload it, and allow cookies for this address.")
        return owner

    @cached_property
    def _nobody(self) -> str:
        """What a password is compared with where there is no account, so that both answers take as long."""
        return self._hasher.hash(secrets.token_hex(16))

    def sign_in(self, name: str, password: str) -> str | None:
        """A desk cookie for the right name and password, or None; both take the same time."""
        account = self._store.moderator_by_name(name)
        is_open = account is not None and account.ended_at is None
        try:
            self._hasher.verify(account.password_hash if account and is_open else self._nobody, password)
        except (VerificationError, InvalidHashError):
            return None
        if account is None or not is_open:
            return None
        self._store.audit_event(account.id, "signed in", account.id)
        return self._desk.dumps([account.id, account.generation])

    def sign_out(self, cookies: Mapping[str, str]) -> None:
        """Note that whoever's desk cookie this is signs out; without one, nothing happens."""
        account = self.moderator(cookies)
        if account is not None:
            self._store.audit_event(account.id, "signed out", account.id)

    def moderator(self, cookies: Mapping[str, str]) -> Moderator | None:
        """The moderator of this desk cookie, or None: unsigned, too old, ended, or signed out everywhere."""
        try:
            account_id, generation = self._desk.loads(cookies.get(DESK_COOKIE, ""), max_age=DESK_SECONDS)
        except (BadSignature, ValueError, TypeError):
            return None
        account = self._store.moderator(account_id)
        if account is None or account.ended_at is not None or account.generation != generation:
            return None
        return account

    def require_moderator(self, request: HasCookies) -> Moderator:
        """The moderator who is asking; the first line of every handler of the desk. Raises NotSignedIn."""
        account = self.moderator(request.cookies)
        if account is None:
            raise NotSignedIn("Your sign-in has ended. Sign in again.")
        return account

    def hash_password(self, password: str) -> str:
        """An argon2id hash of a password."""
        return self._hasher.hash(password)
