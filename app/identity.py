"""Who is asking: a visitor or a moderator by a signed cookie; never a component or a session hash."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http.cookies import SimpleCookie
from typing import Literal, Protocol

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer
from uuid_utils import uuid7

from app.passwords import Passwords
from storage.store import Store
from storage.types import Account, Moderator

VISITOR_COOKIE = "bezel_visitor"
DESK_COOKIE = "bezel_desk"
VISITOR_SECONDS = 400 * 24 * 3600
ACCOUNT_SECONDS = 30 * 24 * 3600
DESK_SECONDS = 12 * 3600
NOBODY = "nobody"
UNKNOWN = "unknown name"
"""Not the name itself, into whose field people type passwords too."""
NO_COOKIES: Mapping[str, str] = {}


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


@dataclass(frozen=True, slots=True)
class Door:
    """Who may chat: everybody, whoever knows the one passcode, or whoever has an account."""

    who: Literal["open", "passcode", "accounts"] = "open"
    passcode: str = field(default="", repr=False)


class Identity:
    """Makes and reads the cookies; an id in a cookie counts only with our signature.

    Of several keys the first signs, and all are believed. A visitor's cookie holds the owner, a generation
    (a cookie of an earlier one counts no more) and, behind a passcode, a mark of the code that let them in.
    """

    def __init__(
        self,
        keys: bytes | Sequence[bytes],
        store: Store,
        door: Door | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        several = [keys] if isinstance(keys, bytes) else list(keys)
        oldest_first = several[::-1]
        self.door = door or Door()
        self._visitors = URLSafeSerializer(oldest_first, salt="visitor")
        self._people = URLSafeTimedSerializer(oldest_first, salt="account")
        self._desk = URLSafeTimedSerializer(oldest_first, salt="desk")
        self._mark = _mark(several[-1], self.door)
        self._store = store
        self._passwords = passwords or Passwords()

    # People who chat

    @cached_property
    def _passcode_hash(self) -> str | None:
        return self._passwords.hash(self.door.passcode) if self.door.passcode else None

    def is_passcode(self, typed: str) -> bool:
        """Whether this is the passcode; as slow to find out as a password."""
        is_right = self._passwords.are_right(self._passcode_hash, typed)
        if not is_right:
            self._note(NOBODY, "passcode refused", "passcode")
        return is_right

    def new_visitor(self) -> str:
        """A cookie value for somebody new who may chat."""
        return self._visitors.dumps([str(uuid7()), 0, self._mark])

    def readmitted(self, cookies: Mapping[str, str]) -> str:
        """A cookie value for somebody who has just shown that they may chat, with the history they had."""
        owner = self._signed_visitor(cookies)[0]
        if not owner or self._current_owner(cookies, mark=None) is None:
            owner = str(uuid7())
        person = self._store.audit.pseudonym(owner)
        self._note(person, "let in by passcode", person)
        return self._visitors.dumps([owner, self._store.recovery.generation(owner), self._mark])

    def recovered(self, owner: str) -> str:
        """A cookie value for the browser that takes over a person's conversations."""
        return self._visitors.dumps([owner, self._store.recovery.generation(owner), self._mark])

    def owner_in(self, cookies: Mapping[str, str]) -> str | None:
        """The owner id that a cookie names under our signature, without asking whether it still counts."""
        signed = self._signed_account(cookies) if self._has_accounts else self._signed_visitor(cookies)
        return signed[0] or None

    def visitor(self, cookies: Mapping[str, str]) -> str | None:
        """The owner id of somebody who may chat, by their cookie; None for all others."""
        if self._has_accounts:
            account = self.account(cookies)
            return account.id if account else None
        return self._current_owner(cookies, mark=self._mark)

    def require_visitor(self, request: HasCookies) -> str:
        """The owner id of who is asking. Raises NotSignedIn."""
        owner = self.visitor(request.cookies)
        if owner is None:
            raise NotSignedIn("This page needs its cookie; reload it, and allow cookies for this address.")
        return owner

    def account(self, cookies: Mapping[str, str]) -> Account | None:
        """The account of this cookie, or None: unsigned, too old, ended, or signed out everywhere."""
        if not self._has_accounts:
            return None
        account_id, generation = self._signed_account(cookies)
        account = self._store.accounts.by_id(account_id) if account_id else None
        if account is None or account.ended_at is not None or account.generation != generation:
            return None
        return account

    def enter(self, name: str, password: str) -> str | None:
        """A cookie value for the account with this name and password, or None; both take the same time."""
        account = self._store.accounts.by_name(name)
        is_right = self._passwords.are_right(account.password_hash if account else None, password)
        person = self._store.audit.pseudonym(account.id) if account else UNKNOWN
        if account is None or not is_right:
            self._note(NOBODY, "sign-in failed", person)
            return None
        self._note(person, "signed in", person)
        return self._for_account(account)

    def change_password(self, account: Account, old: str, new: str) -> str | None:
        """Change a password, ending every sign-in; the cookie for this browser, or None for a wrong one."""
        if not self._passwords.are_right(account.password_hash, old):
            self._note(NOBODY, "password change refused", self._store.audit.pseudonym(account.id))
            return None
        return self._for_account(self._store.accounts.change_password(account.id, self._passwords.hash(new)))

    def leave_everywhere(self, cookies: Mapping[str, str]) -> None:
        """End every sign-in of the account of this cookie; without one, nothing happens."""
        account = self.account(cookies)
        if account is not None:
            self._store.accounts.sign_out_everywhere(account.id)

    def _note(self, actor: str, action: str, whom: str) -> None:
        self._store.audit.record(actor, action, whom)

    @property
    def _has_accounts(self) -> bool:
        return self.door.who == "accounts"

    def _for_account(self, account: Account) -> str:
        return self._people.dumps([account.id, account.generation])

    def _current_owner(self, cookies: Mapping[str, str], mark: str | None) -> str | None:
        owner, generation, shown = self._signed_visitor(cookies)
        if not owner or (mark and shown != mark):
            return None
        return owner if generation >= self._store.recovery.generation(owner) else None

    def _signed_visitor(self, cookies: Mapping[str, str]) -> tuple[str, int, str]:
        try:
            owner, generation, mark = self._visitors.loads(cookies.get(VISITOR_COOKIE, ""))
        except (BadSignature, ValueError, TypeError):
            return "", 0, ""
        return str(owner), int(generation), str(mark)

    def _signed_account(self, cookies: Mapping[str, str]) -> tuple[str, int]:
        try:
            account_id, generation = self._people.loads(
                cookies.get(VISITOR_COOKIE, ""), max_age=ACCOUNT_SECONDS
            )
        except (BadSignature, ValueError, TypeError):
            return "", 0
        return str(account_id), int(generation)

    # The desk

    def sign_in(self, name: str, password: str, cookies: Mapping[str, str] = NO_COOKIES) -> str | None:
        """A desk cookie for the right name and password, or None; both take the same time.

        Who chats with these cookies is the moderator too: nobody rules on a case of their own.
        """
        account = self._store.moderators.by_name(name)
        if account is not None and account.ended_at is not None:
            account = None
        is_right = self._passwords.are_right(account.password_hash if account else None, password)
        if account is None or not is_right:
            self._note(NOBODY, "sign-in failed", account.id if account else UNKNOWN)
            return None
        self._note(account.id, "signed in", account.id)
        own = self.visitor(cookies)
        if own is not None:
            self._store.moderators.link(account.id, own)
        return self._desk.dumps([account.id, account.generation])

    def sign_out(self, cookies: Mapping[str, str], *, everywhere: bool = False) -> None:
        """Note that whoever's desk cookie this is signs out; without one, nothing happens."""
        account = self.moderator(cookies)
        if account is None:
            return
        if everywhere:
            self._store.moderators.sign_out_everywhere(account.id)
        else:
            self._note(account.id, "signed out", account.id)

    def moderator(self, cookies: Mapping[str, str]) -> Moderator | None:
        """The moderator of this desk cookie, or None: unsigned, too old, ended, or signed out everywhere."""
        try:
            account_id, generation = self._desk.loads(cookies.get(DESK_COOKIE, ""), max_age=DESK_SECONDS)
        except (BadSignature, ValueError, TypeError):
            return None
        account = self._store.moderators.by_id(account_id)
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
        return self._passwords.hash(password)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _mark(key: bytes, door: Door) -> str:
    """What shows in a cookie that this passcode let its owner in; a changed passcode asks everybody again."""
    if door.who != "passcode":
        return ""
    return hmac.digest(key, b"bezel/passcode/" + _digest(door.passcode), "sha256").hex()[:32]
