"""What runs beside the pages, in threads of its own, as long as Bezel does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from app.learning import Learning, kept_up_to_date
from app.settings import Settings
from app.settling import settling
from app.sweeping import sweeping
from app.turn import Turns
from app.webhook import Webhook, telling
from safety.guard import Guard
from storage.store import Store


@contextmanager
def background(settings: Settings, store: Store, turns: Turns, judge: Guard) -> Iterator[None]:
    """Let decisions take effect, tell that work waits, follow the thresholds, let go what is old."""
    with (
        settling(store.desk, turns.forget),
        telling(Webhook(settings.webhook_url, store.desk.load)),
        kept_up_to_date(Learning(judge, store)),
        sweeping(sweeps(settings, store, turns)),
    ):
        yield


def sweeps(settings: Settings, store: Store, turns: Turns) -> list[Callable[[], int]]:
    """What lets go of each kind that has been kept for as long as the host says; each gives a number."""
    return [
        partial(store.evidence.let_go, settings.evidence_days),
        partial(let_conversations_go, store, turns, settings.conversation_days),
        partial(store.clocks.let_reports_go, settings.report_days),
    ]


def let_conversations_go(store: Store, turns: Turns, days: int) -> int:
    """Delete conversations that nobody went on with for so long, in the model too; gives their number."""
    gone = store.clocks.let_conversations_go(days)
    for conversation_id in gone:
        turns.forget(conversation_id)
    return len(gone)
