"""What the security tests share: a Bezel that records what was judged, and people who call it raw."""

import contextlib
import json
import socket
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from argon2 import PasswordHasher
from fastapi.routing import _IncludedRouter
from starlette.routing import Mount

from app.build import Bezel, parts, serve
from app.identity import DESK_COOKIE, VISITOR_COOKIE
from app.parts import Parts
from app.settings import Settings
from model.fake import FakeModel
from safety.checks.banned import Banned
from safety.guard import Guard
from safety.policy import load_policy
from storage.types import Filters

FUZZED = Counter()
"""How many inputs the fuzz tests have tried, by kind; pytest says it at the end."""
BANNED = "zzz"
NEVER_SHOWN = "FORBIDDEN-TAIL"
REPLY = "A clean reply that begins well and says nothing bad at all."
BAD_REPLY = f"A reply that begins well, and then {BANNED} {NEVER_SHOWN}."
MODERATOR, SECOND, PASSWORD = "mia", "noa", "a long enough password"
CLAUSE = "PUP-2.e.iii"
TYPES = {"content-type": "application/json"}
# The limits have tests of their own; here nobody may be stopped by one before they reach what is tested.
NO_LIMITS = dict.fromkeys(
    (
        "prompts_per_minute",
        "tokens_per_minute",
        "turns_per_person",
        "reports_per_hour",
        "address_prompts_per_minute",
        "address_people_per_hour",
    ),
    0,
)


class RecordingModel(FakeModel):
    """A fake that writes each call into a journal shared with the guard."""

    def __init__(self, replies, journal, **options):
        super().__init__(replies, **options)
        self.journal = journal

    def _answer(self, prompt, settings):
        self.journal.append(("asked", tuple(prompt)))
        return super()._answer(prompt, settings)


class RecordingGuard(Guard):
    """A real Guard that writes each verdict into the journal."""

    journal: list = field(repr=False)

    async def judge(self, text):
        verdict = await super().judge(text)
        self.journal.append(("judged", text.side, text.value, verdict.action.withholds))
        return verdict


@dataclass
class Siege:
    """A running Bezel, its parts, its journal, and everything anybody received from it."""

    url: str
    bezel: Bezel
    parts: Parts
    journal: list = field(repr=False)
    model: RecordingModel
    folder: Path
    received: list = field(default_factory=list, repr=False)

    def caller(self, *, visitor=True, moderator=None):
        """Somebody new who calls it without a page; a moderator where they are named."""
        return Caller(self, visitor=visitor, moderator=moderator)

    def moderator_id(self, name):
        """The id of a moderator."""
        return next(one.id for one in self.parts.store.moderators.everyone() if one.name == name)

    def suspend(self, person):
        """Have a prompt of theirs stopped and them suspended for it, with two moderators; gives the case."""
        desk, first, other = self.parts.store.desk, *map(self.moderator_id, (MODERATOR, SECOND))
        person.call(
            person.function("send"), plausible(self, person.function("send"), text=f"a {BANNED} word")
        )
        case = desk.next_case(first, Filters(states=("open",)))
        ruled = {"ruling": "misuse", "clause": CLAUSE, "note": "", "public_note": "Please stop."}
        desk.decide(case.summary.id, first, action="suspend", days=7, row_version=case.row_version, **ruled)
        waiting = desk.claim(case.summary.id, other)
        desk.second(case.summary.id, other, agrees=True, row_version=waiting.row_version)
        return case.summary.id

    def kept(self, caller):
        """Everything that is stored of somebody."""
        everything = self.parts.store.export_person(caller.owner)
        return {name: value for name, value in everything.items() if name != "exported_at"}


