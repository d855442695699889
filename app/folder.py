"""The data folder: where the database and the keys live, and a clear sentence where they cannot."""

import os
from pathlib import Path

import platformdirs

from app.settings import SettingsError


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


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)
