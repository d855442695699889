"""The survey of the catalogue on the machine at hand, with checkpoints that are whole, broken or unknown."""

import json
import shutil
from dataclasses import replace

import pytest

from model.advice import Host, Load
from model.catalog import DEMO, known
from model.machine import this_machine
from model.presets import Wish
from model.survey import survey


@pytest.fixture(scope="module")
def host():
    # Plenty of memory, so that what fits does not depend on what else runs here.
    machine = replace(this_machine(), memory=2**50, free=2**50, gpus=())
    return Host(machine, Load(users=2, context=1_024), has_token=False)


@pytest.fixture
def folder(tiny_folder, tmp_path):
    return shutil.copytree(tiny_folder, tmp_path / "copy")


def test_the_bundled_checkpoint_can_be_loaded_anywhere(host):
    found = survey(DEMO, host)

    assert found.problems == ()
    assert found.chosen.is_downloaded
    assert found.chosen.precision == "float32"
    assert [advice.checkpoint.id for advice in found.all][: len(known())] == list(known())


def test_a_folder_is_reckoned_from_its_configuration(host, folder):
    found = survey(str(folder), host)

    assert found.problems == ()
    assert 0 < found.chosen.weights < 2**20
    assert found.chosen.context == 512


def test_the_precision_that_is_set_binds_the_chosen_one_alone(host):
    found = survey(DEMO, replace(host, wish=Wish(precision="bfloat16")))

    assert found.chosen.precision == "bfloat16"
    assert found.all[0].precision == "float32"


def cut(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def lose_config(folder):
    (folder / "config.json").unlink()


def foreign(folder):
    (folder / "config.json").write_text('{"model_type": "llama"}')


def nonsense(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": "wide"}))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (cut, "damaged or cut short"),
        (lose_config, "has no config.json"),
        (foreign, "its architecture is 'llama'"),
        (nonsense, "describes no model"),
        (shutil.rmtree, "is not a folder"),
    ],
)
def test_a_broken_folder_is_one_sentence(host, folder, damage, sentence):
    damage(folder)

    found = survey(str(folder), host)

    (said,) = found.problems
    assert sentence in said
    assert "\n" not in said
    assert found.chosen is None


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("gemma", "no checkpoint of the catalogue"),
        ("google/shieldgemma-2b", "judges texts and does not chat"),
        (
            "google/gemma-2-2b-it",
            "is gated: accept its licence at https://huggingface.co/google/gemma-2-2b-it",
        ),
    ],
)
def test_a_checkpoint_that_cannot_be_served_says_why(host, source, sentence):
    (said,) = survey(source, host).problems

    assert sentence in said


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (Wish(device="toaster"), "device is 'toaster'"),
        (Wish(device="cuda:99"), "device is 'cuda:99'"),
        (Wish(precision="int4"), "needs a CUDA GPU"),
    ],
)
def test_a_setting_that_cannot_be_had_here_says_why(host, wish, sentence):
    (said,) = survey(DEMO, replace(host, wish=wish)).problems

    assert sentence in said


def test_a_checkpoint_that_can_never_fit_says_so(host):
    small = replace(host, machine=replace(host.machine, memory=2**30, free=2**30), has_token=True)

    (said,) = survey("google/gemma-2-9b-it", small).problems

    assert "takes 17.21 GiB for its weights alone, and this machine has 1.00 GiB" in said


def test_memory_that_is_only_taken_now_is_no_fault(host):
    busy = replace(host, machine=replace(host.machine, free=2**20))

    found = survey(DEMO, busy)

    assert found.problems == ()
    assert not found.chosen.fits


def test_nothing_is_known_of_another_id_before_it_is_downloaded(host):
    found = survey("someone/gemma-of-theirs", host)

    assert found.chosen is None
    assert found.problems == ()
