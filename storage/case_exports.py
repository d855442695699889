"""Exports of the list of cases: without content, and only once a second person has agreed."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta

from sqlalchemy import select

from storage import audit, moderators, queue, tables, views
from storage.columns import new_id, quoted
from storage.transactions import Transactions
from storage.types import Barred, ExportedCase, ExportRequest, Filters, IllegalMove, NotFound
from storage.work import Work

OPEN_FOR = timedelta(hours=24)
MOST = 100_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Exports:
    """The Store's questions about exports of cases; all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write

    def ask(self, moderator_id: str, filters: Filters) -> ExportRequest:
        """Ask for the cases that fit; somebody else has a day to agree."""
        return self._write(_ask, moderator_id, filters)

    def waiting(self) -> tuple[ExportRequest, ...]:
        """The requests that are not too old and that nobody has taken yet, oldest first."""
        return self._read(_waiting)

    def agree(self, request_id: str, moderator_id: str) -> None:
        """Agree with somebody else's request; raises Barred for one's own, NotFound once it is too old."""
        self._write(_agree, request_id, moderator_id)

    def take(self, request_id: str, moderator_id: str) -> tuple[ExportedCase, ...]:
        """The rows, once, for who asked; raises IllegalMove before somebody else agreed."""
        return self._write(_take, request_id, moderator_id)


def as_json(rows: Sequence[ExportedCase]) -> str:
    """The rows as a JSON list."""
    return json.dumps(
        [{name: _plain(value) for name, value in asdict(row).items()} for row in rows], indent=1
    )


def as_csv(rows: Sequence[ExportedCase]) -> str:
    """The rows as CSV; what a spreadsheet would take for a formula stands behind an apostrophe."""
    written = io.StringIO()
    names = [field.name for field in fields(ExportedCase)]
    writer = csv.DictWriter(written, names, lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _inert(_plain(value)) for name, value in asdict(row).items()})
    return written.getvalue()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _inert(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _ask(work: Work, moderator_id: str, filters: Filters) -> ExportRequest:
    moderators.active(work, moderator_id)
    row = tables.CaseExport(
        id=new_id(), asked_by=moderator_id, filters=asdict(filters), asked_at=work.clock()
    )
    work.add(row)
    audit.record(work, moderator_id, "export asked for", row.id)
    return _request(row)


def _waiting(work: Work) -> tuple[ExportRequest, ...]:
    table = tables.CaseExport
    young = (table.asked_at > work.clock() - OPEN_FOR, table.taken_at.is_(None))
    return tuple(_request(row) for row in work.scalars(select(table).where(*young).order_by(table.id)))


def _agree(work: Work, request_id: str, moderator_id: str) -> None:
    moderators.active(work, moderator_id)
    row = _open(work, request_id)
    if row.asked_by == moderator_id:
        raise Barred("You asked for this export; a second person has to agree.")
    if row.agreed_by is None:
        row.agreed_by, row.agreed_at = moderator_id, work.clock()
        audit.record(work, moderator_id, "export agreed with", row.id)


def _take(work: Work, request_id: str, moderator_id: str) -> tuple[ExportedCase, ...]:
    moderators.active(work, moderator_id)
    row = _open(work, request_id)
    if row.asked_by != moderator_id:
        raise Barred("Somebody else asked for this export; it is theirs to take.")
    if row.agreed_by is None:
        raise IllegalMove("This export waits for a second person to agree.")
    row.taken_at = work.clock()
    audit.record(work, moderator_id, "export taken", row.id)
    return _rows(work, views.filters_of(row.filters))


def _rows(work: Work, filters: Filters) -> tuple[ExportedCase, ...]:
    case, made = tables.ReviewCase, tables.Decision
    found = work.execute(
        select(case, made)
        .outerjoin(made, made.id == case.decision_id)
        .where(*queue.fitting(work, filters, None))
        .order_by(case.id)
        .limit(MOST)
    )
    return tuple(_row(row, ruled) for row, ruled in found)


def _row(case: tables.ReviewCase, made: tables.Decision | None) -> ExportedCase:
    return ExportedCase(
        id=case.id,
        kind=case.kind,
        state=case.state,
        severity=case.severity,
        clause=queue.shown_clause(case),
        found_by=" ".join(queue.shown_sources(case)),
        reports=case.reports,
        language=case.language,
        opened_at=case.opened_at,
        due_at=case.due_at,
        decided_at=case.decided_at,
        ruling=case.ruling,
        decided_clause=made.clause if made else None,
        action=made.action if made else None,
        reason_key=made.reason_key if made else None,
    )


def _open(work: Work, request_id: str) -> tables.CaseExport:
    row = work.get(tables.CaseExport, request_id, with_for_update=True)
    if row is None or row.taken_at is not None or row.asked_at <= work.clock() - OPEN_FOR:
        raise NotFound(f"There is no export {quoted(request_id)} that waits; ask for a new one.")
    return row


def _request(row: tables.CaseExport) -> ExportRequest:
    return ExportRequest(
        id=row.id,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        agreed_by=row.agreed_by,
        expires_at=row.asked_at + OPEN_FOR,
    )
