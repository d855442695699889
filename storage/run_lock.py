"""The lock that a run holds beside a SQLite database while it lives: the system frees it with the process.

PostgreSQL has none: behind a pool of connections a lock there belongs to the pool, not to a run.
"""

import errno
import glob
import logging
import os
from collections.abc import Collection
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none, and goes by the signs of life alone.
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger("bezel.runs")


class RunLock:
    """A file beside the database, named by its run and locked; and what the files of other runs say."""

    def __init__(self, database: Path, run_id: str) -> None:
        """Take the lock; where none can be had, nobody will be certain that this run has ended."""
        self._database = database.resolve()
        self._own = self._file(run_id)
        self._held = self._taken()

    def has_ended(self, run_id: str) -> bool:
        """Whether that run has certainly ended; False where it lives, and where nobody can tell."""
        try:
            descriptor = os.open(self._file(run_id), os.O_RDONLY)
        except OSError:
            return False
        try:
            # Shared, so that two who ask at once do not take each other for that run.
            _lock(descriptor, shared=True)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def clear(self, keep: Collection[str]) -> None:
        """Remove the files of runs that have ended, but of these."""
        start, end = f"{self._database.name}.", self._own.suffix
        for path in self._database.parent.glob(f"{glob.escape(start)}*{end}"):
            run_id = path.name.removeprefix(start).removesuffix(end)
            if run_id not in keep and self.has_ended(run_id):
                _remove(path)

    def free(self) -> None:
        """Let go of the lock and remove its file; safe to call twice."""
        if self._held is not None:
            _remove(self._own)
            os.close(self._held)
            self._held = None

    def _file(self, run_id: str) -> Path:
        return self._database.with_name(f"{self._database.name}.{run_id}.run")

    def _taken(self) -> int | None:
        # It gets its name once it is locked, so that nobody finds it free while its run lives.
        aside = self._own.with_suffix(".new")
        try:
            descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            log.warning("%s cannot be made (%s)", aside, error.strerror)
            return None
        try:
            _lock(descriptor, shared=False)
            os.rename(aside, self._own)
        except OSError as error:
            log.warning("%s cannot be locked (%s)", aside, error.strerror)
            _remove(aside)
            os.close(descriptor)
            return None
        return descriptor


def _lock(descriptor: int, *, shared: bool) -> None:
    """Lock an open file at once, or raise OSError."""
    if fcntl is None:
        raise OSError(errno.ENOTSUP, "this system has no such locks")
    fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s cannot be removed (%s)", path, error.strerror)
