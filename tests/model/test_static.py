import asyncio
import logging
import shutil
from dataclasses import replace

import pytest
import torch

from model.attention import MASKED, Segment
from model.batch import Batch
from model.generation import Weights
from model.presets import Choice
from model.seat import Seat
from model.states import States
from model.static import BUCKET, capacity_within
from model.types import GenerationSettings
from tests.model.test_batch import Heard
from tests.model.test_engine import generated, read, text_of
from tests.model.test_engine_kept import converse
from tests.model.test_engine_kept import generated as continued

GREEDY = GenerationSettings(temperature=0.0, max_tokens=30)
CHOICE = Choice("cpu", "float32", "eager", "for a test", is_compiled=True)
PROMPTS = (
    "Hello",
    "the baker counts seven stones. " * 8,
    "비가 오는 아침 오늘의 날씨는 맑다",
    "def the(x): return x + 1",
    "our neighbour paints every star",
)
CROSSING = "the old clock remembers the morning " * 81
"""A prompt whose reply goes past the first length that is read of every row."""
POISON = 1e4
BUDGET = 100_000_000
SMALL_BUDGET = 3_000_000
"""Holds two rows of a single BUCKET in its half."""
OFF = "Decoding goes on without static buffers"


class Watched:
    """A real model of which `before` hears each step over static buffers; it may change what is asked."""

    def __init__(self, weights, before):
        self._weights = weights
        self._before = before

    def __getattr__(self, name):
        return getattr(self._weights, name)

    def __call__(self, **options):
        if self._weights.config._attn_implementation == MASKED:
            self._before(options)
        return self._weights(**options)


class Unmoving(States):
    """States that cannot be copied while they are stuck, as where memory ran out."""

    is_stuck = False

    def move(self, places):
        if self.is_stuck:
            raise MemoryError
        super().move(places)


def poison(options):
    """Fill with POISON whatever no text of this step may see: other rows, and what is behind each text."""
    cache = options["past_key_values"]
    for parts in cache._buffers.values():
        for part in parts:
            capacity = part.shape[2] - 1
            for row in range(part.shape[0]):
                at = int(cache._places[row]) if row < len(cache._places) else capacity
                part[row, :, at if at < capacity else 0 :] = POISON


def static(loaded, before=poison):
    """The same checkpoint as it is decoded over static buffers, with a context past the first BUCKET."""
    checkpoint = replace(loaded.checkpoint, context_length=2 * BUCKET)
    return replace(loaded, choice=CHOICE, checkpoint=checkpoint, model=Watched(loaded.model, before))


def weights_of(loaded, rows=2, context=BUCKET, before=poison):
    weights = Weights(static(loaded, before))
    weights.set_aside(BUDGET, rows=rows, context=context)
    return weights


def prefilled(weights, ids):
    """The states of all these ids but the last."""
    states = weights.states()
    weights.read([Segment(ids[:-1], states, is_due=True)])
    states.commit(len(ids) - 1)
    return states


def numbers(length, seed=0):
    return torch.randint(20, 400, (length,), generator=torch.Generator().manual_seed(seed)).tolist()


def next_logits(weights, ids):
    """The packed logits after all these ids."""
    return Weights.read(weights, [Segment(ids, weights.states(), is_due=True)])[0]


async def replies_of(engine, prompts):
    replies = await asyncio.gather(*(read(engine, text, GREEDY) for text in prompts))
    return [reply for reply, _ in replies]


def expected_of(loaded, prompts):
    return [text_of(loaded, generated(static(loaded), text, GREEDY.max_tokens)) for text in prompts]


async def test_replies_of_more_people_than_rows_equal_generate(engine_of, loaded):
    engine = engine_of(static(loaded), max_turns=3, kv_budget=BUDGET)

    replies = await replies_of(engine, PROMPTS)

    assert replies == expected_of(loaded, PROMPTS)
    assert len(set(replies)) == len(PROMPTS)
    assert engine.static_steps > 20


async def test_replies_of_gemma_1_3_and_4_equal_generate(engine_of, loaded_sibling):
    engine = engine_of(static(loaded_sibling), max_turns=3, kv_budget=BUDGET)

    replies = await replies_of(engine, PROMPTS)

    assert replies == expected_of(loaded_sibling, PROMPTS)
    assert engine.static_steps > 20


