"""Weights that are whole, and weights that are not."""

import json
import shutil

import pytest

from model.types import ModelError
from model.weights import INDEX, check_weights

WEIGHTS = "model.safetensors"


@pytest.fixture
def folder(tiny_folder, tmp_path):
    return shutil.copytree(tiny_folder, tmp_path / "copy")


def test_whole_weights_pass(folder):
    check_weights(folder)


def test_weights_that_were_cut_short_are_named(folder):
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(ModelError, match=r"model.safetensors is damaged or cut short at [\d,]+ bytes"):
        check_weights(folder)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.gguf"])
def test_other_formats_are_not_read(folder, name):
    (folder / WEIGHTS).rename(folder / name)

    with pytest.raises(ModelError, match="holds no safetensors weights"):
        check_weights(folder)


def test_a_shard_that_the_index_names_must_be_there(folder):
    (folder / INDEX).write_text(json.dumps({"weight_map": {"a": WEIGHTS, "b": "model-00002.safetensors"}}))

    with pytest.raises(ModelError, match=r"model-00002.safetensors is missing"):
        check_weights(folder)


@pytest.mark.parametrize("index", ["{", "[]", '{"weight_map": 1}', '{"weight_map": {"a": ["b"]}}'])
def test_a_broken_index_is_named(folder, index):
    (folder / INDEX).write_text(index)

    with pytest.raises(ModelError, match="must list the weight files in JSON"):
        check_weights(folder)
