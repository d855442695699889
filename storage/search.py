"""Full-text search over a person's own messages; the index follows the rows in the same transaction."""

from collections.abc import Sequence
from itertools import chain, islice, takewhile

from sqlalchemy import Connection, delete, event, insert, select
from sqlalchemy.orm import Session, UOWTransaction

from safety.types import Span
from storage import dialects, tables, tokens
from storage.columns import short
from storage.states import SEARCHABLE
from storage.tokens import Run
from storage.types import Found
from storage.work import MARK, Work

LONGEST_QUESTION = 200
MOST_CANDIDATES = 500
"""Messages that are looked into where the index alone cannot tell: the parts of a word may stand apart."""
BEFORE, LONGEST_EXCERPT = 40, 160
_BATCH = 50


def search(work: Work, owner: str, asked: str, limit: int) -> tuple[Found, ...]:
    """Their messages that hold everything asked for, newest first; the last word may be only begun."""
    wanted = tuple(tokens.runs(short(asked, "search", LONGEST_QUESTION)))
    if not wanted:
        return ()
    most = MOST_CANDIDATES if tokens.need_a_look(wanted) else limit
    asked_for = tokens.question(owner, wanted)
    ids = work.scalars(dialects.newest_matching(work.get_bind().dialect.name, owner, asked_for, most)).all()
    rows = chain.from_iterable(
        _messages(work, owner, ids[start : start + _BATCH]) for start in range(0, len(ids), _BATCH)
    )
    found = (_found(row, title, wanted) for row, title in rows if tokens.holds(row.text, wanted))
    return tuple(islice(found, limit))


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


def index(connection: Connection, owner: str, message_id: str, text: str) -> None:
    """Take a message that may be shown into the index."""
    row = {"owner": owner, "message_id": message_id, "words": tokens.kept(owner, text)}
    connection.execute(insert(tables.Searchable).values(row))


@event.listens_for(Work, "after_flush")
def _follow(work: Session, flush: UOWTransaction) -> None:
    """Keep the index in step with every message that is written, whoever writes it."""
    if MARK in work.info:
        return  # a temporary conversation is searched by nobody, and leaves no word
    table, connection = tables.Searchable, work.connection()
    changed = [row for row in work.dirty if isinstance(row, tables.Message) and work.is_modified(row)]
    for row in changed:
        connection.execute(delete(table).where(table.owner == row.owner, table.message_id == row.id))
    for row in chain(changed, (row for row in work.new if isinstance(row, tables.Message))):
        if row.state in SEARCHABLE and row.text:
            index(connection, row.owner, row.id, row.text)


def _found(row: tables.Message, title: str, asked: Sequence[Run]) -> Found:
    hits = tokens.hits(row.text, asked)
    first = next(hits, Span(0, 0))
    start = max(first.start - BEFORE, 0)
    end = start + LONGEST_EXCERPT
    near = (first, *takewhile(lambda hit: hit.end <= end, hits)) if first.end else ()
    return Found(
        message_id=row.id,
        conversation_id=row.conversation_id,
        title=title,
        role=row.role,
        created_at=row.created_at,
        excerpt=" ".join(row.text[start:end].split("\n")),
        marks=tuple(Span(hit.start - start, min(hit.end, end) - start) for hit in near),
    )