async def test_going_on_retrying_and_editing_equal_generate(engine_of, loaded):
    engine = engine_of(static(loaded), max_turns=2, kv_budget=BUDGET)

    told = await converse(engine, loaded)

    assert [reply for _, reply in told] == [continued(loaded, messages) for messages, _ in told]
    assert engine.static_steps > 20
    assert engine.keeps("a")


async def test_who_joins_and_leaves_midway_changes_no_reply(engine_of, loaded):
    engine = engine_of(static(loaded), max_turns=4, kv_budget=BUDGET)
    first = asyncio.create_task(read(engine, PROMPTS[1], GREEDY))
    others = []

    for text in PROMPTS:
        others.append(asyncio.create_task(read(engine, text, GREEDY)))
        await asyncio.sleep(0.02)
        if len(others) % 2:
            others[-1].cancel()
    reply, _ = await first
    left = await asyncio.gather(*others, return_exceptions=True)

    assert reply == expected_of(loaded, PROMPTS[1:2])[0]
    stayed = [kept[0] for kept in left if not isinstance(kept, BaseException)]
    assert set(expected_of(loaded, PROMPTS[1::2])) <= set(stayed)
    assert engine.static_steps > 10


async def test_a_reply_goes_on_past_the_first_length(engine_of, loaded):
    engine = engine_of(static(loaded), max_turns=2, kv_budget=BUDGET)

    reply, ending = await read(engine, CROSSING, GREEDY)

    assert reply == expected_of(loaded, [CROSSING])[0]
    assert ending.prompt_tokens < BUCKET < ending.prompt_tokens + ending.tokens
    assert engine.static_steps >= ending.tokens - 1


async def test_a_reply_that_outgrows_its_row_goes_on_without_it(engine_of, loaded):
    engine = engine_of(static(loaded), max_turns=2, kv_budget=SMALL_BUDGET)

    reply, ending = await read(engine, CROSSING, GREEDY)

    assert reply == expected_of(loaded, [CROSSING])[0]
    assert 0 < engine.static_steps < ending.tokens - 1


async def test_a_fault_in_a_step_ends_no_reply_and_is_told_once(engine_of, loaded, caplog):
    left = [8]

    def fail_in_the_end(options):
        left[0] -= 1
        if left[0] < 0:
            poison(options)
            raise RuntimeError("no more")

    engine = engine_of(static(loaded, fail_in_the_end), max_turns=3, kv_budget=BUDGET)

    replies = await replies_of(engine, PROMPTS)

    assert replies == expected_of(loaded, PROMPTS)
    assert 0 < engine.static_steps < 8
    assert [OFF in record.message for record in caplog.records if record.levelno >= logging.WARNING] == [True]


async def test_what_differs_at_the_start_is_never_used(engine_of, loaded, caplog):
    def double(options):
        for keys, _ in options["past_key_values"]._buffers.values():
            keys *= 2

    engine = engine_of(static(loaded, double), max_turns=2, kv_budget=BUDGET)

    assert await replies_of(engine, PROMPTS[:2]) == expected_of(loaded, PROMPTS[:2])
    assert engine.static_steps == 0
    assert engine.kv_budget == BUDGET
    assert OFF in caplog.text


async def test_where_no_row_fits_replies_are_made_without(engine_of, loaded, caplog):
    engine = engine_of(static(loaded), kv_budget=1_000_000)

    assert await replies_of(engine, PROMPTS[:1]) == expected_of(loaded, PROMPTS[:1])
    assert engine.static_steps == 0
    assert engine.kv_budget == 1_000_000
    assert "holds no static buffers" in caplog.text


async def test_the_buffers_are_taken_out_of_the_budget(engine_of, loaded):
    engine = engine_of(static(loaded), max_turns=2, kv_budget=SMALL_BUDGET)

    assert 0.4 * SMALL_BUDGET < engine.kv_budget < 0.9 * SMALL_BUDGET


async def test_without_the_choice_nothing_is_static(engine_of, loaded):
    engine = engine_of(loaded, kv_budget=BUDGET)

    await read(engine, PROMPTS[0], GREEDY)

    assert engine.static_steps == 0
    assert engine.kv_budget == BUDGET


def test_a_window_is_crossed_by_the_check(loaded):
    seen = []
    weights = weights_of(loaded, before=lambda options: seen.append(int(options["position_ids"].max())))

    weights.check_static()

    assert weights._static.is_on
    assert max(seen) > loaded.model.config.sliding_window


