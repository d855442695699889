"""A conversation as the chat component shows it, each line with the stored message it stands for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.crisis import CrisisLines
from app.wording import notices
from app.wording.archive import not_said_here
from app.wording.redactions import redacted_prompt, redacted_reply
from safety.guard import Guard
from safety.redaction import IdentifierKind
from safety.types import Action, Verdict
from storage.archive import IMPORTED
from storage.types import StoredMessage

STOPPED = frozenset({"blocked", "withheld"})
WAITING = "…"


@dataclass(frozen=True, slots=True)
class Line:
    """One bubble: whose, what it says, and the message behind it."""

    message: StoredMessage
    role: Literal["user", "assistant"]
    text: str

    @property
    def can_be_reported(self) -> bool:
        """Whether there is a reply in this bubble that somebody may complain about."""
        return self.message.role == "assistant" and self.message.state not in STOPPED | {"removed"}

    @property
    def can_be_reviewed(self) -> bool:
        """Whether this bubble tells its author that something was stopped."""
        return self.role == "assistant" and self.message.state in STOPPED


class Transcript:
    """Turns stored messages into lines; knows the clauses' titles and the crisis lines."""

    def __init__(self, guard: Guard, crisis: CrisisLines) -> None:
        self._guard = guard
        self._crisis = crisis

    def lines(self, path: Sequence[StoredMessage], *, is_live: bool = False) -> tuple[Line, ...]:
        """Every bubble of a conversation, oldest first; a live turn's open ends get no note yet."""
        lines = [line for message in path for line in self._of(message, is_live=is_live)]
        if lines and lines[-1].role == "user" and not is_live:
            lines.append(Line(path[-1], "assistant", notices.never_answered()))
        return tuple(lines)

    def shown(self, path: Sequence[StoredMessage], *, writing: str | None = None) -> list[dict[str, Any]]:
        """The chat component's value; `writing` replaces the text of the last reply while it grows."""
        lines = self.lines(path, is_live=writing is not None)
        bubbles = [{"role": line.role, "content": line.text} for line in lines]
        if writing is not None:
            bubbles.append({"role": "assistant", "content": writing or WAITING})
        return bubbles

    def refused_title(self, verdict: Verdict) -> str:
        """Why a title was not taken, or help where its words ask for that."""
        if verdict.action is Action.SUPPORT:
            return notices.support(verdict.lang, self._crisis.fitting(verdict.lang)).replace("**", "")
        if verdict.clause is None:
            return notices.title_not_checked(verdict.lang)
        clause = self._guard.clause(verdict.clause)
        return notices.stopped_title(verdict.lang, clause.id, clause.title)

    def _of(self, message: StoredMessage, *, is_live: bool) -> tuple[Line, ...]:
        if is_live and message.state in ("pending", "streaming"):
            return (Line(message, "user", message.text),) if message.role == "user" else ()
        if message.role == "user":
            return self._of_prompt(message)
        return (Line(message, "assistant", self._reply(message)),)

    def _of_prompt(self, message: StoredMessage) -> tuple[Line, ...]:
        said = Line(message, "user", message.text)
        if message.state == "removed":
            return (Line(message, "assistant", notices.removed_prompt(language_of(message))),)
        notes = []
        if message.state == "blocked":
            notes.append(self._notice(message))
        elif message.state == "restored":
            notes.append(notices.restored(language_of(message)))
        elif _was_not_checked(message):
            notes.append(f"*{notices.not_checked(language_of(message))}*")
        if kinds := taken_out(message):
            notes.append(f"*{redacted_prompt(language_of(message), kinds)}*")
        return (said, Line(message, "assistant", "\n\n".join(notes))) if notes else (said,)

    def _reply(self, message: StoredMessage) -> str:
        if message.state == "withheld":
            return self._notice(message)
        if message.state == "removed":
            return notices.removed(language_of(message))
        note = {
            "interrupted": notices.cut_off(),
            "stopped": notices.stopped_by_you(),
            "failed": notices.failed(),
            "restored": notices.restored(language_of(message)),
        }.get(message.state)
        if message.state == "complete" and message.end_reason == "length":
            note = notices.too_long_for_one_reply()
        if message.end_reason == IMPORTED and message.text:
            note = f"*{not_said_here(language_of(message))}*"
        kinds = taken_out(message)
        redacted = f"*{redacted_reply(language_of(message), kinds)}*" if kinds else None
        return "\n\n".join(part for part in (message.text, note, redacted) if part)

    def _notice(self, message: StoredMessage) -> str:
        verdict = message.verdict or {}
        language = language_of(message)
        findings = verdict.get("findings") or ()
        if verdict.get("action") == "support":
            return notices.support(language, self._crisis.fitting(language))
        if not findings or findings[0]["action"] != verdict.get("action"):
            return f"{notices.check_failed(language)}\n\n{notices.automatic(language)}"
        clause = self._guard.clause(findings[0]["clause"])
        say = notices.stopped_prompt if message.role == "user" else notices.stopped_reply
        return f"{say(language, clause.id, clause.title)}\n\n{notices.automatic(language)}"


def language_of(message: StoredMessage) -> str | None:
    """The language that the checks found a message to be in, where they could tell."""
    return (message.verdict or {}).get("lang")


def taken_out(message: StoredMessage) -> list[IdentifierKind | None]:
    """What was taken out of the message as far as it is shown."""
    redactions = (message.verdict or {}).get("redactions", ())
    return [one["kind"] for one in redactions if one["end"] <= len(message.text)]


def _was_not_checked(message: StoredMessage) -> bool:
    return "not_checked" in (message.verdict or {}).get("checks", {}).values()
