"""Row 9, on a machine with a CUDA GPU: tokens/s against what its memory could feed at most."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import torch

from benchmarks.engine.bench import checkpoint, desk
from benchmarks.engine.checkpoints import GEMMA_2_2B, GEMMA_2_9B, Shape, asked
from benchmarks.engine.figures import Figure, Reach, middle, not_measured
from benchmarks.engine.options import Bench
from benchmarks.engine.people import Desk, Listener, until_idle

STREAMS = 32
TOKENS = 128
SHAPES = {"2b": (GEMMA_2_2B, Reach(0.35)), "9b": (GEMMA_2_9B, Reach(0.6))}


def measure(bench: Bench) -> Iterator[Figure]:
    """One stream against the bound, and many streams against one."""
    if not torch.cuda.is_available():
        yield not_measured("9", "2b and 9b shapes on CUDA", "no CUDA here: not measured")
        return
    for size, (shape, reach) in SHAPES.items():
        if not (bench.is_quick and size == "9b"):
            yield from _size(bench, size, shape, reach)


def _size(bench: Bench, size: str, shape: Shape, reach: Reach) -> Iterator[Figure]:
    folder = checkpoint(bench, "gemma2", shape, torch.bfloat16)
    gpu = torch.cuda.get_device_name()
    with desk(folder, torch.bfloat16, device="cuda", max_turns=STREAMS) as here:
        speed = _bandwidth()
        bound = speed / _read_a_token(here.loaded.model, shape)
        asyncio.run(_rate(here, STREAMS))
        pairs = [(asyncio.run(_rate(here, 1)), asyncio.run(_rate(here, STREAMS))) for _ in bench.each_round()]
    alone, many = zip(*pairs, strict=True)
    shown = f"random weights of the Gemma 2 {size} shape in bf16 on {gpu}"
    yield Figure(
        row="9",
        name=f"one stream, {size} shape, CUDA",
        values=tuple(rate / bound for rate in alone),
        unit="of the bound",
        ours=f"the engine, one person, {TOKENS} tokens after a prompt of 64, as heard",
        peer=f"a token reads all weights and its KV once, at {speed / 1e12:.2f} TB/s: {bound:.0f} tokens/s",
        reach=reach,
        note=f"{shown}; tokens/s {middle(alone)}",
    )
    yield Figure(
        row="9",
        name=f"{STREAMS} streams ÷ one, {size} shape, CUDA",
        values=tuple(rate / single for single, rate in pairs),
        unit="×",
        ours=f"the engine, {STREAMS} people at once, total tokens/s",
        peer="the engine, one person, in the same round",
        reach=Reach(12.0),
        note=f"{shown}; tokens/s {middle(many)}, one {middle(alone)}",
    )


def _bandwidth() -> float:
    """Bytes a second: what the card's clock and bus promise, which is more than a copy reaches."""
    card: Any = torch.cuda.get_device_properties(0)
    promised = 2 * card.memory_clock_rate * 1_000 * card.memory_bus_width / 8
    return float(max(promised, _copied()))


def _copied() -> float:
    source = torch.empty(2**31, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    rates = []
    for _ in range(5):
        torch.cuda.synchronize()
        began = time.perf_counter()
        target.copy_(source)
        torch.cuda.synchronize()
        rates.append(2 * source.numel() / (time.perf_counter() - began))
    return max(rates)


def _read_a_token(model: Any, shape: Shape) -> float:
    """Bytes that one token in the middle of a reply cannot do without."""
    weights = sum(weight.numel() * weight.element_size() for weight in model.parameters())
    kept = 2 * shape.num_hidden_layers * shape.num_key_value_heads * shape.head_dim * 2
    return float(weights + kept * (64 + TOKENS // 2))


async def _rate(here: Desk, people: int) -> float:
    """Tokens/s of everyone together, from the first text to the last."""
    prompts = [asked(64, seed, here.vocabulary) for seed in range(people)]
    listeners = [Listener(here, prompt, TOKENS) for prompt in prompts]
    replies = [await listener.end() for listener in listeners]
    await until_idle(here)
    began = min(reply.times[0] for reply in replies)
    ended = max(reply.times[-1] for reply in replies)
    return sum(len(here.ids_of(reply.text)) for reply in replies) / (ended - began)
