from collections import Counter

import pytest
import torch
from transformers import RepetitionPenaltyLogitsProcessor

from model.sampling import Sampler
from model.types import GenerationSettings

LOGITS = torch.tensor([0.0, 3.0, 2.0, 1.0, -torch.inf])


def drawn(times=2_000, logits=LOGITS, **settings):
    sampler = Sampler(GenerationSettings(**settings), torch.device("cpu"))
    return Counter(sampler.choose(logits) for _ in range(times))


def test_temperature_zero_is_greedy():
    assert drawn(20, temperature=0.0) == {1: 20}


def test_chances_are_those_of_the_softmax():
    counts = drawn(temperature=1.0, top_p=1.0, top_k=1_000, seed=1)

    chances = LOGITS.softmax(-1).tolist()
    assert all(abs(counts[at] / 2_000 - chances[at]) < 0.03 for at in range(5))
    assert counts[4] == 0


def test_top_k_keeps_the_k_likeliest():
    assert set(drawn(temperature=2.0, top_p=1.0, top_k=2, seed=1)) == {1, 2}


@pytest.mark.parametrize(("top_p", "kept"), [(0.01, {1}), (0.6, {1}), (0.7, {1, 2}), (0.9, {1, 2, 3})])
def test_top_p_keeps_the_fewest_tokens_that_reach_it(top_p, kept):
    assert set(drawn(temperature=1.0, top_p=top_p, top_k=1_000, seed=1)) == kept


def test_a_temperature_near_zero_does_not_overflow():
    assert drawn(20, logits=LOGITS * 1e30, temperature=1e-30) == {1: 20}


def test_a_seed_repeats_its_choices():
    def choices(seed):
        sampler = Sampler(GenerationSettings(temperature=2.0, seed=seed), torch.device("cpu"))
        return [sampler.choose(LOGITS) for _ in range(40)]

    assert choices(3) == choices(3)
    assert choices(3) != choices(4)
    assert choices(None) != choices(None)
    assert choices(-1) == choices(-1)
    assert choices(2**70) == choices(2**70)


def test_a_repetition_penalty_counts_the_prompt_and_the_reply_as_transformers_does():
    logits = torch.randn(40, generator=torch.Generator().manual_seed(0))
    settings = GenerationSettings(temperature=0.0, repetition_penalty=1.4)
    prompt = [3, 3, 7, 11]
    sampler = Sampler(settings, torch.device("cpu"), prompt)
    seen, wanted = list(prompt), []
    for _ in range(30):
        processed = RepetitionPenaltyLogitsProcessor(1.4)(torch.tensor([seen]), logits[None].clone())
        wanted.append(int(processed[0].argmax()))
        seen.append(wanted[-1])

    assert [sampler.choose(logits) for _ in range(30)] == wanted
    assert len(set(wanted)) > 1


def test_a_penalty_leaves_what_cannot_be_said_impossible():
    settings = GenerationSettings(temperature=2.0, top_p=1.0, repetition_penalty=2.0, seed=1)
    sampler = Sampler(settings, torch.device("cpu"), [4, 0])

    assert 4 not in {sampler.choose(LOGITS) for _ in range(300)}
