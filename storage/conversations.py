"""A person's conversations: the tree of messages, the path that the page shows, and versions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import func, select

from storage import people, tables
from storage.columns import quoted, short
from storage.states import HIDDEN
from storage.types import Conversation, MessageRole, MessageState, NotFound, StoredMessage
from storage.work import Work

LONGEST_TITLE = 200


class _Shown(NamedTuple):
    """What is shown of a message, as columns: read in half the time of whole rows."""

    owner: str
    id: str
    conversation_id: str
    parent_id: str | None
    place: int
    role: MessageRole
    state: MessageState
    text: str
    checkpoint: str | None
    end_reason: str | None
    created_at: datetime


R = TypeVar("R", tables.Message, _Shown)


def start(work: Work, owner: str, title: str) -> Conversation:
    """A new conversation without messages."""
    people.ensure(work, owner)
    at = work.clock()
    row = tables.Conversation(
        owner=owner,
        id=work.new_id(),
        title=short(title, "title", LONGEST_TITLE),
        leaf_id=None,
        created_at=at,
        updated_at=at,
    )
    work.add(row)
    return _conversation(row)


def newest(work: Work, owner: str, limit: int) -> tuple[Conversation, ...]:
    """Their conversations, the one that was written in last first."""
    table = tables.Conversation
    rows = work.execute(
        select(table.id, table.title, table.created_at, table.updated_at, table.leaf_id)
        .where(table.owner == owner)
        .order_by(table.updated_at.desc(), table.id.desc())
        .limit(limit)
    )
    return tuple(Conversation(*row) for row in rows.all())


def one(work: Work, owner: str, conversation_id: str) -> Conversation:
    """That conversation of theirs; raises NotFound."""
    return _conversation(own(work, owner, conversation_id))


def count(work: Work, owner: str) -> int:
    """How many conversations they have."""
    table = tables.Conversation
    return work.scalars(select(func.count()).select_from(table).where(table.owner == owner)).one()


def size(work: Work, owner: str, conversation_id: str) -> int:
    """How many messages this conversation of theirs holds, all versions; raises NotFound."""
    own(work, owner, conversation_id)
    table = tables.Message
    theirs = (table.owner == owner) & (table.conversation_id == conversation_id)
    return work.scalars(select(func.count()).select_from(table).where(theirs)).one()


def rename(work: Work, owner: str, conversation_id: str, title: str) -> None:
    """Give it a title of at most 200 characters."""
    own(work, owner, conversation_id, lock=True).title = short(title, "title", LONGEST_TITLE)


def path(work: Work, owner: str, conversation_id: str) -> tuple[StoredMessage, ...]:
    """The messages from the root to the leaf."""
    leaf_id, rows = _shown(work, owner, conversation_id)
    return _views(work, lineage_in(rows, leaf_id), rows.values())


def message(work: Work, owner: str, message_id: str) -> StoredMessage:
    """That message of theirs; raises NotFound."""
    return view(work, own_message(work, owner, message_id))


def choose_version(work: Work, owner: str, message_id: str) -> None:
    """Move the leaf to the newest message under this one that nothing follows: a leaf has no children."""
    chosen = own_message(work, owner, message_id)
    conversation = own(work, owner, chosen.conversation_id, lock=True)
    children: dict[str | None, list[str]] = defaultdict(list)
    for row in tree(work, owner, chosen.conversation_id).values():
        children[row.parent_id].append(row.id)
    under, ends = [chosen.id], []
    while under:
        row_id = under.pop()
        if not children[row_id]:
            ends.append(row_id)
        under += children[row_id]
    conversation.leaf_id = max(ends)


def everything(work: Work, owner: str, conversation_id: str) -> tuple[StoredMessage, ...]:
    """All messages of the tree, oldest first."""
    _, rows = _shown(work, owner, conversation_id)
    return _views(work, list(rows.values()), rows.values())


def own(work: Work, owner: str, conversation_id: str, *, lock: bool = False) -> tables.Conversation:
    """The row, asked for by owner and id; raises NotFound."""
    row = work.get(tables.Conversation, (owner, conversation_id), with_for_update=lock or None)
    if row is None:
        raise _unknown(conversation_id)
    return row


def _unknown(conversation_id: str) -> NotFound:
    return NotFound(f"There is no conversation {quoted(conversation_id)}.")


def own_message(work: Work, owner: str, message_id: str, *, lock: bool = False) -> tables.Message:
    """The row, asked for by owner and id; raises NotFound."""
    row = work.get(tables.Message, (owner, message_id), with_for_update=lock or None)
    if row is None:
        raise NotFound(f"There is no message {quoted(message_id)}.")
    return row


def tree(work: Work, owner: str, conversation_id: str) -> dict[str, tables.Message]:
    """All messages of a conversation by id, oldest first."""
    table = tables.Message
    rows = work.scalars(
        select(table).where(table.owner == owner, table.conversation_id == conversation_id).order_by(table.id)
    )
    return {row.id: row for row in rows}


def _shown(work: Work, owner: str, conversation_id: str) -> tuple[str | None, dict[str, _Shown]]:
    """The leaf and what is shown of all messages by id, oldest first; raises NotFound.

    It is one question, for a server is waited for at each.
    """
    conversation, message = tables.Conversation.__table__, tables.Message.__table__
    is_in = (message.c.owner == conversation.c.owner) & (message.c.conversation_id == conversation.c.id)
    found = work.execute(
        select(conversation.c.leaf_id, *(message.c[name] for name in _Shown._fields))
        .select_from(conversation.outerjoin(message, is_in))
        .where(conversation.c.owner == owner, conversation.c.id == conversation_id)
    ).all()
    if not found:
        raise _unknown(conversation_id)
    rows = [_Shown._make(columns[1:]) for columns in found if columns.id is not None]
    # Sorted here: a server that sorts as its host's language does takes longer for this than for the rest.
    return found[0].leaf_id, {row.id: row for row in sorted(rows, key=attrgetter("id"))}


def lineage_in(rows: Mapping[str, R], leaf_id: str | None) -> list[R]:
    """The messages from the root to this one."""
    found: list[R] = []
    while leaf_id is not None:
        row = rows[leaf_id]
        found.append(row)
        leaf_id = row.parent_id
    return found[::-1]


def view_of_first(row: tables.Message) -> StoredMessage:
    """The view of a message that was made just now and is the only version: nothing is asked for."""
    return _view(row, None, (row.id,))


def view(work: Work, row: tables.Message) -> StoredMessage:
    """One message as the app sees it."""
    table = tables.Message
    siblings = work.scalars(
        select(table).where(
            table.owner == row.owner,
            table.conversation_id == row.conversation_id,
            table.parent_id == row.parent_id,
        )
    )
    return _views(work, [row], siblings)[0]


def _views(work: Work, rows: Sequence[R], siblings: Iterable[R]) -> tuple[StoredMessage, ...]:
    versions: dict[tuple[str | None, str], list[tuple[int, str]]] = defaultdict(list)
    for row in siblings:
        versions[row.parent_id, row.role].append((row.place, row.id))
    verdicts = _last_verdicts(work, rows)
    return tuple(
        _view(row, verdicts.get(row.id), tuple(key for _, key in sorted(versions[row.parent_id, row.role])))
        for row in rows
    )


def _view(row: R, verdict: Mapping[str, Any] | None, versions: tuple[str, ...]) -> StoredMessage:
    return StoredMessage(
        id=row.id,
        conversation_id=row.conversation_id,
        parent_id=row.parent_id,
        role=row.role,
        state=row.state,
        text="" if row.state in HIDDEN else row.text,
        created_at=row.created_at,
        checkpoint=row.checkpoint,
        verdict=verdict,
        end_reason=row.end_reason,
        versions=versions,
    )


def _last_verdicts(work: Work, rows: Sequence[R]) -> dict[str, Mapping[str, Any]]:
    if not rows:
        return {}
    table = tables.Verdict.__table__.c
    question = select(table.id, table.message_id, table.body).where(
        table.owner == rows[0].owner, table.conversation_id == rows[0].conversation_id
    )
    if len(rows) == 1:
        question = question.where(table.message_id == rows[0].id)
    verdicts = sorted(work.execute(question).all(), key=itemgetter(0))
    return {message_id: body for _, message_id, body in verdicts}


def _conversation(row: tables.Conversation) -> Conversation:
    return Conversation(
        id=row.id,
        title=row.title,
        created_at=row.created_at,
        updated_at=row.updated_at,
        leaf_id=row.leaf_id,
    )
