"""Logits become a token: repetition penalty, then greedy at temperature 0, else temperature, top-k, top-p."""

from collections.abc import Sequence

import torch

from model.types import GenerationSettings


class Sampler:
    """Chooses the tokens of one reply, with a random generator of its own."""

    def __init__(
        self, settings: GenerationSettings, device: torch.device, prompt: Sequence[int] = ()
    ) -> None:
        self._settings = settings
        self._random = torch.Generator(device)
        self._seen: torch.Tensor | None = None
        if settings.repetition_penalty != 1:
            self._seen = torch.tensor(sorted(set(prompt)), dtype=torch.long, device=device)
        if settings.seed is None:
            self._random.seed()
        else:
            # manual_seed takes 64 bits and raises on any other whole number.
            self._random.manual_seed(settings.seed % 2**64)

    def choose(self, logits: torch.Tensor) -> int:
        """Give the next token's id from float32 logits of shape (vocabulary,)."""
        if self._seen is None:
            return self._choose(logits)
        token = self._choose(self._penalised(logits, self._seen))
        self._seen = torch.cat([self._seen, self._seen.new_tensor([token])])
        return token

    def _choose(self, logits: torch.Tensor) -> int:
        if self._settings.temperature == 0:
            return int(logits.argmax())
        best, ids = logits.topk(min(self._settings.top_k, logits.shape[-1]))
        # Less the largest first: a temperature near zero must not overflow.
        chances = ((best - best[0]) / self._settings.temperature).softmax(-1)
        before = chances.cumsum(-1) - chances
        chances = chances.where(before < self._settings.top_p, 0.0)
        return int(ids[torch.multinomial(chances, 1, generator=self._random)])

    def _penalised(self, logits: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Make seen tokens less likely as transformers does: positive logits divided, negative multiplied."""
        penalty = self._settings.repetition_penalty
        said = logits[seen]
        return logits.index_put((seen,), torch.where(said < 0, said * penalty, said / penalty))
