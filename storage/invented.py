"""What `demo-data` made, found by how its people are named, and taken out again as far as anything can be."""

from sqlalchemy import delete, select, update

from storage import audit, evidence, retention, tables
from storage.transactions import Transactions
from storage.work import Work


class Invented:
    """The Store's questions about invented people; all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write
        self._forget_deleted = transactions.forget_deleted

    def has_others(self, prefix: str) -> bool:
        """Whether there is anybody whose id does not begin like this."""
        return self._read(_has_others, prefix)

    def remove(self, prefix: str) -> int:
        """Erase everybody whose id begins like this, their cases too; the number of people."""
        removed = self._write(_remove, prefix)
        self._forget_deleted()
        return removed


def _has_others(work: Work, prefix: str) -> bool:
    return any(not owner.startswith(prefix) for owner in work.scalars(select(tables.Person.owner)))


def _remove(work: Work, prefix: str) -> int:
    people = [owner for owner in work.scalars(select(tables.Person.owner)) if owner.startswith(prefix)]
    case = tables.ReviewCase
    for owner in people:
        case_ids = list(work.scalars(select(case.id).where(case.owner == owner)))
        retention.erase_rows(work, owner)
        _remove_cases(work, case_ids)
    audit.record(work, audit.HOST, "invented people removed", f"{len(people)} people")
    return len(people)


def _remove_cases(work: Work, case_ids: list[str]) -> None:
    case, made, flag = tables.ReviewCase, tables.Decision, tables.Flag
    ruled = set(work.scalars(select(made.case_id).where(made.case_id.in_(case_ids))))
    about = work.scalars(select(case.about_id).where(case.id.in_(ruled)))
    kept = ruled.union(case_id for case_id in about if case_id is not None)
    flags = select(flag.id).where(flag.case_id.in_(case_ids))
    work.execute(delete(tables.DecisionLabel).where(tables.DecisionLabel.flag_id.in_(flags)))
    # A case that somebody ruled on stays, empty and out of the queue, for the decision refers to it.
    now = work.clock()
    ended = {"state": "decided", "decided_at": now, "claimed_by": None, "claim_expires_at": None}
    work.execute(update(case).where(case.id.in_(kept), case.state != "decided").values(ended))
    gone = [case_id for case_id in case_ids if case_id not in kept]
    for table in reversed(tables.Base.metadata.sorted_tables):
        if "case_id" in table.c and table.name != made.__tablename__:
            work.execute(delete(table).where(table.c.case_id.in_(gone)))
    work.execute(delete(case).where(case.id.in_(gone)))
    evidence.erase(work, list(kept))
