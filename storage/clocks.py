"""Clocks of what people write: conversations that nobody goes on with, and the words of old reports."""

from datetime import timedelta

from sqlalchemy import select

from storage import audit, retention, tables
from storage.transactions import Transactions
from storage.work import Work


class Clocks:
    """How long each kind is kept; 0 days are for ever. Both raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._write, self._forget_deleted = transactions.write, transactions.forget_deleted

    def let_conversations_go(self, days: int, *, at_once: int = 100) -> tuple[str, ...]:
        """Delete conversations last written in so many days ago, as their person could; gives their ids."""
        gone: tuple[str, ...] = ()
        while days and (found := self._write(_conversations, days, at_once)):
            gone += found
        if gone:
            self._forget_deleted()
        return gone

    def let_reports_go(self, days: int, *, at_once: int = 500) -> int:
        """Empty the notes of reports whose case was decided so many days ago; gives how many those were."""
        gone = 0
        while days and (found := self._write(_reports, days, at_once)):
            gone += found
        if gone:
            self._forget_deleted()
        return gone


def _conversations(work: Work, days: int, at_once: int) -> tuple[str, ...]:
    table = tables.Conversation
    over = work.clock() - timedelta(days=days)
    rows = work.scalars(
        select(table)
        .where(table.updated_at <= over)
        .order_by(table.updated_at)
        .limit(at_once)
        .with_for_update(skip_locked=True)
    ).all()
    ids = tuple(row.id for row in rows)
    for row in rows:
        retention.delete_conversation(work, row.owner, row.id)
    if ids:
        audit.record(work, audit.HOST, "conversations let go", f"{len(ids)} conversations")
    return ids


def _reports(work: Work, days: int, at_once: int) -> int:
    table, case = tables.Report, tables.ReviewCase
    over = work.clock() - timedelta(days=days)
    rows = work.scalars(
        select(table)
        .join(case, case.id == table.case_id)
        .where(table.note != "", case.state == "decided", case.decided_at <= over)
        .limit(at_once)
    ).all()
    for row in rows:
        row.note = ""
    if rows:
        audit.record(work, audit.HOST, "reports let go", f"{len(rows)} reports")
    return len(rows)
