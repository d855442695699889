"""The accounts of the moderators' desk."""

from sqlalchemy import select, update

from storage import audit, tables
from storage.columns import new_id, quoted, storable
from storage.states import released_case
from storage.types import Moderator, ModeratorRole, NotFound, StorageError
from storage.work import Work

HOST = audit.HOST
LONGEST_NAME = 64


def add(work: Work, name: str, password_hash: str, role: ModeratorRole) -> Moderator:
    """Make an account; raises StorageError where the name is in use or cannot be one."""
    name = name_of(name)
    if role not in ("moderator", "lead"):
        raise StorageError(f"The role is {role!r}; it must be moderator or lead.")
    if _active_row(work, name) is not None:
        raise StorageError(f"There is a moderator named {name!r} already; choose another name.")
    row = tables.Moderator(
        id=new_id(),
        name=name,
        active_name=name.casefold(),
        password_hash=password_hash,
        role=role,
        generation=1,
        created_at=work.clock(),
    )
    work.add(row)
    work.flush()
    audit.record(work, HOST, f"{role} added", row.id)
    return _moderator(row)


def by_name(work: Work, name: str) -> Moderator | None:
    """The account of this name that has not ended, upper and lower case alike."""
    row = _active_row(work, storable(name).strip())
    return _moderator(row) if row else None


def by_id(work: Work, moderator_id: str) -> Moderator | None:
    """The account, ended or not."""
    row = work.get(tables.Moderator, moderator_id)
    return _moderator(row) if row else None


def everyone(work: Work) -> tuple[Moderator, ...]:
    """All accounts, ended ones too, oldest first."""
    return tuple(
        _moderator(row) for row in work.scalars(select(tables.Moderator).order_by(tables.Moderator.id))
    )


def end(work: Work, name: str) -> None:
    """End an account: its sign-ins stop and the cases it holds go back; raises NotFound."""
    row = _active_row(work, storable(name).strip())
    if row is None:
        raise NotFound(f"There is no moderator named {quoted(name)}.")
    row.active_name, row.ended_at = None, work.clock()
    row.generation += 1
    held = select(tables.ReviewCase).where(
        tables.ReviewCase.claimed_by == row.id, tables.ReviewCase.state == "claimed"
    )
    for case in work.scalars(held.with_for_update()).all():
        case.state = released_case(
            case.state, was_escalated=case.is_escalated, has_proposal=case.proposal_id is not None
        )
        case.claimed_by = case.claim_expires_at = case.held_since = case.hold_reason = None
        case.row_version += 1
        audit.record(work, HOST, "case released", case.id)
    audit.record(work, HOST, "moderator ended", row.id)


def sign_out_everywhere(work: Work, moderator_id: str) -> None:
    """Make every sign-in of this account worthless; raises NotFound."""
    table = tables.Moderator
    changed = work.execute(
        update(table)
        .where(table.id == moderator_id)
        .values(generation=table.generation + 1)
        .returning(table.id)
    ).first()
    if changed is None:
        raise NotFound(f"There is no moderator {quoted(moderator_id)}.")
    audit.record(work, moderator_id, "signed out everywhere", moderator_id)


def change_password(work: Work, name: str, password_hash: str) -> None:
    """Give an account another password and end its sign-ins; raises NotFound."""
    row = _active_row(work, name)
    if row is None:
        raise NotFound(f"There is no moderator named {quoted(name)}.")
    row.password_hash = password_hash
    row.generation += 1
    audit.record(work, HOST, "password changed", row.id)


def active(work: Work, moderator_id: str) -> tables.Moderator:
    """The account that may moderate; raises NotFound where there is none of this id."""
    row = work.get(tables.Moderator, moderator_id)
    if row is None or row.ended_at is not None:
        raise NotFound(f"There is no moderator {quoted(moderator_id)}.")
    return row


def _active_row(work: Work, name: str) -> tables.Moderator | None:
    return work.scalar(select(tables.Moderator).where(tables.Moderator.active_name == name.casefold()))


def name_of(name: str) -> str:
    """The name as it is kept; raises StorageError where it cannot be one."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise StorageError(
            f"{quoted(name)} cannot be a name; one line of 1 to {LONGEST_NAME} characters can."
        )
    return name


def _moderator(row: tables.Moderator) -> Moderator:
    return Moderator(
        id=row.id,
        name=row.name,
        password_hash=row.password_hash,
        role=row.role,
        generation=row.generation,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
