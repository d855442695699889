"""Codes that give a person's conversations to another browser: one a person, kept as a digest, used once."""

import time

from sqlalchemy import delete, select, update

from storage import audit, people, tables
from storage.transactions import Transactions
from storage.work import Work

FRESH = 1.0
"""Seconds that an answer about somebody's cookies is given again without asking."""
MOST_KNOWN = 10_000
"""People about whom an answer is remembered."""


class Recovery:
    """The Store's questions about recovery codes; each is one transaction, and all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write
        self._known: dict[str, tuple[int, float]] = {}

    def generation(self, owner: str) -> int:
        """How often the cookies of this person were made worthless; 0 for somebody unknown.

        Every request asks it. A change by another process, or just then, counts within `FRESH` seconds.
        """
        generation, until = self._known.get(owner, (0, 0.0))
        if time.monotonic() >= until:
            generation = self._read(_generation, owner)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[owner] = generation, time.monotonic() + FRESH
        return generation

    def keep(self, owner: str, digest: str) -> None:
        """Keep the digest of a new code in place of the one before."""
        self._write(_keep, owner, digest)

    def use(self, digest: str) -> str | None:
        """Use a code up: the owner it belongs to, whose cookies of before are worthless now; or None."""
        owner = self._write(_use, digest)
        self._known.clear()
        return owner


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
