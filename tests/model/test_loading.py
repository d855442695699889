import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from safetensors.torch import load_file, save_file

from model.catalog import DEMO, DEMO_FOLDER, describe
from model.loading import load
from model.types import ModelError

WEIGHTS = "model.safetensors"


@pytest.fixture
def folder(tiny_folder, tmp_path):
    """A copy of the tiny checkpoint, to be broken."""
    return shutil.copytree(tiny_folder, tmp_path / "copy")


def test_a_folder_is_loaded_as_it_is(loaded, tiny_folder):
    assert loaded.model.dtype == torch.float32
    assert loaded.model.config._attn_implementation == "eager"
    assert not loaded.model.training
    assert loaded.checkpoint.id == str(tiny_folder)
    assert loaded.checkpoint.title == "checkpoint"
    assert loaded.checkpoint.context_length == 512
    assert not loaded.checkpoint.is_demo


def test_a_revision_names_the_weights(loaded, folder):
    copied = describe(str(folder)).revision
    weights = load_file(folder / WEIGHTS)
    save_file({name: weight + 1 for name, weight in weights.items()}, folder / WEIGHTS, {"format": "pt"})

    assert copied == loaded.checkpoint.revision
    assert len(copied) == 12
    assert describe(str(folder)).revision != copied


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("bfloat16", torch.bfloat16), ("float16", torch.float16), ("auto", torch.float32)],
)
def test_precision_is_what_was_asked_for_and_float32_for_a_small_one_on_a_cpu(tiny_folder, precision, dtype):
    assert load(str(tiny_folder), device="cpu", precision=precision).model.dtype == dtype


def cut(folder):
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:-100])


def empty(folder):
    (folder / WEIGHTS).write_bytes(b"")


def lose_weights(folder):
    (folder / WEIGHTS).unlink()


def pickle_weights(folder):
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")


def lose_a_shard(folder):
    index = {"metadata": {}, "weight_map": {"model.norm.weight": "model-00001-of-00002.safetensors"}}
    (folder / f"{WEIGHTS}.index.json").write_text(json.dumps(index))


def break_index(folder):
    (folder / f"{WEIGHTS}.index.json").write_text("[]")


def lose_a_tensor(folder):
    weights = load_file(folder / WEIGHTS)
    del weights["model.norm.weight"]
    save_file(weights, folder / WEIGHTS, {"format": "pt"})


def resize_a_tensor(folder):
    weights = load_file(folder / WEIGHTS)
    weights["model.norm.weight"] = torch.zeros(7)
    save_file(weights, folder / WEIGHTS, {"format": "pt"})


def lose_config(folder):
    (folder / "config.json").unlink()


def break_config(folder):
    (folder / "config.json").write_text("{")


def list_config(folder):
    (folder / "config.json").write_text("[]")


def foreign_config(folder):
    (folder / "config.json").write_text('{"model_type": "abacus"}')


def remote_code(folder):
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "abacus",
        "auto_map": {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.M"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text("raise SystemExit('remote code ran')")


def lose_turn_tokens(folder):
    path = folder / "tokenizer.json"
    path.write_text(path.read_text().replace("_of_turn>", "_of_talk>"))
    config = folder / "tokenizer_config.json"
    config.write_text(config.read_text().replace("_of_turn>", "_of_talk>"))


def lose_tokenizer(folder):
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (cut, "damaged or cut short at"),
        (empty, "damaged or cut short at 0 bytes"),
        (lose_weights, "holds no safetensors weights"),
        (pickle_weights, "holds no safetensors weights"),
        (lose_a_shard, r"model-00001-of-00002.safetensors is missing"),
        (break_index, "must list the weight files"),
        (lose_a_tensor, r"lacks 1 of its weights, model.norm.weight"),
        (resize_a_tensor, "cannot be loaded"),
        (lose_config, "has no config.json"),
        (break_config, r"config.json cannot be read"),
        (list_config, r"holds no JSON object"),
        (foreign_config, "cannot be loaded as a Gemma chat checkpoint"),
        (remote_code, "cannot be loaded as a Gemma chat checkpoint"),
        (lose_turn_tokens, "lacks <start_of_turn> and <end_of_turn>"),
        (lose_tokenizer, "copy"),
    ],
)
def test_a_broken_folder_is_named_with_what_would_be_right(folder, damage, sentence):
    damage(folder)

    with pytest.raises(ModelError, match=sentence) as raised:
        load(str(folder), device="cpu", precision="float32")

    assert "copy" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("source", ["./nowhere", "/nowhere/at/all", "~/nowhere-at-all"])
