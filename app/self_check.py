"""Whether Bezel can work now: model, database, disk and checks; asked by probes and at start."""

import asyncio
import logging
import shutil
import stat
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from app.parts import Parts
from safety.types import Outcome, Text
from storage.types import StorageError

SAMPLE = "Good morning. Could you tell me how a bridge is built?"
PROBE_SECONDS = 3.0
KEPT_SECONDS = 2.0
LEAST_BYTES = 50_000_000
log = logging.getLogger("bezel.self_check")

Probe = Callable[[], Awaitable[bool]]


class SelfCheck:
    """Asks each part in turn; an answer is kept for a moment, so that asking often costs nothing."""

    def __init__(self, parts: Parts, folder: Path) -> None:
        self._parts = parts
        self._folder = folder
        self._one_at_a_time = asyncio.Lock()
        self._kept: tuple[str, ...] = ()
        self._asked_at = float("-inf")
        self.is_stopping = False

    async def missing(self) -> tuple[str, ...]:
        """The names of what cannot do its work; empty where all can."""
        if self.is_stopping:
            return ("stopping",)
        async with self._one_at_a_time:
            if time.monotonic() - self._asked_at >= KEPT_SECONDS:
                self._kept = await self._ask()
                self._asked_at = time.monotonic()
            return self._kept

    def at_start(self) -> tuple[str, ...]:
        """A sentence for the host on each thing that is not as it should be; a model may still be loading."""
        missing = (name for name in asyncio.run(self._ask()) if name != "model loading")
        failing = (
            f"The self-check of the {name} failed; until it passes, /readyz says so." for name in missing
        )
        return (*failing, *open_to_others(self._folder))

    async def _ask(self) -> tuple[str, ...]:
        probes: dict[str, Probe] = {
            "database": self._database_is_writable,
            "disk": self._disk_has_room,
            "checks": self._checks_are_live,
        }
        missing = list(self._model_state())
        for name, probe in probes.items():
            if not await _answered(name, probe):
                missing.append(name)
        return tuple(missing)

    def _model_state(self) -> tuple[str, ...]:
        if getattr(self._parts.model, "progress", None) is not None:
            return ("model loading",)
        return ("model",) if getattr(self._parts.model, "has_failed", False) else ()

    async def _database_is_writable(self) -> bool:
        await asyncio.to_thread(self._parts.store.check_writable)
        return True

    async def _disk_has_room(self) -> bool:
        return shutil.disk_usage(self._folder).free > LEAST_BYTES

    async def _checks_are_live(self) -> bool:
        verdict = await self._parts.guard.judge(Text(SAMPLE, "prompt", lang="en"))
        return bool(verdict.checks) and Outcome.ERROR not in verdict.checks.values()


async def _answered(name: str, probe: Probe) -> bool:
    """What a probe says in time; one that raises says no, and the log says why."""
    try:
        return await asyncio.wait_for(probe(), PROBE_SECONDS)
    except (TimeoutError, OSError, StorageError) as error:
        log.warning("%s: %s", name, type(error).__name__)
        return False


def open_to_others(folder: Path) -> tuple[str, ...]:
    """A sentence for each of our files that other users of this machine can read."""
    kept_secret = [folder / "keys.json", *sorted(folder.glob("bezel.sqlite*"))]
    return tuple(
        f"{path} can be read by other users of this machine; run: chmod go-rwx {path}"
        for path in kept_secret
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    )
