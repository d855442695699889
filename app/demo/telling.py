"""Tells invented weeks into a store: turns, findings, reports, decisions and appeals, each at its hour."""

import heapq
import itertools
import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from safety.types import Action, Category, Finding, Outcome, Span, Verdict
from storage.judging import is_violation
from storage.store import Store
from storage.types import Barred, Case, DecisionAction, IllegalMove, Ruling

OWNER = "demo-person-"
MODERATORS = {"demo-opal": "lead", "demo-garnet": "moderator", "demo-beryl": "moderator"}
PEOPLE = 24
CHECKS = ("rules", "classifier")
VERSION = "demo"
"""What the invented findings say of their checks, so that no label of theirs counts for a real one."""
_TALK = Path(__file__).parent / "talk.toml"


class StoryClock:
    """The store's clock while the story is told: it stands where the story is."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True)
class Said:
    """One exchange of the story, and what a check found or a reader complained about, if anything."""

    lang: str
    prompt: str
    reply: str
    right: bool = True
    clause: str | None = None
    category: Category = "harassment"
    check: str = "rules"
    side: str = ""
    action: str = "allow"
    reason: str | None = None
    note: str = ""

    @property
    def subject(self) -> str:
        """The text that a case about it shows."""
        return self.prompt if self.side == "prompt" else self.reply


@dataclass
class Told:
    """How much of what has been told."""

    turns: int = 0
    reports: int = 0
    decisions: int = 0
    appeals: int = 0
    conversations: dict[str, str] = field(default_factory=dict)


class Telling:
    """Plays the story from its first day to now; the same `chance` tells the same story."""

    def __init__(self, store: Store, clock: StoryClock, severity: Callable[[str], int], seed: int) -> None:
        """`severity` gives that of a clause, 0 to 3; the clock must be the one the store was opened with."""
        self._store, self._clock, self._severity = store, clock, severity
        self._chance = random.Random(seed)
        self._talk: dict[str, Any] = tomllib.loads(_TALK.read_text("utf-8"))
        self._exchanges = {kind: [Said(**row) for row in self._talk[kind]] for kind in _KINDS}
        self._by_text = {said.subject: said for kind in _KINDS[1:] for said in self._exchanges[kind]}
        self._numbers = itertools.count()
        self._coming: list[tuple[datetime, int, Callable[[], None]]] = []
        self._languages = {
            f"{OWNER}{number:02}": self._chance.choice(("en", "ko", "zh", "ja"))
            for number in range(1, PEOPLE + 1)
        }
        self.told = Told()

    def tell(self, password_hashes: dict[str, str], until: datetime) -> Told:
        """Tell all from where the clock stands; each moderator gets the password hash under their name."""
        days = (until - self._clock.at).days
        for name, role in MODERATORS.items():
            self._store.moderators.add(name, password_hashes[name], "lead" if role == "lead" else "moderator")
        for day in range(days):
            for _ in range(self._chance.randint(6, 10)):
                self._later(timedelta(days=day, hours=self._chance.uniform(7, 22)), self._turn)
            for _ in range(self._chance.randint(0, 3)):
                self._later(timedelta(days=day, hours=self._chance.uniform(9, 17)), self._shift)
        while self._coming:
            at, _, happens = heapq.heappop(self._coming)
            if at < until:
                self._clock.at = max(at, self._clock.at)
                happens()
        return self.told

    def _later(self, after: timedelta, happens: Callable[[], None]) -> None:
        heapq.heappush(self._coming, (self._clock.at + after, next(self._numbers), happens))

    def _turn(self) -> None:
        owner = self._chance.choice(list(self._languages))
        kind = self._chance.choices(_KINDS, (70, 22, 8))[0]
        said = self._chance.choice(
            [one for one in self._exchanges[kind] if one.lang == self._languages[owner]]
        )
        self._store.accept_terms(owner, VERSION)
        known = self.told.conversations.get(owner)
        if known is None or self._chance.random() < 0.5:
            known = self._store.start_conversation(owner, said.prompt[:60]).id
            self.told.conversations[owner] = known
        reply_id = self._exchange(owner, known, said)
        self.told.turns += 1
        if said.reason is not None and reply_id is not None:
            self._report(owner, reply_id, said)

    def _exchange(self, owner: str, conversation_id: str, said: Said) -> str | None:
        severity = self._severity(said.clause) if said.clause else 1
        prompt = self._store.save_prompt(owner, conversation_id, said.prompt)
        prompt = self._store.record_prompt(owner, prompt.id, verdict_of(said, "prompt"), severity=severity)
        if prompt.state != "accepted":
            return None
        self._clock.at += timedelta(seconds=self._chance.uniform(2, 20))
        begun = self._store.start_reply(owner, prompt.id, checkpoint="bezel-demo@invented", settings={})
        ended = self._store.end_reply(
            owner,
            begun.id,
            state="complete",
            text=said.reply,
            end_reason="end",
            verdict=verdict_of(said, "response"),
            severity=severity,
        )
        return ended.id

    def _report(self, owner: str, reply_id: str, said: Said) -> None:
        reason = said.reason or "other"
        severity = 1 if reason == "other" else self._severity(reason)
        self._store.report(owner, reply_id, reason=reason, note=said.note, severity=severity)
        self.told.reports += 1

    def _shift(self) -> None:
        """Somebody of the desk takes a few cases."""
        name = self._chance.choice(list(MODERATORS))
        account = self._store.moderators.by_name(name)
        if account is None:
            return
        for _ in range(self._chance.randint(1, 4)):
            self._clock.at += timedelta(minutes=self._chance.uniform(1, 6))
            case = self._store.desk.next_case(account.id)
            if case is None:
                return
            self._rule(case, account.id)

    def _rule(self, case: Case, moderator_id: str) -> None:
        case_id, version = case.summary.id, case.row_version
        try:
            if case.summary.severity > 1:
                self._store.desk.reveal(case_id, moderator_id)
            if case.proposal is not None:
                self._store.desk.second(case_id, moderator_id, agrees=True, row_version=version)
            else:
                self._decide(case, moderator_id)
        except (Barred, IllegalMove):
            # A story may lead somebody to a case that the desk keeps from them; it goes back.
            self._store.desk.release(case_id, moderator_id)
            return
        self.told.decisions += 1
        if self._chance.random() < 0.2:
            self._later(timedelta(hours=self._chance.uniform(3, 40)), self._maybe_appeal)

    def _decide(self, case: Case, moderator_id: str) -> None:
        text = next((line.text for line in case.evidence if line.is_subject), "")
        said = self._by_text.get(text, self._exchanges["found"][0])
        is_right = said.right if self._chance.random() > 0.07 else not said.right
        if case.summary.kind == "appeal":
            is_right = is_right and self._chance.random() < 0.6
        blamed: Ruling = "misuse" if said.side == "prompt" else "model_failure"
        clause = said.clause or (said.reason if said.reason != "other" else "PUP-2.e.ii")
        ruling: Ruling = blamed if is_right else "no_violation"
        if self._chance.random() < 0.06:
            ruling = "unsure"
        may_warn = ruling == "misuse" and case.summary.kind == "content"
        self._store.desk.decide(
            case.summary.id,
            moderator_id,
            ruling=ruling,
            action=self._chance.choices(_ON_MISUSE, (80, 14, 6))[0] if may_warn else None,
            days=7,
            clause=clause if is_violation(ruling) else None,
            note="",
            public_note=self._talk["public_notes"][said.lang],
            row_version=case.row_version,
        )

    def _maybe_appeal(self) -> None:
        owner = self._chance.choice(list(self._languages))
        for made in self._store.appeals.statements(owner):
            if made.appeal_until is not None and self._chance.random() < 0.5:
                self._store.appeals.appeal(
                    owner, made.decision_id, self._talk["appeals"][self._languages[owner]]
                )
                self.told.appeals += 1
                return


_KINDS = ("said", "found", "reported")
_ON_MISUSE: tuple[DecisionAction | None, ...] = (None, "warn", "suspend")


def verdict_of(said: Said, side: str) -> Verdict:
    """What the checks said of one side of an exchange, in the shape that the Guard gives."""
    is_found = said.side == side
    action = Action(said.action) if is_found else Action.ALLOW
    text = said.prompt if side == "prompt" else said.reply
    score = round(0.82 + len(text) % 17 / 100, 2) if is_found else 0.0
    found = Finding(
        said.clause or "",
        said.category,
        said.check,
        score,
        0.8,
        action,
        spans=(Span(0, min(len(text), 24)),),
    )
    ended = Outcome.FLAG if action is Action.FLAG else Outcome.BLOCK
    return Verdict(
        action=action,
        score=score,
        categories={
            name: score if is_found and name == said.category else 0.0 for name in get_args(Category)
        },
        findings=(found,) if is_found else (),
        checks={name: ended if is_found and name == said.check else Outcome.PASS for name in CHECKS},
        policy=f"pup/{VERSION}",
        versions=dict.fromkeys(CHECKS, VERSION),
        lang=said.lang,
    )
