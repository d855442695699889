import asyncio
import gc
import subprocess
import sys
import time
from contextlib import aclosing
from dataclasses import replace

import pytest
import torch

from model.catalog import DEMO, DEMO_FOLDER
from model.detokenise import Detokeniser
from model.loading import load
from model.markers import Markers
from model.prompt import PromptWriter
from model.types import GenerationSettings, Message, ModelBusy, ModelError, PromptTooLong

GREEDY = GenerationSettings(temperature=0.0, max_tokens=60)
PROMPTS = (
    "Hello",
    "the baker counts seven stones. " * 8,
    "비가 오는 아침 오늘의 날씨는 맑다",
    "def the(x): return x + 1\n\nour neighbour paints every star 😀",
    "the old clock remembers the morning " * 60,
)
"""The second is longer than the tiny checkpoint's sliding window, the last than one piece of a prompt too."""


def said(text):
    return [Message("user", text)]


async def read(engine, text, settings=GREEDY):
    chunks = [chunk async for chunk in engine.stream(said(text), settings)]
    return "".join(chunk.text for chunk in chunks), chunks[-1].ending


async def until(claim):
    """Wait until `claim()` is true; fail after ten seconds."""
    deadline = time.monotonic() + 10
    while not claim():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


def banned(loaded, stops=()):
    size = loaded.model.config.vocab_size
    return [*(Markers(loaded.tokenizer).ids - set(stops)), *range(len(loaded.tokenizer), size)]


def generated(loaded, text, max_tokens):
    """The ids of transformers' own greedy generate, with the same tokens banned."""
    written = PromptWriter(loaded.tokenizer, loaded.checkpoint.context_length).write(said(text), max_tokens)
    stops = [1, loaded.tokenizer.convert_tokens_to_ids("<end_of_turn>")]
    output = loaded.model.generate(
        torch.tensor([written.ids], device=loaded.model.device),
        max_new_tokens=max_tokens,
        do_sample=False,
        eos_token_id=stops,
        suppress_tokens=banned(loaded, stops),
    )
    return [number for number in output[0, len(written.ids) :].tolist() if number not in stops]


def text_of(loaded, ids):
    detokeniser = Detokeniser(loaded.tokenizer)
    return "".join(detokeniser.text_of(number) for number in ids)


def always(loaded, piece):
    """Steer every token to `piece`."""
    number = loaded.tokenizer.convert_tokens_to_ids(piece)

    def steer(ids, length, logits):
        logits[number] = 1_000.0

    return steer


def one_after_another(loaded, prompt, pieces):
    """Steer the reply to `prompt` to these pieces, then to <end_of_turn>."""
    start = len(PromptWriter(loaded.tokenizer, 512).write(said(prompt), 60).ids)
    numbers = loaded.tokenizer.convert_tokens_to_ids([*pieces, "<end_of_turn>"])

    def steer(ids, length, logits):
        if length >= start:
            logits[numbers[length - start]] = 1_000.0

    return steer


async def test_greedy_replies_written_together_equal_generate_token_for_token(engine, loaded):
    expected = [generated(loaded, text, 60) for text in PROMPTS]

    replies = await asyncio.gather(*(read(engine, text) for text in PROMPTS))

    assert len({tuple(ids[:10]) for ids in expected}) > 1
    for ids, (reply, ending) in zip(expected, replies, strict=True):
        assert reply == text_of(loaded, ids)
        assert ending.tokens == len(ids)


async def test_gemma_1_3_and_4_equal_generate_too(engine_of, loaded_sibling):
    engine = engine_of(loaded_sibling)
    expected = [generated(loaded_sibling, text, 40) for text in PROMPTS]

    replies = await asyncio.gather(*(read(engine, text, replace(GREEDY, max_tokens=40)) for text in PROMPTS))

    assert len({tuple(ids[:10]) for ids in expected}) > 1
    assert [reply for reply, _ in replies] == [text_of(loaded_sibling, ids) for ids in expected]
    assert engine.is_batching


async def test_a_reply_does_not_depend_on_who_joins_and_leaves(engine, loaded):
    expected = text_of(loaded, generated(loaded, PROMPTS[1], 60))

    first = asyncio.create_task(read(engine, PROMPTS[1]))
    others = []
    for text in PROMPTS:
        others.append(asyncio.create_task(read(engine, text, replace(GREEDY, max_tokens=10))))
        await asyncio.sleep(0.03)
    others[-1].cancel()

    assert (await first)[0] == expected
    await asyncio.gather(*others, return_exceptions=True)


