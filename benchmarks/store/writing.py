"""Messages saved durably: by one writer against a bare fsync, and by many at once."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.store.figures import Figure, milliseconds, opened, percentile
from benchmarks.store.places import Place
from storage.store import Store
from storage.types import StorageError

WRITERS = 32
TEXT = "Could you tell me how the bridge over the river is built? " * 8


def measure(place: Place, saves: int) -> Iterator[Figure]:
    """One writer, its saves and fsyncs in turn; then 32 writers."""
    store = opened(place.new("written"))
    try:
        yield _alone(place, store, saves)
        yield from _at_once(place, store, max(saves // 10, 1))
    finally:
        store.close()


def _alone(place: Place, store: Store, saves: int) -> Figure:
    conversations = [store.start_conversation("alone").id for _ in range(max(saves // 100, 1))]
    taken, bare = [], []
    with Path(place.folder / "bare").open("ab") as file:
        for number in range(saves):
            conversation_id = conversations[number % len(conversations)]
            bare.append(milliseconds(lambda: _synced(file.fileno())))
            taken.append(milliseconds(lambda: store.save_prompt("alone", conversation_id, TEXT)))  # noqa: B023
    saved, synced = percentile(taken, 0.95), percentile(bare, 0.95)
    remark = f"{saved:.2f} ms, a bare fsync of 1 KB {synced:.2f} ms, p95 of both"
    return Figure(
        "save a message, one writer, divided by a bare fsync", place.name, saved / synced, 8, "×", remark
    )


def _synced(descriptor: int) -> None:
    os.write(descriptor, b"x" * 1024)
    os.fsync(descriptor)


@dataclass(frozen=True)
class Written:
    """What one of many writers saved: the ids, how long each took, and what was refused."""

    conversation_id: str
    ids: list[str]
    times: list[float]
    refused: list[str]


def _at_once(place: Place, store: Store, saves: int) -> Iterator[Figure]:
    begin = threading.Barrier(WRITERS)

    def write(number: int) -> Written:
        owner = f"writer-{number}"
        written = Written(store.start_conversation(owner).id, [], [], [])
        begin.wait()
        for _ in range(saves):
            started = time.perf_counter()
            try:
                written.ids.append(store.save_prompt(owner, written.conversation_id, TEXT).id)
            except StorageError as error:
                written.refused.append(str(error))
            written.times.append((time.perf_counter() - started) * 1000)
        return written

    with ThreadPoolExecutor(WRITERS) as threads:
        all_written = list(threads.map(write, range(WRITERS)))
    times = [taken for written in all_written for taken in written.times]
    remark = f"p50 {percentile(times, 0.5):.0f}, longest {max(times):.0f}"
    measured = f"save a message, {WRITERS} writers at once"
    yield Figure(f"{measured}, p99", place.name, percentile(times, 0.99), 100, "ms", remark)
    lost = sum(_lost(store, f"writer-{number}", written) for number, written in enumerate(all_written))
    yield Figure(f"{measured}, lost", place.name, lost, 0, "")
    refused = [said for written in all_written for said in written.refused]
    yield Figure(f"{measured}, refused", place.name, len(refused), 0, "", refused[0] if refused else "")


def _lost(store: Store, owner: str, written: Written) -> int:
    return len(set(written.ids) - {said.id for said in store.path(owner, written.conversation_id)})
