import asyncio
import time

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.detokenise import Detokeniser
from model.engine import Engine
from model.markers import Markers
from model.prompt import PromptWriter
from model.states import STEP
from model.types import GenerationSettings, Message

GREEDY = GenerationSettings(temperature=0.0, max_tokens=20)
FIRST = "the baker counts seven stones and paints every star"
LATER = ("why?", "our neighbour forgets the number 42", "오늘의 날씨는 맑다", "def code(x): return x + 1")


def said(*texts):
    return [Message(("user", "assistant")[at % 2], text) for at, text in enumerate(texts)]


async def read(engine, messages, settings=GREEDY, conversation=None):
    chunks = [chunk async for chunk in engine.stream(messages, settings, conversation=conversation)]
    return "".join(chunk.text for chunk in chunks), chunks[-1].ending


def written(loaded, messages):
    return PromptWriter(loaded.tokenizer, loaded.checkpoint.context_length).write(messages, 20).ids


def generated(loaded, messages, max_tokens=20):
    """The text of transformers' own greedy generate, with the same tokens banned."""
    ids = written(loaded, messages)
    stops = [1, loaded.tokenizer.convert_tokens_to_ids("<end_of_turn>")]
    size = loaded.model.config.vocab_size
    output = loaded.model.generate(
        torch.tensor([ids]),
        max_new_tokens=max_tokens,
        do_sample=False,
        eos_token_id=stops,
        suppress_tokens=[*(Markers(loaded.tokenizer).ids - set(stops)), *range(len(loaded.tokenizer), size)],
    )
    text = Detokeniser(loaded.tokenizer)
    return "".join(text.text_of(number) for number in output[0, len(ids) :].tolist() if number not in stops)


async def until(claim):
    deadline = time.monotonic() + 10
    while not claim():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


def count_read(model, since=0):
    """How many ids were read since that step."""
    return sum(count for step in model.calls[since:] for _, count in step)


async def converse(engine, loaded):
    """Talk, go on, retry and edit in one conversation; give each prompt with its reply."""
    told = []
    for texts in ((FIRST,), (FIRST, None, LATER[0]), (FIRST, None, LATER[0]), (FIRST, None, LATER[1])):
        messages = said(*(told[0][1] if text is None else text for text in texts))
        told.append((messages, (await read(engine, messages, conversation="a"))[0]))
    longer = said(FIRST, told[0][1], LATER[1], told[3][1], LATER[2])
    told.append((longer, (await read(engine, longer, conversation="a"))[0]))
    return told


async def test_going_on_retrying_and_editing_equal_generate(engine_of, loaded):
    told = await converse(engine_of(loaded), loaded)

    assert [reply for _, reply in told] == [generated(loaded, messages) for messages, _ in told]


async def test_going_on_retrying_and_editing_equal_generate_in_every_architecture(engine_of, loaded_sibling):
    told = await converse(engine_of(loaded_sibling), loaded_sibling)

    assert [reply for _, reply in told] == [generated(loaded_sibling, messages) for messages, _ in told]


async def test_a_next_turn_reads_only_what_is_new(engine_of, loaded, steered):
    counted = steered()
    engine = engine_of(counted)
    reply, _ = await read(engine, said(FIRST), conversation="a")
    since = len(counted.model.calls)
    going_on = said(FIRST, reply, LATER[0])

    _, ending = await read(engine, going_on, conversation="a")

    first, then = written(loaded, said(FIRST)), written(loaded, going_on)
    assert count_read(counted.model, since) - (ending.tokens - 1) <= len(then) - len(first)


async def test_a_retry_reads_one_token_of_its_prompt(engine_of, steered):
    counted = steered()
    engine = engine_of(counted)
    first, _ = await read(engine, said(FIRST), conversation="a")
    since = len(counted.model.calls)

    again, ending = await read(engine, said(FIRST), conversation="a")

    assert again == first
    assert count_read(counted.model, since) == 1 + ending.tokens - 1


@pytest.mark.parametrize(("first", "second"), [("a", "b"), (None, "a"), ("a", None), (None, None)])
async def test_no_conversation_finds_what_was_read_for_another(engine_of, steered, first, second):
    counted = steered()
    engine = engine_of(counted)
    await read(engine, said(FIRST), conversation=first)
    since = len(counted.model.calls)

    _, ending = await read(engine, said(FIRST), conversation=second)

    assert count_read(counted.model, since) == ending.prompt_tokens + ending.tokens - 1


async def test_two_turns_of_one_conversation_at_once_are_both_exact(engine_of, loaded):
    engine = engine_of(loaded)
    await read(engine, said(FIRST), conversation="a")
    prompts = [said(FIRST), said(LATER[1]), said(FIRST)]

    replies = await asyncio.gather(*(read(engine, prompt, conversation="a") for prompt in prompts))

    assert [reply for reply, _ in replies] == [generated(loaded, prompt) for prompt in prompts]