async def test_an_ending_says_how_the_reply_ended(engine):
    _, ending = await read(engine, "Hello")

    assert ending.reason == "length"
    assert ending.tokens == 60
    assert ending.prompt_tokens == 12
    assert ending.remembered == 1
    assert 0 < ending.first_token_seconds <= ending.seconds


@pytest.mark.parametrize("stop", ["<eos>", "<end_of_turn>"])
async def test_a_reply_ends_at_every_stop_token_without_showing_it(engine_of, loaded, steered, stop):
    engine = engine_of(steered(always(loaded, stop)))

    reply, ending = await read(engine, "Hello")

    assert reply == ""
    assert (ending.reason, ending.tokens) == ("end", 0)


async def test_a_stop_token_that_only_the_generation_config_names_ends_a_reply(engine_of, loaded, steered):
    changed = steered(always(loaded, "▁counts"))
    named = loaded.tokenizer.convert_tokens_to_ids("▁counts")
    changed.model.generation_config = replace_eos(loaded, [1, named])

    reply, ending = await read(engine_of(changed), "Hello")

    assert (reply, ending.reason) == ("", "end")


def replace_eos(loaded, ids):
    config = type(loaded.model.generation_config)()
    config.eos_token_id = ids
    return config


@pytest.mark.parametrize("control", ["<bos>", "<start_of_turn>", "<pad>", "<unused0>", "<mask>"])
async def test_the_model_cannot_say_a_control_token(engine_of, loaded, steered, control):
    engine = engine_of(steered(always(loaded, control)))

    for temperature in (0.0, 2.0):
        settings = GenerationSettings(temperature=temperature, max_tokens=20, seed=1)
        reply, ending = await read(engine, "Hello", settings)
        assert control not in reply
        assert ending.tokens > 0


async def test_a_character_written_in_bytes_is_shown_whole(engine_of, loaded, steered):
    pieces = [f"<0x{byte:02X}>" for byte in "é한😀".encode()]
    engine = engine_of(steered(one_after_another(loaded, "Hello", ["▁counts", *pieces, "▁counts"])))

    chunks = [chunk async for chunk in engine.stream(said("Hello"), GREEDY)]

    assert "".join(chunk.text for chunk in chunks) == " countsé한😀 counts"
    assert all("\ufffd" not in chunk.text for chunk in chunks)


async def test_a_character_cut_off_by_the_length_is_not_shown(engine_of, loaded, steered):
    pieces = [f"<0x{byte:02X}>" for byte in "한한".encode()]
    engine = engine_of(steered(one_after_another(loaded, "Hello", pieces)))

    reply, ending = await read(engine, "Hello", replace(GREEDY, max_tokens=5))

    assert (reply, ending.reason) == ("한", "length")


async def test_bytes_that_are_no_character_do_not_end_a_reply(engine_of, loaded, steered):
    engine = engine_of(
        steered(one_after_another(loaded, "Hello", ["<0xE1>", "▁counts", "<0xFF>", "▁counts"]))
    )

    reply, ending = await read(engine, "Hello")

    assert (reply, ending.reason) == ("\ufffd counts\ufffd counts", "end")


async def test_the_same_seed_gives_the_same_reply_and_another_seed_another(engine):
    def settings(seed):
        return GenerationSettings(temperature=1.0, max_tokens=30, seed=seed)

    first, second, other, negative = await asyncio.gather(
        *(read(engine, "Hello", settings(seed)) for seed in (7, 7, 8, -1))
    )

    assert first[0] == second[0]
    assert len({first[0], other[0], negative[0]}) == 3


async def test_eight_replies_share_every_step(engine_of, steered):
    counted = steered()
    engine = engine_of(counted, max_turns=8)

    await asyncio.gather(*(read(engine, f"Hello {at}", replace(GREEDY, max_tokens=150)) for at in range(8)))

    together = [step for step in counted.model.calls if len(step) == 8]
    assert len(together) > 25
    assert all(count == 1 for step in together[2:] for _, count in step)
    assert len(counted.model.calls) < 2 * 150


