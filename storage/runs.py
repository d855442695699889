"""The journal of replies that are being written: which run of Bezel writes each, and that it still does."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select, update

from storage import tables
from storage.run_lock import RunLock
from storage.states import move_message
from storage.transactions import Transactions
from storage.types import IllegalMove, NotFound
from storage.work import Work

log = logging.getLogger("bezel.runs")

BEAT = 5.0
"""Seconds between two signs of life."""
PATIENCE = 30.0
"""Seconds without a sign of life after which a reply is dead, where no lock tells that sooner."""


@dataclass(frozen=True, slots=True)
class Line:
    """A reply that is open, and how many signs of life its run has given; another sign makes another line."""

    owner: str
    message_id: str
    run_id: str
    beats: int


class Runs:
    """The Store's questions about runs, for one thread of each; all raise StorageError.

    A reply is dead when the lock of its run is free, or when this run itself has seen its line stand still
    for `PATIENCE`: no clock on the wall is asked, for one can jump, and two machines' differ.
    """

    def __init__(self, transactions: Transactions, file: Path | None) -> None:
        """`file` is what the database is in; None on PostgreSQL."""
        self._read, self._write = transactions.read, transactions.write
        self._run_id = transactions.run_id
        self._lock = None if file is None else RunLock(file, self._run_id)
        self._seen: dict[Line, float] = {}
        self._later: deque[Callable[[], object]] = deque()

    def beat(self, at: float) -> int:
        """Give a sign of life, and close replies of runs that gave none; returns how many it closed.

        `at` is now, in seconds of a clock that never jumps, such as time.monotonic.
        """
        lines = self._read(_open)
        if any(line.run_id == self._run_id for line in lines):
            self._write(_beat)
        others = [line for line in lines if line.run_id != self._run_id]
        self._seen = {line: self._seen.get(line, at) for line in others}
        ended = self._ended({line.run_id for line in others})
        dead = [line for line in others if line.run_id in ended or at - self._seen[line] >= PATIENCE]
        closed = self._write(_close, dead) if dead else 0
        self._end_late()
        return closed

    def later(self, end: Callable[[], object]) -> None:
        """End a reply with a later sign of life: the database, full or locked, would not take its end now."""
        self._later.append(end)

    def end(self) -> int:
        """Close what this run has left open, before it ends; returns how many replies those were."""
        self._end_late()
        own = [line for line in self._read(_open) if line.run_id == self._run_id]
        return self._write(_close, own) if own else 0

    def close(self) -> None:
        """Be a run no more; safe to call twice."""
        if self._lock is not None:
            self._lock.free()

    def _ended(self, run_ids: set[str]) -> set[str]:
        """Which of these runs have certainly ended; the files of others that have are removed."""
        if self._lock is None:
            return set()
        self._lock.clear(keep=run_ids)
        return {run_id for run_id in run_ids if self._lock.has_ended(run_id)}

    def _end_late(self) -> None:
        while self._later:
            try:
                self._later[0]()
            except (NotFound, IllegalMove):
                log.info("a reply was erased or closed before its end could be written")
            self._later.popleft()


def opened(work: Work, reply: tables.Message) -> None:
    """Note that this run writes this reply."""
    work.add(tables.OpenReply(owner=reply.owner, message_id=reply.id, run_id=work.run_id, beats=0))
    work.flush()


def closed(work: Work, reply: tables.Message) -> None:
    """Note that nobody writes this reply any more."""
    table = tables.OpenReply
    work.execute(delete(table).where(table.owner == reply.owner, table.message_id == reply.id))


def _open(work: Work) -> tuple[Line, ...]:
    table = tables.OpenReply
    rows = work.execute(
        select(table.owner, table.message_id, table.run_id, table.beats).order_by(table.message_id)
    )
    return tuple(Line(*row) for row in rows)


def _beat(work: Work) -> None:
    table = tables.OpenReply
    work.execute(update(table).where(table.run_id == work.run_id).values(beats=table.beats + 1))


def _close(work: Work, lines: list[Line]) -> int:
    """Close these replies as far as they had passed, but none whose run has given a sign since."""
    count = 0
    for line in lines:
        # The message is locked first, as those who end a reply lock it.
        reply = work.get(tables.Message, (line.owner, line.message_id), with_for_update=True)
        row = work.get(tables.OpenReply, (line.owner, line.message_id), with_for_update=True)
        if reply is None or row is None or row.beats != line.beats:
            continue
        if reply.state == "streaming":
            reply.state = move_message(reply.role, reply.state, "interrupted")
            reply.ended_at = work.clock()
            count += 1
        work.delete(row)
    return count
