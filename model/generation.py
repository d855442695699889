"""The numbers of a step: many texts' next ids in, logits after their last out."""

import logging
from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from model.attention import Segment
from model.check import decodes_exactly, packs_exactly
from model.loading import Loaded
from model.markers import Markers
from model.packed import read_packed
from model.sampling import Sampler
from model.states import STEP, States
from model.static import StaticDecoder, capacity_within
from model.types import GenerationSettings, ModelError

log = logging.getLogger(__name__)

TURN_ENDS = ("<end_of_turn>", "<turn|>")
"""How the templates of Gemma 1 to 3, and of Gemma 4, end a turn."""


class Weights:
    """A loaded checkpoint as its one thread uses it."""

    def __init__(self, loaded: Loaded) -> None:
        self._model = loaded.model
        self.device: torch.device = loaded.model.device
        self.stop_ids = _stop_ids(loaded)
        self._ban = self._banned(loaded)
        self._static: StaticDecoder | None = None
        self.is_batching = packs_exactly(loaded.model)
        """Whether texts are read together; otherwise each is read alone, with transformers' own cache."""
        if not self.is_batching:
            log.warning(
                "Replies of %s are generated one by one: its attention is not the packed one.",
                loaded.checkpoint.id,
            )

    def states(self) -> States:
        """Give empty states for one text."""
        return States() if self.is_batching else PlainStates()

    def sampler(self, settings: GenerationSettings, prompt: Sequence[int]) -> Sampler:
        """Begin to choose the tokens of one reply."""
        return Sampler(settings, self.device, prompt)

    def token_bytes(self) -> int:
        """Measure the bytes of the states that one token leaves."""
        if not self.is_batching:
            return 0
        return self._sample().size // STEP

    @property
    def static_steps(self) -> int:
        """How many steps were taken over static buffers, those of the check too."""
        return 0 if self._static is None else self._static.steps

    def set_aside(self, budget: int, *, rows: int, context: int) -> int:
        """Make buffers for static decoding, in about half of `budget`; gives their bytes, 0 for none."""
        sample = self._sample()
        capacity = capacity_within(budget, rows=rows, token_bytes=sample.size // STEP, context=context)
        if not self.is_batching or capacity == 0:
            log.warning("Decoding is not compiled: the memory for conversations holds no static buffers.")
            return 0
        self._static = StaticDecoder(self._model, sample, rows=rows, capacity=capacity)
        if self.device.type == "cuda":
            self._static.compile(mode="reduce-overhead")
        return self._static.size

    def check_static(self) -> int:
        """Let go of static decoding unless it equals the packed forward; gives the bytes that are free again.

        It is asked on the thread that will decode.
        """
        if self._static is None or decodes_exactly(self._model, self._static):
            return 0
        self._static.turn_off("its logits are not those of the packed forward")
        freed, self._static = self._static.size, None
        return freed

    def leave(self, states: States) -> None:
        """Let a text that ended lie in buffers of its own."""
        if self._static is not None:
            self._static.leave(states)

    @torch.inference_mode()
    def read(self, segments: Sequence[Segment]) -> list[torch.Tensor | ModelError | None]:
        """Read every segment behind its states, which count once they are committed.

        Gives float32 logits of shape (vocabulary,) for each that is due, with minus infinity for control
        tokens other than the stops: the model cannot say them. A ModelError stands for logits that are not
        numbers, None where none are due.
        """
        read = self._together if self.is_batching else self._plain
        rows = read(segments)
        # The largest of a row is no number where any of it is none.
        are_numbers = rows.amax(-1).isfinite().tolist()
        rows = rows + self._ban
        due = iter(zip(rows, are_numbers, strict=True))
        return [_checked(*next(due)) if segment.is_due else None for segment in segments]

    def _sample(self) -> States:
        """Give the states of one token."""
        states = self.states()
        self.read([Segment([0], states, is_due=False)])
        return states

    def _together(self, segments: Sequence[Segment]) -> torch.Tensor:
        rows = self._static.read(segments) if self._static is not None else None
        return read_packed(self._model, segments) if rows is None else rows

    def _plain(self, segments: Sequence[Segment]) -> torch.Tensor:
        rows: list[torch.Tensor] = []
        for segment in segments:
            assert isinstance(segment.states, PlainStates)
            output = self._model(
                input_ids=torch.tensor([list(segment.ids)], device=self.device),
                past_key_values=segment.states.cache,
                use_cache=True,
                logits_to_keep=1,
            )
            rows += [output.logits[0, -1].float()] if segment.is_due else []
        return torch.stack(rows) if rows else self._ban.new_empty(0, len(self._ban))

    def _banned(self, loaded: Loaded) -> torch.Tensor:
        size = loaded.model.get_input_embeddings().num_embeddings
        ban = torch.zeros(size, device=self.device)
        controls = [number for number in Markers(loaded.tokenizer).ids if number not in self.stop_ids]
        ban[[number for number in controls if number < size]] = -torch.inf
        ban[len(loaded.tokenizer) :] = -torch.inf
        return ban


class PlainStates(States):
    """A text's states in transformers' own cache, for an architecture that is read text by text."""

    def __init__(self) -> None:
        super().__init__()
        # Without a config every layer keeps all its states: exact when filled in pieces, and the masks still
        # apply the sliding window.
        self.cache = DynamicCache()


def _checked(row: torch.Tensor, is_number: bool) -> torch.Tensor | ModelError:
    return row if is_number else ModelError("The model's next token is not a number; the reply ends here.")


def _stop_ids(loaded: Loaded) -> frozenset[int]:
    """Every id that ends a reply: the generation config's, the tokenizer's <eos>, and the ends of a turn."""
    named: Any = loaded.model.generation_config.eos_token_id
    ids = named if isinstance(named, list) else [named]
    known = loaded.tokenizer.get_vocab()
    ids = [*ids, loaded.tokenizer.eos_token_id, *(known.get(name) for name in TURN_ENDS)]
    return frozenset(number for number in ids if number is not None)
