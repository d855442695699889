"""`python app.py person …`: everything of one person as a file, or gone, when they ask the host for it."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.commands.store import opened_store
from storage.audit import HOST
from storage.store import Store
from storage.types import NotFound, StorageError

person = typer.Typer(no_args_is_help=True, help="Give or erase everything of one person.")


Who = Annotated[
    str, typer.Argument(metavar="ID", help="Their id, as in their own export, or the name of their account.")
]


@person.command()
def export(
    context: typer.Context,
    who: Who,
    to: Annotated[
        Path | None, typer.Option(help="Write it to this new file, which only you can read.")
    ] = None,
) -> None:
    """Print everything that is kept of a person as JSON; the audit log notes it."""
    with opened_store(context) as store:
        everything = json.dumps(
            store.export_person(_owner(store, who), by=HOST), ensure_ascii=False, indent=1
        )
        if to is None:
            print(everything)
        else:
            _write(to, everything)


@person.command()
def erase(
    context: typer.Context,
    who: Who,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask before.")] = False,
) -> None:
    """Erase a person for good, their account too; decisions stay without content."""
    with opened_store(context) as store:
        owner = _owner(store, who)
        count = store.conversation_count(owner)
        asked = f"Erase {who} with {count} conversations? This cannot be undone."
        if not is_sure and not typer.confirm(asked):
            print("Nothing was erased.", file=sys.stderr)
            raise typer.Exit(1)
        store.erase_person(owner, by=HOST, with_account=True)
    print(
        f"Everything of {who} is erased. Evidence of a case that is not decided stays sealed until then.\n"
        "If Bezel is running, start it anew: its model may still hold their conversations in memory.\n"
        "A backup of before still holds them; after restoring one, the next start erases them again."
    )


def _owner(store: Store, who: str) -> str:
    account = store.accounts.by_name(who) or store.accounts.by_id(who)
    if account is not None:
        return account.id
    if not store.knows(who):
        raise NotFound(f"Nothing is kept of a person {who!r}; give the id or the name of their account.")
    return who


def _write(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise StorageError(f"{path} cannot be made ({error.strerror}); name a new file.") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
