"""The answer of a server as it grows: what of it may be shown, and how it ended."""

import time

from model.remote_prompt import RemotePrompt
from model.remote_wire import Piece
from model.stops import StopTexts
from model.types import Ending, EndReason, GenerationSettings

LONGEST_TOKEN = 64
"""Characters; a reply longer than so many for each token asked for comes from a server that does not stop."""


class Answer:
    """Takes a reply's pieces; keeps to its stop texts and its length even where the server does not."""

    def __init__(self, settings: GenerationSettings) -> None:
        self.reason: EndReason | None = None
        """How the reply ended; None while it goes on."""
        self._stops = StopTexts(settings.stop)
        self._left = settings.max_tokens * LONGEST_TOKEN
        self._started = time.monotonic()
        self._first_token_seconds: float | None = None
        self._pieces = 0
        self._prompt_tokens: int | None = None
        self._tokens: int | None = None

    def take(self, piece: Piece) -> str:
        """Take the next piece and give the text that can be shown now."""
        if piece.text and self._first_token_seconds is None:
            self._first_token_seconds = time.monotonic() - self._started
        self._pieces += bool(piece.text)
        self._prompt_tokens, self._tokens = piece.prompt_tokens, piece.tokens
        self.reason = piece.reason
        text = self._stops.passed(piece.text[: self._left])
        self._left -= len(piece.text)
        if self._stops.was_hit:
            self.reason = "end"
        elif self._left < 0:
            self.reason = "length"
        return text

    @property
    def rest(self) -> str:
        """What a stop text might have begun with, at the end of the reply."""
        return self._stops.rest()

    def ending(self, prompt: RemotePrompt) -> Ending:
        """How it ended; where the server gave no counts, the prompt's is estimated and pieces are counted."""
        return Ending(
            reason=self.reason or "end",
            prompt_tokens=prompt.tokens if self._prompt_tokens is None else self._prompt_tokens,
            tokens=self._pieces if self._tokens is None else self._tokens,
            seconds=time.monotonic() - self._started,
            first_token_seconds=self._first_token_seconds,
            remembered=prompt.remembered,
        )
