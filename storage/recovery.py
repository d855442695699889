"""Codes that give a person's conversations to another browser: one a person, kept as a digest, used once."""

from sqlalchemy import delete, select, update

from storage import audit, people, tables
from storage.transactions import Transactions
from storage.work import Work


class Recovery:
    """The Store's questions about recovery codes; each is one transaction, and all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write

    def generation(self, owner: str) -> int:
        """How often the cookies of this person were made worthless; 0 for somebody unknown."""
        return self._read(_generation, owner)

    def keep(self, owner: str, digest: str) -> None:
        """Keep the digest of a new code in place of the one before."""
        self._write(_keep, owner, digest)

    def use(self, digest: str) -> str | None:
        """Use a code up: the owner it belongs to, whose cookies of before are worthless now; or None."""
        return self._write(_use, digest)


def _generation(work: Work, owner: str) -> int:
    table = tables.Person
    return work.scalar(select(table.generation).where(table.owner == owner)) or 0


def _keep(work: Work, owner: str, digest: str) -> None:
    people.ensure(work, owner)
    table = tables.RecoveryCode
    work.execute(delete(table).where(table.owner == owner))
    work.add(table(owner=owner, digest=digest, made_at=work.clock()))
    audit.record(work, work.keys.pseudonym(owner), "recovery code made", work.keys.pseudonym(owner))


def _use(work: Work, digest: str) -> str | None:
    code, person = tables.RecoveryCode, tables.Person
    found = work.execute(delete(code).where(code.digest == digest).returning(code.owner)).first()
    if found is None:
        return None
    owner: str = found.owner
    work.execute(update(person).where(person.owner == owner).values(generation=person.generation + 1))
    audit.record(work, work.keys.pseudonym(owner), "recovery code used", work.keys.pseudonym(owner))
    return owner
