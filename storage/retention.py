"""What is erased and when: one conversation, or everything of a person; and all of theirs as an export."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import Table, delete, func, select, update

from storage import (
    audit,
    conversations,
    erasures,
    evidence,
    outcomes,
    regressions,
    reports,
    sanctions,
    statements,
    tables,
)
from storage.erasures import Deletion, Entry, Erasure
from storage.transactions import Transactions
from storage.types import Conversation
from storage.work import Work

AT_ONCE = 500
log = logging.getLogger("bezel.retention")


class EvidenceClock:
    """How long evidence is kept; raises StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._write, self._forget_deleted = transactions.write, transactions.forget_deleted

    def let_go(self, days: int, *, at_once: int = 500) -> int:
        """Erase the evidence of cases decided, or opened and undecided, so many days ago; their number."""
        gone = 0
        while found := self._write(let_evidence_go, days, at_once):
            gone += found
        if gone:
            self._forget_deleted()
        return gone


def delete_conversation(work: Work, owner: str, conversation_id: str) -> None:
    """Delete the rows of a conversation; the evidence of a case that is not decided yet stays, encrypted."""
    row = conversations.own(work, owner, conversation_id, lock=True)
    case, verdict, message = tables.ReviewCase, tables.Verdict, tables.Message
    # Messages first: whoever is just writing about one holds its row, and nothing is added after that.
    work.execute(delete(message).where(message.owner == owner, message.conversation_id == row.id))
    evidence.erase_decided(work, (case.owner == owner) & (case.conversation_id == row.id))
    work.execute(
        delete(verdict).where(
            verdict.owner == owner, verdict.conversation_id == row.id, verdict.case_id.is_(None)
        )
    )
    work.delete(row)


def delete_conversations(work: Work, owner: str) -> tuple[str, ...]:
    """Delete all conversations of a person, each as `delete_conversation` does; gives their ids."""
    table = tables.Conversation
    theirs = select(table.id).where(table.owner == owner).order_by(table.id)
    ids = tuple(work.scalars(theirs.with_for_update()))
    for conversation_id in ids:
        delete_conversation(work, owner, conversation_id)
    return ids


def delete_one(work: Work, owner: str, conversation_id: str) -> tuple[Deletion, ...]:
    """Delete a conversation because its person wants it gone; gives what the ledger is to keep of that."""
    delete_conversation(work, owner, conversation_id)
    return erasures.note_deleted(work, [conversation_id])


def delete_all(work: Work, owner: str) -> tuple[Deletion, ...]:
    """The same with all conversations of a person."""
    return erasures.note_deleted(work, delete_conversations(work, owner))


def erase_person(work: Work, owner: str, *, by: str | None = None, with_account: bool = False) -> Erasure:
    """Erase everything of a person; decisions, the audit log and the evidence of undecided cases stay."""
    erase_rows(work, owner, with_account=with_account)
    person = work.keys.pseudonym(owner)
    audit.record(work, by or person, "person erased", person)
    return erasures.note(work, owner, with_account=with_account)


def replay(work: Work, outside: Mapping[str, Entry]) -> int:
    """Erase again what this database, restored from a backup, does not know to be erased; its number."""
    inside = erasures.noted(work)
    missing = [made for key, made in outside.items() if key not in inside]
    return _erase_again(work, [made for made in missing if isinstance(made, Erasure)]) + _delete_again(
        work, [made for made in missing if isinstance(made, Deletion)]
    )


def let_evidence_go(work: Work, days: int, at_once: int) -> int:
    """Erase the evidence of cases that were decided, or that nobody has decided since, so many days ago.

    Whoever asks for a decision to be looked at again holds it for as many days from when they asked.
    """
    case, exhibit = tables.ReviewCase, tables.Evidence
    over = work.clock() - timedelta(days=days)
    case_ids = work.scalars(
        select(exhibit.case_id)
        .join(case, case.id == exhibit.case_id)
        .where(exhibit.sealed.is_not(None), func.coalesce(case.decided_at, case.opened_at) <= over)
        .where(~evidence.is_asked_for(since=over))
        .order_by(exhibit.case_id)
        .limit(at_once)
    ).all()
    if case_ids:
        evidence.erase(work, case_ids)
        audit.record(work, audit.HOST, "evidence let go", f"{len(case_ids)} cases up to {case_ids[-1]}")
    return len(case_ids)


