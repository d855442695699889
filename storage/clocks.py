"""Clocks of what people write: conversations that nobody goes on with, words of old reports and appeals."""

from datetime import timedelta

from sqlalchemy import delete, select, update

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
        """Erase the words of reports and appeals that were decided so many days ago; gives how many."""
        gone = 0
        while days and (found := self._write(_words, days, at_once)):
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


def _words(work: Work, days: int, at_once: int) -> int:
    report, appeal, words = tables.Report, tables.Appeal, tables.AppealText
    case, over = tables.ReviewCase, work.clock() - timedelta(days=days)
    is_over = (case.state == "decided", case.decided_at <= over)
    reports = work.scalars(
        select(report.id)
        .join(case, case.id == report.case_id)
        .where(report.note != "", *is_over)
        .limit(at_once)
    ).all()
    appeals = work.scalars(
        select(words.appeal_id)
        .join(appeal, appeal.id == words.appeal_id)
        .join(case, case.id == appeal.case_id)
        .where(*is_over)
        .limit(at_once)
    ).all()
    work.execute(update(report).where(report.id.in_(reports)).values(note=""))
    work.execute(delete(words).where(words.appeal_id.in_(appeals)))
    if reports or appeals:
        said = f"{len(reports)} reports, {len(appeals)} appeals"
        audit.record(work, audit.HOST, "words let go", said)
    return len(reports) + len(appeals)