class Caller:
    """Cookies, and Gradio's wire protocol by hand; keeps all that it receives."""

    sessions = 0

    def __init__(self, siege, *, visitor, moderator):
        Caller.sessions += 1
        self.siege = siege
        # Moderators may read what was withheld; what they receive is not what people do.
        self.received = [] if moderator else siege.received
        self.session = f"session{Caller.sessions}"
        cookies = {}
        identity = siege.parts.identity
        if visitor:
            cookies[VISITOR_COOKIE] = identity.new_visitor()
        if moderator:
            cookies[DESK_COOKIE] = identity.sign_in(moderator, PASSWORD)
        self.cookies = cookies
        self.http = httpx.Client(
            base_url=siege.url, timeout=30, cookies=cookies, headers={"origin": siege.url}
        )
        self.owner = identity.visitor(cookies)

    def ask(self, method, path, **options):
        """One request; what comes back is kept for the tests that look for what must not."""
        answer = self.http.request(method, path, **options)
        self.received.append(answer.text)
        return answer

    def join(self, number, data, *, desk=False, **more):
        """Queue an event of a listener by its number."""
        body = {"data": data, "fn_index": number, "session_hash": self.session, **more}
        return self.ask(
            "POST", prefixed("/gradio_api/queue/join", desk), content=json.dumps(body), headers=TYPES
        )

    def outcome(self, *, desk=False, events=1):
        """All that the stream says until the joined events have ended."""
        lines = []
        path = prefixed(f"/gradio_api/queue/data?session_hash={self.session}", desk)
        with self.http.stream("GET", path) as stream:
            for line in stream.iter_lines():
                lines.append(line)
                events -= "process_completed" in line
                if not events or "close_stream" in line or "unexpected_error" in line:
                    break
        self.received.extend(lines)
        return "\n".join(lines)

    def call(self, number, data, *, desk=False, **more):
        """Queue an event and wait for its end; gives what was said, or the refusal."""
        answer = self.join(number, data, desk=desk, **more)
        return self.outcome(desk=desk) if answer.status_code == 200 else answer.text

    def listeners(self, *, desk=False):
        """Every listener of a page: its number, the name of its handler, and how many inputs it takes."""
        blocks = self.siege.desk if desk else self.siege.bezel.chat
        return [(number, listener.name, len(listener.inputs)) for number, listener in blocks.fns.items()]

    def function(self, name, *, desk=False):
        """The number of the first listener whose handler has this name."""
        return next(number for number, named, _ in self.listeners(desk=desk) if named == name)

    def accept_terms(self):
        """Accept the terms as this person."""
        self.siege.parts.store.accept_terms(self.owner, self.siege.parts.terms.version)
        return self

    def close(self):
        self.http.close()


def converse(siege, person, text):
    """Send this as a page would until there is a reply that passed; every second one is withheld."""
    send = person.function("send")
    for _ in range(2):
        if "A clean reply" in person.call(send, plausible(siege, send, text=text)):
            return


def plausible(siege, number, *, desk=False, text="Good morning", named=""):
    """Values that a page could send to a listener; where it takes a name of something, this one."""
    blocks = siege.desk if desk else siege.bezel.chat
    return [_value(component, text, named) for component in blocks.fns[number].inputs]


def _value(component, text, named):
    kind = type(component).__name__
    if getattr(component, "label", None) == "Stop texts, one a line":
        return component.value  # these words would end a reply, and too many of them refuse it
    if kind == "State":
        return named
    if kind in ("Radio", "Dropdown"):
        return named or (component.choices[0][1] if component.choices else None)
    if kind in ("Slider", "Number"):
        return component.value if component.value is not None else 1
    return {"Textbox": text, "Checkbox": False}.get(kind)


def prefixed(path, desk):
    return f"/moderation{path}" if desk else path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def besieged(folder, replies=(REPLY, BAD_REPLY), *, model=None, **options):
    """A whole Bezel in this process: real store, real guard over one check, a model with these replies."""
    journal = []
    guard = RecordingGuard([Banned(BANNED)], load_policy().with_checks(("banned",)))
    guard.journal = journal
    model = model or RecordingModel(list(replies), journal, chunk=10)
    settings = Settings(**{"port": free_port(), "data_folder": folder} | NO_LIMITS | options)
    with parts(settings, model=model, guard=guard) as joined:
        quick = PasswordHasher(time_cost=1, memory_cost=1024)
        for name in (MODERATOR, SECOND):
            joined.store.moderators.add(name, quick.hash(PASSWORD), "moderator")
        bezel = serve(joined, settings)
        siege = Siege(f"http://127.0.0.1:{settings.port}", bezel, joined, journal, model, folder)
        siege.desk = next(app for path, app in mounted(bezel.app) if path == "/moderation").get_blocks()
        try:
            yield siege
        finally:
            bezel.close()


def mounted(app):
    """Every application mounted inside this one, with its path."""
    return [(route.path, route.app) for route in app.routes if isinstance(route, Mount)]


def routes_of(app, prefix=""):
    """Every HTTP route of an application as (path, methods), those of mounted applications too."""
    found = []
    for route in app.routes:
        if isinstance(route, Mount):
            found += routes_of(route.app, prefix + route.path)
        elif isinstance(route, _IncludedRouter):
            found += routes_of(route.original_router, prefix)
        else:
            found.append((prefix + route.path, frozenset(route.methods or ())))
    return sorted(set(found))
