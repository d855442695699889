"""Random checkpoints of every architecture, saved and loaded as real ones are.

Their words are `t9`, `t10` and so on, a token each, so that a prompt has exactly as many tokens as asked for
and the ids of a reply can be read back from its text. No control token is ever the likeliest: its output row
is zero.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

from model.types import Message

TURNS = ["<start_of_turn>", "<end_of_turn>"]
FIXED = ["<pad>", "<eos>", "<bos>", "<unk>", *TURNS, "user", "model", "\n"]
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else 'user') + '\n'"
    " + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
MODEL_TYPES = {"gemma": "gemma", "gemma2": "gemma2", "gemma3": "gemma3_text", "gemma4": "gemma4_text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How large a random checkpoint is, apart from what its architecture adds."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    intermediate_size: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    max_position_embeddings: int = 8_192
    initializer_range: float = 0.02
    tie_word_embeddings: bool = True


TINY = Shape(
    vocab_size=600,
    hidden_size=48,
    num_hidden_layers=6,
    intermediate_size=96,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=16,
    initializer_range=0.3,
    tie_word_embeddings=False,
)
"""Wild weights: each token hangs on every earlier one, so a wrong mask or position shows at once."""
SMALL = Shape(
    vocab_size=16_384,
    hidden_size=512,
    num_hidden_layers=14,
    intermediate_size=2_048,
    num_attention_heads=8,
    num_key_value_heads=4,
    head_dim=64,
)
"""About 63 million weights."""
MID = Shape(
    vocab_size=65_536,
    hidden_size=1_024,
    num_hidden_layers=22,
    intermediate_size=4_096,
    num_attention_heads=8,
    num_key_value_heads=4,
    head_dim=128,
)
"""About 413 million weights."""
WIDE = Shape(
    vocab_size=65_536,
    hidden_size=2_048,
    num_hidden_layers=4,
    intermediate_size=16_384,
    num_attention_heads=8,
    num_key_value_heads=1,
    head_dim=256,
)
"""Layers as wide as gemma-2b's, four of its eighteen: 575 million weights. MID's are heavy in attention."""
GEMMA_2_2B = Shape(
    vocab_size=256_000,
    hidden_size=2_304,
    num_hidden_layers=26,
    intermediate_size=9_216,
    num_attention_heads=8,
    num_key_value_heads=4,
    head_dim=256,
)
GEMMA_2_9B = Shape(
    vocab_size=256_000,
    hidden_size=3_584,
    num_hidden_layers=42,
    intermediate_size=14_336,
    num_attention_heads=16,
    num_key_value_heads=8,
    head_dim=256,
)


def save(folder: Path, family: str, shape: Shape, dtype: torch.dtype) -> Path:
    """Make a random checkpoint of this family and shape in `folder`; the same call makes the same weights.

    It is made on a GPU where there is one.
    """
    config = AutoConfig.for_model(MODEL_TYPES[family], **_fields(family, shape))
    torch.manual_seed(7)
    build: Any = AutoModelForCausalLM.from_config
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        weights = build(config, dtype=dtype)
    with torch.no_grad():
        weights.get_output_embeddings().weight[: len(FIXED)] = 0
        for name, weight in weights.named_parameters():
            if family == "gemma4" and name.endswith("q_norm.weight"):
                # It scales no scores; trained weights do, and with all ones attention is a lottery.
                weight *= len(weight) ** -0.5
    weights.save_pretrained(folder)
    _tokenizer(shape.vocab_size).save_pretrained(folder)
    return folder


def words(count: int, seed: int, vocabulary: int) -> str:
    """A text of exactly `count` tokens."""
    random = Random(seed)
    return "".join(f"t{random.randrange(len(FIXED), vocabulary)}" for _ in range(count))


def asked(count: int, seed: int, vocabulary: int) -> list[Message]:
    """A first prompt of exactly `count` tokens, the template's nine included."""
    return [Message("user", words(max(count - 9, 1), seed, vocabulary))]


def _fields(family: str, shape: Shape) -> dict[str, Any]:
    is_tiny = shape is TINY
    fields = {name: getattr(shape, name) for name in Shape.__dataclass_fields__}
    fields |= {"pad_token_id": 0, "eos_token_id": [1, FIXED.index("<end_of_turn>")], "bos_token_id": 2}
    if family != "gemma":
        # The widths of Gemma 2 and of Gemma 3 1B; the tiny ones are shorter than most prompts.
        fields["sliding_window"] = 16 if is_tiny else 4_096 if family == "gemma2" else 512
    if family in ("gemma2", "gemma3"):
        fields["query_pre_attn_scalar"] = shape.head_dim
    if family == "gemma2":
        fields["attn_logit_softcapping"] = 5.0 if is_tiny else 50.0
    if family == "gemma4":
        fields |= {
            "layer_types": ["sliding_attention", "full_attention"] * (shape.num_hidden_layers // 2),
            "num_kv_shared_layers": 2,
            "global_head_dim": 2 * shape.head_dim,
            "hidden_size_per_layer_input": 16,
            "vocab_size_per_layer_input": shape.vocab_size,
        }
    return fields


def _tokenizer(size: int) -> Any:
    names = FIXED + [f"t{number}" for number in range(len(FIXED), size)]
    core = Tokenizer(models.WordLevel({name: number for number, name in enumerate(names)}, unk_token="<unk>"))
    word = pre_tokenizers.Split(Regex(r"t\d+|\n|user|model"), "isolated")
    core.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(" ", "removed"), word])
    core.decoder = decoders.Fuse()
    special = {f"{name}_token": f"<{name}>" for name in ("pad", "eos", "bos", "unk")}
    build: Any = PreTrainedTokenizerFast
    return build(tokenizer_object=core, extra_special_tokens=TURNS, chat_template=TEMPLATE, **special)
