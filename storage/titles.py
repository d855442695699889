"""Titles that people give: one that is flagged becomes a case like a message, which it is not."""

from dataclasses import dataclass

from safety.types import Verdict
from storage import conversations, evidence, flags, tables
from storage.columns import new_id, short
from storage.judging import USUAL
from storage.states import PASSES_ON
from storage.types import DecisionAction
from storage.work import Work

TITLE = "title-"
"""What the id begins with that stands for a message where a case is about a title."""


@dataclass(frozen=True, slots=True)
class JudgedTitle:
    """A title that a person gives, with the verdict on it and how grave that is."""

    text: str
    verdict: Verdict
    severity: int

    @property
    def passed(self) -> str:
        """As much of it as may be read, less what is taken out; "" where it is withheld."""
        return "" if self.verdict.action.withholds else self.kept

    @property
    def kept(self) -> str:
        """All of it, less what is taken out."""
        longest = conversations.LONGEST_TITLE
        return self.verdict.redacted(short(self.text, "title", longest))[:longest]


def is_title(message_id: str) -> bool:
    """Whether this stands for a title and not for a message."""
    return message_id.startswith(TITLE)


def give(work: Work, owner: str, conversation_id: str, title: JudgedTitle) -> bool:
    """Give a conversation a title; False where the verdict withholds it, and then the old one stays.

    Where the verdict opens a case, that keeps the title as its evidence, with the turns before it.
    """
    row = conversations.own(work, owner, conversation_id, lock=True)
    if title.verdict.action.opens_case:
        _flag(work, row, title)
    row.title = title.passed or row.title
    return bool(title.passed)


def _flag(work: Work, row: tables.Conversation, title: JudgedTitle) -> None:
    said = tables.Message(
        owner=row.owner,
        id=TITLE + new_id(),
        conversation_id=row.id,
        parent_id=row.leaf_id,
        role="user",
        state="accepted" if title.passed else "blocked",
        text=title.kept,
        created_at=work.clock(),
    )
    opening = flags.Opening(title.severity, text=title.kept, shown=title.passed)
    flags.record_verdict(work, said, title.verdict, opening)


def rule(work: Work, case: tables.ReviewCase, action: DecisionAction) -> None:
    """Let a decision about a title take effect: taken away where it still stands, or given after all."""
    key = (case.owner, case.conversation_id)
    row = work.get(tables.Conversation, key, with_for_update=True) if case.owner else None
    content = evidence.unseal(work, case.id)
    if row is None or content is None or action in PASSES_ON:
        return
    if action == USUAL["no_violation"]:
        if not content.shown or not row.title:
            row.title = content.subject
    elif row.title == content.subject:
        row.title = ""
    work.flush()
