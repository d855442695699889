"""`python app.py keys rotate`: new keys for cookies, evidence and the audit log; the old keep reading."""

from typing import Protocol

import typer

from app.folder import data_folder
from app.keys import rotate as rotate_keys
from app.settings import Settings, SettingsError
from storage.store import Store

keys = typer.Typer(no_args_is_help=True, help="Rotate the keys of this installation.")


class HasInstallation(Protocol):
    """What this command needs of `context.obj`: the settings, and the store opened with the keys in use."""

    @property
    def settings(self) -> Settings: ...

    def open_store(self) -> Store: ...


@keys.callback()
def group() -> None:
    """Keep `rotate` a command of its own, also while it is the only one."""


@keys.command()
def rotate(context: typer.Context) -> None:
    """Put new keys before the old ones; what was written with an old one stays readable."""
    installation: HasInstallation = context.obj
    if installation.settings.secret is not None:
        raise SettingsError(
            "The keys are made from BEZEL_SECRET. To change them, put its text into BEZEL_OLD_SECRETS, "
            'as ["the old text"], and a new one into BEZEL_SECRET; then start Bezel anew.'
        )
    folder = data_folder(installation.settings.data_folder)
    known = rotate_keys(folder)
    store = installation.open_store()
    try:
        store.audit.record("host", "keys rotated", "keys")
    finally:
        store.close()
    print(
        f"New keys are in {folder / 'keys.json'}, before {len(known.cookie) - 1} older.\n"
        "Start Bezel anew to use them, and back the file up: a backup of before lacks them."
    )
