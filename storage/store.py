"""Store: the one way to the database, one short method per question, safe to use from many threads."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from safety.types import Verdict
from storage import conversations, dialects, people, queue, reports, retention, search, titles, turns
from storage.accounts import Accounts
from storage.anchor import Anchors
from storage.appeals import Appeals
from storage.archive import Archives
from storage.audit import AuditLog
from storage.case_exports import Exports
from storage.clocks import Clocks
from storage.columns import now
from storage.desk_door import Desk
from storage.doors import Moderators
from storage.erasing import Erasing
from storage.insights import Figures
from storage.invented import Invented
from storage.keys import Keys, Secrets, keys_from
from storage.opening import open_engine
from storage.outcomes import Outcomes
from storage.recovery import Recovery
from storage.regressions import Regressions
from storage.retention import EvidenceClock
from storage.runs import Runs
from storage.sanctions import Sanctions
from storage.settling import Settling
from storage.temporary import Temporary
from storage.thresholds import Thresholds
from storage.transactions import Transactions
from storage.types import (
    DEFAULT_RULES,
    Conversation,
    DeskRules,
    Found,
    MessageState,
    Notice,
    Report,
    ReportKind,
    StoredMessage,
)


class Store:
    """Everything Bezel keeps. What takes an owner raises NotFound for another's row, as for none.

    Each method is one transaction; once it returns, what it wrote is on the disk. All raise StorageError.
    """

    def __init__(  # noqa: PLR0913
        self,
        engine: Engine,
        keys: Keys,
        clock: Callable[[], datetime],
        outside: Sequence[Path] = (),
        rules: DeskRules = DEFAULT_RULES,
    ) -> None:
        """Use `Store.open`; the engine must be of a database whose schema is up to date."""
        self._transactions = Transactions(engine, keys, clock, Anchors(outside, keys), rules)
        self._erasing = Erasing(self._transactions, outside)
        self._read, self._write = self._transactions.read, self._transactions.write
        self._temporary = Temporary(self._transactions, clock)
        self._read_one, self._write_one = self._temporary.read, self._temporary.write
        self.accounts = Accounts(self._transactions)
        self.recovery = Recovery(self._transactions)
        self._settling = Settling(self._transactions)
        self.desk = Desk(self._transactions, self._settling)
        self.appeals = Appeals(self._transactions, self._settling)
        self.outcomes = Outcomes(self._transactions, self._settling)
        self.sanctions = Sanctions(self._transactions)
        self.insights = Figures(self._transactions, self._settling)
        self.exports = Exports(self._transactions)
        self.moderators = Moderators(self._transactions)
        self.audit = AuditLog(self._transactions)
        self.invented = Invented(self._transactions)
        self.evidence = EvidenceClock(self._transactions)
        self.archive = Archives(self._transactions)
        self.clocks = Clocks(self._transactions)
        self.runs = Runs(self._transactions, dialects.file_of(engine))
        self.thresholds = Thresholds(self._transactions)
        self.regressions = Regressions(self._transactions)

    @classmethod
    def open(  # noqa: PLR0913
        cls,
        url: str,
        *,
        evidence_key: Secrets,
        audit_key: Secrets,
        clock: Callable[[], datetime] = now,
        outside: Sequence[Path] = (),
        rules: DeskRules = DEFAULT_RULES,
    ) -> "Store":
        """Open the database at this URL and migrate it; raises StorageError with a sentence for the host.

        Of several keys the first is used for what is new, and all for reading. The folders `outside` hold
        what a restored backup is compared with: the audit log's anchor and the ledger of erasures.
        """
        keys = keys_from(evidence_key, audit_key)
        store = cls(open_engine(url), keys, clock, outside, rules)
        try:
            store.audit.hold_to_anchors()
            store._erasing.again()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close every connection; safe to call twice."""
        self._temporary.close()
        self._transactions.close()
        self.runs.close()

    def check_writable(self) -> None:
        """Take the place of a writer and give it back; raises StorageError where nobody could write now."""
        self._write(queue.waiting)

    # People

    def accept_terms(self, owner: str, version: str) -> None:
        """Note that this person accepts this version of the terms."""
        self._write(people.accept_terms, owner, version)

    def terms_accepted(self, owner: str) -> str | None:
        """The version that they accepted last, or None."""
        return self._read(people.terms_accepted, owner)

    def knows(self, owner: str) -> bool:
        """Whether anything is kept of this person."""
        return self._read(people.is_known, owner)

    def export_person(self, owner: str, *, by: str | None = None) -> dict[str, Any]:
        """Everything kept of a person as JSON values; `by` names who asked, where it was not they."""
        return self._write(retention.export_person, owner, by=by)

    def erase_person(self, owner: str, *, by: str | None = None, with_account: bool = False) -> None:
        """Erase everything of a person; decisions, audit log and sealed evidence of undecided cases stay."""
        self._temporary.forget(owner)
        self._erasing.person(owner, by=by, with_account=with_account)

    # Conversations

    def start_conversation(self, owner: str, title: str = "", *, temporary: bool = False) -> Conversation:
        """A new conversation without messages; a temporary one is in memory alone, less what is flagged."""
        if temporary:
            return self._temporary.start(owner, title)
        return self._write(conversations.start, owner, title)

    def temporary_conversations(self, owner: str) -> tuple[str, ...]:
        """The ids of their temporary conversations, which are in no list."""
        return self._temporary.ids(owner)

    def conversations(self, owner: str, limit: int = 50) -> tuple[Conversation, ...]:
        """Their conversations, newest first."""
        return self._read(conversations.newest, owner, limit)

    def conversation(self, owner: str, conversation_id: str) -> Conversation:
        """That conversation."""
        return self._read_one(conversations.one, owner, conversation_id)

    def conversation_count(self, owner: str) -> int:
        """How many conversations they have."""
        return self._read(conversations.count, owner)

    def message_count(self, owner: str, conversation_id: str) -> int:
        """How many messages a conversation of theirs holds, all versions."""
        return self._read_one(conversations.size, owner, conversation_id)

    def rename_conversation(self, owner: str, conversation_id: str, title: str) -> None:
        """Give it a title of at most 200 characters."""
        self._write_one(conversations.rename, owner, conversation_id, title)

    def name_conversation(self, owner: str, conversation_id: str, given: titles.JudgedTitle) -> bool:
        """Give it this title if that passed, and open a case if it is flagged; whether it was given."""
        return self._write(titles.give, owner, conversation_id, given)

    def delete_conversation(self, owner: str, conversation_id: str) -> None:
        """Delete it with its messages; an undecided case keeps its sealed evidence."""
        self._erasing.noted(self._write_one(retention.delete_one, owner, conversation_id))

    def delete_conversations(self, owner: str) -> tuple[str, ...]:
        """Delete all of theirs, as `delete_conversation` does one; gives their ids."""
        passing = self._temporary.forget(owner)
        return passing + self._erasing.noted(self._write(retention.delete_all, owner))

    def path(self, owner: str, conversation_id: str) -> tuple[StoredMessage, ...]:
        """The messages from the root to the leaf."""
        return self._read_one(conversations.path, owner, conversation_id)

    def message(self, owner: str, message_id: str) -> StoredMessage:
        """That message."""
        return self._read_one(conversations.message, owner, message_id)

    def search(self, owner: str, asked: str, limit: int = 20) -> tuple[Found, ...]:
        """Their titles and messages that hold these words; raises StorageError past 200 characters."""
        return self._read(search.search, owner, asked, limit)

    def choose_version(self, owner: str, message_id: str) -> None:
        """Move the leaf of the conversation to the newest message under this one."""
        self._write_one(conversations.choose_version, owner, message_id)

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
        return self._write_one(
            turns.save_prompt, owner, conversation_id, text, turns.Place(parent_id, instead_of)
        )

    def record_prompt(
        self, owner: str, message_id: str, verdict: Verdict, *, severity: int = 1
    ) -> StoredMessage:
        """Accept or block a pending prompt by its verdict; `severity` is that of the clause, 0 to 3.

        What the verdict takes out of it is kept nowhere from here on.
        """
        step = partial(turns.record_prompt, verdict=verdict, severity=severity)
        judged = self._temporary.judged(verdict, step, owner, message_id)
        if verdict.redactions:
            self._transactions.forget_overwritten()
        return judged

    def start_reply(
        self, owner: str, prompt_id: str, *, checkpoint: str, settings: Mapping[str, Any]
    ) -> StoredMessage:
        """Begin a reply to an accepted or restored prompt, streaming; the settings must be JSON values."""
        return self._write_one(turns.start_reply, owner, prompt_id, checkpoint=checkpoint, settings=settings)

    def save_reply(self, owner: str, message_id: str, passed: str) -> None:
        """Keep what has passed of a streaming reply so far: the whole of it, not only what is new."""
        self._write_one(turns.save_reply, owner, message_id, passed)

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
        return self._temporary.judged(verdict, partial(turns.end_reply, ending=ending), owner, message_id)

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
        return self._temporary.keep(reports.report, owner, message_id, complaint)

    def reports(self, owner: str) -> tuple[Report, ...]:
        """Their reports and requests with outcomes, newest first."""
        self._settling.settle()
        return self._read(reports.of_owner, owner)

    def notices(self, owner: str) -> tuple[Notice, ...]:
        """What they are to be told about messages of theirs that were stopped or removed, newest first."""
        self._settling.settle()
        return self._read(reports.notices, owner)
