from dataclasses import dataclass, replace

import pytest

from model.machine import Gpu, Machine
from model.needs import Size
from model.presets import Subject, Wish, choose
from model.types import ModelError

NONE = {name: None for name in ("accelerate", "peft", "bitsandbytes", "flash-attn")}
LAPTOP = Machine("Linux", 8, 32 * 2**30, 24 * 2**30, True, (), False, NONE)
SERVER = replace(
    LAPTOP,
    gpus=(Gpu("GPU", 24 * 2**30, 23 * 2**30, True),),
    packages=NONE | {"bitsandbytes": "1", "flash-attn": "2"},
)
TWO = replace(SERVER, gpus=SERVER.gpus * 2)
DEMO = Size(parameters=7_000_000, linear=5_000_000, rows=10_000, kept=2_000, head=0, is_tied=True)
MIDDLE = Size(
    parameters=2_600_000_000, linear=2_000_000_000, rows=1_000_000, kept=50_000, head=0, is_tied=True
)
NINE = Size(
    parameters=9_200_000_000, linear=8_300_000_000, rows=2_000_000, kept=170_000, head=0, is_tied=True
)
LARGE = Size(
    parameters=27_200_000_000, linear=26_000_000_000, rows=5_000_000, kept=370_000, head=0, is_tied=True
)


@dataclass(frozen=True)
class Case:
    """What is asked of which machine, and what must come of it: device, precision and attention."""

    machine: Machine
    device: str
    size: Size
    preset: str
    family: str
    expected: tuple[str, str, str]


@pytest.mark.parametrize(
    "case",
    [
        Case(LAPTOP, "cpu", DEMO, "auto", "gemma2", ("cpu", "float32", "eager")),
        Case(LAPTOP, "cpu", DEMO, "memory", "gemma2", ("cpu", "bfloat16", "eager")),
        Case(LAPTOP, "cpu", DEMO, "speed", "gemma2", ("cpu", "float32", "eager")),
        Case(LAPTOP, "cpu", MIDDLE, "auto", "gemma", ("cpu", "bfloat16", "sdpa")),
        Case(LAPTOP, "cpu", MIDDLE, "exact", "gemma3", ("cpu", "float32", "sdpa")),
        Case(LAPTOP, "cpu", MIDDLE, "speed", "gemma", ("cpu", "int8", "sdpa")),
        Case(LAPTOP, "cpu", NINE, "speed", "gemma2", ("cpu", "bfloat16", "eager")),
        Case(LAPTOP, "cpu", NINE, "exact", "gemma2", ("cpu", "bfloat16", "eager")),
        Case(LAPTOP, "mps", MIDDLE, "speed", "gemma", ("mps", "bfloat16", "sdpa")),
        Case(SERVER, "cuda", DEMO, "auto", "gemma2", ("cuda", "bfloat16", "eager")),
        Case(SERVER, "cuda", NINE, "auto", "gemma2", ("cuda", "bfloat16", "eager")),
        Case(SERVER, "cuda", NINE, "memory", "gemma2", ("cuda", "int4", "eager")),
        Case(SERVER, "cuda", LARGE, "auto", "gemma3", ("cuda", "int4", "sdpa")),
        Case(TWO, "cuda", LARGE, "auto", "gemma3", ("several", "int8", "sdpa")),
        Case(TWO, "cuda", NINE, "auto", "gemma3", ("cuda", "bfloat16", "sdpa")),
        Case(TWO, "cuda:1", NINE, "auto", "gemma3", ("cuda:1", "bfloat16", "sdpa")),
    ],
)
def test_a_preset_chooses_what_the_machine_can_hold(case):
    choice = choose(
        Wish(preset=case.preset, device=case.device), Subject(case.family, case.size), case.machine
    )

    assert (choice.device, choice.precision, choice.attention) == case.expected


