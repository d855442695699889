"""The Bezel that is soaked: a process with real store, guard and pages, and a model that echoes slowly."""

import asyncio
import signal
import sys
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from app.build import parts, serve
from app.settings import Settings
from model.fake import FAKE
from model.types import Checkpoint, Chunk, Ending, GenerationSettings, Message
from safety.guard import default_guard

PACE = 0.05
PIECES = 120
AND_SO_ON = ("and ", "so ", "on ")
PATIENCE = 5.0
CUT_OFF = "turns still open at the end:"


class Echo:
    """Says the prompt again and again, a piece every `PACE` seconds; so a reply tells whose it is."""

    @property
    def checkpoint(self) -> Checkpoint:
        """What it claims to be."""
        return FAKE

    async def stream(
        self, prompt: Sequence[Message], settings: GenerationSettings, *, conversation: str | None = None
    ) -> AsyncGenerator[Chunk, None]:
        """Yield the paced pieces of one reply, most of them as long as a token is."""
        said = prompt[-1].text
        started = time.monotonic()
        for number in range(PIECES):
            await asyncio.sleep(PACE)
            yield Chunk(f"{said} " if number % 40 == 0 else AND_SO_ON[number % 3])
        seconds = time.monotonic() - started
        yield Chunk("", Ending("end", 1, PIECES, seconds, PACE, len(prompt)))

    def forget(self, conversation: str) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is open."""


def serve_here(port: int, folder: Path) -> None:
    """Serve until SIGTERM, without the limits on people, since one machine plays them all."""
    off: dict[str, int] = dict.fromkeys(
        (
            "prompts_per_minute",
            "tokens_per_minute",
            "turns_per_person",
            "address_prompts_per_minute",
            "address_people_per_hour",
        ),
        0,
    )
    settings = Settings.model_validate({"port": port, "data_folder": folder, **off})
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stopped.set())
    with parts(settings, model=Echo(), guard=default_guard()) as joined:
        bezel = serve(joined, settings)
        stopped.wait()
        print(CUT_OFF, bezel.close(PATIENCE), flush=True)


if __name__ == "__main__":
    serve_here(int(sys.argv[1]), Path(sys.argv[2]))
