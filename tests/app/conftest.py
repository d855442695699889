"""What the tests of the app share: real parts over a SQLite file, two people, and a moderator."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from app.crisis import crisis_lines
from app.identity import DESK_COOKIE, VISITOR_COOKIE, Identity
from app.parts import Parts
from app.passwords import Passwords
from app.terms import Terms
from app.turn import Limits, Turns
from model.fake import FakeModel
from model.types import GenerationSettings
from safety.checks.banned import Banned
from safety.guard import Guard
from safety.policy import load_policy
from storage.columns import now
from storage.store import Store
from storage.types import DeskRules, Moderator

BANNED = "zzz"
PASSWORD = "correct horse battery"
AT_ONCE = DeskRules(undo=timedelta(0))
QUICK = PasswordHasher(time_cost=1, memory_cost=1024)


@dataclass(frozen=True)
class Request:
    """What a handler needs of a request: the cookies that came with it, its headers, the page's address."""

    cookies: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    query_params: dict = field(default_factory=dict)


@dataclass(frozen=True)
class SignedIn:
    """A moderator with the cookies of their browser."""

    account: Moderator
    cookies: dict

    @property
    def id(self):
        return self.account.id

    @property
    def request(self):
        return Request(self.cookies)


@pytest.fixture
def request_of():
    """A request with these cookies."""
    return Request


class Clock:
    """The store's clock, which a test can put forward."""

    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        return now() + self.ahead

    def move(self, **by):
        self.ahead += timedelta(**by)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def rules():
    """What the desk of a test's store goes by; decisions take effect at once."""
    return AT_ONCE


@pytest.fixture
def store(tmp_path, clock, rules):
    url = f"sqlite:///{tmp_path}/bezel.sqlite"
    opened = Store.open(url, evidence_key=b"e" * 32, audit_key=b"a" * 32, clock=clock, rules=rules)
    yield opened
    opened.close()


@pytest.fixture
def identity(store):
    return Identity(b"k" * 32, store, passwords=Passwords(QUICK))


@pytest.fixture
def guard():
    """A real Guard over one check: it blocks whatever contains the word `zzz` (PUP-2.e.iii, severity 2)."""
    opened = Guard([Banned(BANNED)], load_policy().with_checks(("banned",)))
    yield opened
    opened.close()


@pytest.fixture
def model():
    return FakeModel(["A reply that is fine."])


@pytest.fixture
def parts(store, identity, guard, model):
    terms = Terms("text", "v1")
    turns = Turns(model, guard, store, Limits(1_000, GenerationSettings(), terms.version))
    return Parts(model, guard, store, turns, identity, terms, crisis_lines(None, None))


@pytest.fixture
def visitor_cookies(identity):
    """The cookies of a new visitor, one set a call."""
    return lambda: {VISITOR_COOKIE: identity.new_visitor()}


@pytest.fixture
def ann(store):
    """The owner id of a person who has accepted the terms."""
    store.accept_terms("ann", "v1")
    return "ann"


@pytest.fixture
def bob(store):
    """Another one."""
    store.accept_terms("bob", "v1")
    return "bob"


@pytest.fixture
def sign_in(store, identity):
    """Make an account of this name and sign it in; its hash is a cheap one, to keep tests quick."""

    def made(name, role="moderator"):
        account = store.moderators.add(name, QUICK.hash(PASSWORD), role)
        return SignedIn(account, {DESK_COOKIE: identity.sign_in(name, PASSWORD)})

    return made


@pytest.fixture
def mia(sign_in):
    """A moderator who is signed in."""
    return sign_in("mia")


@pytest.fixture
def noa(sign_in):
    """Another one."""
    return sign_in("noa")


@dataclass(frozen=True)
class Installation:
    """What the command line hands to its commands."""

    folder: Path

    def open_store(self):
        url = f"sqlite:///{self.folder}/bezel.sqlite"
        return Store.open(url, evidence_key=b"e" * 32, audit_key=b"a" * 32)

    def hash_password(self, password):
        return QUICK.hash(password)


@pytest.fixture
def installation(tmp_path):
    return Installation(tmp_path)
