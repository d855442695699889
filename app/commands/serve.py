"""`python app.py`: serve until somebody stops it, saying first what is being served."""

import logging
import signal
import socket
import threading
from types import FrameType

from app.build import Bezel, parts, serve
from app.parts import Parts
from app.settings import Settings, SettingsError

log = logging.getLogger("bezel")


def serve_until_stopped(settings: Settings) -> None:
    """Build, serve, and wait for Ctrl-C or SIGTERM; replies under way are closed as interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    for chatty in ("httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    require_free_port(settings)
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    print("Bezel is getting ready …", flush=True)
    with parts(settings) as joined:
        dead = joined.store.mark_interrupted()
        if dead:
            log.info("%d replies had been cut off; they are kept as far as they had passed", dead)
        bezel = serve(joined, settings)
        try:
            print(said_at_start(bezel, joined), flush=True)
            stopped.wait()
            print("Bezel is closing …", flush=True)
        finally:
            bezel.close()


def require_free_port(settings: Settings) -> None:
    """Raise SettingsError where the address cannot be listened on, before anything slow is loaded."""
    family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.address, settings.port))
        except OSError as error:
            raise SettingsError(
                f"Port {settings.port} on {settings.address} cannot be used ({error.strerror}); "
                "stop what uses it, or choose another with BEZEL_PORT."
            ) from None


def said_at_start(bezel: Bezel, joined: Parts) -> str:
    """What a host reads in the terminal: address, model, checks, and the way to the desk."""
    checkpoint, policy = joined.model.checkpoint, joined.guard.policy
    live = ", ".join(joined.guard.live_checks)
    address = bezel.url.replace("localhost", "127.0.0.1").rstrip("/")
    uncovered = ", ".join(clause.id for clause in joined.guard.clauses() if not clause.covered)
    has_moderators = any(account.ended_at is None for account in joined.store.moderators())
    first = "" if has_moderators else "first make an account: python app.py moderators add NAME; then "
    lines = {
        "Bezel answers at": address,
        "Model": f"{checkpoint.title} ({checkpoint.id}@{checkpoint.revision})",
        "Checks that are live": f"{live} (policy {policy.version}, {policy.profile})",
        "Clauses without a check": f"{uncovered or 'none'}; people can report under every clause",
        "Moderators": f"{first}sign in at {address}/moderation, {joined.store.waiting()} waiting",
    }
    return "\n" + "\n".join(f"  {name:<26}{value}" for name, value in lines.items()) + "\n"
