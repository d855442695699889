"""Accounts of people who sign in to chat: made and ended by the host, each the owner of what is theirs."""

from sqlalchemy import select

from storage import audit, tables
from storage.columns import new_id, quoted, storable
from storage.moderators import HOST, name_of
from storage.transactions import Transactions
from storage.types import Account, NotFound, StorageError
from storage.work import Work


class Accounts:
    """The Store's questions about accounts; each is one transaction, and all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write

    def add(self, name: str, password_hash: str) -> Account:
        """Make an account; raises StorageError where the name is in use or cannot be one."""
        return self._write(_add, name, password_hash)

    def by_name(self, name: str) -> Account | None:
        """The account of this name that has not ended, upper and lower case alike."""
        return self._read(_by_name, name)

    def by_id(self, account_id: str) -> Account | None:
        """The account, ended or not."""
        return self._read(_by_id, account_id)

    def everyone(self) -> tuple[Account, ...]:
        """All accounts, ended ones too, oldest first."""
        return self._read(_everyone)

    def end(self, account_id: str) -> None:
        """End an account: its sign-ins stop, its name is free, what is theirs stays; raises NotFound."""
        self._write(_end, account_id)

    def change_password(self, account_id: str, password_hash: str, *, by_host: bool = False) -> Account:
        """Give an account another password and end its sign-ins; raises NotFound."""
        return self._write(_change_password, account_id, password_hash, by_host=by_host)

    def sign_out_everywhere(self, account_id: str) -> None:
        """Make every sign-in of this account worthless; raises NotFound."""
        self._write(_sign_out_everywhere, account_id)


def _add(work: Work, name: str, password_hash: str) -> Account:
    name = name_of(name)
    if _by_name(work, name) is not None:
        raise StorageError(f"There is an account named {name!r} already; choose another name.")
    row = tables.Account(
        id=new_id(),
        name=name,
        active_name=name.casefold(),
        password_hash=password_hash,
        generation=1,
        created_at=work.clock(),
    )
    work.add(row)
    work.flush()
    audit.record(work, HOST, "account added", work.keys.pseudonym(row.id))
    return _account(row)


def _by_name(work: Work, name: str) -> Account | None:
    wanted = storable(name).strip().casefold()
    row = work.scalar(select(tables.Account).where(tables.Account.active_name == wanted))
    return _account(row) if row else None


def _by_id(work: Work, account_id: str) -> Account | None:
    row = work.get(tables.Account, account_id)
    return _account(row) if row else None


def _everyone(work: Work) -> tuple[Account, ...]:
    return tuple(_account(row) for row in work.scalars(select(tables.Account).order_by(tables.Account.id)))


def _end(work: Work, account_id: str) -> None:
    row = _open_row(work, account_id)
    row.active_name, row.ended_at = None, work.clock()
    row.generation += 1
    audit.record(work, HOST, "account ended", work.keys.pseudonym(account_id))


def _change_password(work: Work, account_id: str, password_hash: str, *, by_host: bool) -> Account:
    row = _open_row(work, account_id)
    row.password_hash = password_hash
    row.generation += 1
    person = work.keys.pseudonym(account_id)
    audit.record(work, HOST if by_host else person, "password changed", person)
    return _account(row)


def _sign_out_everywhere(work: Work, account_id: str) -> None:
    _open_row(work, account_id).generation += 1
    person = work.keys.pseudonym(account_id)
    audit.record(work, person, "signed out everywhere", person)


def _open_row(work: Work, account_id: str) -> tables.Account:
    row = work.get(tables.Account, account_id, with_for_update=True)
    if row is None or row.ended_at is not None:
        raise NotFound(f"There is no account {quoted(account_id)}.")
    return row


def _account(row: tables.Account) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        password_hash=row.password_hash,
        generation=row.generation,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
