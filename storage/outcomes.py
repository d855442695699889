"""What was decided on somebody's reports and requests, and which of that they have been shown."""

from sqlalchemy import exists, select, union

from storage import tables
from storage.settling import Settling
from storage.transactions import Transactions
from storage.types import Heard
from storage.work import Work


class Outcomes:
    """The Store's questions about outcomes that a person has not heard; all raise StorageError."""

    def __init__(self, transactions: Transactions, settling: Settling) -> None:
        self._read, self._write = transactions.read, transactions.write
        self._settle = settling.settle

    def unheard(self, owner: str) -> int:
        """How many decisions on their reports, requests and appeals took effect that they have not heard."""
        return len(self._read(unheard, owner))

    def hear(self, owner: str) -> None:
        """Note that they are shown every outcome there is now; to be called before it is shown."""
        self._settle()
        if self._read(unheard, owner):
            self._write(_hear, owner)


def of_owner(work: Work, owner: str) -> tuple[Heard, ...]:
    """The outcomes that this person has heard, by the age of the decision."""
    table = tables.OutcomeHeard
    rows = work.scalars(select(table).where(table.owner == owner).order_by(table.decision_id))
    return tuple(Heard(row.decision_id, row.heard_at) for row in rows)


def unheard(work: Work, owner: str) -> tuple[str, ...]:
    """The decisions new to them: none that can still be undone, and one that replaces another as well."""
    case, heard = tables.ReviewCase, tables.OutcomeHeard
    is_new = ~exists().where(heard.owner == owner, heard.decision_id == case.decision_id)
    decided = (
        select(case.decision_id)
        .join(asked, asked.case_id == case.id)
        .where(asked.owner == owner, case.decision_id.is_not(None), is_new)
        for asked in (tables.Report, tables.Appeal)
    )
    return tuple(work.scalars(union(*decided)))


def _hear(work: Work, owner: str) -> None:
    # Locked, so that two pages that open at once do not both note the same.
    if work.get(tables.Person, owner, with_for_update=True) is not None:
        at, table = work.clock(), tables.OutcomeHeard
        work.add_all(table(owner=owner, decision_id=made, heard_at=at) for made in unheard(work, owner))
