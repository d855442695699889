"""How much memory a checkpoint needs, for its weights and for conversations, before any of it is loaded."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import AutoConfig, AutoModelForCausalLM

from model.types import ModelError

_FULL = {"float32": 4, "bfloat16": 2, "float16": 2}
"""Bytes of a number in each precision that keeps every weight alike."""
_BLOCK = 64
"""Weights that share one scale in 4-bit, and the 4 bytes it takes: the defaults of bitsandbytes."""
_FAULTS = (
    StrictDataclassError,
    AttributeError,
    ArithmeticError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What transformers raises for a configuration that describes no model."""


@dataclass(frozen=True, slots=True)
class Size:
    """What of a checkpoint takes memory; counted on the meta device, where weights have no bytes."""

    parameters: int
    linear: int
    """Those of them that int8 and 4-bit shrink: the linear layers, without the last one."""
    rows: int
    """The rows of those layers, each with a scale of its own in int8."""
    head: int
    """The weights of the last layer, which most checkpoints share with the embeddings."""
    is_tied: bool
    kept: int
    """Numbers that one token of a conversation leaves in the cache, over all layers."""

    def weights(self, precision: str, *, on_cpu: bool = False) -> int:
        """Bytes of the weights; in int8 and 4-bit, what is not a linear layer stays in bfloat16.

        int8 on a processor rounds the last layer too, as a copy where it is shared, and keeps the rest as
        float32.
        """
        if precision in _FULL:
            return self.parameters * _FULL[precision]
        if precision == "int8" and on_cpu:
            rounded = self.linear + self.head
            return rounded + (self.parameters - self.linear - (0 if self.is_tied else self.head)) * 4
        rest = (self.parameters - self.linear) * _FULL["bfloat16"]
        if precision == "int8":
            return rest + self.linear + self.rows * 4
        if precision == "int4":
            return rest + self.linear // 2 + self.linear // _BLOCK * 4
        raise ModelError(f"precision is {precision!r}; it must be {', '.join(_FULL)}, int8 or int4.")

    def loading(self, precision: str, *, on_cpu: bool = False) -> int:
        """Bytes at the worst moment of loading: int8 on a processor is rounded from float32, all at once."""
        return self.weights("float32" if precision == "int8" and on_cpu else precision)

    def cache(self, precision: str, *, users: int, context: int) -> int:
        """Bytes of the keys and values that `users` conversations of `context` tokens leave in the cache.

        Every layer counts with the whole context, sliding ones too: the engine keeps all of it, so that a
        conversation can be cut back exactly. A cache that forgets what slid out of the window is smaller.
        The engine's buffers have up to a quarter more room, so that they need not grow with every token.
        """
        return self.kept * _FULL.get(precision, 2) * users * context


def size_of(config: Mapping[str, Any]) -> Size:
    """Count the text part that this configuration describes; raises ModelError where it describes none."""
    try:
        return _counted(json.dumps(config, sort_keys=True))
    except _FAULTS as fault:
        kind = config.get("model_type")
        raise ModelError(
            f"This configuration of architecture {kind!r} describes no model ({type(fault).__name__}); "
            "it must be a checkpoint's config.json."
        ) from fault


@cache
def _counted(config: str) -> Size:
    fields = json.loads(config)
    build: Any = AutoModelForCausalLM.from_config
    with torch.device("meta"):
        model = build(AutoConfig.for_model(fields.pop("model_type"), **fields))
    head = model.get_output_embeddings()
    shrunk = [part for part in model.modules() if isinstance(part, torch.nn.Linear) and part is not head]
    # A layer that uses another's keys and values has no projection for them, and keeps none.
    keys = [layer.self_attn.k_proj for layer in model.model.layers if hasattr(layer.self_attn, "k_proj")]
    return Size(
        parameters=model.num_parameters(),
        linear=sum(part.weight.numel() for part in shrunk),
        rows=sum(part.out_features for part in shrunk),
        head=head.weight.numel(),
        is_tied=head.weight is model.get_input_embeddings().weight,
        kept=sum(2 * part.out_features for part in keys),
    )
