"""People who chat, and the terms that they accepted."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from storage import tables
from storage.columns import new_id, short
from storage.work import Work


def ensure(work: Work, owner: str) -> None:
    """Make the row that everything of this person hangs on, where it is missing."""
    if work.get(tables.Person, owner) is not None:
        return
    try:
        with work.begin_nested():
            work.add(tables.Person(owner=owner, created_at=work.clock()))
    except IntegrityError:
        # PostgreSQL lets two transactions try at once; the other one has just made the row.
        work.expire_all()


def is_known(work: Work, owner: str) -> bool:
    """Whether anything is kept of this person: they wrote, accepted terms, or have an account."""
    return work.get(tables.Person, owner) is not None or work.get(tables.Account, owner) is not None


def accept_terms(work: Work, owner: str, version: str) -> None:
    """Note that this person accepts this version now; accepting the same again changes nothing."""
    ensure(work, owner)
    if terms_accepted(work, owner) != version:
        work.add(
            tables.TermsAcceptance(
                id=new_id(),
                owner=owner,
                version=short(version, "version of the terms", 100),
                accepted_at=work.clock(),
            )
        )


def terms_accepted(work: Work, owner: str) -> str | None:
    """The version of the terms that this person accepted last, or None."""
    accepted = tables.TermsAcceptance
    return work.scalar(
        select(accepted.version)
        .where(accepted.owner == owner)
        .order_by(accepted.accepted_at.desc(), accepted.id.desc())
        .limit(1)
    )
