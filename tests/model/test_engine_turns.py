import asyncio
import time
from contextlib import aclosing

import pytest
import torch
from transformers import LogitsProcessorList, RepetitionPenaltyLogitsProcessor

from model.detokenise import Detokeniser
from model.markers import Markers
from model.prompt import PromptWriter
from model.types import GenerationSettings, Message, ModelError

GREEDY = GenerationSettings(temperature=0.0, max_tokens=60)


def said(text):
    return [Message("user", text)]


async def heard(engine, text, settings=GREEDY):
    return [chunk async for chunk in engine.stream(said(text), settings)]


def text_of(chunks):
    return "".join(chunk.text for chunk in chunks)


async def until(claim):
    deadline = time.monotonic() + 10
    while not claim():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


def one_after_another(loaded, prompt, pieces):
    """Steer the reply to `prompt` to these pieces, then to <end_of_turn>."""
    start = len(PromptWriter(loaded.tokenizer, 512).write(said(prompt), 60).ids)
    numbers = loaded.tokenizer.convert_tokens_to_ids([*pieces, "<end_of_turn>"])

    def steer(ids, length, logits):
        if length >= start:
            logits[numbers[length - start]] = 1_000.0

    return steer


@pytest.mark.parametrize(
    ("stop", "reply"),
    [
        ((), " counts the star counts a"),
        ((" the",), " counts"),
        (("ts the s",), " coun"),
        (("star counts a",), " counts the "),
        (("counts",), " "),
        ((" counts b", "zzz"), " counts the star counts a"),
        (("a",), " counts the st"),
    ],
)
async def test_a_reply_ends_before_the_first_stop_text(engine_of, loaded, steered, stop, reply):
    pieces = ["▁counts", "▁the", "▁star", "▁counts", "▁a"]
    engine = engine_of(steered(one_after_another(loaded, "Hello", pieces)))

    chunks = await heard(engine, "Hello", GenerationSettings(temperature=0, max_tokens=60, stop=stop))

    assert text_of(chunks) == reply
    assert chunks[-1].ending.reason == "end"
    assert not any(text in text_of(chunks[:at]) for at in range(len(chunks)) for text in stop)


async def test_what_was_held_back_for_a_stop_text_is_shown_when_the_length_ends_the_reply(
    engine_of, loaded, steered
):
    engine = engine_of(steered(one_after_another(loaded, "Hello", ["▁counts", "▁the"])))

    chunks = await heard(
        engine, "Hello", GenerationSettings(temperature=0, max_tokens=2, stop=(" the star",))
    )

    assert (text_of(chunks), chunks[-1].ending.reason) == (" counts the", "length")


async def test_a_repetition_penalty_is_that_of_transformers(engine, loaded):
    prompt = PromptWriter(loaded.tokenizer, 512).write(said("the baker counts"), 40).ids
    stops = [1, loaded.tokenizer.convert_tokens_to_ids("<end_of_turn>")]
    size = loaded.model.config.vocab_size
    output = loaded.model.generate(
        torch.tensor([prompt]),
        max_new_tokens=40,
        do_sample=False,
        eos_token_id=stops,
        logits_processor=LogitsProcessorList([RepetitionPenaltyLogitsProcessor(1.3)]),
        suppress_tokens=[*(Markers(loaded.tokenizer).ids - set(stops)), *range(len(loaded.tokenizer), size)],
    )
    settings = GenerationSettings(temperature=0, max_tokens=40, repetition_penalty=1.3)

    chunks = await heard(engine, "the baker counts", settings)
    plain = await heard(engine, "the baker counts", GenerationSettings(temperature=0, max_tokens=40))

    wanted = [number for number in output[0, len(prompt) :].tolist() if number not in stops]
    text = Detokeniser(loaded.tokenizer)
    assert text_of(chunks) == "".join(text.text_of(number) for number in wanted)
    assert text_of(chunks) != text_of(plain)


