"""The evidence of a case: an encrypted snapshot, never changed, and erased by destroying its own key."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import aliased

from storage import sealing, tables
from storage.types import EvidenceLine
from storage.work import Work

TURNS_BEFORE = 3
TURNS_AFTER = 3

Exhibit = type[tables.Evidence] | type[tables.LaterEvidence]
EXHIBITS: tuple[Exhibit, ...] = (tables.Evidence, tables.LaterEvidence)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a moderator is to see: the lines up to the message, what was shown of it, which model said it."""

    lines: tuple[EvidenceLine, ...]
    shown: str
    checkpoint: str | None
    settings: Mapping[str, Any] | None

    @property
    def subject(self) -> str:
        """The exact text of the message that the case is about, as it was written or generated."""
        return next(line.text for line in self.lines if line.is_subject)


def snapshot(
    lineage: Sequence[tables.Message], *, text: str, shown: str, later: Sequence[tables.Message] = ()
) -> Snapshot:
    """The last message of a lineage, its exact `text`, its turn, three turns before, three of the `later`."""
    subject = lineage[-1]
    prompts, first = 0, len(lineage) - 1
    wanted = TURNS_BEFORE + (subject.role == "assistant")
    while first > 0 and prompts < wanted:
        first -= 1
        prompts += lineage[first].role == "user"
    lines = [_line(row, row.text, is_subject=False) for row in lineage[first:-1]]
    return Snapshot(
        lines=(*lines, _line(subject, text, is_subject=True), *_after(later)),
        shown=shown,
        checkpoint=subject.checkpoint,
        settings=subject.settings,
    )


def _after(later: Sequence[tables.Message]) -> list[EvidenceLine]:
    prompts, lines = 0, []
    for row in later:
        prompts += row.role == "user"
        if prompts > TURNS_AFTER:
            break
        lines.append(_line(row, row.text, is_subject=False))
    return lines


def _line(row: tables.Message, text: str, *, is_subject: bool) -> EvidenceLine:
    return EvidenceLine(
        message_id=row.id,
        role=row.role,
        text=text,
        state=row.state,
        is_subject=is_subject,
        at=row.created_at,
    )


def seal(work: Work, case_id: str, content: Snapshot) -> None:
    """Store the snapshot under a new data key, which is itself stored only under the evidence key."""
    _seal(work, tables.Evidence, case_id, content)


def seal_later(work: Work, case_id: str, later: Sequence[tables.Message]) -> None:
    """Add what followed the message, once, while there is a snapshot, which itself never changes."""
    first = work.get(tables.Evidence, case_id)
    if first is not None and first.sealed is not None and work.get(tables.LaterEvidence, case_id) is None:
        content = Snapshot(lines=tuple(_after(later)), shown="", checkpoint=None, settings=None)
        _seal(work, tables.LaterEvidence, case_id, content)


def _seal(work: Work, table: Exhibit, case_id: str, content: Snapshot) -> None:
    made = sealing.seal(work.keys, _packed(content), case_id)
    work.add(table(case_id=case_id, **asdict(made), created_at=work.clock()))
    work.flush()


def unseal(work: Work, case_id: str) -> Snapshot | None:
    """The snapshot of a case, or None once erased; raises StorageError under another evidence key."""
    content = _opened(work, case_id, work.get(tables.Evidence, case_id))
    later = _opened(work, case_id, work.get(tables.LaterEvidence, case_id))
    if content is None or later is None:
        return content
    known = {line.message_id for line in content.lines}
    more = tuple(line for line in later.lines if line.message_id not in known)
    return replace(content, lines=(*content.lines, *more))


def _opened(work: Work, case_id: str, row: tables.Evidence | tables.LaterEvidence | None) -> Snapshot | None:
    if row is None or row.wrapped_key is None or row.sealed is None:
        return None
    kept = sealing.Sealed(row.key_id, row.wrapped_key, row.sealed)
    return _unpacked(sealing.unseal(work.keys, kept, case_id, "evidence of case"))


def is_asked_for(since: datetime | None = None) -> ColumnElement[bool]:
    """Whether somebody has asked for a case to be looked at again, after `since`, and nobody decided that."""
    case, again = tables.ReviewCase, aliased(tables.ReviewCase)
    waits = (again.about_id == case.id) & (again.state != "decided")
    return exists().where(waits if since is None else waits & (again.opened_at > since))


def erase_decided(work: Work, which: ColumnElement[bool]) -> None:
    """Destroy the evidence of these cases, but of one that somebody is still to decide, first or again."""
    case = tables.ReviewCase
    decided = select(case.id).where(which, case.state == "decided", ~is_asked_for())
    erase(work, work.scalars(decided).all())


def erase(work: Work, case_ids: Sequence[str]) -> None:
    """Destroy the evidence of these cases and what moderators wrote about it; the decisions stay."""
    case = tables.ReviewCase
    for table in EXHIBITS:
        work.execute(
            update(table)
            .where(table.case_id.in_(case_ids))
            .values(wrapped_key=None, sealed=None, erased_at=func.coalesce(table.erased_at, work.clock()))
        )
    work.execute(update(case).where(case.id.in_(case_ids)).values(content_digest=None, hold_reason=None))
    theirs = select(case.id).where(case.id.in_(case_ids) | case.about_id.in_(case_ids))
    ruled = select(tables.Decision.id).where(tables.Decision.case_id.in_(theirs))
    work.execute(delete(tables.DecisionNote).where(tables.DecisionNote.decision_id.in_(ruled)))
    work.flush()


def _packed(content: Snapshot) -> bytes:
    lines = [
        {
            "message_id": line.message_id,
            "role": line.role,
            "text": line.text,
            "state": line.state,
            "is_subject": line.is_subject,
            "at": line.at.isoformat(),
        }
        for line in content.lines
    ]
    settings = None if content.settings is None else dict(content.settings)
    packed = {"lines": lines, "shown": content.shown, "checkpoint": content.checkpoint, "settings": settings}
    return json.dumps(packed).encode()


def _unpacked(content: bytes) -> Snapshot:
    packed = json.loads(content)
    lines = [EvidenceLine(**{**line, "at": datetime.fromisoformat(line["at"])}) for line in packed["lines"]]
    return Snapshot(
        lines=tuple(lines),
        shown=packed["shown"],
        checkpoint=packed["checkpoint"],
        settings=packed["settings"],
    )
