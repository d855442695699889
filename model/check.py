"""Whether an architecture's replies may be batched: its packed forward must equal its own plain one."""

import logging
from collections.abc import Sequence
from typing import Any

import torch

from model.attention import Segment
from model.packed import read_packed
from model.states import States
from model.static import StaticDecoder

log = logging.getLogger(__name__)

TOLERANCE = {torch.float32: 2e-3, torch.float16: 3e-2}
COARSE = 1e-1
"""The same for bfloat16 and less: how far logits may be off, as a share of their spread."""
LENGTHS = (21, 9)
CUTS = ((13, 20, 21), (4, 5, 9))
"""Where the pieces of the two texts end: pieces beside pieces, and a single token beside either."""
STEPS = 4
"""Tokens decoded one by one: a captured graph is made in the second step, and used from the third."""
LONGEST_WINDOW = 1024 + STEPS + 1
"""Texts of the check of decoding are no longer than this."""
FAULTS = (
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
)
"""What an architecture raises that does not take the packed path."""


@torch.inference_mode()
def packs_exactly(model: Any) -> bool:
    """Read two texts in pieces, packed, and each at once by the model's own attention; compare the logits."""
    texts = _texts(model)
    tolerance = TOLERANCE.get(model.dtype, COARSE)
    try:
        pairs = zip(_packed(model, texts), [_plain(model, ids) for ids in texts], strict=True)
        return all(_distance(got, wanted) <= tolerance for got, wanted in pairs)
    except FAULTS as fault:
        log.info("The packed forward ended in %s.", type(fault).__name__)
        return False


@torch.inference_mode()
def decodes_exactly(model: Any, decoder: StaticDecoder) -> bool:
    """Read the ends of two texts token by token through the decoder, and packed; compare the logits.

    One of them is longer than a sliding window of up to 1,024 tokens, where the decoder has room for it.
    """
    texts = _texts(model, (_longest(model, decoder.capacity), LENGTHS[1]))[: decoder.rows]
    moving, packed = [States() for _ in texts], [States() for _ in texts]
    try:
        for ids, *both in zip(texts, moving, packed, strict=True):
            for states in both:
                read_packed(model, [Segment(ids[:-STEPS], states, is_due=True)])
                states.commit(len(ids) - STEPS)
        return all(_steps_agree(model, decoder, at, (texts, moving, packed)) for at in range(-STEPS, 0))
    except FAULTS as fault:
        log.info("The check of decoding ended in %s.", type(fault).__name__)
        return False
    finally:
        for states in moving:
            decoder.leave(states)


def _steps_agree(
    model: Any,
    decoder: StaticDecoder,
    at: int,
    read: tuple[Sequence[list[int]], Sequence[States], Sequence[States]],
) -> bool:
    """Read the token at `at` of each text both ways; False where they differ, or the decoder could not."""
    texts, moving, packed = read
    got = decoder.read([Segment([ids[at]], states, True) for ids, states in zip(texts, moving, strict=True)])
    wanted = read_packed(
        model, [Segment([ids[at]], states, True) for ids, states in zip(texts, packed, strict=True)]
    )
    for states in (*moving, *packed):
        states.commit(1)
    tolerance = TOLERANCE.get(model.dtype, COARSE)
    return got is not None and all(
        _distance(one, other) <= tolerance for one, other in zip(got, wanted, strict=True)
    )


def _longest(model: Any, capacity: int) -> int:
    past_window = (getattr(model.config, "sliding_window", None) or LONGEST_WINDOW) + STEPS + 1
    return past_window if past_window <= min(capacity, LONGEST_WINDOW) else LENGTHS[0]


def _texts(model: Any, lengths: Sequence[int] = LENGTHS) -> list[list[int]]:
    chance = torch.Generator().manual_seed(0)
    size = model.get_input_embeddings().num_embeddings
    return [torch.randint(size // 2, size, (length,), generator=chance).tolist() for length in lengths]


def _packed(model: Any, texts: Sequence[list[int]]) -> list[torch.Tensor]:
    states = [States() for _ in texts]
    for ends in zip(*CUTS, strict=True):
        segments = [
            Segment(ids[state.length : end], state, is_due=True)
            for ids, state, end in zip(texts, states, ends, strict=True)
        ]
        logits = read_packed(model, segments)
        for segment in segments:
            segment.states.commit(len(segment.ids))
    return list(logits)


def _plain(model: Any, ids: list[int]) -> torch.Tensor:
    output = model(input_ids=torch.tensor([ids], device=model.device), use_cache=False, logits_to_keep=1)
    logits: torch.Tensor = output.logits[0, -1].float()
    return logits


def _distance(got: torch.Tensor, wanted: torch.Tensor) -> float:
    spread = (wanted - wanted.mean()).norm().clamp_min(1e-6)
    return float((got - wanted).norm() / spread)
