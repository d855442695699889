import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3Config,
    Gemma3ForCausalLM,
    Gemma3ForConditionalGeneration,
    Gemma3TextConfig,
    Gemma4Config,
    Gemma4ForCausalLM,
    Gemma4ForConditionalGeneration,
    Gemma4TextConfig,
    GemmaConfig,
    GemmaForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)

from model.catalog import DEMO
from model.loading import load
from model.prompt import PromptWriter
from model.types import GenerationSettings, Message, ModelError

TEXT = {
    "vocab_size": 540,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 256,
}
LOCAL = TEXT | {"sliding_window": 8, "query_pre_attn_scalar": 16}
SIGHT = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "image_size": 28,
    "patch_size": 14,
}
FOURTH = TEXT | {
    "global_head_dim": 32,
    "hidden_size_per_layer_input": 8,
    "vocab_size_per_layer_input": 540,
    "num_kv_shared_layers": 2,
    "sliding_window": 8,
    "layer_types": ["sliding_attention", "full_attention"] * 3,
}
CAPPED = {"attn_logit_softcapping": 5.0, "final_logit_softcapping": 30.0}
IMAGES = {"boi_token_index": 530, "eoi_token_index": 531, "image_token_index": 532}
SIGNALS = {"image_token_id": 530, "audio_token_id": 531, "video_token_id": 532, "boi_token_id": 533}
"""The published shapes in small: what differs between the generations is kept, the widths are not."""


def gemma3_seeing():
    sight = {key: value for key, value in SIGHT.items() if key not in ("num_key_value_heads", "head_dim")}
    config = Gemma3Config(text_config=LOCAL, vision_config=sight, mm_tokens_per_image=4, **IMAGES)
    return Gemma3ForConditionalGeneration(config)


def gemma4_seeing():
    sight = {key: value for key, value in SIGHT.items() if key not in ("image_size", "patch_size")}
    config = Gemma4Config(
        text_config=FOURTH, vision_config=sight, audio_config=None, eoi_token_id=534, **SIGNALS
    )
    return Gemma4ForConditionalGeneration(config)


ARCHITECTURES = {
    "GemmaForCausalLM": lambda: GemmaForCausalLM(GemmaConfig(**TEXT)),
    "Gemma2ForCausalLM": lambda: Gemma2ForCausalLM(Gemma2Config(**LOCAL, **CAPPED)),
    "Gemma3ForCausalLM": lambda: Gemma3ForCausalLM(Gemma3TextConfig(**LOCAL)),
    "Gemma3ForConditionalGeneration": gemma3_seeing,
    "Gemma4ForCausalLM": lambda: Gemma4ForCausalLM(Gemma4TextConfig(**FOURTH)),
    "Gemma4ForConditionalGeneration": gemma4_seeing,
}


def save(weights, tokenizer, folder):
    weights.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_gives_its_own_logits_for_text(name, tokenizer, tmp_path):
    torch.manual_seed(0)
    weights = ARCHITECTURES[name]()
    folder = save(weights, tokenizer, tmp_path / "someone-s-own-tune")

    loaded = load(str(folder), device="cpu", precision="float32")

    ids = torch.randint(20, 500, (1, 24))
    with torch.inference_mode():
        assert torch.equal(loaded.model(input_ids=ids).logits, weights(input_ids=ids).logits)
    assert type(loaded.model).__name__ == name.replace("ForConditionalGeneration", "ForCausalLM")
    assert not any("vision" in key for key, _ in loaded.model.named_parameters())
    assert loaded.checkpoint.context_length == 256
    assert loaded.checkpoint.title == "someone-s-own-tune"


@pytest.mark.parametrize("name", ["Gemma2ForCausalLM", "Gemma3ForConditionalGeneration"])
def test_a_sharded_checkpoint_is_read_whole(name, tokenizer, tmp_path):
    torch.manual_seed(0)
    weights = ARCHITECTURES[name]()
    folder = save(weights, tokenizer, tmp_path / "sharded")
    (folder / "model.safetensors").unlink()
    weights.save_pretrained(folder, max_shard_size="60KB")

    loaded = load(str(folder), device="cpu", precision="float32")

    ids = torch.randint(20, 500, (1, 12))
    assert len(list(folder.glob("*.safetensors"))) > 2
    with torch.inference_mode():
        assert torch.equal(loaded.model(input_ids=ids).logits, weights(input_ids=ids).logits)


