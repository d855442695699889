"""The secrets of one installation: kept in a setting or in one file that only its owner can read."""

import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from app.settings import SettingsError

NAMES = ("cookie", "evidence", "audit")


@dataclass(frozen=True, slots=True)
class Keys:
    """32 bytes for each purpose, so that a leak of one does not open the others."""

    cookie: bytes = field(repr=False)
    evidence: bytes = field(repr=False)
    audit: bytes = field(repr=False)


def keys(folder: Path, secret: str | None) -> Keys:
    """Derive the keys from the setting, or read `keys.json` in the data folder; the first start makes it."""
    if secret is not None:
        root = secret.encode()
        return Keys(**{name: hmac.digest(root, f"bezel/{name}".encode(), "sha256") for name in NAMES})
    path = folder / "keys.json"
    if not path.exists():
        _make(path)
    return _read(path)


def _make(path: Path) -> None:
    fresh = {name: secrets.token_hex(32) for name in NAMES}
    # Written aside and linked into place: two starts at once agree on one file, and none reads half of it.
    aside = path.with_suffix(f".{os.getpid()}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(fresh, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)
    except FileExistsError:
        return
    finally:
        aside.unlink()


def _read(path: Path) -> Keys:
    try:
        stored = json.loads(path.read_text())
        return Keys(**{name: bytes.fromhex(stored[name]) for name in NAMES})
    except (OSError, ValueError, KeyError, TypeError):
        raise SettingsError(
            f"{path} does not hold Bezel's keys; put the file back from a backup. "
            "Without it, sign-ins end and the evidence of cases cannot be read."
        ) from None
