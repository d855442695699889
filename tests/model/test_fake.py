import time

import pytest

from model.fake import FakeModel
from model.types import Chunk, GenerationSettings, Message, ModelError

HELLO = [Message("user", "Hello")]


async def chunks_of(model, settings=None):
    return [chunk async for chunk in model.stream(HELLO, settings or GenerationSettings())]


async def test_it_says_its_replies_in_order_and_begins_again():
    model = FakeModel(["one", "two"])

    said = ["".join(chunk.text for chunk in await chunks_of(model)) for _ in range(3)]

    assert said == ["one", "two", "one"]
    assert model.calls == [tuple(HELLO)] * 3
    assert model.closed == 0


async def test_who_comes_while_it_speaks_waits_in_line_and_is_answered_in_turn():
    model = FakeModel(["one", "two"], at_once=1)
    first = model.stream(HELLO, GenerationSettings())
    await anext(first)
    second = model.stream(HELLO, GenerationSettings())

    waits = await anext(second)
    await first.aclose()

    assert (waits.text, waits.place) == ("", 1)
    assert "".join([chunk.text async for chunk in second]) == "two"


async def test_a_reply_comes_in_chunks_and_the_last_carries_the_ending():
    chunks = await chunks_of(FakeModel(["abcdefg"], chunk=3))

    assert chunks[:-1] == [Chunk("abc"), Chunk("def"), Chunk("g")]
    assert chunks[-1].text == ""
    assert (chunks[-1].ending.reason, chunks[-1].ending.tokens) == ("end", 3)
    assert chunks[-1].ending.remembered == 1


async def test_max_tokens_cuts_a_reply():
    chunks = await chunks_of(FakeModel(["abcdefg"], chunk=3), GenerationSettings(max_tokens=2))

    assert "".join(chunk.text for chunk in chunks) == "abcdef"
    assert chunks[-1].ending.reason == "length"


async def test_it_keeps_its_pace():
    started = time.monotonic()

    chunks = await chunks_of(FakeModel(["abcd"], pace=0.02, chunk=1))

    assert time.monotonic() - started >= 0.08
    assert 0.02 <= chunks[-1].ending.first_token_seconds <= chunks[-1].ending.seconds


async def test_a_reply_closed_before_its_end_is_counted():
    model = FakeModel(["abcdefgh"])
    reply = model.stream(HELLO, GenerationSettings())

    await anext(reply)
    await reply.aclose()

    assert model.closed == 1


async def test_a_reply_that_is_an_error_is_raised():
    model = FakeModel([ModelError("It broke."), "fine"])

    with pytest.raises(ModelError, match="It broke"):
        await chunks_of(model)

    assert (await chunks_of(model))[0].text == "fine"


async def test_a_closed_fake_refuses_prompts():
    model = FakeModel(["one"])

    model.close()
    model.close()

    with pytest.raises(ModelError, match="closed"):
        await chunks_of(model)


def test_a_fake_needs_a_reply():
    with pytest.raises(ValueError, match="at least one"):
        FakeModel([])
