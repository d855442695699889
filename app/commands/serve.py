"""`python app.py`: serve until somebody stops it, saying first what is being served."""

import gc
import logging
import signal
import threading
from types import FrameType

from app.build import Bezel, parts, serve
from app.logs import set_up
from app.models import start_model
from app.parts import Parts
from app.port import require_free_port
from app.settings import Settings

log = logging.getLogger("bezel")


def serve_until_stopped(settings: Settings) -> None:
    """Build, serve, and wait for Ctrl-C or SIGTERM; replies under way are closed as interrupted."""
    set_up(settings.log_format)
    require_free_port(settings)
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    print("Bezel is getting ready …", flush=True)
    starting = start_model(settings)
    with parts(settings, model=starting) as joined:
        logging.getLogger().addHandler(joined.metrics.count_errors())
        if starting is not None:
            starting.begin()
        bezel = serve(joined, settings)
        try:
            _keep_what_stands()
            print(said_at_start(bezel, joined), flush=True)
            for sentence in bezel.check.at_start():
                log.warning("%s", sentence)
            stopped.wait()
            print("Bezel is closing …", flush=True)
        finally:
            if cut_off := bezel.close(settings.stop_seconds):
                log.info("%d replies were cut off; they are kept as far as they had passed", cut_off)


def _keep_what_stands() -> None:
    """Spare the collector, and everybody's page its pauses, what stands until the end anyhow."""
    gc.collect()
    gc.freeze()


def said_at_start(bezel: Bezel, joined: Parts) -> str:
    """What a host reads in the terminal: address, model, checks, and the way to the desk."""
    policy = joined.guard.policy
    live = ", ".join(joined.guard.live_checks)
    address = bezel.url.replace("localhost", "127.0.0.1").rstrip("/")
    uncovered = ", ".join(clause.id for clause in joined.guard.clauses() if not clause.covered)
    has_moderators = any(account.ended_at is None for account in joined.store.moderators.everyone())
    first = "" if has_moderators else "first make an account: python app.py moderators add NAME; then "
    lines = {
        "Bezel answers at": address,
        "Model": model_said(joined),
        "Checks that are live": f"{live} (policy {policy.version}, {policy.profile})",
        "Clauses without a check": f"{uncovered or 'none'}; people can report under every clause",
        "Moderators": f"{first}sign in at {address}/moderation, {joined.store.desk.waiting()} waiting",
    }
    return "\n" + "\n".join(f"  {name:<26}{value}" for name, value in lines.items()) + "\n"


def model_said(joined: Parts) -> str:
    """Which model answers, or will once it is loaded."""
    checkpoint = joined.model.checkpoint
    said = f"{checkpoint.title} ({checkpoint.id}@{checkpoint.revision})"
    if checkpoint.kind == "base":
        said += ", a base model: it completes text and is not tuned to chat"
    is_loading = joined.starting is not None and joined.starting.progress is not None
    return f"{said}; it is being loaded, and the page says how far it is" if is_loading else said
