"""Full-text search over a person's messages and titles; the index follows the rows in their transaction."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain, islice, takewhile
from typing import Any

from sqlalchemy import Connection, Row, delete, event, insert, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Session, UOWTransaction

from safety.types import Span
from storage import dialects, tables, tokens
from storage.columns import short
from storage.states import SEARCHABLE
from storage.tokens import Run
from storage.types import Found
from storage.work import MARK, Work

LONGEST_QUESTION = 200
MOST_TITLES = 5
"""Conversations that stand before the messages, found by their titles alone."""
MOST_CANDIDATES = 500
"""Texts that are looked into where the index alone cannot tell: the parts of a word may stand apart."""
BEFORE, LONGEST_EXCERPT = 40, 160
_BATCH = 50


def search(work: Work, owner: str, asked: str, limit: int) -> tuple[Found, ...]:
    """What of theirs holds everything asked for, newest first; the last word may be only begun.

    First the conversations whose titles hold it, less those that a message leads to, then the messages.
    """
    wanted = tuple(tokens.runs(short(asked, "search", LONGEST_QUESTION)))
    if not wanted:
        return ()
    messages = tuple(islice(_by_text(work, owner, wanted, limit), limit))
    known = {hit.conversation_id for hit in messages}
    named = (hit for hit in _by_title(work, owner, wanted, limit) if hit.conversation_id not in known)
    return (*islice(named, MOST_TITLES), *messages)[:limit]


def _by_text(work: Work, owner: str, wanted: Sequence[Run], limit: int) -> Iterator[Found]:
    for ids in _candidates(work, owner, tables.Searchable.message_id, wanted, limit):
        for row, title in _messages(work, owner, ids):
            if tokens.holds(row.text, wanted):
                yield _found(
                    row.text,
                    wanted,
                    message_id=row.id,
                    conversation_id=row.conversation_id,
                    title=title,
                    role=row.role,
                    created_at=row.created_at,
                )


def _by_title(work: Work, owner: str, wanted: Sequence[Run], limit: int) -> Iterator[Found]:
    # Each of `limit` messages may lead to one of them already.
    most = limit + MOST_TITLES
    for ids in _candidates(work, owner, tables.SearchableTitle.conversation_id, wanted, most):
        for row in _conversations(work, owner, ids):
            if tokens.holds(row.title, wanted):
                yield _found(
                    row.title,
                    wanted,
                    message_id=None,
                    conversation_id=row.id,
                    title=row.title,
                    role=None,
                    created_at=row.created_at,
                )


def _candidates(
    work: Work, owner: str, key: InstrumentedAttribute[str], wanted: Sequence[Run], limit: int
) -> Iterator[Sequence[str]]:
    """The newest keys of what has the tokens of these runs, some at a time."""
    most = MOST_CANDIDATES if tokens.need_a_look(wanted) else limit
    asked_for = tokens.question(owner, wanted)
    dialect = work.get_bind().dialect.name
    ids = work.scalars(dialects.newest_matching(dialect, key, owner, asked_for, most)).all()
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


def _messages(work: Work, owner: str, ids: Sequence[str]) -> list[tuple[tables.Message, str]]:
    """These messages with the titles of their conversations, in the order of the ids."""
    message, conversation = tables.Message, tables.Conversation
    rows = work.execute(
        select(message, conversation.title)
        .join(conversation, (conversation.owner == owner) & (conversation.id == message.conversation_id))
        .where(message.owner == owner, message.id.in_(ids), message.state.in_(SEARCHABLE))
    )
    found = {row.id: (row, title) for row, title in rows}
    return [found[key] for key in ids if key in found]


def _conversations(work: Work, owner: str, ids: Sequence[str]) -> list[Row[str, str, datetime]]:
    """These conversations, in the order of the ids."""
    table = tables.Conversation
    rows = work.execute(
        select(table.id, table.title, table.created_at).where(table.owner == owner, table.id.in_(ids))
    )
    found = {row.id: row for row in rows}
    return [found[key] for key in ids if key in found]


@event.listens_for(Work, "after_flush")
def _follow(work: Session, flush: UOWTransaction) -> None:
    """Keep the index in step with every message and title that is written, whoever writes it."""
    if MARK in work.info:
        return  # a temporary conversation is searched by nobody, and leaves no word
    _follow_messages(work, work.connection())
    _follow_titles(work, work.connection())


def _follow_messages(work: Session, connection: Connection) -> None:
    table = tables.Searchable
    changed = [row for row in work.dirty if isinstance(row, tables.Message) and work.is_modified(row)]
    for row in changed:
        connection.execute(delete(table).where(table.owner == row.owner, table.message_id == row.id))
    for row in chain(changed, (row for row in work.new if isinstance(row, tables.Message))):
        if row.state in SEARCHABLE and row.text:
            kept = {"owner": row.owner, "message_id": row.id, "words": tokens.kept(row.owner, row.text)}
            connection.execute(insert(table).values(kept))


def _follow_titles(work: Session, connection: Connection) -> None:
    table = tables.SearchableTitle
    for row in chain(work.dirty, work.new):
        if not isinstance(row, tables.Conversation) or not inspect(row).attrs.title.history.has_changes():
            continue
        connection.execute(delete(table).where(table.owner == row.owner, table.conversation_id == row.id))
        if row.title:
            words = tokens.kept(row.owner, row.title)
            kept = {"owner": row.owner, "conversation_id": row.id, "words": words}
            connection.execute(insert(table).values(kept))


def _found(text: str, asked: Sequence[Run], **about: Any) -> Found:
    """What is shown of a text that holds the runs asked for, and where they stand in that."""
    hits = tokens.hits(text, asked)
    first = next(hits, Span(0, 0))
    start = max(first.start - BEFORE, 0)
    end = start + LONGEST_EXCERPT
    near = (first, *takewhile(lambda hit: hit.end <= end, hits)) if first.end else ()
    return Found(
        **about,
        excerpt=" ".join(text[start:end].split("\n")),
        marks=tuple(Span(hit.start - start, min(hit.end, end) - start) for hit in near),
    )
