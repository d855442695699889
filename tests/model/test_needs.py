"""What memory a checkpoint needs, compared with real weights and with figures that were published."""

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache

from model.catalog import describe, shape_of
from model.int8 import as_int8
from model.needs import size_of
from model.types import ModelError

GIB = 2**30


def size(id):
    return size_of(shape_of(describe(id)))


@pytest.mark.parametrize(
    ("id", "weights"),
    [
        ("google/gemma-2b", 4.67),
        ("google/gemma-7b", 15.90),
        ("google/gemma-2-2b", 4.87),
        ("google/gemma-2-9b", 17.21),
        ("google/gemma-2-27b", 50.71),
        ("google/gemma-3-270m", 0.50),
        ("google/gemma-3-1b-it", 1.86),
        ("google/gemma-3-4b-it", 7.23),
        ("google/gemma-3-12b-it", 21.92),
        ("google/gemma-3-27b-it", 50.31),
    ],
)
def test_bfloat16_weights_take_what_was_measured(id, weights):
    assert round(size(id).weights("bfloat16") / GIB, 2) == weights


@pytest.mark.parametrize(("id", "cache"), [("google/gemma-2b", 0.14), ("google/gemma-7b", 3.5)])
def test_a_chat_without_sliding_layers_takes_what_was_measured(id, cache):
    assert round(size(id).cache("bfloat16", users=1, context=8_192) / GIB, 2) == cache


def test_sliding_layers_count_with_the_whole_context():
    gemma = size("google/gemma-2-2b")

    # 26 layers, keys and values, 4 heads of 256 numbers, 2 bytes each: nothing is left out beyond the window.
    assert gemma.cache("bfloat16", users=1, context=8_192) == 26 * 2 * 4 * 256 * 2 * 8_192


def taken(model, tokens):
    """The bytes of a real model's weights, and of what it keeps of so many tokens as the engine has it."""
    cache = DynamicCache()
    with torch.inference_mode():
        model(input_ids=torch.arange(tokens)[None], past_key_values=cache)
    kept = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
    return sum(weight.nbytes for weight in model.parameters()), kept


def reckoned(config, tokens):
    counted = size_of(config)
    return counted.weights("float32"), counted.cache("float32", users=1, context=tokens)


def test_a_real_model_takes_what_was_reckoned(loaded):
    assert reckoned(loaded.model.config.to_dict(), 40) == taken(loaded.model, 40)


def test_the_other_architectures_take_what_was_reckoned(loaded_sibling):
    assert reckoned(loaded_sibling.model.config.to_dict(), 40) == taken(loaded_sibling.model, 40)


def test_a_layer_that_uses_the_keys_of_another_keeps_none():
    config = {
        "model_type": "gemma4_text",
        "vocab_size": 64,
        "vocab_size_per_layer_input": 64,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 6,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 16,
        "global_head_dim": 32,
        "hidden_size_per_layer_input": 8,
        "num_kv_shared_layers": 3,
        "layer_types": ["sliding_attention", "full_attention"] * 3,
    }
    real = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config)).eval()

    assert reckoned(config, 5) == taken(real, 5)


def test_users_and_context_multiply():
    gemma = size("google/gemma-3-1b-it")

    one = gemma.cache("bfloat16", users=1, context=1_000)
    assert gemma.cache("bfloat16", users=8, context=4_000) == 32 * one
    assert gemma.cache("float32", users=1, context=1_000) == 2 * one


def test_precisions_are_ordered_and_embeddings_stay_in_16_bits():
    gemma = size("google/gemma-2-2b")
    order = [gemma.weights(name) for name in ("float32", "bfloat16", "int8", "int4")]

    assert order == sorted(order, reverse=True)
    assert gemma.weights("float16") == gemma.weights("bfloat16")
    # 256,000 rows of 2,304 numbers are not among what int8 and 4-bit shrink.
    assert gemma.weights("int4") > 256_000 * 2_304 * 2


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
def test_int8_on_a_processor_is_what_torch_makes_of_it(loaded_sibling):
    shape = loaded_sibling.model.config.to_dict()
    rounded = as_int8(AutoModelForCausalLM.from_config(AutoConfig.for_model(**shape)).float().eval())
    kind = torch.ao.nn.quantized.dynamic.Linear
    linear = [part.weight() for part in rounded.modules() if isinstance(part, kind)]

    floats = sum(weight.nbytes for weight in rounded.parameters())
    assert size_of(shape).weights("int8", on_cpu=True) == floats + sum(one.numel() for one in linear)
    assert size_of(shape).loading("int8", on_cpu=True) == size_of(shape).weights("float32")


def test_int8_on_a_processor_keeps_shared_embeddings_beside_the_rounded_copy():
    gemma = size("google/gemma-2b")
    embeddings = 256_000 * 2_048

    assert gemma.is_tied
    norms = gemma.parameters - gemma.linear - embeddings
    assert gemma.weights("int8", on_cpu=True) == gemma.linear + 5 * embeddings + 4 * norms


def test_an_unknown_precision_is_named():
    with pytest.raises(ModelError, match="precision is 'int3'; it must be"):
        size("google/gemma-2b").weights("int3")


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"model_type": "abacus"},
        {"model_type": "gemma2", "hidden_size": "wide"},
        {"model_type": "gemma2", "hidden_size": -1},
        {"model_type": "gemma2", "vocab_size": 10**30},
        {"model_type": "gemma", "num_key_value_heads": 0},
    ],
)
def test_a_configuration_of_no_model_is_refused(config):
    with pytest.raises(ModelError, match="describes no model"):
        size_of(config)
