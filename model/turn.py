"""One turn inside the engine: from a written prompt to the chunks of its reply."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from model.detokenise import Detokeniser
from model.outbox import Outbox
from model.prompt import WrittenPrompt
from model.stops import StopTexts
from model.types import Ending, EndReason, GenerationSettings, ModelError

if TYPE_CHECKING:
    import torch

    from model.generation import Weights
    from model.sampling import Sampler


class Turn(Protocol):
    """What takes a place in the engine: a reply, or a question of how likely some answers are."""

    is_cancelled: bool
    conversation: str | None
    """Under which name its states are kept; None keeps nothing."""

    @property
    def is_question(self) -> bool:
        """Whether somebody's reply or prompt waits for its answer, so that it may not wait for replies."""
        ...

    @property
    def prompt(self) -> Sequence[int]: ...

    @property
    def room(self) -> int:
        """How many tokens it may add to the prompt."""
        ...

    def take(self, logits: "torch.Tensor", weights: "Weights") -> int | None:
        """Take the logits after all ids so far; give the next id, or None when the turn is over."""
        ...

    def wait(self, place: int) -> None:
        """Hear the place in line."""
        ...

    def fail(self, fault: ModelError) -> None:
        """Hear why the turn ends before its end."""
        ...


class EngineTurn:
    """A prompt with the reply that is being generated for it; made in the listener's event loop."""

    is_question = False

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
        self.conversation: str | None = None
        self.prompt: Sequence[int] = written.ids
        self.room = room
        self.outbox = Outbox()
        self._remembered = written.remembered
        self._settings = settings
        self._text = text
        self._stops = StopTexts((*settings.stop, *written.stop))
        self._is_plain = bool(written.stop)
        """Whether the prompt ends in the plain form's `Model:`, after which a reply begins with a space."""
        self._started = started
        self._sampler: Sampler | None = None
        self._tokens = 0
        self._first_token_seconds: float | None = None
        self._place: int | None = None

    def take(self, logits: "torch.Tensor", weights: "Weights") -> int | None:
        """Choose the next token and send its text; None when the reply is over."""
        if self._sampler is None:
            self._sampler = weights.sampler(self._settings, self.prompt)
        token = self._sampler.choose(logits)
        return token if self._add(token, is_stop=token in weights.stop_ids) else None

    def wait(self, place: int) -> None:
        """Tell the listener its place in line, once for each."""
        if place != self._place:
            self._place = place
            self.outbox.send(place=place)

    def fail(self, fault: ModelError) -> None:
        """Tell the listener why the reply ends here."""
        self.outbox.send(fault=fault)

    def _add(self, token: int, *, is_stop: bool) -> bool:
        if self._first_token_seconds is None:
            self._first_token_seconds = time.monotonic() - self._started
        if is_stop:
            return self._end(self._stops.rest(), "end")
        self._tokens += 1
        text = self._stops.passed(self._begun(self._text.text_of(token)))
        if self._stops.was_hit:
            return self._end(text, "end")
        if self._tokens >= self.room:
            return self._end(text + self._stops.rest(), "length")
        # A listener whose loop is closed ends the turn; one that is only slow does not.
        return not text or self.outbox.send(text)

    def _begun(self, text: str) -> str:
        """Drop the white space before the first word of a reply in the plain form."""
        if self._is_plain:
            text = text.lstrip()
            self._is_plain = not text
        return text

    def _end(self, text: str, reason: EndReason) -> bool:
        ending = Ending(
            reason=reason,
            prompt_tokens=len(self.prompt),
            tokens=self._tokens,
            seconds=time.monotonic() - self._started,
            first_token_seconds=self._first_token_seconds,
            remembered=self._remembered,
        )
        self.outbox.send(text, ending=ending)
        return False
