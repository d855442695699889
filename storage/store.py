"""Store: the one way to the database, one short method per question, safe to use from many threads."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from safety.types import Verdict
from storage import cases, conversations, people, reports, retention, turns
from storage.accounts import Accounts
from storage.columns import now
from storage.doors import AuditLog, Desk, Moderators
from storage.keys import Keys, Secrets, keys_from
from storage.opening import open_engine
from storage.recovery import Recovery
from storage.transactions import Transactions
from storage.types import Conversation, MessageState, Notice, Report, ReportKind, StoredMessage


class Store:
    """Everything Bezel keeps. What takes an owner raises NotFound for another's row, as for none.

    Each method is one transaction; once it returns, what it wrote is on the disk. All raise StorageError.
    """

    def __init__(self, engine: Engine, keys: Keys, clock: Callable[[], datetime]) -> None:
        """Use `Store.open`; the engine must be of a database whose schema is up to date."""
        self._transactions = Transactions(engine, keys, clock)
        self._read, self._write = self._transactions.read, self._transactions.write
        self.accounts = Accounts(self._transactions)
        self.recovery = Recovery(self._transactions)
        self.desk = Desk(self._transactions)
        self.moderators = Moderators(self._transactions)
        self.audit = AuditLog(self._transactions)

    @classmethod
    def open(
        cls, url: str, *, evidence_key: Secrets, audit_key: Secrets, clock: Callable[[], datetime] = now
    ) -> "Store":
        """Open the database at this URL and migrate it; raises StorageError with a sentence for the host.

        Of several keys the first is used for what is new, and all for reading.
        """
        keys = keys_from(evidence_key, audit_key)
        return cls(open_engine(url), keys, clock)

    def close(self) -> None:
        """Close every connection; safe to call twice."""
        self._transactions.close()

    def check_writable(self) -> None:
        """Take the place of a writer and give it back; raises StorageError where nobody could write now."""
        self._write(cases.waiting)

    # People

    def accept_terms(self, owner: str, version: str) -> None:
        """Note that this person accepts this version of the terms."""
        self._write(people.accept_terms, owner, version)

    def terms_accepted(self, owner: str) -> str | None:
        """The version that they accepted last, or None."""
        return self._read(people.terms_accepted, owner)

    def export_person(self, owner: str) -> dict[str, Any]:
        """Everything kept of a person as JSON values."""
        return self._write(retention.export_person, owner)

    def erase_person(self, owner: str) -> None:
        """Erase everything of a person; decisions, audit log and sealed evidence of undecided cases stay."""
        self._write(retention.erase_person, owner)
        self._transactions.forget_deleted()

    # Conversations

    def start_conversation(self, owner: str, title: str = "") -> Conversation:
        """A new conversation without messages."""
        return self._write(conversations.start, owner, title)

    def conversations(self, owner: str, limit: int = 50) -> tuple[Conversation, ...]:
        """Their conversations, newest first."""
        return self._read(conversations.newest, owner, limit)

    def conversation(self, owner: str, conversation_id: str) -> Conversation:
        """That conversation."""
        return self._read(conversations.one, owner, conversation_id)

    def conversation_count(self, owner: str) -> int:
        """How many conversations they have."""
        return self._read(conversations.count, owner)

    def message_count(self, owner: str, conversation_id: str) -> int:
        """How many messages a conversation of theirs holds, all versions."""
        return self._read(conversations.size, owner, conversation_id)

    def rename_conversation(self, owner: str, conversation_id: str, title: str) -> None:
        """Give it a title of at most 200 characters."""
        self._write(conversations.rename, owner, conversation_id, title)

    def delete_conversation(self, owner: str, conversation_id: str) -> None:
        """Delete it with its messages; an undecided case keeps its sealed evidence."""
        self._write(retention.delete_conversation, owner, conversation_id)

    def path(self, owner: str, conversation_id: str) -> tuple[StoredMessage, ...]:
        """The messages from the root to the leaf."""
        return self._read(conversations.path, owner, conversation_id)

    def message(self, owner: str, message_id: str) -> StoredMessage:
        """That message."""
        return self._read(conversations.message, owner, message_id)

    def choose_version(self, owner: str, message_id: str) -> None:
        """Move the leaf of the conversation to the newest message under this one."""
        self._write(conversations.choose_version, owner, message_id)

    # The turn

    def save_prompt(  # noqa: PLR0913
        self,
        owner: str,
        conversation_id: str,
        text: str,
        *,
        parent_id: str | None = None,
        instead_of: str | None = None,
    ) -> StoredMessage:
        """Save a prompt, pending, under `parent_id` (None: the leaf) or beside the prompt `instead_of`."""
        return self._write(
            turns.save_prompt, owner, conversation_id, text, turns.Place(parent_id, instead_of)
        )

    def record_prompt(
        self, owner: str, message_id: str, verdict: Verdict, *, severity: int = 1
    ) -> StoredMessage:
        """Accept or block a pending prompt by its verdict; `severity` is that of the clause, 0 to 3."""
        return self._write(turns.record_prompt, owner, message_id, verdict, severity=severity)

    def start_reply(
        self, owner: str, prompt_id: str, *, checkpoint: str, settings: Mapping[str, Any]
    ) -> StoredMessage:
        """Begin a reply to an accepted or restored prompt, streaming; the settings must be JSON values."""
        return self._write(turns.start_reply, owner, prompt_id, checkpoint=checkpoint, settings=settings)

    def save_reply(self, owner: str, message_id: str, passed: str) -> None:
        """Keep what has passed of a streaming reply so far: the whole of it, not only what is new."""
        self._write(turns.save_reply, owner, message_id, passed)

    def end_reply(  # noqa: PLR0913
        self,
        owner: str,
        message_id: str,
        *,
        state: MessageState,
        text: str,
        end_reason: str,
        verdict: Verdict | None,
        generated: str | None = None,
        severity: int = 1,
    ) -> StoredMessage:
        """End a reply: `text` is what was shown, `generated` all there was; withheld, both go to evidence."""
        ending = turns.Ending(state, text, end_reason, verdict, generated, severity)
        return self._write(turns.end_reply, owner, message_id, ending)

    def mark_interrupted(self) -> int:
        """Close every reply that a stopped process left streaming; gives their number."""
        return self._write(turns.mark_interrupted)

    # Complaints

    def report(  # noqa: PLR0913
        self,
        owner: str,
        message_id: str,
        *,
        reason: str,
        note: str,
        kind: ReportKind = "report",
        severity: int = 1,
    ) -> Report:
        """Report a message, or ask for a review of its block; the same again gives the first."""
        complaint = reports.Complaint(kind, reason, note, severity)
        return self._write(reports.report, owner, message_id, complaint)

    def reports(self, owner: str) -> tuple[Report, ...]:
        """Their reports and requests with outcomes, newest first."""
        return self._read(reports.of_owner, owner)

    def notices(self, owner: str) -> tuple[Notice, ...]:
        """What they are to be told about messages of theirs that were stopped or removed, newest first."""
        return self._read(reports.notices, owner)