def export_person(work: Work, owner: str, *, by: str | None = None) -> dict[str, Any]:
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
        "decisions": [asdict(made) for made in statements.of_owner(work, owner)],
        "appeals": [asdict(made) for made in statements.appeals_of(work, owner).values()],
        "sanctions": [asdict(made) for made in sanctions.of_owner(work, owner)],
        "outcomes_heard": [asdict(heard) for heard in outcomes.of_owner(work, owner)],
        "may_use_mistakes": regressions.is_allowed(work, owner),
        "kept_mistakes": [asdict(kept) for kept in regressions.of(work, owner)],
    }
    person = work.keys.pseudonym(owner)
    audit.record(work, by or person, "person exported", person)
    plain: dict[str, Any] = _plain(content)
    return plain


def erase_rows(work: Work, owner: str, *, with_account: bool = False) -> None:
    """Delete every row of theirs, and let what a decision rests on stand without them."""
    # Messages first, as where a conversation is deleted.
    work.execute(delete(tables.Message).where(tables.Message.owner == owner))
    evidence.erase_decided(work, tables.ReviewCase.owner == owner)
    work.execute(
        delete(tables.Verdict).where(tables.Verdict.owner == owner, tables.Verdict.case_id.is_(None))
    )
    work.execute(update(tables.Report).where(tables.Report.owner == owner).values(note=""))
    # What may stand without an owner is part of a case and stays; all else goes, dependants first.
    for table in reversed(_tables_of_people()):
        theirs = table.c.owner == owner
        may_stay = table.c.owner.nullable
        work.execute(
            update(table).where(theirs).values(owner=None) if may_stay else delete(table).where(theirs)
        )
    if with_account:
        work.execute(delete(tables.Account).where(tables.Account.id == owner))
    work.expire_all()


def _tables_of_people() -> list[Table]:
    return [table for table in tables.Base.metadata.sorted_tables if "owner" in table.c]


def _everybody(work: Work) -> set[str]:
    questions = [select(table.c.owner).distinct() for table in _tables_of_people()]
    questions.append(select(tables.Account.id))
    return {owner for question in questions for owner in work.scalars(question) if owner is not None}


def _erase_again(work: Work, missing: Sequence[Erasure]) -> int:
    people = _everybody(work) if missing else set()
    known: dict[str, dict[str, str]] = {
        key_id: {work.keys.pseudonym(owner, key_id): owner for owner in people} for key_id in work.keys.people
    }
    erased = 0
    for made in missing:
        if made.key_id not in known:
            log.error("Erasure %s cannot be replayed: its audit key %s is missing", made.id, made.key_id)
            continue
        owner = known[made.key_id].get(made.person)
        if owner is not None:
            erase_rows(work, owner, with_account=made.with_account)
            audit.record(work, audit.HOST, "erasure replayed", work.keys.pseudonym(owner))
            erased += 1
        erasures.adopt(work, [made])
    return erased


def _delete_again(work: Work, missing: Sequence[Deletion]) -> int:
    table, deleted = tables.Conversation, 0
    for start in range(0, len(missing), AT_ONCE):
        ids = [made.id for made in missing[start : start + AT_ONCE]]
        back = work.execute(select(table.owner, table.id).where(table.id.in_(ids))).all()
        for owner, conversation_id in back:
            delete_conversation(work, owner, conversation_id)
        deleted += len(back)
    if deleted:
        audit.record(work, audit.HOST, "deletions replayed", f"{deleted} conversations")
    erasures.adopt(work, missing)
    return deleted


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
