"""Temporary conversations: the same tables and the same steps, over a database that lives in memory alone.

What is flagged in one, or reported, leaves its case with sealed evidence in the lasting store, nothing else.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Select, create_engine, delete, insert, select
from sqlalchemy.pool import QueuePool

from safety.types import Verdict
from storage import conversations, dialects, people, retention, states, tables
from storage.anchor import Anchors
from storage.transactions import Transactions
from storage.types import DEFAULT_RULES, Conversation, DecisionAction
from storage.work import MARK, Work

TEMPORARY = "temporary-"
"""What the ids of temporary conversations and of their messages begin with."""
LONGEST_IDLE = timedelta(hours=24)
MOST_OF_ONE, MOST = 3, 1_000
MOST_BYTES = 256 << 20

P = ParamSpec("P")
T = TypeVar("T")
AboutOne = Callable[Concatenate[Work, str, str, P], T]
"""A step about one row of an owner: it takes the owner and the id first."""


def is_temporary(row_id: str) -> bool:
    """Whether this is the id of a temporary conversation, or of a message in one."""
    return row_id.startswith(TEMPORARY)


@dataclass(frozen=True, slots=True)
class Copied:
    """A temporary conversation with all its messages, as rows."""

    conversation: Mapping[str, Any]
    messages: tuple[Mapping[str, Any], ...]


class Temporary:
    """Takes each step to the store that its row is in; the one in memory is made when it is first needed."""

    def __init__(self, lasting: Transactions, clock: Callable[[], datetime]) -> None:
        self._lasting = lasting
        self._clock = clock
        self._opened: Transactions | None = None
        self._opening = threading.Lock()

    def start(self, owner: str, title: str) -> Conversation:
        """A new temporary conversation, in the place of the oldest where there are too many."""
        return self._memory().write(_start, owner, title)

    def ids(self, owner: str) -> tuple[str, ...]:
        """The temporary conversations of this person."""
        return () if self._opened is None else self._opened.read(_ids, owner)

    def forget(self, owner: str) -> tuple[str, ...]:
        """Delete all temporary conversations of this person; gives their ids."""
        return () if self._opened is None else self._opened.write(retention.delete_conversations, owner)

    def read(self, step: AboutOne[P, T], owner: str, row_id: str, *args: P.args, **kwargs: P.kwargs) -> T:
        """What this step gives; it changes nothing."""
        if not is_temporary(row_id):
            return self._lasting.read(step, owner, row_id, *args, **kwargs)
        if decided := self._lasting.read(_decided, owner):
            self._memory().write(_follow, owner, decided)
        return self._memory().read(step, owner, row_id, *args, **kwargs)

    def write(self, step: AboutOne[P, T], owner: str, row_id: str, *args: P.args, **kwargs: P.kwargs) -> T:
        """What this step gives, once what it wrote is where the row is."""
        if not is_temporary(row_id):
            return self._lasting.write(step, owner, row_id, *args, **kwargs)
        given = self._memory().write(step, owner, row_id, *args, **kwargs)
        self._memory().write(_stay_small)
        return given

    def keep(self, step: AboutOne[P, T], owner: str, row_id: str, *args: P.args, **kwargs: P.kwargs) -> T:
        """What a step that opens a case gives; of a temporary message only the case is kept for good."""
        if not is_temporary(row_id):
            return self._lasting.write(step, owner, row_id, *args, **kwargs)
        copied = self._memory().read(_copied, owner, row_id)
        return self._lasting.write(
            lambda work: _case_only(work, copied, lambda: step(work, owner, row_id, *args, **kwargs))
        )

    def judged(self, verdict: Verdict | None, step: AboutOne[[], T], owner: str, message_id: str) -> T:
        """What a step that records this verdict gives; the case that a temporary message opens is kept."""
        if is_temporary(message_id) and verdict is not None and verdict.action.opens_case:
            self.keep(step, owner, message_id)
        return self.write(step, owner, message_id)

    def close(self) -> None:
        """Let go of everything in memory."""
        if self._opened is not None:
            self._opened.close()

    def _memory(self) -> Transactions:
        with self._opening:
            if self._opened is None:
                # One connection for everybody: the database is as old as it, and lives no longer.
                engine = create_engine(
                    "sqlite://",
                    poolclass=QueuePool,
                    pool_size=1,
                    max_overflow=0,
                    connect_args={"check_same_thread": False},
                    hide_parameters=True,
                )
                dialects.prepare(engine)
                tables.Base.metadata.create_all(engine)
                keys = self._lasting.keys
                self._opened = Transactions(
                    engine, keys, self._clock, Anchors((), keys), DEFAULT_RULES, mark=TEMPORARY
                )
            return self._opened


def _start(work: Work, owner: str, title: str) -> Conversation:
    table = tables.Conversation
    idle = select(table).where(table.updated_at < work.clock() - LONGEST_IDLE)
    newest = select(table).order_by(table.updated_at.desc(), table.id.desc())
    for crowd in (idle, newest.where(table.owner == owner).offset(MOST_OF_ONE - 1), newest.offset(MOST - 1)):
        _drop(work, crowd)
    return conversations.start(work, owner, title)


def _stay_small(work: Work) -> None:
    """Drop the conversation that was written in least lately until the rest fits."""
    table = tables.Conversation
    oldest = select(table).order_by(table.updated_at, table.id).limit(1)
    while dialects.size(work.connection()) > MOST_BYTES and _drop(work, oldest):
        work.flush()


def _drop(work: Work, which: Select[tables.Conversation]) -> int:
    found = work.scalars(which).all()
    for row in found:
        retention.delete_conversation(work, row.owner, row.id)
    return len(found)


def _ids(work: Work, owner: str) -> tuple[str, ...]:
    table = tables.Conversation
    return tuple(work.scalars(select(table.id).where(table.owner == owner)))


def _copied(work: Work, owner: str, message_id: str) -> Copied:
    message = conversations.own_message(work, owner, message_id)
    conversation = conversations.own(work, owner, message.conversation_id)
    rows = conversations.tree(work, owner, conversation.id).values()
    return Copied(_values(conversation), tuple(_values(row) for row in rows))


def _values(row: tables.Base) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def _case_only(work: Work, copied: Copied, step: Callable[[], T]) -> T:
    """Do this step about a message that is there for no longer than this transaction, and nowhere indexed."""
    work.info[MARK] = TEMPORARY
    owner, conversation_id = copied.conversation["owner"], copied.conversation["id"]
    people.ensure(work, owner)
    conversation, message = tables.Conversation, tables.Message
    work.execute(insert(conversation).values(copied.conversation))
    for values in copied.messages:
        work.execute(insert(message).values(values))
    given = step()
    work.flush()
    work.execute(delete(message).where(message.owner == owner, message.conversation_id == conversation_id))
    work.execute(delete(conversation).where(conversation.owner == owner, conversation.id == conversation_id))
    return given


def _decided(work: Work, owner: str) -> dict[str, DecisionAction]:
    """What moderators decided about messages of this person's temporary conversations."""
    case, made = tables.ReviewCase, tables.Decision
    rows = work.execute(
        select(case.message_id, made.action)
        .join(made, made.id == case.decision_id)
        .where(case.owner == owner, case.conversation_id.startswith(TEMPORARY, autoescape=True))
    )
    return {message_id: action for message_id, action in rows}


def _follow(work: Work, owner: str, decided: Mapping[str, DecisionAction]) -> None:
    """Let what moderators decided take effect on the messages in memory, as far as their text is there."""
    for message_id, action in decided.items():
        row = work.get(tables.Message, (owner, message_id))
        if row is None or row.state in states.HIDDEN:
            continue
        to = states.ruled_message(row.role, row.state, action)
        row.text = "" if to == "removed" else row.text
        row.state = to
