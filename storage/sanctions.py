"""Warnings and suspensions: what a decision does to a person, kept by pseudonym, and over by itself."""

from datetime import timedelta

from sqlalchemy import exists, select

from storage import audit, statements, tables
from storage.columns import new_id
from storage.transactions import Transactions
from storage.types import NotFound, Sanctioned, Suspension, Warned
from storage.work import Work

ADDRESS_KEPT = timedelta(hours=24)
"""How long an address counts after somebody suspended was seen there: others may come from it tomorrow."""


class Sanctions:
    """The Store's questions about warnings and suspensions; all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write

    def of(self, owner: str, address: str | None = None) -> Suspension | None:
        """Why this person may not chat now, or None.

        The address of somebody without an account is kept for a day as a keyed pseudonym: whoever else
        comes from it without an account is stopped too, and not told why.
        """
        found = self._read(_suspended, owner, address)
        if found is not None and found.statement is not None and address is not None:
            self._write(_note_address, owner, found.id, address)
        return found

    def warnings(self, owner: str) -> tuple[Warned, ...]:
        """The warnings that they have not said they read, oldest first."""
        return self._read(_warnings, owner)

    def read_warning(self, owner: str, warning_id: str) -> None:
        """Note that they have read it; raises NotFound for another's."""
        self._write(_read_warning, owner, warning_id)


def impose(work: Work, owner: str, made: tables.Decision) -> None:
    """Do to this person what the decision says, if it says so."""
    if made.action not in ("warn", "suspend"):
        return
    at = made.effective_at or made.decided_at
    person = work.keys.pseudonym(owner)
    work.add(
        tables.Sanction(
            id=new_id(),
            person=person,
            kind="warning" if made.action == "warn" else "suspension",
            decision_id=made.id,
            starts_at=at,
            ends_at=at + timedelta(days=made.days or 0) if made.action == "suspend" else None,
        )
    )
    work.flush()
    audit.record(
        work, made.moderator_id, f"person {'warned' if made.action == 'warn' else 'suspended'}", person
    )


def lift(work: Work, decision_id: str, by: str) -> None:
    """End what a decision did to a person: it was overturned."""
    table = tables.Sanction
    rows = work.scalars(select(table).where(table.decision_id == decision_id, table.ended_at.is_(None)))
    for row in rows.all():
        row.ended_at = work.clock()
        audit.record(work, by, f"{row.kind} lifted", row.person)


def of_owner(work: Work, owner: str) -> tuple[Sanctioned, ...]:
    """Every warning and suspension of this person, those that are over too, oldest first."""
    table, read = tables.Sanction, tables.WarningRead
    rows = work.execute(
        select(table, read.read_at)
        .outerjoin(read, (read.owner == owner) & (read.sanction_id == table.id))
        .where(table.person.in_(work.keys.pseudonyms(owner)))
        .order_by(table.id)
    )
    return tuple(
        Sanctioned(row.kind, row.decision_id, row.starts_at, row.ends_at, row.ended_at, read_at)
        for row, read_at in rows
    )


def _suspended(work: Work, owner: str, address: str | None) -> Suspension | None:
    table, at = tables.Sanction, work.clock()
    in_force = (table.kind == "suspension", table.ended_at.is_(None), table.ends_at > at)
    longest = select(table).where(*in_force).order_by(table.ends_at.desc()).limit(1)
    row = work.scalar(longest.where(table.person.in_(work.keys.pseudonyms(owner))))
    if row is not None and row.ends_at is not None:
        return Suspension(row.id, row.ends_at, statements.of_decision(work, owner, row.decision_id))
    if address is None or _has_account(work, owner):
        return None
    seen = tables.SanctionAddress
    there = (
        select(seen.until)
        .join(table, table.id == seen.sanction_id)
        .where(*in_force, seen.address == work.keys.digest("address", address), seen.until > at)
    )
    found = work.execute(there.add_columns(table.id).order_by(seen.until.desc()).limit(1)).first()
    return Suspension(found.id, found.until, None) if found else None


def _has_account(work: Work, owner: str) -> bool:
    return work.get(tables.Account, owner) is not None


def _note_address(work: Work, owner: str, sanction_id: str, address: str) -> None:
    if _has_account(work, owner):
        return
    digest, at = work.keys.digest("address", address), work.clock()
    sanction = work.get_one(tables.Sanction, sanction_id, with_for_update=True)
    until = min(at + ADDRESS_KEPT, sanction.ends_at or at)
    row = work.get(tables.SanctionAddress, (sanction_id, digest))
    if row is None:
        work.add(tables.SanctionAddress(sanction_id=sanction_id, address=digest, until=until))
    else:
        row.until = until


def _warnings(work: Work, owner: str) -> tuple[Warned, ...]:
    table, read = tables.Sanction, tables.WarningRead
    rows = work.scalars(
        select(table)
        .where(
            table.person.in_(work.keys.pseudonyms(owner)), table.kind == "warning", table.ended_at.is_(None)
        )
        .where(~exists().where(read.owner == owner, read.sanction_id == table.id))
        .order_by(table.id)
    ).all()
    told = ((row, statements.of_decision(work, owner, row.decision_id)) for row in rows)
    return tuple(Warned(row.id, row.starts_at, statement) for row, statement in told if statement)


def _read_warning(work: Work, owner: str, warning_id: str) -> None:
    row = work.get(tables.Sanction, warning_id, with_for_update=True)
    if row is None or row.kind != "warning" or statements.of_decision(work, owner, row.decision_id) is None:
        raise NotFound("There is no such warning.")
    if work.get(tables.WarningRead, (owner, warning_id)) is None:
        work.add(tables.WarningRead(owner=owner, sanction_id=warning_id, read_at=work.clock()))
