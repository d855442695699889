"""`python app.py moderators …`: make, list and end the accounts of the desk, and change their passwords."""

from typing import Annotated

import typer

from app.commands.passwords import FromInput
from app.commands.store import opened_store, typed_secret
from storage.store import Store
from storage.types import Moderator, StorageError

moderators = typer.Typer(no_args_is_help=True, help="Make, list and end the accounts of the desk.")


Name = Annotated[str, typer.Argument(help="The name that the moderator signs in with.")]


@moderators.command()
def add(
    context: typer.Context,
    name: Name,
    lead: Annotated[bool, typer.Option("--lead", help="A lead, who may do more than a moderator.")] = False,
    password_stdin: FromInput = False,
) -> None:
    """Make an account; asks for its password twice."""
    with opened_store(context) as store:
        if store.moderators.by_name(name) is not None:
            raise StorageError(f"There is a moderator named {name!r} already; choose another name.")
        secret = typed_secret(context, password_stdin)
        made = store.moderators.add(name, secret, "lead" if lead else "moderator")
    print(f"Added the {made.role} {made.name}, who signs in at /moderation.")


@moderators.command("list")
def list_(context: typer.Context) -> None:
    """List the accounts, those that have ended too."""
    with opened_store(context) as store:
        accounts = store.moderators.everyone()
    if not accounts:
        print("There is no moderator yet; make one with `moderators add NAME`.")
    for account in accounts:
        print(_line(account))


@moderators.command()
def end(context: typer.Context, name: Name) -> None:
    """End an account: its sign-ins stop now and its cases go back to the queue; its decisions stay."""
    with opened_store(context) as store:
        account = _account(store, name)
        store.moderators.end(account.name)
    print(f"Ended {account.name}; their sign-ins have stopped.")


@moderators.command()
def password(context: typer.Context, name: Name, password_stdin: FromInput = False) -> None:
    """Change a password; the account's sign-ins stop now."""
    with opened_store(context) as store:
        account = _account(store, name)
        secret = typed_secret(context, password_stdin)
        store.moderators.change_password(account.name, secret)
    print(f"Changed the password of {account.name}; sign-ins with the old one have stopped.")


def _account(store: Store, name: str) -> Moderator:
    account = store.moderators.by_name(name)
    if account is None:
        raise StorageError(f"There is no moderator named {name!r}; `moderators list` shows all.")
    return account


def _line(account: Moderator) -> str:
    since = f"since {account.created_at:%Y-%m-%d}"
    until = f", ended {account.ended_at:%Y-%m-%d}" if account.ended_at is not None else ""
    return f"{account.name}\t{account.role}\t{since}{until}"
