"""Conversations as a file that its person takes along: written, read with mistrust, and brought in again."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select

from safety.types import Verdict
from storage import conversations, tables, titles, turns
from storage.states import can_be_answered
from storage.titles import JudgedTitle
from storage.transactions import Transactions
from storage.types import Conversation, MessageRole, StorageError
from storage.work import Work

FORMAT, VERSION = "bezel-conversations", 1
LARGEST = 2_000_000
MOST_MESSAGES = 400
LONGEST_TEXT = 200_000
IMPORTED = "imported"
"""What stands for the checkpoint and the end of a reply from a file: nobody knows which model said it."""

_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
Ended = Literal["complete", "stopped", "interrupted", "failed"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Line(_Strict):
    """A message of a file; its ids mean something within the file alone."""

    id: str = Field(max_length=100)
    parent: str | None = Field(max_length=100)
    role: MessageRole
    state: str = Field(max_length=20)
    text: str = Field(max_length=LONGEST_TEXT)
    said_at: str = Field(max_length=40)
    checkpoint: str | None = Field(max_length=300)


class Talk(_Strict):
    """A conversation of a file; `leaf` is the message that its path ends with."""

    title: str = Field(max_length=conversations.LONGEST_TITLE)
    leaf: str | None = Field(max_length=100)
    messages: tuple[Line, ...]


class Archive(_Strict):
    """A file; nothing in it says whose it is, for what is brought in belongs to who brings it."""

    format: Literal["bezel-conversations"]
    version: Literal[1]
    conversations: tuple[Talk, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A message of a file with the verdict on it, None where it has no words, and how grave that is."""

    line: Line
    verdict: Verdict | None
    severity: int


@dataclass(frozen=True, slots=True)
class JudgedTalk:
    """A conversation of a file, judged."""

    title: JudgedTitle | None
    leaf: str | None
    messages: tuple[Judged, ...]


class Archives:
    """The Store's questions about files of conversations; all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write

    def write(self, owner: str, conversation_id: str | None = None) -> dict[str, Any]:
        """The file of one conversation of theirs, or of all, with all versions, as JSON values."""
        return self._read(_write, owner, conversation_id)

    def bring(self, owner: str, talks: Sequence[JudgedTalk]) -> tuple[Conversation, ...]:
        """Store what a file held and the gate has judged: all of it as theirs, or nothing."""
        return self._write(_bring_all, owner, talks)


def _write(work: Work, owner: str, conversation_id: str | None) -> dict[str, Any]:
    table = tables.Conversation
    asked = select(table.id).where(table.owner == owner).order_by(table.id)
    ids = work.scalars(asked).all() if conversation_id is None else [conversation_id]
    talks = [_talk(work, owner, found) for found in ids]
    return {"format": FORMAT, "version": VERSION, "conversations": talks}


def _talk(work: Work, owner: str, conversation_id: str) -> dict[str, Any]:
    found = conversations.one(work, owner, conversation_id)
    messages = conversations.everything(work, owner, conversation_id)
    return {
        "title": _clean(found.title),
        "leaf": found.leaf_id,
        "messages": [
            {
                "id": said.id,
                "parent": said.parent_id,
                "role": said.role,
                "state": said.state,
                "text": _clean(said.text),
                "said_at": said.created_at.isoformat(),
                "checkpoint": said.checkpoint,
            }
            for said in messages
        ],
    }


def read(content: bytes) -> Archive:
    """What a file holds. Raises StorageError with one clear sentence for anything but such a file."""
    if len(content) > LARGEST:
        raise StorageError(f"The file has {len(content):,} bytes; it can have at most {LARGEST:,}.")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise StorageError("The file is not JSON; it must be one that Bezel gave for download.") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise StorageError("The file is of another program; it must be a JSON file that Bezel gave.")
    if found.get("version") != VERSION:
        raise StorageError(
            f"The file has the version {str(found.get('version'))[:20]!r}; this Bezel reads {VERSION}."
        )
    try:
        archive = Archive.model_validate_json(content)
    except ValidationError as error:
        raise StorageError(f"The file is not as Bezel writes one: {_first(error)}.") from None
    _check(archive)
    return archive


def _bring_all(work: Work, owner: str, talks: Sequence[JudgedTalk]) -> tuple[Conversation, ...]:
    """Store these conversations as this person's; each message goes the way that a new one goes."""
    return tuple(_bring(work, owner, talk) for talk in talks)


def _bring(work: Work, owner: str, talk: JudgedTalk) -> Conversation:
    started = conversations.start(work, owner, "")
    row = conversations.own(work, owner, started.id, lock=True)
    places: dict[str | None, str | None] = {None: None}
    for judged in talk.messages:
        line = judged.line
        parent = places[line.parent]
        places[line.id] = _stored(work, row, parent, judged) or parent
    leaf = places[talk.leaf]
    if leaf is not None:
        conversations.choose_version(work, owner, leaf)
    if talk.title is not None:
        titles.give(work, owner, row.id, talk.title)
    work.flush()
    return conversations.one(work, owner, started.id)


def _stored(work: Work, conversation: tables.Conversation, parent: str | None, judged: Judged) -> str | None:
    """The id of the message stored for a line; None without words, or to a prompt that does not pass now."""
    line, verdict, owner = judged.line, judged.verdict, conversation.owner
    if verdict is None:
        return None
    if line.role == "user":
        row = turns.add(work, conversation, parent, role="user", state="pending", text=line.text)
        turns.record_prompt(work, owner, row.id, verdict, severity=judged.severity)
        return row.id
    prompt = None if parent is None else conversations.own_message(work, owner, parent)
    if prompt is None or prompt.role != "user" or not can_be_answered(prompt.state):
        return None
    row = turns.add(
        work, conversation, prompt.id, role="assistant", state="streaming", text="", checkpoint=IMPORTED
    )
    shown = "" if verdict.action.withholds else verdict.redacted(line.text)
    state: Ended = next((ended for ended in get_args(Ended) if ended == line.state), "complete")
    generated = verdict.redacted(line.text) if verdict.action.withholds else None
    ending = turns.Ending(state, shown, IMPORTED, verdict, generated, judged.severity)
    turns.end_reply(work, owner, row.id, ending)
    return row.id


def _check(archive: Archive) -> None:
    count = sum(len(talk.messages) for talk in archive.conversations)
    if count > MOST_MESSAGES:
        raise StorageError(
            f"The file has {count:,} messages; at most {MOST_MESSAGES:,} can be brought at once."
        )
    for talk in archive.conversations:
        _check_tree(talk)
        for text in (talk.title, *(line.text for line in talk.messages)):
            if _NO_TEXT.search(text):
                raise StorageError("The file holds control characters; no text that Bezel gives has any.")


def _check_tree(talk: Talk) -> None:
    known: set[str | None] = {None}
    for line in talk.messages:
        if line.parent not in known or line.id in known:
            raise StorageError("The messages of the file do not follow one another.")
        known.add(line.id)
    if talk.leaf not in known:
        raise StorageError("The messages of the file do not follow one another.")


def _clean(text: str) -> str:
    return _NO_TEXT.sub("\ufffd", text)


def _first(error: ValidationError) -> str:
    """Where the first fault is and what it is, without any of the file's own words."""
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part)[:40] for part in fault["loc"]) or "the file"
    return f"{_clean(place)}: {fault['msg'][0].lower()}{fault['msg'][1:]}"
