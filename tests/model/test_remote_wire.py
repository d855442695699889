"""Servers that fail: a real HTTP server on this machine answers as each test says."""

import asyncio
import json
from contextlib import aclosing

import pytest

from model.types import GenerationSettings, Message, ModelBusy, ModelError, PromptTooLong
from tests.model.scripted import WELL, answers, chunk, resets, streams

SECRET = "what the server said"


async def heard(model, settings=None, *, prompt="Hello", conversation=None):
    """What came: the texts, then the ending or the ModelError."""
    texts = []
    stream = model.stream(
        [Message("user", prompt)], settings or GenerationSettings(), conversation=conversation
    )
    try:
        async with aclosing(stream) as chunks:
            async for piece in chunks:
                texts.append(piece.text)
    except ModelError as fault:
        return "".join(texts), fault
    return "".join(texts), piece.ending


async def test_a_whole_reply_comes_with_its_counts(scripted, over):
    text, ending = await heard(await over(await scripted()))

    assert text == "Hello you"
    assert (ending.reason, ending.prompt_tokens, ending.tokens, ending.remembered) == ("end", 7, 2, 1)


async def test_a_request_carries_the_settings_and_the_key(scripted, over):
    server = await scripted()
    model = await over(server, key="not-a-real-key")

    await heard(
        model, GenerationSettings(temperature=0.5, top_k=9, seed=3, stop=("x",), repetition_penalty=1.1)
    )

    asked = server.requests[0]
    assert asked["messages"] == [{"role": "user", "content": "Hello"}]
    wanted = {"model": "gemma", "temperature": 0.5, "top_p": 0.95, "top_k": 9, "seed": 3, "stop": ["x"]}
    wanted |= {"max_tokens": 512, "repetition_penalty": 1.1, "stream": True}
    assert {name: asked[name] for name in wanted} == wanted
    assert asked["stream_options"] == {"include_usage": True}
    assert server.headers[0]["authorization"] == "bearer not-a-real-key"


async def test_a_greedy_request_carries_nothing_about_sampling(scripted, over):
    server = await scripted()

    await heard(await over(server), GenerationSettings(temperature=0.0))

    assert {"top_p", "top_k", "seed", "stop", "repetition_penalty"} & set(server.requests[0]) == set()


