"""`python app.py accounts …`: make, list and end the accounts of people who sign in to chat."""

from typing import Annotated

import typer

from app.commands.passwords import FromInput
from app.commands.store import opened_store, typed_secret
from storage.store import Store
from storage.types import Account, StorageError

accounts = typer.Typer(no_args_is_help=True, help="Make, list and end the accounts of people who chat.")


Name = Annotated[str, typer.Argument(help="The name that the person signs in with.")]


@accounts.command()
def add(context: typer.Context, name: Name, password_stdin: FromInput = False) -> None:
    """Make an account; asks for its first password twice. The person can change it."""
    with opened_store(context) as store:
        if store.accounts.by_name(name) is not None:
            raise StorageError(f"There is an account named {name!r} already; choose another name.")
        made = store.accounts.add(name, typed_secret(context, password_stdin))
    print(f"Added {made.name}, who signs in on the chat's first page where BEZEL_WHO is accounts.")


@accounts.command("list")
def list_(context: typer.Context) -> None:
    """List the accounts, those that have ended too."""
    with opened_store(context) as store:
        everyone = store.accounts.everyone()
    if not everyone:
        print("There is no account yet; make one with `accounts add NAME`.")
    for account in everyone:
        until = f", ended {account.ended_at:%Y-%m-%d}" if account.ended_at is not None else ""
        print(f"{account.name}\tsince {account.created_at:%Y-%m-%d}{until}")


@accounts.command()
def end(context: typer.Context, name: Name) -> None:
    """End an account: its sign-ins stop now, and its name is free again; its conversations stay stored."""
    with opened_store(context) as store:
        account = _account(store, name)
        store.accounts.end(account.id)
    print(f"Ended {account.name}; their sign-ins have stopped.")


@accounts.command()
def password(context: typer.Context, name: Name, password_stdin: FromInput = False) -> None:
    """Change a password; the account's sign-ins stop now."""
    with opened_store(context) as store:
        account = _account(store, name)
        secret = typed_secret(context, password_stdin)
        store.accounts.change_password(account.id, secret, by_host=True)
    print(f"Changed the password of {account.name}; sign-ins with the old one have stopped.")


def _account(store: Store, name: str) -> Account:
    account = store.accounts.by_name(name)
    if account is None:
        raise StorageError(f"There is no account named {name!r}; `accounts list` shows all.")
    return account
