"""The Store's doors to the desk, the moderators' accounts and the audit log; each call is one transaction."""

from collections.abc import Sequence

from storage import audit, cases, desk, moderators
from storage.desk import Judgement
from storage.transactions import Transactions
from storage.types import AuditEvent, Case, CaseState, CaseSummary, Decision, Moderator, ModeratorRole, Ruling


class Desk:
    """The queue and the cases, for moderators; all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write

    def cases(
        self, *, states: Sequence[CaseState] = ("open", "claimed", "escalated"), limit: int = 100
    ) -> tuple[CaseSummary, ...]:
        """Cases in these states, the gravest first and the oldest of those first."""
        return self._read(cases.queue, states, limit)

    def waiting(self) -> int:
        """How many cases somebody could take now."""
        return self._read(cases.waiting)

    def case(self, case_id: str, moderator_id: str) -> Case:
        """All of a case, for this moderator; that they saw it goes into the audit log."""
        return self._write(desk.show, case_id, moderator_id)

    def claim(self, case_id: str, moderator_id: str) -> Case:
        """Take a case for ten minutes, or renew that; raises CaseTaken."""
        return self._write(desk.claim, case_id, moderator_id)

    def next_case(self, moderator_id: str) -> Case | None:
        """Take the first case of the queue that is free and that they have not ruled on."""
        return self._write(desk.next_case, moderator_id)

    def release(self, case_id: str, moderator_id: str) -> None:
        """Hand a case back; raises CaseTaken or IllegalMove where they do not hold it."""
        self._write(desk.release, case_id, moderator_id)

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
    ) -> Decision:
        """Rule on a case they hold; raises IllegalMove, CaseTaken or StaleCase, and then changes nothing."""
        judgement = Judgement(ruling, clause, note, public_note, row_version)
        return self._write(desk.decide, case_id, moderator_id, judgement)


class Moderators:
    """The accounts of the desk; all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write

    def add(self, name: str, password_hash: str, role: ModeratorRole = "moderator") -> Moderator:
        """Make an account; raises StorageError where the name is in use."""
        return self._write(moderators.add, name, password_hash, role)

    def by_name(self, name: str) -> Moderator | None:
        """The account of this name that has not ended."""
        return self._read(moderators.by_name, name)

    def by_id(self, moderator_id: str) -> Moderator | None:
        """The account, ended or not."""
        return self._read(moderators.by_id, moderator_id)

    def everyone(self) -> tuple[Moderator, ...]:
        """All accounts, oldest first."""
        return self._read(moderators.everyone)

    def end(self, name: str) -> None:
        """End an account and give back the cases it holds."""
        self._write(moderators.end, name)

    def change_password(self, name: str, password_hash: str) -> None:
        """Give an account another password; every sign-in of it ends."""
        self._write(moderators.change_password, name, password_hash)

    def sign_out_everywhere(self, moderator_id: str) -> None:
        """Raise the generation of an account, so that no sign-in of it counts any more."""
        self._write(moderators.sign_out_everywhere, moderator_id)


class AuditLog:
    """The chain of events; all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write
        self._keys = transactions.keys

    def pseudonym(self, owner: str) -> str:
        """How a person is named in the log."""
        return self._keys.pseudonym(owner)

    def record(self, actor: str, action: str, object_id: str) -> None:
        """Add an event: a moderator by id, a person by `pseudonym`, never any content."""
        self._write(audit.record, actor, action, object_id)

    def events(self, limit: int = 100) -> tuple[AuditEvent, ...]:
        """The newest events, newest first."""
        return self._read(audit.events, limit)

    def first_broken(self) -> int | None:
        """The first sequence number at which the chain does not hold, or None."""
        return self._read(audit.first_broken)
