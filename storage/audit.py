"""The audit log: events without content, chained by an HMAC whose key is kept elsewhere."""

import hmac
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, select, type_coerce

from storage import tables
from storage.anchor import Anchor, Head, Problem
from storage.dialects import lock_audit
from storage.transactions import Transactions
from storage.types import AuditEvent, StorageError
from storage.work import Work

START = "0" * 64
HOST = "host"
_LONGEST = 200
_MADE_ANEW = ", made anew"
log = logging.getLogger("bezel.audit")
_JSON = json.JSONEncoder(default=repr)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found: how many events hold, the first that does not, and each anchor against the log."""

    events: int
    first_broken: int | None
    anchors: tuple[Anchor, ...]
    made_anew: tuple[int, ...]
    """The events that say an anchor was made anew; what was cut off before them does not show."""

    @property
    def is_sound(self) -> bool:
        """Whether every link holds and no anchor knows of more or of other events."""
        return self.first_broken is None and not any(anchor.problem for anchor in self.anchors)


class AuditLog:
    """The chain of events; all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write
        self._keys, self._anchors = transactions.keys, transactions.anchors

    def pseudonym(self, owner: str) -> str:
        """How a person is named in the log."""
        return self._keys.pseudonym(owner)

    def record(self, actor: str, action: str, object_id: str) -> None:
        """Add an event: a moderator by id, a person by `pseudonym`, never any content."""
        self._write(record, actor, action, object_id)

    def events(self, limit: int = 100) -> tuple[AuditEvent, ...]:
        """The newest events, newest first."""
        return self._read(events, limit)

    def first_broken(self) -> int | None:
        """The first sequence number at which the chain does not hold, or None."""
        return self._read(verify, ()).first_broken

    def verify(self) -> Verification:
        """Follow the whole chain and hold it to its anchors outside the database."""
        # The anchors first: the log, read after them, is then at least as far.
        anchors = self._anchors.read()
        return self._read(verify, anchors)

    def hold_to_anchors(self) -> None:
        """At a start: make anchors that are missing, and leave alone those that disagree with the log."""
        anchors = self._read(compared, self._anchors.read())
        for anchor in anchors:
            if anchor.problem not in (None, "missing"):
                self._anchors.leave_alone(anchor.path)
                log.error("%s disagrees with the audit log (%s)", anchor.path, anchor.problem)
        missing = [anchor for anchor in anchors if anchor.problem == "missing"]
        if missing and self._read(head) is not None:
            self._write(note_anchors, missing)

    def accept_anchors(self) -> int:
        """After a backup was restored on purpose: note what the anchors held and make them anew; how many."""
        checked = self.verify().anchors
        wrong = [anchor for anchor in checked if anchor.problem is not None]
        if wrong:
            self._write(note_anchors, wrong)
            self._anchors.forget([anchor.path for anchor in wrong])
            self._anchors.follow(self._read(head))
        return len(wrong)


def record(work: Work, actor: str, action: str, object_id: str) -> None:
    """Add an event in this transaction; raises StorageError for anything too long to be a name or an id."""
    for name, value in (("actor", actor), ("action", action), ("object", object_id)):
        if len(value) > _LONGEST or not value.isprintable():
            raise StorageError(
                f"The {name} of an audit event must be one line of at most {_LONGEST} characters."
            )
    lock_audit(work)
    newest = head(work)
    seq, prev_hash = (newest.seq + 1, newest.hash) if newest else (1, START)
    at, key = work.clock(), work.keys.audit[work.keys.audit_id]
    link = _link(key, seq, _iso(at), (actor, action, object_id), prev_hash)
    work.add(
        tables.AuditEvent(
            seq=seq,
            at=at,
            actor=actor,
            action=action,
            object_id=object_id,
            key_id=work.keys.audit_id,
            prev_hash=prev_hash,
            hash=link,
        )
    )
    work.flush()
    work.recorded = Head(seq, link, at)