async def test_who_waits_hears_each_place_in_line_once(engine_of, loaded):
    engine = engine_of(loaded, max_turns=1)
    settings = GenerationSettings(temperature=0, max_tokens=8)
    async with aclosing(engine.stream(said("Hello"), GREEDY)) as held:
        await anext(held)
        waiting = []
        for count in range(1, 4):
            waiting.append(asyncio.create_task(heard(engine, f"Hello {count}", settings)))
            await until(lambda count=count: engine.waiting == count)
        await asyncio.sleep(0.05)
    replies = await asyncio.gather(*waiting)

    places = [[chunk.place for chunk in chunks if chunk.place is not None] for chunks in replies]
    assert [told[-1] for told in places] == [1, 1, 1]
    assert [told[0] for told in places] == [1, 2, 3]
    assert all(told == sorted(set(told), reverse=True) for told in places)
    assert all(not chunk.text for chunks in replies for chunk in chunks if chunk.place is not None)
    assert all(chunks[-1].ending.tokens == 8 for chunks in replies)


async def test_who_need_not_wait_hears_of_no_place(engine):
    assert all(chunk.place is None for chunk in await heard(engine, "Hello"))


async def test_a_score_is_the_probability_of_each_choice(engine, loaded):
    prompt = PromptWriter(loaded.tokenizer, 512).write(said("the baker counts"), 1).ids
    numbers = [
        loaded.tokenizer.encode(text, add_special_tokens=False)[0] for text in ("the", "code", "every")
    ]
    with torch.inference_mode():
        logits = loaded.model(torch.tensor([prompt])).logits[0, -1]
    wanted = logits[numbers].double().softmax(-1).tolist()

    scores = await asyncio.gather(
        engine.score(said("the baker counts"), ["the", "code", "every"]), heard(engine, "Hello")
    )

    assert scores[0] == pytest.approx(wanted, abs=1e-4)
    assert sum(scores[0]) == pytest.approx(1)


@pytest.mark.parametrize("choices", [["the", "the"], ["the"], ["the", ""]])
async def test_choices_that_cannot_be_told_apart_are_refused(engine, choices):
    with pytest.raises(ModelError, match="choices"):
        await engine.score(said("Hello"), choices)


async def test_a_score_whose_logits_are_not_numbers_raises(engine_of, steered):
    def steer(ids, length, logits):
        logits[3] = float("nan")

    engine = engine_of(steered(steer))

    with pytest.raises(ModelError, match="not a number"):
        await engine.score(said("Hello"), ["the", "code"])


async def test_a_turn_that_runs_out_of_memory_ends_alone_and_frees_what_is_kept(engine_of, steered):
    def steer(ids, length, logits):
        if length > 100:
            torch.empty(2**60)

    engine = engine_of(steered(steer))
    async for _ in engine.stream(said("Hello"), GREEDY, conversation="a"):
        pass
    await until(lambda: engine.active == 0)
    assert engine.kept_bytes > 0

    healthy, failed = await asyncio.gather(
        heard(engine, "Hello"), heard(engine, "the baker counts every star " * 20), return_exceptions=True
    )

    assert isinstance(failed, ModelError)
    assert "out of memory" in str(failed)
    assert healthy[-1].ending.tokens == 60
    assert engine.kept_bytes == 0
    assert (await heard(engine, "Hello"))[-1].ending.tokens == 60


async def test_an_architecture_that_cannot_be_packed_is_answered_turn_by_turn(engine_of, loaded, steered):
    packed = engine_of(loaded)
    wanted = [text_of(await heard(packed, text)) for text in ("Hello", "the baker")]

    engine = engine_of(unpackable(loaded))
    replies = await asyncio.gather(heard(engine, "Hello"), heard(engine, "the baker"))

    assert packed.is_batching
    assert not engine.is_batching
    assert [text_of(chunks) for chunks in replies] == wanted


class Unpackable:
    """A model that takes no cache but transformers' own."""

    def __init__(self, weights):
        self._weights = weights

    def __getattr__(self, name):
        return getattr(self._weights, name)

    def __call__(self, **options):
        if "position_ids" in options:
            raise TypeError("unexpected keyword argument 'position_ids'")
        return self._weights(**options)


def unpackable(loaded):
    return type(loaded)(Unpackable(loaded.model), loaded.tokenizer, loaded.checkpoint)