async def test_a_long_prompt_is_read_in_pieces_between_the_steps_of_others(engine_of, steered):
    counted = steered()
    engine = engine_of(counted)

    short = asyncio.create_task(read(engine, "Hello", replace(GREEDY, max_tokens=400)))
    await until(lambda: len(counted.model.calls) > 5)
    _, ending = await read(engine, PROMPTS[4], replace(GREEDY, max_tokens=5))
    await short

    first, *steps = counted.model.calls[5:]
    decodes = first[0][0]
    beside = [sum(count for states, count in step if states is not decodes) for step in steps]
    assert sum(beside) == ending.prompt_tokens + ending.tokens - 1 > 300
    assert max(beside) < 300
    assert all(len(step) == 2 for step, count in zip(steps, beside, strict=True) if count)


async def test_closing_a_reply_frees_its_place_within_two_steps(engine_of, steered):
    counted = steered()
    engine = engine_of(counted)
    reply = engine.stream(said("Hello"), replace(GREEDY, max_tokens=400))
    await anext(reply)
    assert engine.active == 1

    await reply.aclose()
    steps = len(counted.model.calls)
    await until(lambda: engine.active == 0)

    assert len(counted.model.calls) <= steps + 2


async def test_a_cancelled_reader_frees_its_place(engine):
    reader = asyncio.create_task(read(engine, "Hello", replace(GREEDY, max_tokens=400)))
    await until(lambda: engine.active == 1)

    reader.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reader
    await until(lambda: engine.active == 0)


async def test_a_full_queue_says_busy_and_those_in_line_are_served(engine_of, loaded):
    engine = engine_of(loaded, max_turns=1, max_waiting=1)
    async with aclosing(engine.stream(said("Hello"), replace(GREEDY, max_tokens=400))) as held:
        await anext(held)
        waiting = asyncio.create_task(read(engine, "Hello", replace(GREEDY, max_tokens=5)))
        await until(lambda: (engine.active, engine.waiting) == (1, 1))

        with pytest.raises(ModelBusy, match=r"busy \(replies: 1, waiting: 1\)"):
            await read(engine, "Hello")

    assert (await waiting)[1].tokens == 5


async def test_who_leaves_while_waiting_leaves_the_queue_at_once(engine_of, loaded):
    engine = engine_of(loaded, max_turns=1)
    async with aclosing(engine.stream(said("Hello"), replace(GREEDY, max_tokens=400))) as held:
        await anext(held)
        waiting = asyncio.create_task(read(engine, "Hello"))
        await until(lambda: engine.waiting == 1)

        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

        assert engine.waiting == 0


async def test_a_slow_reader_gets_fewer_chunks_and_the_same_text(engine, loaded):
    chunks = []

    async for chunk in engine.stream(said("Hello"), GREEDY):
        chunks.append(chunk)
        await asyncio.sleep(0.05)

    assert len(chunks) < 40
    assert "".join(chunk.text for chunk in chunks) == text_of(loaded, generated(loaded, "Hello", 60))


def test_a_reader_whose_event_loop_is_closed_ends_alone(engine):
    loop = asyncio.new_event_loop()
    abandoned = engine.stream(said("Hello"), replace(GREEDY, max_tokens=400))
    loop.run_until_complete(anext(abandoned))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()

    reply, ending = asyncio.run(read(engine, "Hello"))

    assert ending.tokens == 60
    assert engine.active == 0
    del abandoned
    gc.collect()


@pytest.mark.parametrize("fault", [RuntimeError("broken"), IndexError("broken")])
async def test_a_fault_in_one_turn_ends_that_turn_alone_and_keeps_its_text(engine_of, loaded, steered, fault):
    expected = text_of(loaded, generated(loaded, "Hello", 60))
    prompt = said("the baker counts every star " * 20)
    start = len(PromptWriter(loaded.tokenizer, 512).write(prompt, 60).ids)

    def steer(ids, length, logits):
        if length == start + 3:
            raise fault

    engine = engine_of(steered(steer))
    healthy = asyncio.create_task(read(engine, "Hello"))
    shown = []
    with pytest.raises(ModelError, match="could not go on"):
        async for chunk in engine.stream(prompt, GREEDY):
            shown.append(chunk.text)

    assert "".join(shown) != ""
    assert (await healthy)[0] == expected
    assert (await read(engine, "Hello"))[0] == expected


