import torch
from transformers import AutoModelForCausalLM

from model import attention
from model.check import packs_exactly


class Uncapped:
    """Gemma 2 whose packed attention loses its softcapping, as a careless one does; its own keeps it."""

    def __init__(self, weights):
        self._weights = weights

    def __getattr__(self, name):
        return getattr(self._weights, name)

    def __call__(self, **options):
        is_packed = self._weights.config._attn_implementation == attention.NAME
        layers = [layer.self_attn for layer in self._weights.model.layers]
        kept = layers[0].attn_logit_softcapping
        for layer in layers:
            layer.attn_logit_softcapping = None if is_packed else kept
        try:
            return self._weights(**options)
        finally:
            for layer in layers:
                layer.attn_logit_softcapping = kept


class Sinking:
    """A model whose attention has a term of its own."""

    def __init__(self, weights):
        self._weights = weights

    def __getattr__(self, name):
        return getattr(self._weights, name)

    def __call__(self, **options):
        return self._weights(s_aux=torch.zeros(4), **options)


def test_the_tiny_checkpoint_may_be_batched(loaded):
    assert packs_exactly(loaded.model)


def test_an_attention_that_loses_softcapping_is_found(loaded):
    assert not packs_exactly(Uncapped(loaded.model))


def test_an_architecture_with_other_terms_of_attention_is_found(loaded):
    assert not packs_exactly(Sinking(loaded.model))


def test_a_window_of_its_own_is_found(loaded):
    config = type(loaded.model.config)(**loaded.model.config.to_dict())
    other = AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    other.load_state_dict(loaded.model.state_dict())
    for layer in other.model.layers:
        layer.self_attn.sliding_window = None

    assert not packs_exactly(other)