def test_a_mask_without_its_window_is_found(loaded):
    def widen(options):
        options["masks"] = dict.fromkeys(options["masks"], options["masks"][None])

    weights = weights_of(loaded, before=widen)
    decoder = weights._static

    freed = weights.check_static()

    assert freed == decoder.size > 0
    assert decoder.steps == 1
    assert not decoder.is_on


def test_a_newcomer_sees_nothing_of_who_had_the_row_before(loaded):
    weights = weights_of(loaded, rows=1, before=lambda options: None)
    first, second = numbers(300), numbers(40, seed=1)
    gone = prefilled(weights, first)
    weights.read([Segment(first[-1:], gone, is_due=True)])
    for parts in weights._static._buffers.values():
        for part in parts:
            part.fill_(torch.nan)
    weights.leave(gone)

    newcomer = prefilled(weights, second)
    got = weights.read([Segment(second[-1:], newcomer, is_due=True)])[0]

    assert weights.static_steps == 2
    torch.testing.assert_close(got, next_logits(weights, second))


def test_what_left_its_row_stays_whole(loaded):
    weights = weights_of(loaded, rows=1)
    ids = numbers(60)
    states = prefilled(weights, ids)
    weights.read([Segment(ids[-1:], states, is_due=True)])
    states.commit(1)

    weights.leave(states)
    for parts in weights._static._buffers.values():
        for part in parts:
            part.fill_(POISON)
    states.crop(30)
    got = weights.read([Segment(ids[30:], states, is_due=True)])[0]

    assert states.capacity < BUCKET
    torch.testing.assert_close(got, next_logits(weights, ids))


def test_a_text_that_sits_a_step_out_keeps_its_row(loaded):
    weights = weights_of(loaded, rows=2, before=lambda options: None)
    first, second = numbers(40), numbers(50, seed=1)
    states = [prefilled(weights, first[:-1]), prefilled(weights, second)]
    ends = (first[-2:-1], second[-1:])
    weights.read([Segment(end, own, is_due=True) for end, own in zip(ends, states, strict=True)])
    states[0].commit(1)

    weights.read([Segment(second[-1:], states[1], is_due=True)])
    got = weights.read([Segment(first[-1:], states[0], is_due=True)])[0]

    assert weights.static_steps == 3
    torch.testing.assert_close(got, next_logits(weights, first))


def test_a_conversation_that_cannot_be_copied_is_not_kept(loaded, caplog):
    batch = Batch(static(loaded))
    batch.set_aside(1, BUDGET)
    states = Unmoving()
    seat = Seat(Heard(numbers(20), room=4), states, 0)
    batch.step([seat], lambda: None)
    batch.step([seat], lambda: None)
    states.is_stuck = True

    assert batch.static_steps == 1
    assert batch.reading(seat) is None
    assert "not kept" in caplog.text


def test_a_text_without_a_row_is_read_with_the_others_packed(loaded):
    weights = weights_of(loaded, rows=2)
    texts = [numbers(30, seed) for seed in range(3)]
    states = [prefilled(weights, ids) for ids in texts]

    got = weights.read([Segment(ids[-1:], own, True) for ids, own in zip(texts, states, strict=True)])

    assert weights.static_steps == 0
    for row, ids in zip(got, texts, strict=True):
        torch.testing.assert_close(row, next_logits(weights, ids))


def test_the_shapes_are_few(loaded):
    decoder = weights_of(loaded, rows=6, context=4 * BUCKET)._static

    assert sorted(decoder._shapes()) == [
        (count, length) for count in (1, 2, 4, 6) for length in (BUCKET, 2 * BUCKET, 4 * BUCKET)
    ]


@pytest.mark.parametrize(
    ("budget", "rows", "context", "capacity"),
    [
        (2 * 8 * 1_000 * 10, 8, 8_192, 512),
        (2 * 8 * 511 * 10, 8, 8_192, 0),
        (2 * 8 * 100_000 * 10, 8, 8_192, 8_192),
        (2 * 8 * 100_000 * 10, 8, 700, 1_024),
    ],
)
def test_a_row_holds_what_half_the_budget_holds_and_at_most_the_context(budget, rows, context, capacity):
    assert capacity_within(budget, rows=rows, token_bytes=10, context=context) == capacity


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what torch imports of itself to compile
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch compiles for a processor with a C++ compiler")
def test_the_step_can_be_compiled_whole(loaded):
    weights = Weights(replace(loaded, choice=CHOICE))
    weights.set_aside(BUDGET, rows=1, context=BUCKET)
    weights._static.compile()

    weights.check_static()

    assert weights._static.is_on
    assert weights.static_steps == 4
