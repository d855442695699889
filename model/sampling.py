"""Logits become a token: greedy at temperature 0, otherwise temperature, then top-k, then top-p."""

import torch

from model.types import GenerationSettings


class Sampler:
    """Chooses the tokens of one reply, with a random generator of its own."""

    def __init__(self, settings: GenerationSettings, device: torch.device) -> None:
        self._settings = settings
        self._random = torch.Generator(device)
        if settings.seed is None:
            self._random.seed()
        else:
            # manual_seed takes 64 bits and raises on any other whole number.
            self._random.manual_seed(settings.seed % 2**64)

    def choose(self, logits: torch.Tensor) -> int:
        """Give the next token's id from float32 logits of shape (vocabulary,)."""
        if self._settings.temperature == 0:
            return int(logits.argmax())
        best, ids = logits.topk(min(self._settings.top_k, logits.shape[-1]))
        # Less the largest first: a temperature near zero must not overflow.
        chances = ((best - best[0]) / self._settings.temperature).softmax(-1)
        before = chances.cumsum(-1) - chances
        chances = chances.where(before < self._settings.top_p, 0.0)
        return int(ids[torch.multinomial(chances, 1, generator=self._random)])
