"""Advice on machines of many kinds, described by hand; the sizes are those of the catalogue."""

from dataclasses import replace

import pytest

from model.advice import UNTRIED, Host, Load, advise, best
from model.catalog import describe, known, shape_of
from model.machine import PACKAGES, Gpu, Machine
from model.needs import size_of
from model.presets import Wish
from model.types import ModelError

GIB = 2**30
LAPTOP = Machine("Linux", 8, 16 * GIB, 12 * GIB, True, (), False, dict.fromkeys(PACKAGES, "1.0"))
SERVER = replace(LAPTOP, memory=512 * GIB, free=500 * GIB)
CARD = Gpu("a card", 80 * GIB, 79 * GIB, has_bfloat16=True)
STATION = replace(SERVER, gpus=(CARD,))
LOAD = Load(users=4, context=8_192)


def advice(id, machine, *, is_downloaded=False, **host):
    checkpoint = describe(id)
    wish = Wish(**{name: host.pop(name) for name in ("device", "precision", "preset") if name in host})
    options = {"load": LOAD, "has_token": True, "wish": wish} | host
    size = size_of(shape_of(checkpoint))
    return advise(checkpoint, size, Host(machine, **options), is_downloaded=is_downloaded)


def all_advice(machine, **host):
    return [advice(id, machine, **host) for id in known()]


@pytest.mark.parametrize(
    ("id", "machine", "device", "precision"),
    [
        ("bezel-demo", LAPTOP, "cpu", "float32"),
        ("google/gemma-3-270m-it", LAPTOP, "cpu", "bfloat16"),
        ("google/gemma-2-9b-it", SERVER, "cpu", "bfloat16"),
        ("bezel-demo", STATION, "cuda", "bfloat16"),
        ("google/gemma-2-9b-it", STATION, "cuda", "bfloat16"),
        ("bezel-demo", replace(LAPTOP, has_mps=True), "mps", "float32"),
    ],
)
def test_auto_takes_what_the_machine_has(id, machine, device, precision):
    found = advice(id, machine)

    assert (found.device, found.precision) == (device, precision)


def test_what_is_set_is_kept_to():
    found = advice("google/gemma-2-2b-it", STATION, device="cpu", precision="float32")

    assert (found.device, found.precision) == ("cpu", "float32")
    assert found.free == SERVER.free


def test_memory_is_that_of_the_device_and_of_all_gpus_together():
    small = replace(CARD, memory=32 * GIB, free=31 * GIB)

    alone = advice("google/gemma-2-9b-it", replace(STATION, gpus=(small, small)))
    found = advice("google/gemma-2-27b-it", replace(STATION, gpus=(small, small)))

    assert (alone.device, alone.memory, alone.free) == ("cuda", 32 * GIB, 31 * GIB)
    assert found.device == "several"
    assert (found.memory, found.free) == (64 * GIB, 62 * GIB)
    assert UNTRIED["several"] in found.unverified


def test_a_checkpoint_fits_where_weights_and_chats_do():
    few = advice("google/gemma-2-2b-it", LAPTOP, load=Load(1, 8_192))
    many = advice("google/gemma-2-2b-it", LAPTOP, load=Load(64, 8_192))

    assert few.fits
    assert not many.fits
    assert many.weights == few.weights
    assert many.cache == 64 * few.cache


def test_a_context_is_at_most_what_the_checkpoint_reads():
    assert (
        advice("bezel-demo", LAPTOP, load=Load(1, 100_000)).context == describe("bezel-demo").context_length
    )


def test_a_gated_checkpoint_without_a_token_names_the_page_and_the_setting():
    found = advice("google/gemma-2-2b-it", LAPTOP, has_token=False)

    assert found.missing == (
        "google/gemma-2-2b-it is gated: accept its licence at https://huggingface.co/google/gemma-2-2b-it "
        "and set HF_TOKEN to a token of that account.",
    )


def test_with_a_token_the_licence_is_not_checked():
    found = advice("google/gemma-2-2b-it", LAPTOP, has_token=True)

    assert found.missing == ()
    (said,) = found.unchecked
    assert "https://huggingface.co/google/gemma-2-2b-it was not checked" in said


@pytest.mark.parametrize("has_token", [False, True])
def test_a_downloaded_checkpoint_needs_no_token(has_token):
    found = advice("google/gemma-2-2b-it", LAPTOP, has_token=has_token, is_downloaded=True)

    assert found.missing == found.unchecked == ()


@pytest.mark.parametrize("id", ["bezel-demo", "google/gemma-4-E2B-it", "beomi/gemma-mling-7b"])
def test_an_open_checkpoint_needs_no_token(id):
    found = advice(id, LAPTOP, has_token=False)

    assert found.missing == found.unchecked == ()


def test_a_package_that_is_missing_is_named():
    small = replace(CARD, memory=32 * GIB, free=31 * GIB)
    bare = replace(STATION, packages=dict.fromkeys(PACKAGES), gpus=(small, small))

    found = advice("google/gemma-2-27b-it", bare, is_downloaded=True)

    assert found.missing == ("Several GPUs need a package: pip install accelerate.",)


def test_a_wish_that_cannot_be_had_here_is_refused():
    bare = replace(STATION, packages=dict.fromkeys(PACKAGES))

    with pytest.raises(ModelError, match="pip install bitsandbytes"):
        advice("google/gemma-2-9b-it", bare, precision="int8")


def test_the_loader_says_what_it_chose():
    found = advice("google/gemma-2-9b-it", LAPTOP)

    assert found.attention == "eager"
    assert found.why.startswith("Preset auto: bfloat16 on cpu with eager attention, because")


def test_4_bit_without_a_cuda_gpu_is_refused():
    with pytest.raises(ModelError, match="needs a CUDA GPU"):
        advice("google/gemma-2-9b-it", SERVER, precision="int4")


def test_int8_on_a_processor_must_fit_as_float32_while_it_is_loaded():
    found = advice("google/gemma-2-2b-it", LAPTOP, precision="int8", load=Load(1, 1_024))

    assert found.loading == 4 * found.parameters
    assert found.needed >= found.loading > found.weights
    assert found.unverified == ()


def test_what_was_never_tried_is_marked():
    assert advice("google/gemma-2-2b-it", LAPTOP).unverified == ()
    assert advice("google/gemma-2-2b-it", STATION).unverified == (UNTRIED["cuda"],)
    fast = advice("google/gemma-2-2b-it", STATION, preset="speed").unverified
    assert fast == (UNTRIED["cuda"], UNTRIED["compiled"])
    assert advice("google/gemma-4-E2B-it", LAPTOP).unverified == (UNTRIED["gemma4"],)


def test_without_a_token_the_bundled_checkpoint_is_suggested_on_a_laptop():
    assert best(all_advice(LAPTOP, has_token=False)).checkpoint.id == "bezel-demo"


def test_with_licences_a_larger_one_is_suggested():
    found = best(all_advice(LAPTOP, has_token=False), with_token=True)

    assert found.checkpoint.id == "google/gemma-3-1b-it"


def test_on_a_processor_nothing_slow_is_suggested():
    found = best(all_advice(SERVER), with_token=True)

    assert found.fits
    assert found.weights < 6e9


def test_on_a_gpu_the_largest_that_fits_is_suggested():
    found = best(all_advice(STATION), with_token=True)

    assert found.checkpoint.id == "google/gemma-3-27b-it"


def test_neither_a_judge_nor_a_base_is_suggested():
    listed = [one for one in all_advice(SERVER) if one.checkpoint.kind != "chat"]

    assert listed
    assert best(listed, with_token=True) is None
