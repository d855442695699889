"""What is erased and when: one conversation, or everything of a person; and all of theirs as an export."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from storage import audit, conversations, evidence, reports, tables
from storage.types import Conversation
from storage.work import Work


def delete_conversation(work: Work, owner: str, conversation_id: str) -> None:
    """Delete the rows of a conversation; the evidence of a case that is not decided yet stays, encrypted."""
    row = conversations.own(work, owner, conversation_id, lock=True)
    table = tables.ReviewCase
    _erase_decided(work, (table.owner == owner) & (table.conversation_id == row.id))
    verdict, message = tables.Verdict, tables.Message
    work.execute(
        delete(verdict).where(
            verdict.owner == owner, verdict.conversation_id == row.id, verdict.case_id.is_(None)
        )
    )
    work.execute(delete(message).where(message.owner == owner, message.conversation_id == row.id))
    work.delete(row)


def erase_person(work: Work, owner: str) -> None:
    """Erase everything of a person; decisions, the audit log and the evidence of undecided cases stay."""
    _erase_decided(work, tables.ReviewCase.owner == owner)
    work.execute(
        delete(tables.Verdict).where(tables.Verdict.owner == owner, tables.Verdict.case_id.is_(None))
    )
    for table in (tables.Message, tables.Conversation, tables.TermsAcceptance, tables.Person):
        work.execute(delete(table).where(table.owner == owner))
    work.execute(update(tables.Report).where(tables.Report.owner == owner).values(owner=None, note=""))
    for kept in (tables.Flag, tables.Verdict, tables.ReviewCase):
        work.execute(update(kept).where(kept.owner == owner).values(owner=None))
    audit.record(work, work.keys.pseudonym(owner), "person erased", work.keys.pseudonym(owner))


def export_person(work: Work, owner: str) -> dict[str, Any]:
    """Everything that is kept of a person, as plain JSON values; withheld and removed texts are not in it."""
    accepted = work.scalars(
        select(tables.TermsAcceptance)
        .where(tables.TermsAcceptance.owner == owner)
        .order_by(tables.TermsAcceptance.id)
    )
    theirs = work.scalars(
        select(tables.Conversation.id)
        .where(tables.Conversation.owner == owner)
        .order_by(tables.Conversation.id)
    )
    account = work.get(tables.Account, owner)
    content = {
        "person": owner,
        "exported_at": work.clock(),
        "account": account and {"name": account.name, "created_at": account.created_at},
        "terms": [{"version": row.version, "accepted_at": row.accepted_at} for row in accepted],
        "conversations": [_conversation(work, owner, conversation_id) for conversation_id in theirs.all()],
        "reports": [asdict(report) for report in reports.of_owner(work, owner)],
        "notices": [asdict(notice) for notice in reports.notices(work, owner)],
    }
    audit.record(work, work.keys.pseudonym(owner), "person exported", work.keys.pseudonym(owner))
    plain: dict[str, Any] = _plain(content)
    return plain


def _erase_decided(work: Work, which: ColumnElement[bool]) -> None:
    decided = work.scalars(select(tables.ReviewCase.id).where(which, tables.ReviewCase.state == "decided"))
    evidence.erase(work, decided.all())


def _conversation(work: Work, owner: str, conversation_id: str) -> dict[str, Any]:
    found: Conversation = conversations.one(work, owner, conversation_id)
    messages = conversations.everything(work, owner, conversation_id)
    return {**asdict(found), "messages": [asdict(message) for message in messages]}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