def head(work: Work) -> Head | None:
    """The newest link, or None where there is no event yet."""
    event = tables.AuditEvent
    newest = work.execute(select(event.seq, event.hash, event.at).order_by(event.seq.desc()).limit(1)).first()
    return Head(newest.seq, newest.hash, newest.at) if newest else None


def events(work: Work, limit: int) -> tuple[AuditEvent, ...]:
    """The newest events, newest first."""
    rows = work.scalars(select(tables.AuditEvent).order_by(tables.AuditEvent.seq.desc()).limit(limit))
    return tuple(
        AuditEvent(
            seq=row.seq, at=row.at, actor=row.actor, action=row.action, object_id=row.object_id, hash=row.hash
        )
        for row in rows
    )


def verify(work: Work, anchors: Sequence[Anchor]) -> Verification:
    """Follow the chain to its end or its first broken link, and hold it to anchors that were read before."""
    wanted = {anchor.head.seq for anchor in anchors if anchor.head}
    known: dict[int, str] = {}
    made_anew = []
    expected, prev_hash, broken = 1, START, None
    for seq, at, actor, action, object_id, prev, link, key_id in _links(work):
        key = work.keys.audit.get(key_id)
        if seq != expected or prev != prev_hash or key is None:
            broken = expected
            break
        if link != _link(key, seq, _iso(at), (actor, action, object_id), prev):
            broken = expected
            break
        if seq in wanted:
            known[seq] = link
        if action.endswith(_MADE_ANEW):
            made_anew.append(seq)
        expected, prev_hash = seq + 1, link
    if broken is not None:
        known = _hashes(work, wanted)
    is_empty = expected == 1 and broken is None
    held = tuple(_held(anchor, known, is_empty=is_empty) for anchor in anchors)
    return Verification(expected - 1, broken, held, tuple(made_anew))


def compared(work: Work, anchors: Sequence[Anchor]) -> tuple[Anchor, ...]:
    """Each anchor against the event that it names alone, as a start can afford it."""
    known = _hashes(work, {anchor.head.seq for anchor in anchors if anchor.head})
    return tuple(_held(anchor, known) for anchor in anchors)


def note_anchors(work: Work, anchors: Sequence[Anchor]) -> None:
    """Write into the log that these are made anew, and what each of them held."""
    for anchor in anchors:
        held = f"{anchor.head.seq}:{anchor.head.hash[:32]}" if anchor.head else "anchor"
        record(work, HOST, f"anchor {anchor.problem}{_MADE_ANEW}", held)


def _links(work: Work) -> Iterator[Any]:
    event = tables.AuditEvent.__table__.c
    # Bare rows, moments as the driver gives them: a million are checked in half the time.
    columns = (event.seq, type_coerce(event.at, String), event.actor, event.action, event.object_id)
    question = select(*columns, event.prev_hash, event.hash, event.key_id).order_by(event.seq)
    return iter(work.execute(question, execution_options={"yield_per": 5000}))


def _hashes(work: Work, wanted: set[int]) -> dict[int, str]:
    event = tables.AuditEvent
    rows = work.execute(select(event.seq, event.hash).where(event.seq.in_(wanted)))
    return {seq: link for seq, link in rows}


def _held(anchor: Anchor, known: dict[int, str], *, is_empty: bool = False) -> Anchor:
    if anchor.head is None:
        return replace(anchor, problem=None) if anchor.problem == "missing" and is_empty else anchor
    link = known.get(anchor.head.seq)
    problem: Problem | None = "ahead" if link is None else "another" if link != anchor.head.hash else None
    return replace(anchor, problem=problem)


def _iso(at: datetime | str) -> str:
    """The moment as it was chained: SQLite keeps text without its zone, PostgreSQL a moment."""
    if isinstance(at, datetime):
        return at.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{str(at)[:10]}T{str(at)[11:]}+00:00"


def _link(key: bytes, seq: int, at: str, named: tuple[str, str, str], prev_hash: str) -> str:
    content = _JSON.encode([seq, at, *named, prev_hash])
    return hmac.digest(key, content.encode(), "sha256").hex()
