"""`python app.py moderators …`: make, list and end the accounts of the desk, and change their passwords."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Protocol

import typer

from app.commands.passwords import typed_password
from storage.store import Store
from storage.types import Moderator, StorageError

moderators = typer.Typer(no_args_is_help=True, help="Make, list and end the accounts of the desk.")


class HasStore(Protocol):
    """What these commands need of `context.obj`: this installation's store, and how passwords are hashed."""

    def open_store(self) -> Store: ...

    @property
    def hash_password(self) -> Callable[[str], str]: ...


Name = Annotated[str, typer.Argument(help="The name that the moderator signs in with.")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, not from a prompt.")
]


@moderators.command()
def add(
    context: typer.Context,
    name: Name,
    lead: Annotated[bool, typer.Option("--lead", help="A lead, who may do more than a moderator.")] = False,
    password_stdin: FromInput = False,
) -> None:
    """Make an account; asks for its password twice."""
    with _store(context) as store:
        if store.moderator_by_name(name) is not None:
            raise StorageError(f"There is a moderator named {name!r} already; choose another name.")
        secret = _hashed(context, password_stdin)
        made = store.add_moderator(name, secret, "lead" if lead else "moderator")
    print(f"Added the {made.role} {made.name}, who signs in at /moderation.")


@moderators.command("list")
def list_(context: typer.Context) -> None:
    """List the accounts, those that have ended too."""
    with _store(context) as store:
        accounts = store.moderators()
    if not accounts:
        print("There is no moderator yet; make one with `moderators add NAME`.")
    for account in accounts:
        print(_line(account))


@moderators.command()
def end(context: typer.Context, name: Name) -> None:
    """End an account: its sign-ins stop now and its cases go back to the queue; its decisions stay."""
    with _store(context) as store:
        account = _account(store, name)
        store.end_moderator(account.name)
    print(f"Ended {account.name}; their sign-ins have stopped.")


@moderators.command()
def password(context: typer.Context, name: Name, password_stdin: FromInput = False) -> None:
    """Change a password; the account's sign-ins stop now."""
    with _store(context) as store:
        account = _account(store, name)
        secret = _hashed(context, password_stdin)
        store.change_password(account.name, secret)
    print(f"Changed the password of {account.name}; sign-ins with the old one have stopped.")


@contextmanager
def _store(context: typer.Context) -> Iterator[Store]:
    """The store for one command; what a person can mend ends the command with one sentence and status 1."""
    invocation: HasStore = context.obj
    try:
        store = invocation.open_store()
        try:
            yield store
        finally:
            store.close()
    except StorageError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None


def _account(store: Store, name: str) -> Moderator:
    account = store.moderator_by_name(name)
    if account is None:
        raise StorageError(f"There is no moderator named {name!r}; `moderators list` shows all.")
    return account


def _hashed(context: typer.Context, from_input: bool) -> str:
    invocation: HasStore = context.obj
    return invocation.hash_password(typed_password(from_input))


def _line(account: Moderator) -> str:
    since = f"since {account.created_at:%Y-%m-%d}"
    until = f", ended {account.ended_at:%Y-%m-%d}" if account.ended_at is not None else ""
    return f"{account.name}\t{account.role}\t{since}{until}"