async def test_forty_people_who_come_and_go_leave_nothing_behind(engine_of, loaded):
    engine = engine_of(loaded, max_turns=4)
    settings = replace(GREEDY, max_tokens=12)
    expected = text_of(loaded, generated(loaded, "Hello", 12))
    readers = [asyncio.create_task(read(engine, "Hello", settings)) for _ in range(40)]

    for at, reader in enumerate(readers):
        await asyncio.sleep(0.01)
        if at % 3 == 0:
            reader.cancel()
    replies = await asyncio.gather(*readers, return_exceptions=True)

    whole = [reply for reply in replies if not isinstance(reply, asyncio.CancelledError)]
    assert len(whole) >= 26
    assert {reply for reply, _ in whole} == {expected}
    await until(lambda: (engine.active, engine.waiting) == (0, 0))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_an_engine_whose_thread_ends_tells_everyone(engine_of, steered):
    def steer(ids, length, logits):
        if length > 40:
            raise SystemExit

    engine = engine_of(steered(steer), max_turns=1)

    ended = await asyncio.gather(*(read(engine, "Hello") for _ in range(3)), return_exceptions=True)

    assert [type(fault) for fault in ended] == [ModelError] * 3
    with pytest.raises(ModelError, match="no more prompts"):
        await read(engine, "Hello")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
async def test_logits_that_are_not_numbers_end_that_turn_alone(engine_of, loaded, steered, value):
    def steer(ids, length, logits):
        if length > 100:
            logits[5] = value

    engine = engine_of(steered(steer))

    healthy, failed = await asyncio.gather(
        read(engine, "Hello"), read(engine, "the baker counts every star " * 20), return_exceptions=True
    )

    assert isinstance(failed, ModelError)
    assert "not a number" in str(failed)
    assert healthy[1].tokens == 60


async def test_a_prompt_that_cannot_fit_is_refused_before_anything_is_generated(engine_of, steered):
    counted = steered()
    engine = engine_of(counted)

    with pytest.raises(PromptTooLong, match="tokens long"):
        await read(engine, "the baker counts every star " * 200)

    assert counted.model.calls == []
    assert engine.active == 0


async def test_a_reply_never_goes_past_the_context(engine):
    prompt = "the old clock remembers the morning " * 20

    _, ending = await read(engine, prompt, GenerationSettings(temperature=0.0, max_tokens=8_192))

    assert ending.reason == "length"
    assert ending.prompt_tokens + ending.tokens == 512


async def test_closing_the_engine_ends_what_runs_and_refuses_the_next(engine_of, loaded):
    engine = engine_of(loaded, max_turns=1)
    running = asyncio.create_task(read(engine, "Hello", replace(GREEDY, max_tokens=400)))
    waiting = asyncio.create_task(read(engine, "Hello"))
    await until(lambda: (engine.active, engine.waiting) == (1, 1))

    engine.close()
    engine.close()

    for turn in (running, waiting):
        with pytest.raises(ModelError, match="closed before this reply was finished"):
            await turn
    with pytest.raises(ModelError, match="takes no more prompts"):
        await read(engine, "Hello")


def test_importing_the_engine_does_not_import_torch():
    code = (
        "import sys, model.engine, model.fake; sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(not DEMO_FOLDER.is_dir(), reason="the bundled checkpoint has not been built yet")
async def test_the_bundled_checkpoint_answers(engine_of):
    engine = engine_of(load(DEMO, device="cpu"))

    reply, ending = await read(engine, "Hello")

    assert reply.strip()
    assert ending.reason == "end"
    assert engine.checkpoint.is_demo
    assert engine.checkpoint.id == DEMO


@pytest.mark.gpu
async def test_a_gpu_gives_the_greedy_replies_of_generate(engine_of, tiny_folder):
    loaded = load(str(tiny_folder), device="cuda", precision="float32")
    engine = engine_of(loaded)
    sampled = GenerationSettings(temperature=1.0, max_tokens=20, seed=1)

    reply, _ = await read(engine, "Hello")
    first, second = await asyncio.gather(read(engine, "Hello", sampled), read(engine, "Hello", sampled))

    assert reply == text_of(loaded, generated(loaded, "Hello", 60))
    assert first[0] == second[0]
