import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache

from model.attention import NAME, PackedCache, Segment, packed_attention
from model.check import packs_exactly
from model.states import STEP, States

SHAPE = {
    "vocab_size": 512,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 1_024,
    "initializer_range": 0.2,
}
SLIDING = {"sliding_window": 16, "query_pre_attn_scalar": 16}
FAMILIES = {
    "gemma": {},
    "gemma with one head of keys": {"num_key_value_heads": 1},
    "gemma2": SLIDING | {"attn_logit_softcapping": 5.0},
    "gemma2 without softcapping": SLIDING | {"attn_logit_softcapping": None},
    "gemma3_text": SLIDING,
    "gemma4_text": {
        "sliding_window": 16,
        "global_head_dim": 32,
        "vocab_size_per_layer_input": 512,
        "hidden_size_per_layer_input": 8,
        "num_kv_shared_layers": 2,
        "layer_types": ["sliding_attention", "sliding_attention", "full_attention"] * 2,
    },
}
CUTS = ((7, 90, 91, 92, 300, 301), (40, 41, 140, 141, 142, 290), (1, 2, 3, 4, 5, 6))
"""Where the pieces of three texts end; each is read beside the others, in pieces and token by token."""


def made(family, dtype=torch.float32, **changed):
    torch.manual_seed(0)
    kind = family.split()[0]
    config = AutoConfig.for_model(kind, **(SHAPE | FAMILIES[family] | changed))
    own = "eager" if kind == "gemma2" else "sdpa"
    return AutoModelForCausalLM.from_config(config, attn_implementation=own, dtype=dtype).eval()


def texts():
    chance = torch.Generator().manual_seed(1)
    return [torch.randint(4, 512, (cuts[-1],), generator=chance).tolist() for cuts in CUTS]


@torch.inference_mode()
def packed(model, segments):
    ids = [number for segment in segments for number in segment.ids]
    positions = [segment.states.length + at for segment in segments for at in range(len(segment.ids))]
    last = torch.tensor([len(segment.ids) for segment in segments]).cumsum(0) - 1
    with packed_attention(model.config):
        output = model(
            input_ids=torch.tensor([ids]),
            position_ids=torch.tensor([positions]),
            past_key_values=PackedCache(segments),
            use_cache=True,
            logits_to_keep=last,
        )
    for segment in segments:
        segment.states.commit(len(segment.ids))
    return output.logits[0].float()


@torch.inference_mode()
def plain(model, ids, cache=None):
    """The model's own attention over a whole text, logits after every token."""
    return model(torch.tensor([ids]), past_key_values=cache).logits[0].float()


@pytest.mark.parametrize("family", FAMILIES)
def test_texts_read_together_in_pieces_get_the_logits_of_each_alone(family):
    model = made(family)
    wanted = [plain(model, ids) for ids in texts()]
    states = [States() for _ in CUTS]

    for ends in zip(*CUTS, strict=True):
        pieces = zip(texts(), states, ends, strict=True)
        got = packed(model, [Segment(ids[part.length : end], part, True) for ids, part, end in pieces])
        for row, logits, end in zip(got, wanted, ends, strict=True):
            assert torch.allclose(row, logits[end - 1], atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_states_that_were_cut_back_are_read_on_exactly(family):
    model = made(family)
    states = States()
    first, other, _ = texts()
    packed(model, [Segment(first, states, True)])

    for kept in (280, 100, 20, 3):
        states.crop(kept)
        edited = first[:kept] + other[:50]
        got = packed(model, [Segment(edited[kept:], states, True)])
        assert torch.allclose(got[0], plain(model, edited)[-1], atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_bfloat16_is_off_by_no_more_than_its_own_rounding(family):
    model = made(family, torch.bfloat16, initializer_range=0.05)
    exact = made(family, torch.float32, initializer_range=0.05)
    exact.load_state_dict(model.state_dict())
    states = [States() for _ in texts()]

    got = packed(model, [Segment(ids[:-1], part, True) for ids, part in zip(texts(), states, strict=True)])
    got = packed(model, [Segment(ids[-1:], part, True) for ids, part in zip(texts(), states, strict=True)])

    for row, ids in zip(got, texts(), strict=True):
        cache = DynamicCache()
        plain(model, ids[:-1], cache)
        alone = plain(model, ids[-1:], cache)[-1]
        true = plain(exact, ids)[-1]
        assert (row - true).norm() <= 1.5 * (alone - true).norm() + 1e-3 * true.norm()
        near = true.topk(2).values
        assert row.argmax() == alone.argmax() or near[0] - near[1] < 0.05 * true.abs().max()


def test_softcapping_and_the_window_matter_to_these_tests():
    ids = texts()[0]
    capped = made("gemma2")
    uncapped = made("gemma2 without softcapping")
    wide = made("gemma2", sliding_window=400)

    assert (plain(capped, ids)[-1] - plain(uncapped, ids)[-1]).abs().max() > 0.1
    assert (plain(capped, ids)[-1] - plain(wide, ids)[-1]).abs().max() > 0.1


def test_the_model_keeps_its_own_attention_afterwards():
    model = made("gemma2")

    with pytest.raises(RuntimeError), packed_attention(model.config):
        assert model.config._attn_implementation == NAME
        raise RuntimeError

    assert model.config._attn_implementation == "eager"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_architecture_passes_the_check_at_the_start(family, dtype):
    assert packs_exactly(made(family, dtype, initializer_range=0.05))


def test_states_grow_in_steps_and_keep_what_was_committed():
    states = States()
    new = torch.arange(300.0).view(1, 300, 1)

    for start in range(0, 300, 50):
        keys, values = states.put(0, new[:, start : start + 50], -new[:, start : start + 50])
        states.commit(50)

    assert states.capacity == 2 * STEP
    assert states.size == 2 * 2 * STEP * 4
    assert torch.equal(keys[:, :300], new)
    assert torch.equal(values[:, :300], -new)


def test_what_was_not_committed_is_written_over():
    states = States()
    states.put(0, torch.ones(1, 5, 1), torch.ones(1, 5, 1))

    keys, _ = states.put(0, torch.zeros(1, 3, 1), torch.zeros(1, 3, 1))

    assert states.length == 0
    assert keys[0, :5, 0].tolist() == [0, 0, 0, 1, 1]
