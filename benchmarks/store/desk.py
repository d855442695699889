"""The moderators' desk: a page of a long queue, and a crowd of moderators who all pull at once."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import create_engine, insert

from benchmarks.store.figures import Figure, milliseconds, opened, percentile
from benchmarks.store.places import Place
from storage import priority, tables
from storage.columns import new_id
from storage.store import Store

CHECKS = ("rules", "identifiers", "circumvention", "classifier")
BATCH = 5_000


def measure_queue(place: Place, cases: int, rounds: int) -> Iterator[Figure]:
    """Its first page of 50, as often as moderators look."""
    url = place.new("queue")
    _open_cases(url, cases)
    place.settle("queue")
    store = opened(url)
    try:
        taken = [milliseconds(lambda: store.desk.cases(limit=50)) for _ in range(rounds + 1)][1:]
        remark = f"p50 {percentile(taken, 0.5):.1f}"
        measured = f"a page of the queue with {cases:,} open cases, p95"
        yield Figure(measured, place.name, percentile(taken, 0.95), 30, "ms", remark)
        assert len(store.desk.cases(limit=50)) == min(50, cases)
    finally:
        store.close()


def measure_claims(place: Place, moderators: int, cases: int) -> Iterator[Figure]:
    """Everybody pulls until nothing is left; each case must have gone to one of them."""
    url = place.new("claims")
    _open_cases(url, cases)
    store = opened(url)
    try:
        names = [store.moderators.add(f"moderator {number}", "no hash").id for number in range(moderators)]
        begin = threading.Barrier(moderators)

        def pull(moderator_id: str) -> list[str]:
            begin.wait()
            return list(_pulled(store, moderator_id))

        started = time.perf_counter()
        with ThreadPoolExecutor(moderators) as threads:
            taken = Counter(case_id for held in threads.map(pull, names) for case_id in held)
        seconds = time.perf_counter() - started
        astray = sum(count - 1 for count in taken.values()) + cases - len(taken)
        measured = f"{moderators} moderators claim {cases:,} cases"
        remark = f"{cases / seconds:,.0f} claims a second"
        yield Figure(f"{measured}: taken twice or by nobody", place.name, astray, 0, "", remark)
        is_broken = store.audit.first_broken() is not None
        yield Figure(f"{measured}: audit log broken", place.name, int(is_broken), 0, "")
    finally:
        store.close()


def _pulled(store: Store, moderator_id: str) -> Iterator[str]:
    while (case := store.desk.next_case(moderator_id)) is not None:
        yield case.summary.id


def _open_cases(url: str, count: int) -> None:
    engine, chance = create_engine(url), random.Random(count)
    with engine.begin() as connection:
        for start in range(0, count, BATCH):
            rows = [_open_case(chance) for _ in range(min(BATCH, count - start))]
            connection.execute(insert(tables.ReviewCase), rows)
    engine.dispose()


def _open_case(chance: random.Random) -> dict[str, Any]:
    opened_at = datetime.now(UTC) - timedelta(minutes=chance.randrange(60 * 24 * 3))
    severity = chance.choices((0, 1, 2, 3), (5, 80, 12, 3))[0]
    due_at = opened_at + priority.DUE[severity]
    is_overdue, score = due_at <= datetime.now(UTC), chance.random()
    return {
        "id": new_id(),
        "kind": "content",
        "owner": f"person-{chance.randrange(10_000)}",
        "conversation_id": new_id(),
        "message_id": new_id(),
        "clause": chance.choice(("PUP-2.e.i", "PUP-2.e.iii", "PUP-2.b")),
        "severity": severity,
        "language": chance.choice(("en", "ko", "zh", "ja")),
        "found_by": f"|{chance.choice(CHECKS)}|",
        "state": "open",
        "is_escalated": False,
        "priority": score,
        "rank": priority.rank(severity, score, is_overdue=is_overdue),
        "is_overdue": is_overdue,
        "due_at": due_at,
        "changes_at": None if is_overdue else due_at,
        "row_version": 1,
        "opened_at": opened_at,
    }