def test_the_choice_is_told_in_one_sentence():
    choice = choose(Wish(preset="speed", device="cpu"), Subject("gemma", MIDDLE), LAPTOP)

    assert choice.sentence.startswith("Preset speed: int8 on cpu with sdpa attention, because ")
    assert choice.sentence.count(". ") == 0 and choice.sentence.endswith(".")


def test_what_was_asked_for_outranks_the_preset():
    wish = Wish(preset="memory", precision="float16", attention="flash_attention_2", device="cuda")

    choice = choose(wish, Subject("gemma2", MIDDLE), SERVER)

    assert (choice.precision, choice.attention) == ("float16", "flash_attention_2")
    assert "was asked for" in choice.sentence


def test_where_nothing_fits_the_smallest_is_taken_and_the_sentence_says_so():
    choice = choose(Wish(device="cpu"), Subject("gemma3", LARGE), LAPTOP)

    assert choice.precision == "bfloat16"
    assert "of 24.0 GiB free" in choice.sentence


@pytest.mark.parametrize(
    ("wish", "family", "machine", "sentence"),
    [
        (Wish(device="cpu", attention="sdpa"), "gemma2", LAPTOP, "would drop the soft-capping of Gemma 2"),
        (Wish(device="cpu", attention="flash_attention_2"), "gemma", LAPTOP, "needs a CUDA GPU"),
        (Wish(device="cuda", attention="flash_attention_2"), "gemma4", SERVER, "at most 256 wide"),
        (
            Wish(device="cuda", attention="flash_attention_2", precision="float32"),
            "gemma",
            SERVER,
            "computes no float32",
        ),
        (
            Wish(device="cuda", attention="flash_attention_2"),
            "gemma",
            replace(SERVER, packages=NONE),
            "pip install flash-attn",
        ),
        (Wish(device="cpu", precision="int4"), "gemma", LAPTOP, "needs a CUDA GPU"),
        (Wish(device="mps", precision="int8"), "gemma", LAPTOP, "Apple's GPU cannot do"),
        (
            Wish(device="cuda", precision="int4"),
            "gemma",
            replace(SERVER, packages=NONE),
            "pip install bitsandbytes",
        ),
    ],
)
def test_what_cannot_be_had_is_refused_with_what_would_be_right(wish, family, machine, sentence):
    with pytest.raises(ModelError, match=sentence):
        choose(wish, Subject(family, MIDDLE), machine)


@pytest.mark.parametrize(
    ("wish", "machine", "is_compiled"),
    [
        (Wish(device="cuda"), SERVER, False),
        (Wish(device="cuda:0", preset="speed"), SERVER, True),
        (Wish(device="cuda", preset="exact"), SERVER, False),
        (Wish(device="cuda", preset="memory"), SERVER, False),
        (Wish(device="cuda", preset="speed", precision="int8"), SERVER, False),
        (Wish(device="cuda", preset="speed", compile="off"), SERVER, False),
        (Wish(device="cuda", preset="exact", compile="on"), SERVER, True),
        (Wish(device="cpu"), LAPTOP, False),
        (Wish(device="cpu", compile="on"), LAPTOP, True),
    ],
)
def test_decoding_is_compiled_for_speed_on_one_gpu_or_where_asked_for(wish, machine, is_compiled):
    choice = choose(wish, Subject("gemma2", MIDDLE), machine)

    assert choice.is_compiled == is_compiled
    assert (" and compiled decoding" in choice.sentence) == (is_compiled and machine is SERVER)
    assert (" and static buffers" in choice.sentence) == (is_compiled and machine is LAPTOP)


def test_over_several_gpus_decoding_is_not_compiled():
    choice = choose(Wish(device="cuda"), Subject("gemma3", LARGE), TWO)

    assert (choice.device, choice.is_compiled) == ("several", False)


def test_an_unknown_wish_to_compile_is_refused():
    with pytest.raises(ModelError, match="compile is 'always'; it must be auto, on or off"):
        Wish(compile="always")