def test_a_folder_that_is_not_there_is_named(source):
    with pytest.raises(ModelError, match="is not a folder"):
        load(source)


@pytest.mark.parametrize("source", ["", "gemma", "a/b/c", "google/", "nothing here"])
def test_what_is_neither_id_nor_folder_is_refused(source):
    with pytest.raises(ModelError, match="must be one"):
        load(source)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"precision": "int3"},
            "precision is 'int3'; it must be auto, float32, bfloat16, float16, int8 or int4",
        ),
        ({"device": "toaster"}, "device is 'toaster'; it must be"),
        ({"device": "cuda:99"}, "which this machine lacks"),
        ({"device": "xpu"}, "which this machine lacks"),
        ({"preset": "best"}, "preset is 'best'; it must be auto, exact, speed or memory"),
        ({"attention": "flash"}, "attention is 'flash'; it must be auto, eager, sdpa or flash_attention_2"),
        ({"attention": "sdpa"}, "would drop the soft-capping of Gemma 2"),
        ({"attention": "flash_attention_2"}, "needs a CUDA GPU"),
        ({"precision": "int4"}, "needs a CUDA GPU"),
    ],
)
def test_a_wrong_option_is_named(tiny_folder, options, sentence):
    with pytest.raises(ModelError, match=sentence):
        load(str(tiny_folder), **options)


class Hub(BaseHTTPRequestHandler):
    """Answers as Hugging Face does for a gated repository, and for one that does not exist."""

    def do_HEAD(self):
        is_gated = "gated" in self.path
        self.send_response(403 if self.headers.get("Authorization") and is_gated else 401)
        self.send_header("X-Error-Code", "GatedRepo" if is_gated else "RepoNotFound")
        self.send_header("X-Error-Message", "no")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def hub():
    """The address of a server that stands for Hugging Face, on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def load_elsewhere(tmp_path, calls, **environment):
    """Load in another process, whose hub settings differ; give the sentence of each call."""
    code = (
        "import json, sys\nfrom model.loading import load\nfrom model.types import ModelError\n"
        "for source, token in json.loads(sys.argv[1]):\n"
        "    try:\n        load(source, device='cpu', token=token)\n"
        "    except ModelError as fault:\n        print(fault)\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    finished = subprocess.run(
        [sys.executable, "-c", code, json.dumps(calls)],
        env=kept | {"HF_HOME": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return finished.stdout.splitlines()


def test_a_gated_or_unknown_id_says_what_to_do(hub, tmp_path):
    calls = [("google/gated-it", None), ("google/gated-it", "hf_x"), ("google/gone-it", None)]

    sentences = load_elsewhere(tmp_path, calls, HF_ENDPOINT=hub)

    assert (
        "google/gated-it is gated: accept its licence at https://huggingface.co/google/gated-it"
        in sentences[0]
    )
    assert "HF_TOKEN" in sentences[0]
    assert "the account of this token has not accepted its licence" in sentences[1]
    assert "shows no google/gone-it" in sentences[2]
    assert len(sentences) == 3


def test_without_a_network_an_id_says_so(tmp_path):
    sentences = load_elsewhere(tmp_path, [("google/gemma-2-2b-it", None)], HF_HUB_OFFLINE="1")

    assert len(sentences) == 1
    assert "google/gemma-2-2b-it is not on this machine and Hugging Face cannot be reached" in sentences[0]


@pytest.mark.skipif(not DEMO_FOLDER.is_dir(), reason="the bundled checkpoint has not been built yet")
def test_the_bundled_checkpoint_loads_with_the_ids_of_gemma():
    loaded = load(DEMO, device="cpu")

    names = ["<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>"]
    assert loaded.tokenizer.convert_tokens_to_ids(names) == [0, 1, 2, 106, 107]
    assert loaded.checkpoint.is_demo
    assert loaded.model.config.attn_logit_softcapping is not None
    assert loaded.model.config._attn_implementation == "eager"
    assert not loaded.checkpoint.id.startswith("/")
