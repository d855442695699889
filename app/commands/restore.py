"""`python app.py restore FILE`: put a backup in the place of the database."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.store import HasSettings, in_one_sentence, opened_store
from app.folder import data_folder, database_url
from storage.audit import HOST
from storage.backup import restore as put_back


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `backup` made.")],
    yes: Annotated[bool, typer.Option("--yes", help="Replace the database that is there now.")] = False,
) -> None:
    """Put the copy in FILE in the place of the database; stop Bezel first."""
    installation: HasSettings = context.obj
    folder = data_folder(installation.settings.data_folder)
    with in_one_sentence():
        put_back(database_url(installation.settings, folder), file, overwrite=yes)
    with opened_store(context) as store:
        store.audit.record(HOST, "backup restored", "database")
        store.audit.accept_anchors()
        is_sound = store.audit.verify().is_sound
    print(f"{file} is the database now. What was erased or deleted after it was made is gone from it again.")
    if not is_sound:
        print(
            "Its audit log does not verify with the keys of this installation: if it was made with others, "
            f"put their keys.json into {folder}. python app.py audit verify says more."
        )
