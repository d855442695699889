"""The secrets of one installation: kept in a setting or in one file that only its owner can read."""

import hmac
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.settings import SettingsError

NAMES = ("cookie", "evidence", "audit")
FILE = "keys.json"


@dataclass(frozen=True, slots=True)
class Keys:
    """32 bytes for each purpose, so that a leak of one does not open the others.

    The first of each is in use; those behind it were, and still read what they wrote.
    """

    cookie: tuple[bytes, ...] = field(repr=False)
    evidence: tuple[bytes, ...] = field(repr=False)
    audit: tuple[bytes, ...] = field(repr=False)


def keys(folder: Path, secret: str | None, old_secrets: Sequence[str] = ()) -> Keys:
    """Derive the keys from the settings, or read `keys.json` in the data folder; the first start makes it."""
    if secret is not None:
        roots = [text.encode() for text in (secret, *old_secrets)]
        return Keys(**{name: tuple(_derived(root, name) for root in roots) for name in NAMES})
    path = folder / FILE
    if not path.exists():
        _make(path)
    return _read(path)


def rotate(folder: Path) -> Keys:
    """Put new keys before the ones in `keys.json`. Raises SettingsError, and then changes nothing."""
    path = folder / FILE
    if not path.exists():
        raise SettingsError(f"There is no {path} yet; the first start makes it.")
    known = _read(path)
    fresh = {name: [secrets.token_hex(32), *(key.hex() for key in getattr(known, name))] for name in NAMES}
    # One name for all: where two rotate at once, one of them finds it taken.
    aside = path.with_suffix(".rotating")
    try:
        _write(aside, fresh)
    except FileExistsError:
        raise SettingsError(
            f"{aside} is there already: a rotation is under way, or one was cut off. "
            "Where none is under way, remove that file and try again."
        ) from None
    os.replace(aside, path)
    return _read(path)


def _derived(root: bytes, name: str) -> bytes:
    return hmac.digest(root, f"bezel/{name}".encode(), "sha256")


def _make(path: Path) -> None:
    # Written aside and linked into place: two starts at once agree on one file, and none reads half of it.
    aside = path.with_suffix(f".{os.getpid()}.new")
    _write(aside, {name: [secrets.token_hex(32)] for name in NAMES})
    try:
        os.link(aside, path)
    except FileExistsError:
        return
    finally:
        aside.unlink()


def _write(path: Path, content: Mapping[str, Sequence[str]]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> Keys:
    try:
        stored = json.loads(path.read_text())
        return Keys(**{name: _several(stored[name]) for name in NAMES})
    except (OSError, ValueError, KeyError, TypeError):
        raise SettingsError(
            f"{path} does not hold Bezel's keys; put the file back from a backup. "
            "Without it, sign-ins end and the evidence of cases cannot be read."
        ) from None


def _several(stored: str | list[str]) -> tuple[bytes, ...]:
    """The keys of one purpose; a file that was never rotated may hold a single one."""
    found = tuple(bytes.fromhex(text) for text in ([stored] if isinstance(stored, str) else stored))
    if not found or min(map(len, found)) < 32:
        raise ValueError
    return found
