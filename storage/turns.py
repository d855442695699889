"""The way of a turn: a prompt saved and judged, a reply saved as it streams, and how it ended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from safety.types import Verdict
from storage import flags, runs, tables
from storage.columns import storable
from storage.conversations import own, own_message, view, view_of_first
from storage.states import can_be_answered, move_message
from storage.types import IllegalMove, MessageState, NotFound, StorageError, StoredMessage
from storage.work import Work


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the tree a prompt goes: under `parent_id`, beside `instead_of`, or under the leaf."""

    parent_id: str | None
    instead_of: str | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a reply ended: `text` is what was shown of it, `generated` all there was if more was held back."""

    state: MessageState
    text: str
    end_reason: str
    verdict: Verdict | None
    generated: str | None
    severity: int


def save_prompt(work: Work, owner: str, conversation_id: str, text: str, place: Place) -> StoredMessage:
    """Save a prompt as pending and move the leaf to it."""
    conversation = own(work, owner, conversation_id, lock=True)
    parent_id, instead_of = place.parent_id, place.instead_of
    if instead_of is not None:
        parent_id = _within(work, conversation, instead_of).parent_id
    elif parent_id is None:
        parent_id = conversation.leaf_id
    else:
        _within(work, conversation, parent_id)
    row = add(work, conversation, parent_id, role="user", state="pending", text=storable(text))
    return _fresh(work, row)


def record_prompt(
    work: Work, owner: str, message_id: str, verdict: Verdict, *, severity: int
) -> StoredMessage:
    """Note the verdict on a pending prompt: accept or block it, and open a case where that is due.

    From here on nobody reads what the verdict takes out, evidence included: the row's text is replaced.
    """
    row = own_message(work, owner, message_id, lock=True)
    row.text = verdict.redacted(row.text)
    row.state = move_message(row.role, row.state, "blocked" if verdict.action.withholds else "accepted")
    shown = "" if verdict.action.withholds else row.text
    flags.record_verdict(work, row, verdict, flags.Opening(severity, text=row.text, shown=shown))
    return view(work, row)


def start_reply(
    work: Work, owner: str, prompt_id: str, *, checkpoint: str, settings: Mapping[str, Any]
) -> StoredMessage:
    """Begin a reply to an accepted prompt, beside those it has already, and move the leaf to it."""
    prompt = own_message(work, owner, prompt_id)
    if prompt.role != "user" or not can_be_answered(prompt.state):
        raise IllegalMove(f"A {prompt.state} message cannot be answered; only an accepted prompt can.")
    conversation = own(work, owner, prompt.conversation_id, lock=True)
    said_by = {"checkpoint": checkpoint, "settings": _plain(settings)}
    row = add(work, conversation, prompt.id, role="assistant", state="streaming", text="", **said_by)
    runs.opened(work, row)
    return _fresh(work, row)


def save_reply(work: Work, owner: str, message_id: str, passed: str) -> None:
    """Keep what has passed of a reply so far; raises IllegalMove when it has ended."""
    table = tables.Message
    kept = work.execute(
        update(table)
        .where(table.owner == owner, table.id == message_id, table.state == "streaming")
        .values(text=passed)
        .returning(table.id)
    ).first()
    if kept is None:
        state = own_message(work, owner, message_id).state
        raise IllegalMove(f"This message is {state}; only a reply that is streaming grows.")


def end_reply(work: Work, owner: str, message_id: str, ending: Ending) -> StoredMessage:
    """Close the record of a reply; a withheld one keeps no text outside the evidence of its case."""
    row = own_message(work, owner, message_id, lock=True)
    verdict = ending.verdict
    # Whatever cut the turn short: what a verdict withholds is never kept as shown.
    is_withheld = verdict is not None and verdict.action.withholds
    row.state = move_message(row.role, row.state, "withheld" if is_withheld else ending.state)
    shown = storable(ending.text)
    row.text = "" if row.state == "withheld" else shown
    row.end_reason, row.ended_at = ending.end_reason, work.clock()
    runs.closed(work, row)
    own(work, owner, row.conversation_id, lock=True).updated_at = row.ended_at
    if verdict is not None:
        text = shown if ending.generated is None else storable(ending.generated)
        flags.record_verdict(work, row, verdict, flags.Opening(ending.severity, text=text, shown=shown))
    return view(work, row)


def _fresh(work: Work, row: tables.Message) -> StoredMessage:
    return view(work, row) if row.place > 1 else view_of_first(row)


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(settings), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise StorageError(f"The settings of a reply must be JSON values: {error}.") from None
    return plain


def _within(work: Work, conversation: tables.Conversation, message_id: str) -> tables.Message:
    row = own_message(work, conversation.owner, message_id)
    if row.conversation_id != conversation.id:
        raise NotFound(f"Conversation {conversation.id!r} has no message {message_id!r}.")
    return row


def add(
    work: Work, conversation: tables.Conversation, parent_id: str | None, **content: Any
) -> tables.Message:
    """A new message under this one, the newest of its children, and the leaf from now on."""
    row = tables.Message(
        owner=conversation.owner,
        id=work.new_id(),
        conversation_id=conversation.id,
        parent_id=parent_id,
        place=_next_place(work, conversation, parent_id),
        created_at=work.clock(),
        **content,
    )
    work.add(row)
    conversation.leaf_id, conversation.updated_at = row.id, row.created_at
    work.flush()
    return row


def _next_place(work: Work, conversation: tables.Conversation, parent_id: str | None) -> int:
    if parent_id == conversation.leaf_id:
        return 1
    table = tables.Message
    last = work.scalar(
        select(func.max(table.place)).where(
            table.owner == conversation.owner,
            table.conversation_id == conversation.id,
            table.parent_id == parent_id,
        )
    )
    return (last or 0) + 1