async def test_the_hugging_face_token_of_this_machine_is_never_sent(scripted, over, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_not_a_real_token")
    server = await scripted()

    await heard(await over(server, token="hf_not_a_real_token"))

    assert "hf_not_a_real_token" not in str(server.headers)


RUBBISH = {
    "HTML": [b"<html><body>what the server said</body></html>"],
    "no JSON": [b"data: {what the server said\n\n"],
    "a list": [b"data: [1, 2]\n\n"],
    "no choices": [b'data: {"what the server said": 1}\n\n'],
    "text that is a number": [b'data: {"choices": [{"index": 0, "delta": {"content": 5}}]}\n\n'],
    "invalid UTF-8": [b'data: {"choices": [{"index": 0, "delta": {"content": "\xff\xfe"}}]}\n\n'],
    "a line without an end": [b"data: " + b"x" * 600_000, b"y" * 600_000],
    "deep nesting": [b"data: " + b"[" * 200_000 + b"\n\n"],
    "an error": [b'data: {"error": {"message": "what the server said", "code": 500}}\n\n'],
    "an error in words": [b'data: {"error": "what the server said"}\n\n'],
    "nothing": [],
    "a cut event": [b'data: {"choices": [{"index": 0, "delta": {"cont'],
    "only the role": [b'data: {"choices": [{"index": 0, "delta": {"role": "assistant"}}]}\n\n'],
}


@pytest.mark.parametrize("pieces", RUBBISH.values(), ids=RUBBISH.keys())
async def test_rubbish_is_one_clear_sentence_and_what_came_before_it_is_kept(scripted, over, pieces):
    at_once = await over(await scripted(streams(*pieces)))
    later = await over(await scripted(streams(chunk("Hello"), *pieces)))

    nothing, first = await heard(at_once)
    text, second = await heard(later)

    assert (nothing, text) == ("", "Hello")
    for fault in (first, second):
        assert str(fault).startswith(("The model's server", "The connection to the model's server"))
        assert SECRET not in str(fault)
        assert str(fault).endswith("please try again.")


REFUSALS = [
    (400, "does not take this prompt"),
    (401, "does not accept the key"),
    (403, "does not accept the key"),
    (404, "does not serve this model"),
    (429, "is busy"),
    (500, "failed"),
    (502, "is not ready"),
    (503, "is not ready"),
    (302, "failed"),
]


@pytest.mark.parametrize(("status", "sentence"), REFUSALS)
async def test_a_status_is_one_clear_sentence(scripted, over, status, sentence):
    body = json.dumps({"error": {"message": SECRET}})
    server = await scripted(answers(status, body, location="http://127.0.0.1:1/", retry_after=60))

    text, fault = await heard(await over(server))

    assert text == ""
    assert sentence in str(fault)
    assert SECRET not in str(fault)
    assert isinstance(fault, ModelBusy) == (status == 429)


@pytest.mark.parametrize("script", [answers(503), answers(502), answers(429, retry_after=1), resets()])
async def test_a_server_that_could_not_begin_is_asked_again(scripted, over, script):
    server = await scripted(script, streams(*WELL))

    text, ending = await heard(await over(server))

    assert text == "Hello you"
    assert ending.reason == "end"
    assert len(server.requests) == 2


async def test_it_is_not_asked_forever(scripted, over):
    server = await scripted(answers(503))

    await heard(await over(server))

    assert len(server.requests) == 3


async def test_the_next_replica_is_asked_first(scripted, over):
    away, there = await scripted(resets()), await scripted()
    model = await over(away, there)

    texts = [(await heard(model))[0] for _ in range(4)]

    assert texts == ["Hello you"] * 4
    assert len(away.requests) == 1
    assert len(there.requests) == 4


async def test_replicas_take_turns_and_a_conversation_stays_with_one(scripted, over):
    one, two = await scripted(), await scripted()
    model = await over(one, two)

    for _ in range(4):
        await heard(model)
    shared = (len(one.requests), len(two.requests))
    for _ in range(4):
        await heard(model, conversation="c1")

    assert shared == (2, 2)
    assert sorted((len(one.requests), len(two.requests))) == [2, 6]


async def test_nothing_is_tried_again_after_the_first_token(scripted, over):
    server, other = await scripted(resets(chunk("Hello"))), await scripted()
    model = await over(server, other)

    text, fault = await heard(model)

    assert text == "Hello"
    assert "broke off during this reply" in str(fault)
    assert other.requests == []


async def test_a_server_that_is_gone_is_said_to_be_out_of_reach(scripted, over):
    server = await scripted()
    model = await over(server)
    server.close()

    text, fault = await heard(model)

    assert (text, str(fault)) == (
        "",
        "The model's server cannot be reached; please try again in a moment.",
    )


async def test_a_first_token_that_does_not_come_ends_the_turn_and_the_connection(scripted, over):
    server = await scripted(streams(b": still alive\n\n", None))

    text, fault = await heard(await over(server, first_token_seconds=0.2))

    assert "did not begin its reply within 0.2 seconds" in str(fault)
    await asyncio.wait_for(server.hung_up.wait(), 10)
    assert text == ""


async def test_silence_during_a_reply_ends_it_and_keeps_what_came(scripted, over):
    server = await scripted(streams(chunk("Hello"), None))

    text, fault = await heard(await over(server, between_tokens_seconds=0.2))

    assert text == "Hello"
    assert "fell silent for 0.2 seconds" in str(fault)
    await asyncio.wait_for(server.hung_up.wait(), 10)


async def test_a_slow_first_token_within_its_time_is_waited_for(scripted, over):
    server = await scripted(streams(0.3, *WELL))

    text, _ = await heard(await over(server, first_token_seconds=20, between_tokens_seconds=0.2))

    assert text == "Hello you"


async def test_closing_a_reply_closes_the_connection(scripted, over):
    server = await scripted(streams(chunk("Hello"), None))
    model = await over(server)
    async with aclosing(model.stream([Message("user", "Hi")], GenerationSettings())) as chunks:
        await anext(chunks)

    await asyncio.wait_for(server.hung_up.wait(), 10)
    assert model.active == 0


async def test_a_cancelled_wait_for_the_first_token_closes_the_connection(scripted, over):
    server = await scripted(streams(None))
    model = await over(server)
    waiting = asyncio.create_task(heard(model))
    await asyncio.wait_for(server.asked.wait(), 10)

    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    await asyncio.wait_for(server.hung_up.wait(), 10)
    assert model.active == 0


async def test_a_stop_text_closes_the_connection_of_a_server_that_goes_on(scripted, over):
    server = await scripted(streams(chunk("one E"), chunk("ND two"), None))

    text, ending = await heard(await over(server), GenerationSettings(stop=("END",)))

    assert (text, ending.reason, ending.tokens) == ("one ", "end", 2)
    await asyncio.wait_for(server.hung_up.wait(), 10)


async def test_a_server_that_never_stops_is_cut_at_the_asked_length(scripted, over):
    server = await scripted(streams(*[chunk("x" * 100)] * 50, None))

    text, ending = await heard(await over(server), GenerationSettings(max_tokens=10))

    assert (len(text), ending.reason) == (640, "length")


async def test_an_end_without_counts_is_not_waited_for_long(scripted, over):
    server = await scripted(streams(chunk("Hello"), chunk(" you"), chunk(finish="length"), None))

    text, ending = await heard(await over(server, between_tokens_seconds=20))

    assert (text, ending.reason, ending.tokens) == ("Hello you", "length", 2)
    assert ending.prompt_tokens > 0


async def test_line_separators_in_a_reply_do_not_break_it(scripted, over):
    said = "one\u2028two\u2029three\x85four"
    event = f'data: {{"choices": [{{"index": 0, "delta": {{"content": "{said}"}}}}]}}\n\n'.encode()
    server = await scripted(streams(event[:52], 0.05, event[52:], chunk(finish="stop"), chunk(usage={})))

    text, _ = await heard(await over(server))

    assert text == said


async def test_half_a_surrogate_pair_is_replaced(scripted, over):
    event = rb'data: {"choices": [{"index": 0, "delta": {"content": "a\ud83db"}}]}' + b"\n\n"

    text, _ = await heard(await over(await scripted(streams(event, *WELL[2:]))))

    assert text == "a\ufffdb"


TOO_LONG = [
    "This model's maximum context length is 4096 tokens. However, you requested 5512 tokens (5000 in the "
    "messages, 512 in the completion). Please reduce the length of the messages or completion.",
    "This model's maximum context length is 4096 tokens. However, your request has 5000 input tokens.",
    "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens "
    "and 512 `max_new_tokens`",
]


@pytest.mark.parametrize("said", TOO_LONG)
async def test_a_prompt_that_the_server_finds_too_long_is_refused_with_the_numbers(scripted, over, said):
    server = await scripted(answers(400, json.dumps({"error": {"message": said}})))

    text, fault = await heard(await over(server))

    assert isinstance(fault, PromptTooLong)
    assert (text, fault.tokens, fault.limit) == ("", 5000, 4096 - 512)


async def test_older_turns_are_dropped_until_the_server_takes_the_prompt(scripted, over):
    refusal = answers(400, json.dumps({"error": {"message": TOO_LONG[1]}}))
    server = await scripted(refusal, refusal, streams(*WELL))
    prompt = [Message(("user", "assistant")[at % 2], f"{at} " + "word " * 30) for at in range(41)]

    chunks = [chunk async for chunk in (await over(server)).stream(prompt, GenerationSettings())]

    lengths = [len(asked["messages"]) for asked in server.requests]
    assert lengths[0] == 41
    assert lengths[0] > lengths[1] > lengths[2] >= 1
    assert server.requests[2]["messages"][-1]["content"].startswith("40 ")
    assert chunks[-1].ending.remembered == lengths[2]


async def test_a_server_that_refuses_more_than_the_protocol_is_asked_without_it(scripted, over):
    server = await scripted(answers(422), streams(*WELL))
    model = await over(server)

    texts = [(await heard(model))[0] for _ in range(2)]

    assert texts == ["Hello you"] * 2
    assert ["top_k" in asked for asked in server.requests] == [True, False, False]
