"""The anchor: the head of the audit chain in files outside the database, so that a tail cut off shows."""

import hmac
import json
import logging
import os
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from storage.keys import Keys
from storage.types import StorageError

FILE = "audit-anchor"
Problem = Literal["missing", "altered", "ahead", "another"]
"""There is no anchor; it cannot be believed; it knows later events; it knows another event in that place."""

log = logging.getLogger("bezel.audit")


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link of the chain, and when it was made."""

    seq: int
    hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Anchor:
    """What one file holds, and what is wrong with it."""

    path: Path
    head: Head | None
    problem: Problem | None = None


class Anchors:
    """A file in each of these folders; it may lag behind the database, after a crash, but never leads.

    One that the database does not agree with is left as it is, until somebody accepts what happened.
    """

    def __init__(self, folders: Sequence[Path], keys: Keys) -> None:
        self._paths = tuple(folder / FILE for folder in folders)
        self._keys = keys
        self._left_alone: set[Path] = set()
        self._lock = threading.Lock()

    def read(self) -> tuple[Anchor, ...]:
        """What each file holds."""
        return tuple(self._read(path) for path in self._paths)

    def leave_alone(self, path: Path) -> None:
        """Write no more to this file, which disagrees with the database."""
        self._left_alone.add(path)

    def follow(self, head: Head | None) -> None:
        """Write down a head that has been committed; a file that cannot be written lags, and is logged."""
        if head is None:
            return
        for path in self._paths:
            if path not in self._left_alone:
                self._advance(path, head)

    def forget(self, paths: Collection[Path]) -> None:
        """Remove these files, so that the next head that is followed makes them anew."""
        for path in paths:
            path.unlink(missing_ok=True)
        self._left_alone -= set(paths)

    def _advance(self, path: Path, head: Head) -> None:
        try:
            with self._lock:
                kept = self._read(path)
                is_behind = kept.problem == "missing" or (kept.head is not None and kept.head.seq < head.seq)
                if is_behind:
                    self._write(path, head)
        except OSError as error:
            log.warning("%s could not be written (%s); it lags behind the audit log", path, error.strerror)

    def _read(self, path: Path) -> Anchor:
        try:
            text = path.read_text("utf-8")
        except FileNotFoundError:
            return Anchor(path, None, "missing")
        except OSError as error:
            raise StorageError(f"{path} cannot be read ({error.strerror}).") from None
        except ValueError:
            return Anchor(path, None, "altered")
        return Anchor(path, *self._believed(text))

    def _believed(self, text: str) -> tuple[Head | None, Problem | None]:
        try:
            kept = json.loads(text)
            head = Head(int(kept["seq"]), str(kept["hash"]), datetime.fromisoformat(kept["at"]))
            key = self._keys.audit[kept["key"]]
            is_ours = hmac.compare_digest(_mark(key, head), str(kept["mark"]))
        except (ValueError, KeyError, TypeError):
            return None, "altered"
        return (head, None) if is_ours else (None, "altered")

    def _write(self, path: Path, head: Head) -> None:
        # Whole and aside, then renamed: after a crash there is the one or the other, and both are true.
        key_id = self._keys.audit_id
        kept = {
            "seq": head.seq,
            "hash": head.hash,
            "at": head.at.isoformat(),
            "key": key_id,
            "mark": _mark(self._keys.audit[key_id], head),
        }
        aside = path.with_suffix(f".{os.getpid()}.new")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)


def _mark(key: bytes, head: Head) -> str:
    content = json.dumps(["anchor", head.seq, head.hash, head.at.isoformat()])
    return hmac.digest(key, content.encode(), "sha256").hex()
