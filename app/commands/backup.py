"""`python app.py backup FILE`: a copy of the database, also while Bezel serves."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.store import HasSettings, in_one_sentence
from app.folder import data_folder, database_url
from storage.backup import back_up


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file that the copy becomes.")],
    yes: Annotated[bool, typer.Option("--yes", help="Replace FILE where it is there already.")] = False,
) -> None:
    """Copy the database to FILE as it is at one moment, also while Bezel serves."""
    installation: HasSettings = context.obj
    folder = data_folder(installation.settings.data_folder)
    with in_one_sentence():
        size = back_up(database_url(installation.settings, folder), file, overwrite=yes)
    print(f"{file} is a copy of the database ({size / 1e6:,.1f} MB).")
    if installation.settings.secret is None:
        print(
            f"{folder / 'keys.json'} is not in it, and belongs to it: keep a copy of that elsewhere. Without "
            "it no sealed evidence can be read, the audit log cannot be verified, and everybody gets a new "
            "cookie."
        )
