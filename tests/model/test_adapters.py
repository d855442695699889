import json
import shutil

import pytest
import torch
from peft import AutoPeftModelForCausalLM, LoraConfig, PromptTuningConfig, get_peft_model
from transformers import AutoModelForCausalLM

from model.catalog import DEMO, DEMO_FOLDER
from model.loading import load
from model.types import ModelError

# What peft itself calls that transformers is about to rename; training is not what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

TARGETS = ["q_proj", "v_proj", "down_proj"]


def train(base, folder, **changed):
    """Make a LoRA over a checkpoint whose weights are not zero, as training leaves them."""
    weights = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    options = {"r": 4, "lora_alpha": 16, "target_modules": TARGETS, "task_type": "CAUSAL_LM"}
    adapted = get_peft_model(weights, LoraConfig(**(options | changed)))
    torch.manual_seed(3)
    for name, weight in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight, std=0.1)
    adapted.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapter(tiny_folder, tmp_path_factory):
    return train(tiny_folder, tmp_path_factory.mktemp("lora") / "pirate")


@pytest.fixture
def copied(adapter, tmp_path):
    """A copy of the adapter, to be broken."""
    return shutil.copytree(adapter, tmp_path / "copy")


def reply(weights, ids):
    return weights.generate(input_ids=ids, max_new_tokens=24, do_sample=False)[0].tolist()


def test_an_adapted_checkpoint_answers_as_peft_has_it(tiny_folder, adapter, loaded):
    ids = torch.tensor([[2, 30, 41, 52, 63]])
    wanted = AutoPeftModelForCausalLM.from_pretrained(
        adapter, dtype=torch.float32, attn_implementation="eager"
    )

    adapted = load(str(tiny_folder), device="cpu", precision="float32", adapter=str(adapter))

    with torch.inference_mode():
        logits = adapted.model(input_ids=ids).logits
        assert torch.equal(logits, wanted(input_ids=ids).logits)
        assert not torch.allclose(logits, loaded.model(input_ids=ids).logits)
    assert reply(adapted.model, ids) == reply(wanted, ids)
    assert type(adapted.model) is type(loaded.model)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_an_adapter_over_the_bundled_checkpoint_answers_as_peft_has_it(precision, tmp_path):
    folder = train(str(DEMO_FOLDER), tmp_path / "lora")
    dtype = getattr(torch, precision)
    wanted = AutoPeftModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager")

    adapted = load(DEMO, device="cpu", precision=precision, adapter=str(folder))

    ids = torch.tensor([[2, 106, 300, 400, 500, 107]])
    assert reply(adapted.model, ids) == reply(wanted, ids)
    assert not adapted.checkpoint.is_demo


def test_a_folder_that_is_an_adapter_brings_the_checkpoint_it_names(adapter, tiny_folder):
    alone = load(str(adapter), device="cpu", precision="float32")
    over = load(str(tiny_folder), device="cpu", precision="float32", adapter=str(adapter))

    ids = torch.tensor([[2, 30, 41]])
    with torch.inference_mode():
        assert torch.equal(alone.model(input_ids=ids).logits, over.model(input_ids=ids).logits)
    assert alone.checkpoint.id == str(adapter)
    assert alone.checkpoint.title == "pirate on checkpoint"
    assert alone.checkpoint.revision == over.checkpoint.revision


def test_the_checkpoint_names_the_adapter_and_changes_with_it(tiny_folder, adapter, copied, loaded):
    config = json.loads((copied / "adapter_config.json").read_text())
    (copied / "adapter_config.json").write_text(json.dumps(config | {"lora_alpha": 8}))

    one, two = (
        load(str(tiny_folder), device="cpu", precision="float32", adapter=str(folder)).checkpoint
        for folder in (adapter, copied)
    )

    assert one.id == f"{tiny_folder}+{adapter}"
    assert one.revision.startswith(f"{loaded.checkpoint.revision}+")
    assert one.revision != two.revision


def test_on_a_processor_int8_holds_the_adapter_merged(tiny_folder, adapter):
    whole, rounded = (
        load(str(tiny_folder), device="cpu", precision=precision, adapter=str(adapter)).model
        for precision in ("float32", "int8")
    )

    ids = torch.tensor([[2, 30, 41, 52, 63]])
    with torch.inference_mode():
        one, two = whole(input_ids=ids).logits, rounded(input_ids=ids).logits
    assert not any("lora" in name for name, _ in rounded.named_modules())
    assert (one - two).abs().mean() < 0.3 * one.std()


def cut(folder):
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-50])


def pickle_it(folder):
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")


def lose_config(folder):
    (folder / "adapter_config.json").unlink()


def break_config(folder):
    (folder / "adapter_config.json").write_text("{")


def change(folder, **fields):
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (cut, "damaged or cut short"),
        (pickle_it, "could run code and is not read"),
        (lose_config, r"has no adapter_config.json"),
        (break_config, r"adapter_config.json of .* cannot be read"),
        (lambda folder: change(folder, base_model_name_or_path=None), "names no base"),
        (lambda folder: change(folder, r=9), "does not fit this Gemma2ForCausalLM"),
        (lambda folder: change(folder, target_modules=["q_proj"]), "does not fit"),
        (lambda folder: change(folder, target_modules=["w_pack"]), "does not fit"),
        (lambda folder: change(folder, peft_type="abacus"), "cannot be read"),
    ],
)
def test_a_broken_adapter_is_named_with_what_would_be_right(copied, tiny_folder, damage, sentence):
    damage(copied)

    with pytest.raises(ModelError, match=sentence) as raised:
        load(str(tiny_folder), device="cpu", precision="float32", adapter=str(copied))

    assert "copy" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_adapter_for_another_checkpoint_is_refused(adapter):
    with pytest.raises(ModelError, match=r"does not fit this Gemma2ForCausalLM; it adapts .*checkpoint"):
        load(DEMO, device="cpu", adapter=str(adapter))


def test_an_adapter_over_an_adapter_is_refused(adapter):
    with pytest.raises(ModelError, match="is an adapter already"):
        load(str(adapter), device="cpu", adapter=str(adapter))


def test_an_adapter_that_is_no_lora_is_refused(tiny_folder, tmp_path):
    weights = AutoModelForCausalLM.from_pretrained(tiny_folder)
    adapted = get_peft_model(weights, PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4))
    adapted.save_pretrained(tmp_path / "soft")

    with pytest.raises(ModelError, match="is an adapter of kind PROMPT_TUNING; it must be a LoRA"):
        load(str(tiny_folder), device="cpu", adapter=str(tmp_path / "soft"))
