"""One turn inside the engine: from a written prompt to the chunks of its reply."""

import time
from typing import TYPE_CHECKING

from model.detokenise import Detokeniser
from model.outbox import Outbox
from model.prompt import WrittenPrompt
from model.types import Ending, EndReason, GenerationSettings

if TYPE_CHECKING:
    from model.generation import Generation, Weights

PIECE = 256
"""Prompt tokens read in one step, so that a long prompt does not hold up the others' tokens for long."""


class EngineTurn:
    """A prompt with the reply that is being generated for it; made in the listener's event loop."""

    def __init__(
        self,
        written: WrittenPrompt,
        settings: GenerationSettings,
        text: Detokeniser,
        *,
        room: int,
        started: float,
    ) -> None:
        self.is_cancelled = False
        self.outbox = Outbox()
        self._written = written
        self._settings = settings
        self._text = text
        self._room = room
        self._started = started
        self._generation: Generation | None = None
        self._tokens = 0
        self._first_token_seconds: float | None = None

    def step(self, weights: "Weights") -> bool:
        """Read a piece of the prompt or generate one token; False when the turn is over."""
        if self.is_cancelled:
            return False
        if self._generation is None:
            self._generation = weights.begin(self._written.ids, self._settings)
        token = self._generation.step(PIECE)
        return token is None or self._add(token, is_stop=token in weights.stop_ids)

    def free(self) -> None:
        """Let go of the cache; a slow listener may hold the turn for long after its end."""
        self._generation = None

    def _add(self, token: int, *, is_stop: bool) -> bool:
        if self._first_token_seconds is None:
            self._first_token_seconds = time.monotonic() - self._started
        if is_stop:
            return self._end("", "end")
        self._tokens += 1
        text = self._text.text_of(token)
        if self._tokens >= self._room:
            return self._end(text, "length")
        # A listener whose loop is closed ends the turn; one that is only slow does not.
        return not text or self.outbox.send(text)

    def _end(self, text: str, reason: EndReason) -> bool:
        ending = Ending(
            reason=reason,
            prompt_tokens=len(self._written.ids),
            tokens=self._tokens,
            seconds=time.monotonic() - self._started,
            first_token_seconds=self._first_token_seconds,
            remembered=self._written.remembered,
        )
        self.outbox.send(text, ending=ending)
        return False
