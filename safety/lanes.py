"""Runs one piece of work per text in threads of its own, so that work which hangs holds up nothing else."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Generic, TypeVar

from safety.breaker import Breaker
from safety.types import Text

T = TypeVar("T")

log = logging.getLogger(__name__)

THREADS = 2
MOST_WAITING = 256
MOST_HUNG = 4
"""How many texts may hang at once before the lane takes no more until one of them ends."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no answer; it never holds words of the text."""

    reason: str


@dataclass(slots=True, eq=False)
class Job(Generic[T]):
    """One text on its way; `future` always ends with an answer or with Failed, never with an exception."""

    text: Text
    future: Future[T | Failed] = field(default_factory=Future)
    is_given_up: bool = False
    is_finished: bool = False
    is_refused: bool = False


class Lane(Generic[T]):
    """A queue and a few daemon threads for one check; a thread that hangs is replaced, up to a bound."""

    def __init__(
        self,
        name: str,
        work: Callable[[Text], T],
        *,
        threads: int = THREADS,
        most_waiting: int = MOST_WAITING,
        breaker: Breaker | None = None,
    ) -> None:
        """Without a breaker, a lane refuses only what it has no room for."""
        self.name = name
        self._work = work
        self._most_threads = threads
        self._most_waiting = most_waiting
        self._breaker = breaker
        self._queue: SimpleQueue[Job[T] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._hung = 0
        self._is_closed = False

    def submit(self, text: Text) -> Job[T]:
        """Put the text in line; a lane that is closed, full or hanging fails it at once."""
        job: Job[T] = Job(text)
        with self._lock:
            refusal = self._refusal()
            if refusal is None:
                self._queue.put(job)
                self._start_thread_if_fewer()
        if refusal is not None:
            job.is_refused = True
            job.future.set_result(Failed(refusal))
        return job

    def collect(self, job: Job[T]) -> T | Failed:
        """The answer where it has come; otherwise nobody waits for it any longer, and the job has failed."""
        if job.future.done() and not job.future.cancelled():
            answer = job.future.result()
        else:
            self.give_up(job)
            answer = Failed("no answer in time")
        if self._breaker is not None and not job.is_refused:
            self._breaker.ended(failed=isinstance(answer, Failed))
        return answer

    def give_up(self, job: Job[T]) -> None:
        """Wait for this job no longer; where a thread hangs in it, another takes that thread's place."""
        if job.future.cancel():
            return
        with self._lock:
            if job.is_finished or job.is_given_up:
                return
            job.is_given_up = True
            self._hung += 1
            self._threads -= 1
            self._start_thread_if_fewer()

    def close(self) -> None:
        """Take no more texts and let the threads end; one that hangs is left to die with the process."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                for _ in range(self._threads):
                    self._queue.put(None)

    def _refusal(self) -> str | None:
        if self._is_closed:
            return "it is closed"
        if self._hung >= MOST_HUNG:
            return f"{self._hung} texts hang in it"
        if self._queue.qsize() >= self._most_waiting:
            return f"{self._most_waiting} texts wait for it"
        if self._breaker is not None and not self._breaker.lets_through():
            return "its circuit is open"
        return None

    def _start_thread_if_fewer(self) -> None:
        if self._threads < self._most_threads and not self._is_closed:
            self._threads += 1
            threading.Thread(target=self._run, name=f"check {self.name}", daemon=True).start()

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            if job.future.set_running_or_notify_cancel():
                job.future.set_result(self._answer(job.text))
            with self._lock:
                job.is_finished = True
                if job.is_given_up:
                    self._hung -= 1
                    return

    def _answer(self, text: Text) -> T | Failed:
        try:
            return self._work(text)
        except BaseException as error:  # noqa: BLE001 - closed on failure, also where a native library panics
            log.error("%s failed: %s", self.name, type(error).__name__)
            return Failed(type(error).__name__)
