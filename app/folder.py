"""The data folder: where the database and the keys live, and a clear sentence where they cannot."""

import os
from pathlib import Path
from urllib.parse import quote

import platformdirs

from app.settings import Settings, SettingsError

DATABASE = "bezel.sqlite"


def data_folder(chosen: Path | None) -> Path:
    """Return a folder that exists and can be written: the chosen one, `./data`, or the user's data folder."""
    if chosen is not None:
        if not _is_writable(chosen):
            raise SettingsError(
                f"BEZEL_DATA_FOLDER is {str(chosen)!r}; it must be a folder that this user may write to."
            )
        return chosen
    candidates = (Path("data").absolute(), Path(platformdirs.user_data_dir("bezel", appauthor=False)))
    for folder in candidates:
        if _is_writable(folder):
            return folder
    tried = " and ".join(str(folder) for folder in candidates)
    raise SettingsError(f"Neither {tried} can be written to; name a folder with BEZEL_DATA_FOLDER.")


def second_folder(chosen: Path | None) -> tuple[Path, ...]:
    """Return the folder that the audit log is anchored in as well, where one was chosen."""
    if chosen is None:
        return ()
    if not _is_writable(chosen):
        raise SettingsError(
            f"BEZEL_AUDIT_ANCHOR is {str(chosen)!r}; it must be a folder that this user may write to."
        )
    return (chosen,)


def database_url(settings: Settings, folder: Path) -> str:
    """Return the address of the database: the chosen one, or that of a file in the data folder."""
    return settings.database_url or f"sqlite:///{quote((folder / DATABASE).as_posix())}"


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)
