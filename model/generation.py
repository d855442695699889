"""The numbers of a reply: weights, caches and steps of one piece of prompt or one token."""

from typing import Any

import torch
from transformers import DynamicCache

from model.loading import Loaded
from model.markers import Markers
from model.sampling import Sampler
from model.types import GenerationSettings, ModelError


class Weights:
    """A loaded checkpoint as its one thread uses it: token ids and a cache in, logits out."""

    def __init__(self, loaded: Loaded) -> None:
        self._model = loaded.model
        self.device: torch.device = loaded.model.device
        self.stop_ids = _stop_ids(loaded)
        self._ban = self._banned(loaded)

    def begin(self, ids: tuple[int, ...], settings: GenerationSettings) -> "Generation":
        """Begin a reply to the prompt `ids`, with a cache and a random generator of its own."""
        return Generation(self, ids, settings)

    @torch.inference_mode()
    def read(self, ids: list[int], cache: DynamicCache) -> torch.Tensor:
        """Add `ids` to the cache and give the logits after the last, float32 of shape (vocabulary,).

        Control tokens other than the stops get minus infinity: the model cannot say them. Raises ModelError
        for logits that are not numbers.
        """
        tokens = torch.tensor([ids], device=self.device)
        output = self._model(input_ids=tokens, past_key_values=cache, use_cache=True, logits_to_keep=1)
        logits: torch.Tensor = output.logits[0, -1].float()
        if not bool((logits < torch.inf).all()):
            raise ModelError("The model's next token is not a number; the reply ends here.")
        return logits + self._ban

    def _banned(self, loaded: Loaded) -> torch.Tensor:
        size = loaded.model.get_input_embeddings().num_embeddings
        ban = torch.zeros(size, device=self.device)
        controls = [number for number in Markers(loaded.tokenizer).ids if number not in self.stop_ids]
        ban[[number for number in controls if number < size]] = -torch.inf
        ban[len(loaded.tokenizer) :] = -torch.inf
        return ban


class Generation:
    """One reply being generated: what is still to read, its own cache, and its random choices."""

    def __init__(self, weights: Weights, ids: tuple[int, ...], settings: GenerationSettings) -> None:
        self._weights = weights
        self._unread = list(ids)
        # Without a config every layer keeps all its states: exact when filled in pieces or cropped, while the
        # masks still apply the sliding window.
        self._cache = DynamicCache()
        self._sampler = Sampler(settings, weights.device)

    def step(self, piece: int) -> int | None:
        """Read up to `piece` ids; give the next token once all are read, None while some are not."""
        now, self._unread = self._unread[:piece], self._unread[piece:]
        logits = self._weights.read(now, self._cache)
        if self._unread:
            return None
        token = self._sampler.choose(logits)
        self._unread = [token]
        return token


def _stop_ids(loaded: Loaded) -> frozenset[int]:
    """Every id that ends a reply: the generation config's, the tokenizer's <eos>, and <end_of_turn>."""
    named: Any = loaded.model.generation_config.eos_token_id
    ids = named if isinstance(named, list) else [named]
    ids = [*ids, loaded.tokenizer.eos_token_id, loaded.tokenizer.convert_tokens_to_ids("<end_of_turn>")]
    return frozenset(number for number in ids if number is not None)