async def test_of_a_reply_that_was_closed_only_the_prompt_is_kept(engine_of, loaded, steered):
    counted = steered()
    engine = engine_of(counted)
    reply = engine.stream(said(FIRST), GenerationSettings(temperature=0, max_tokens=300), conversation="a")
    text = "".join([(await anext(reply)).text for _ in range(5)])
    await reply.aclose()
    await until(lambda: engine.active == 0)
    since = len(counted.model.calls)
    going_on = said(FIRST, text, LATER[0])

    answer, ending = await read(engine, going_on, conversation="a")

    unseen = ending.prompt_tokens - len(written(loaded, said(FIRST)))
    assert unseen <= count_read(counted.model, since) - (ending.tokens - 1) <= unseen + 2
    assert answer == generated(loaded, going_on)


async def test_a_forgotten_conversation_is_dropped_at_once(engine):
    await read(engine, said(FIRST), conversation="a")
    await read(engine, said(FIRST), conversation="b")
    await until(lambda: engine.keeps("a") and engine.keeps("b"))

    engine.forget("a")
    engine.forget("never seen")

    assert not engine.keeps("a")
    assert engine.keeps("b")


async def test_a_conversation_forgotten_while_it_is_answered_is_not_kept(engine_of, loaded):
    engine = engine_of(loaded, max_turns=1)
    running = asyncio.create_task(
        read(engine, said(FIRST), GenerationSettings(temperature=0, max_tokens=100), "a")
    )
    waiting = asyncio.create_task(read(engine, said(LATER[1]), conversation="b"))
    await until(lambda: (engine.active, engine.waiting) == (1, 1))

    engine.forget("a")
    engine.forget("b")

    await asyncio.gather(running, waiting)
    await until(lambda: engine.active == 0)
    assert engine.kept_bytes == 0


async def test_what_was_longest_unused_goes_first(engine_of, loaded):
    one = await bytes_of_one(engine_of, loaded)
    engine = engine_of(loaded, kv_budget=3 * one)
    for name in "abcad":
        await read(engine, said(FIRST), conversation=name)
        await until(lambda: engine.active == 0)

    assert [name for name in "abcd" if engine.keeps(name)] == ["a", "c", "d"]
    assert engine.kept_bytes <= engine.kv_budget


async def bytes_of_one(engine_of, loaded):
    engine = engine_of(loaded)
    await read(engine, said(FIRST), conversation="a")
    await until(lambda: engine.active == 0)
    return engine.kept_bytes


async def test_turns_that_do_not_fit_together_run_one_after_another(engine_of, loaded):
    one = await bytes_of_one(engine_of, loaded)
    engine = engine_of(loaded, kv_budget=one // 2)
    prompts = [said(FIRST), said(LATER[1]), said(LATER[2])]
    most = []

    async def watched(prompt):
        async for chunk in engine.stream(prompt, GREEDY):
            most.append(engine.active)
            yield chunk.text

    async def heard(prompt):
        return "".join([text async for text in watched(prompt)])

    replies = await asyncio.gather(*(heard(prompt) for prompt in prompts))

    assert replies == [generated(loaded, prompt) for prompt in prompts]
    assert max(most) == 1


async def test_a_conversation_longer_than_its_buffers_stays_exact(engine_of, loaded):
    engine = engine_of(loaded)
    text = "the old clock remembers the morning " * 18
    reply, _ = await read(engine, said(text), conversation="a")
    longer = said(text, reply, text)

    again, ending = await read(engine, longer, conversation="a")

    assert ending.prompt_tokens > STEP
    assert again == generated(loaded, longer)


PROMPTS = [said(FIRST), *(said(FIRST, "the morning", text) for text in LATER), said(LATER[0] * 30)]


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_any_schedule_of_joining_leaving_and_retrying_equals_generate(loaded, data):
    plan = data.draw(
        st.lists(
            st.tuples(
                st.integers(0, len(PROMPTS) - 1),
                st.sampled_from(["a", "b", None]),
                st.integers(0, 12),
                st.booleans(),
            ),
            min_size=1,
            max_size=8,
        )
    )
    people = data.draw(st.integers(1, 4))

    async def person(engine, prompt, conversation, wait, leaves):
        await until(lambda: engine.steps >= wait or not engine.active)
        chunks = []
        reply = engine.stream(PROMPTS[prompt], GREEDY, conversation=conversation)
        async for chunk in reply:
            chunks.append(chunk.text)
            if leaves and len(chunks) > 3:
                break
        await reply.aclose()
        return "".join(chunks)

    async def everyone(engine):
        return await asyncio.gather(*(person(engine, *turn) for turn in plan))

    engine = Engine(loaded, max_turns=people)
    replies = asyncio.run(everyone(engine))
    engine.close()

    for (prompt, _, _, leaves), reply in zip(plan, replies, strict=True):
        whole = expected(loaded, prompt)
        assert whole.startswith(reply) if leaves else reply == whole


_EXPECTED = {}


def expected(loaded, prompt):
    if prompt not in _EXPECTED:
        _EXPECTED[prompt] = generated(loaded, PROMPTS[prompt])
    return _EXPECTED[prompt]
