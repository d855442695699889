"""One step again and again, beside everything else."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeating(
    name: str, step: Callable[[], object], every: float, *, first: float | None = None
) -> Iterator[None]:
    """Take a step every so many seconds, in a thread of this name, until the end; `first` is its first wait.

    A step that raises ends the thread, so a step keeps to itself what it can go on after.
    """
    ended = threading.Event()

    def run() -> None:
        wait = every if first is None else first
        while not ended.wait(wait):
            step()
            wait = every

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