def test_an_architecture_that_is_no_gemma_is_refused(tokenizer, tmp_path):
    config = T5Config(vocab_size=540, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    folder = save(T5ForConditionalGeneration(config), tokenizer, tmp_path / "other")

    with pytest.raises(ModelError, match="its architecture is 't5'"):
        load(str(folder), device="cpu")


def test_a_checkpoint_that_is_rounded_already_is_refused(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "rounded")
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    (folder / "config.json").write_text(json.dumps(config))

    with pytest.raises(ModelError, match="is stored rounded already"):
        load(str(folder), device="cpu")


async def test_a_checkpoint_without_a_template_is_a_base_and_its_reply_ends_before_the_next_turn(
    tiny_folder, tmp_path, engine_of, steered
):
    folder = shutil.copytree(tiny_folder, tmp_path / "base")
    (folder / "chat_template.jinja").unlink()
    base = load(str(folder), device="cpu", precision="float32")
    prompt = [Message("user", "Hello")]
    start = len(PromptWriter(base.tokenizer, 512).write(prompt, 60).ids)
    wanted = base.tokenizer.encode(" the star counts\nUser: and on", add_special_tokens=False)

    def steer(ids, length, logits):
        if length >= start:
            logits[wanted[min(length - start, len(wanted) - 1)]] = 1_000.0

    engine = engine_of(replace(base, model=steered(steer).model))
    chunks = [
        chunk async for chunk in engine.stream(prompt, GenerationSettings(max_tokens=60, temperature=0))
    ]

    assert base.checkpoint.kind == "base"
    assert "".join(chunk.text for chunk in chunks) == "the star counts"
    assert chunks[-1].ending.reason == "end"


def test_loading_tells_how_far_it_is_and_never_goes_back():
    heard = []

    loaded = load(DEMO, device="cpu", on_progress=heard.append)

    stages = [progress.stage for progress in heard]
    fractions = [progress.fraction for progress in heard if progress.stage == "reading"]
    count = sum(1 for _ in loaded.model.parameters())
    assert stages[0] == "checking" and set(stages[1:]) == {"reading"}
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and len(fractions) > 10
    assert heard[-1].text == f"{count:,} of {count:,} tensors"


def test_what_can_be_seen_before_the_weights_is_told_while_checking(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "copy")
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    heard = []

    with pytest.raises(ModelError, match="cut short"):
        load(str(folder), device="cpu", on_progress=heard.append)

    assert {progress.stage for progress in heard} == {"checking"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the addresses of a process")
def test_weights_too_large_for_the_memory_are_told_in_one_sentence(tiny_folder, tmp_path):
    # The addresses of another process are bounded, so that memory runs out there and nowhere else; what it
    # imports stands in memory by then.
    code = (
        "import resource, sys, torch, transformers\n"
        "from model.loading import load\nimport model.reading\nfrom model.types import ModelError\n"
        "transformers.Gemma2ForCausalLM\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * 4096\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 60_000_000,) * 2)\n"
        "try:\n    load(sys.argv[1], device='cpu', precision='float32')\n"
        "except ModelError as fault:\n    print(fault)\n"
    )
    folder = shutil.copytree(tiny_folder, tmp_path / "large")
    weights = load_file(folder / "model.safetensors")
    rows = 1_000_000
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        weights[name] = torch.zeros(rows, weights[name].shape[1], dtype=torch.bfloat16)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text()) | {"vocab_size": rows}
    (folder / "config.json").write_text(json.dumps(config))

    finished = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=120
    )
    said = finished.stdout

    assert "does not fit into memory; choose a smaller checkpoint" in said
    assert said.count("\n") == 1
