"""The demonstration model's shape: a small Gemma 2, with soft-capping and sliding windows on as in the large ones."""

import torch
from transformers import Gemma2Config, Gemma2ForCausalLM, GenerationConfig

from model.demo import tokenizer

SOFTCAP = 30.0
"""Bounds the final logits: tanh(logits / SOFTCAP) * SOFTCAP."""


def shape() -> Gemma2Config:
    """About 8.3 million parameters, the embedding counted once."""
    return Gemma2Config(
        vocab_size=tokenizer.VOCABULARY,
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=8,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        query_pre_attn_scalar=64,
        max_position_embeddings=tokenizer.CONTEXT_LENGTH,
        sliding_window=256,
        attn_logit_softcapping=50.0,
        final_logit_softcapping=SOFTCAP,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.PAD,
        bos_token_id=tokenizer.BOS,
        eos_token_id=[tokenizer.EOS, tokenizer.END_OF_TURN],
    )


def generation() -> GenerationConfig:
    """Replies end at <eos> or <end_of_turn>, as in Gemma 2's own configuration, and hold no other control token."""
    return GenerationConfig(  # type: ignore[no-untyped-call]
        pad_token_id=tokenizer.PAD,
        bos_token_id=tokenizer.BOS,
        eos_token_id=[tokenizer.EOS, tokenizer.END_OF_TURN],
        suppress_tokens=[
            tokenizer.PAD,
            tokenizer.BOS,
            tokenizer.UNK,
            tokenizer.MASK,
            tokenizer.START_OF_TURN,
        ],
    )


def untrained(seed: int) -> Gemma2ForCausalLM:
    """A model with random weights; the same seed gives the same weights."""
    torch.manual_seed(seed)
    model = Gemma2ForCausalLM(shape())
    model.generation_config = generation()
    return model
