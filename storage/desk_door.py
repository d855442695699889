"""The Store's door to the moderators' desk: the queue, the cases, the decisions."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from storage import bulk, decisions, desk, queue, views
from storage.settling import Settling
from storage.transactions import Transactions
from storage.types import (
    Case,
    CaseState,
    CaseSummary,
    Decision,
    DecisionAction,
    Filters,
    Judgement,
    LabelName,
    QueuePage,
    Ruling,
    SavedView,
    Waiting,
)

EVERYTHING = Filters()


class Desk:
    """The queue and the cases, for moderators; each call is one transaction, and all raise StorageError.

    What is due, such as a decision that nobody can undo any more, is settled before each answer.
    """

    def __init__(self, transactions: Transactions, settling: Settling) -> None:
        self._transactions, self._settling = transactions, settling
        self._write = transactions.write

    def settle(self) -> tuple[str, ...]:
        """Let what is due take effect; gives the conversations that changed since this was last asked."""
        return self._settling.changed()

    # The queue

    def queue(
        self,
        moderator_id: str | None = None,
        *,
        filters: Filters = EVERYTHING,
        after: str | None = None,
        limit: int = 50,
    ) -> QueuePage:
        """A page of the cases that fit: by severity, lateness, priority, age; decided ones newest first."""
        self._settling.settle()
        return self._transactions.read(queue.page, moderator_id, filters, after, limit)

    def cases(
        self, *, states: Sequence[CaseState] = ("open", "claimed", "escalated"), limit: int = 100
    ) -> tuple[CaseSummary, ...]:
        """The first cases in these states."""
        return self.queue(filters=Filters(states=tuple(states)), limit=limit).cases

    def waiting(self) -> int:
        """How many cases somebody could take now."""
        return self.load().cases

    def load(self) -> Waiting:
        """How much waits and how much of it is overdue."""
        self._settling.settle()
        return self._transactions.read(queue.waiting)

    def views(self, moderator_id: str) -> tuple[SavedView, ...]:
        """The filters that this moderator saved, by name."""
        return self._transactions.read(views.of, moderator_id)

    def save_view(self, moderator_id: str, name: str, filters: Filters) -> None:
        """Save filters under a name, in place of those of that name."""
        self._write(views.save, moderator_id, name, filters)

    def drop_view(self, moderator_id: str, name: str) -> None:
        """Forget saved filters."""
        self._write(views.drop, moderator_id, name)

    # Who holds a case

    def case(self, case_id: str, moderator_id: str) -> Case:
        """All of a case, for this moderator; that they saw it goes into the audit log."""
        self._settling.settle()
        return self._write(desk.show, case_id, moderator_id)

    def reveal(self, case_id: str, moderator_id: str) -> Case:
        """The same, where its text was masked and they asked for it."""
        self._settling.settle()
        return self._write(desk.reveal, case_id, moderator_id)

    def claim(self, case_id: str, moderator_id: str) -> Case:
        """Take a case for ten minutes, or renew that; raises CaseTaken, or Barred with the reason."""
        self._settling.settle()
        return self._write(desk.claim, case_id, moderator_id)

    def next_case(self, moderator_id: str, filters: Filters = EVERYTHING) -> Case | None:
        """Take the first case of the queue that is free and that they may, and have not yet, ruled on."""
        self._settling.settle()
        return self._write(desk.next_case, moderator_id, filters)

    def release(self, case_id: str, moderator_id: str) -> None:
        """Hand a case back; raises CaseTaken or IllegalMove where they do not hold it."""
        self._write(desk.release, case_id, moderator_id)

    def hold(self, case_id: str, moderator_id: str, *, until: datetime, reason: str) -> Case:
        """Keep a case that they hold for longer, at most 24 hours in all; raises IllegalMove past that."""
        return self._write(desk.hold, case_id, moderator_id, until, reason)

    def hand_over(self, case_id: str, moderator_id: str, *, to: str, reason: str) -> None:
        """Give a case that they hold to another moderator, for 24 hours; raises Barred, NotFound."""
        self._write(desk.hand_over, case_id, moderator_id, to, reason)

    # Decisions

    def decide(  # noqa: PLR0913
        self,
        case_id: str,
        moderator_id: str,
        *,
        ruling: Ruling,
        clause: str | None,
        note: str,
        public_note: str,
        row_version: int,
        action: DecisionAction | None = None,
        days: int | None = None,
        reason_key: str | None = None,
        labels: Mapping[str, LabelName] | None = None,
        spans: Mapping[str, tuple[tuple[int, int], ...]] | None = None,
    ) -> Decision:
        """Rule on a case they hold; raises IllegalMove, CaseTaken, StaleCase or Barred, changing nothing.

        It takes effect at `effective_at`, or waits for a second person where `needs_second` says so.
        """
        judgement = Judgement(
            ruling=ruling,
            clause=clause,
            note=note,
            public_note=public_note,
            row_version=row_version,
            action=action,
            days=days,
            reason_key=reason_key,
            labels=labels or {},
            spans=spans or {},
        )
        self._settling.settle()
        made = self._write(decisions.decide, case_id, moderator_id, judgement)
        self._settling.settle()
        return made

    def second(
        self, case_id: str, moderator_id: str, *, agrees: bool, note: str = "", row_version: int
    ) -> Decision:
        """Agree with the proposal of a case they hold, or send it on to somebody else."""
        self._settling.settle()
        made = self._write(
            decisions.second, case_id, moderator_id, agrees=agrees, note=note, row_version=row_version
        )
        self._settling.settle()
        return made

    def undo(self, case_id: str, moderator_id: str) -> Case:
        """Take back their decision before it takes effect; they hold the case again."""
        self._settling.settle()
        return self._write(decisions.undo, case_id, moderator_id)

    def reconsider(self, case_id: str, moderator_id: str) -> Case:
        """Look again at a decided case: claims a new one about it, whose decision takes a second person."""
        self._settling.settle()
        return self._write(decisions.reconsider, case_id, moderator_id)

    def decide_alike(self, case_id: str, moderator_id: str, judgement: Judgement) -> tuple[Decision, ...]:
        """Rule on every waiting case about the very same text, once three of them were opened."""
        self._settling.settle()
        made = self._write(bulk.decide_alike, case_id, moderator_id, judgement)
        self._settling.settle()
        return made
