"""The audit log: events without content, chained by an HMAC whose key is kept elsewhere."""

import hmac
import json
from datetime import datetime

from sqlalchemy import select

from storage import tables
from storage.dialects import lock_audit
from storage.types import AuditEvent, StorageError
from storage.work import Work

START = "0" * 64
_LONGEST = 200


def record(work: Work, actor: str, action: str, object_id: str) -> None:
    """Add an event in this transaction; raises StorageError for anything too long to be a name or an id."""
    for name, value in (("actor", actor), ("action", action), ("object", object_id)):
        if len(value) > _LONGEST or not value.isprintable():
            raise StorageError(
                f"The {name} of an audit event must be one line of at most {_LONGEST} characters."
            )
    lock_audit(work)
    newest = work.execute(
        select(tables.AuditEvent.seq, tables.AuditEvent.hash).order_by(tables.AuditEvent.seq.desc()).limit(1)
    ).first()
    seq, prev_hash = (newest.seq + 1, newest.hash) if newest else (1, START)
    at = work.clock()
    work.add(
        tables.AuditEvent(
            seq=seq,
            at=at,
            actor=actor,
            action=action,
            object_id=object_id,
            key_id=work.keys.audit_id,
            prev_hash=prev_hash,
            hash=_link(work.keys.audit[work.keys.audit_id], seq, at, (actor, action, object_id), prev_hash),
        )
    )
    work.flush()


def events(work: Work, limit: int) -> tuple[AuditEvent, ...]:
    """The newest events, newest first."""
    rows = work.scalars(select(tables.AuditEvent).order_by(tables.AuditEvent.seq.desc()).limit(limit))
    return tuple(
        AuditEvent(
            seq=row.seq, at=row.at, actor=row.actor, action=row.action, object_id=row.object_id, hash=row.hash
        )
        for row in rows
    )


def first_broken(work: Work) -> int | None:
    """The first sequence number where the chain does not hold, or None; a cut tail does not show here."""
    event = tables.AuditEvent
    rows = work.execute(
        select(
            event.seq,
            event.at,
            event.actor,
            event.action,
            event.object_id,
            event.prev_hash,
            event.hash,
            event.key_id,
        ).order_by(event.seq),
        execution_options={"yield_per": 5000},
    )
    expected, prev_hash = 1, START
    for seq, at, actor, action, object_id, prev, link, key_id in rows:
        named, key = (actor, action, object_id), work.keys.audit.get(key_id)
        if seq != expected or prev != prev_hash or key is None:
            return expected
        if not hmac.compare_digest(link, _link(key, seq, at, named, prev)):
            return expected
        expected, prev_hash = seq + 1, link
    return None


def _link(key: bytes, seq: int, at: datetime, named: tuple[str, str, str], prev_hash: str) -> str:
    content = json.dumps([seq, at.isoformat(timespec="microseconds"), *named, prev_hash])
    return hmac.digest(key, content.encode(), "sha256").hex()
