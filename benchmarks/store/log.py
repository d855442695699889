"""The audit log followed from its first event to its last."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.store.figures import Figure, keys, milliseconds, opened
from benchmarks.store.places import Place
from storage import audit

COLUMNS = ("seq", "at", "actor", "action", "object_id", "key_id", "prev_hash", "hash")
START = datetime(2026, 1, 1, tzinfo=UTC)


def measure(place: Place, events: int) -> Iterator[Figure]:
    """Load a chain as `audit.record` would have written it, then verify it."""
    url = place.new("logged")
    place.load("logged", "audit_event", COLUMNS, chain(events))
    place.settle("logged")
    store = opened(url)
    try:
        found: list[Any] = []
        seconds = milliseconds(lambda: found.append(store.audit.first_broken())) / 1000
        yield Figure(f"verify {events:,} audit events", place.name, seconds, 15, "s")
        is_broken = found != [None] or store.audit.events(1)[0].seq != events
        yield Figure(f"verify {events:,} audit events: broken links", place.name, int(is_broken), 0, "")
    finally:
        store.close()


def chain(events: int) -> Iterator[tuple[Any, ...]]:
    """The rows of a chain that holds."""
    own = keys()
    key, prev = own.audit[own.audit_id], audit.START
    for seq in range(1, events + 1):
        at = START + timedelta(milliseconds=seq)
        named = (f"moderator-{seq % 7}", "case viewed", f"case-{seq % 10_007}")
        link = audit._link(key, seq, at.isoformat(timespec="microseconds"), named, prev)
        stored = at.replace(tzinfo=None).isoformat(" ", "microseconds")
        yield (seq, stored, *named, own.audit_id, prev, link)
        prev = link
