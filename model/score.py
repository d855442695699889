"""A question to the model inside the engine: how likely is each of a few answers as the next token."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from model.markers import Markers
from model.types import ModelError

if TYPE_CHECKING:
    import torch

    from model.generation import Weights


class ScoreTurn:
    """Reads a prompt and weighs the choices; made in the event loop of whoever asks."""

    conversation: str | None = None
    is_question = True
    room = 0

    def __init__(self, prompt: Sequence[int], choices: Sequence[int]) -> None:
        self.is_cancelled = False
        self.prompt = prompt
        self._choices = choices
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[tuple[float, ...]] = self._loop.create_future()

    async def answer(self) -> tuple[float, ...]:
        """Wait for the probabilities; raises the ModelError that ended the turn."""
        return await self._answer

    def take(self, logits: "torch.Tensor", weights: "Weights") -> int | None:
        """Share the probability among the choices; the turn is over."""
        chances = logits[list(self._choices)].double().softmax(-1).tolist()
        self._tell(tuple(chances))
        return None

    def wait(self, place: int) -> None:
        """Wait silently: whoever judges asks for no place."""

    def fail(self, fault: ModelError) -> None:
        """Raise the fault where the answer is awaited."""
        self._tell(fault)

    def _tell(self, said: tuple[float, ...] | ModelError) -> None:
        # Who asks may have gone, with the loop.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._receive, said)

    def _receive(self, said: tuple[float, ...] | ModelError) -> None:
        if self._answer.done():
            return
        if isinstance(said, ModelError):
            self._answer.set_exception(said)
        else:
            self._answer.set_result(said)


def first_ids(markers: Markers, choices: Sequence[str]) -> tuple[int, ...]:
    """Give the first token of each choice. Raises ModelError for an empty choice or two that begin alike."""
    ids = [markers.encode_plainly(choice)[:1] for choice in choices]
    if len(ids) < 2 or not all(ids):
        raise ModelError(f"The choices are {', '.join(map(repr, choices))}; they must be two or more texts.")
    if len({first[0] for first in ids}) < len(ids):
        raise ModelError(f"The choices {', '.join(choices)} begin with the same token; they must differ.")
    return tuple(first[0] for first in ids)
