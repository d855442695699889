"""What the catalogue says of each checkpoint, and of folders, ids and adapters that it does not list."""

import json
import shutil

import pytest

from model.catalog import DEMO, describe, known, place_of, require_chat, shape_of
from model.needs import size_of
from model.types import ModelError

PROMISED = (
    *("google/gemma-2b", "google/gemma-2b-it", "google/gemma-7b", "google/gemma-7b-it"),
    *("google/gemma-1.1-2b-it", "google/gemma-1.1-7b-it"),
    *(f"google/gemma-2-{size}{tuned}" for size in ("2b", "9b", "27b") for tuned in ("", "-it")),
    *("google/gemma-2-2b-jpn-it", "beomi/gemma-mling-7b", "google/gemma-3-270m", "google/gemma-3-270m-it"),
    *(f"google/gemma-3-{size}-{tuned}" for size in ("1b", "4b", "12b", "27b") for tuned in ("pt", "it")),
    *(f"google/gemma-4-{size}-it" for size in ("E2B", "E4B", "12B", "26B-A4B", "31B")),
    *(f"google/shieldgemma-{size}" for size in ("2b", "9b", "27b")),
)


@pytest.fixture
def folder(tiny_folder, tmp_path):
    """A copy of the tiny checkpoint, to be changed."""
    return shutil.copytree(tiny_folder, tmp_path / "copy")


def write(path, **fields):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(fields))
    return path.parent


def test_the_catalogue_holds_every_card_and_the_bundled_checkpoint_first():
    assert known()[0] == DEMO
    assert set(PROMISED) <= set(known())
    assert len(known()) == len(set(known()))


def test_a_catalogue_id_says_what_a_page_must_know():
    gemma = describe("google/gemma-2-2b-it")

    assert (gemma.title, gemma.licence) == ("Gemma 2 2B Instruct", "Gemma Terms of Use")
    assert (gemma.kind, gemma.family, gemma.parameters) == ("chat", "gemma2", 2_614_341_888)
    assert gemma.is_gated
    assert gemma.page == "https://huggingface.co/google/gemma-2-2b-it"


@pytest.mark.parametrize(
    ("id", "kind"),
    [
        ("google/gemma-7b", "base"),
        ("google/gemma-7b-it", "chat"),
        ("google/gemma-3-4b-pt", "base"),
        ("beomi/gemma-mling-7b", "base"),
        ("google/gemma-2-2b-jpn-it", "chat"),
        ("google/gemma-4-E2B", "base"),
        ("google/shieldgemma-9b", "judge"),
    ],
)
def test_each_checkpoint_is_of_one_kind(id, kind):
    assert describe(id).kind == kind


def test_gemma_4_is_apache_and_free_to_download():
    gemma = describe("google/gemma-4-31B-it")

    assert (gemma.licence, gemma.is_gated, gemma.family) == ("Apache-2.0", False, "gemma4")


@pytest.mark.parametrize("size", ["2b", "9b", "27b"])
def test_a_judge_is_refused_as_a_chat(size):
    with pytest.raises(ModelError, match=r"ShieldGemma .* judges texts and does not chat"):
        require_chat(describe(f"google/shieldgemma-{size}"))


def test_whatever_does_not_judge_may_chat():
    for id in known():
        if describe(id, is_hashed=False).kind != "judge":
            require_chat(describe(id, is_hashed=False))


@pytest.mark.parametrize("id", known()[1:])
def test_the_parameters_are_those_of_the_shape(id):
    checkpoint = describe(id)

    assert size_of(shape_of(checkpoint)).parameters == checkpoint.parameters


@pytest.mark.data
def test_the_facts_are_those_of_the_published_configurations(eval_data):
    configs = json.loads((eval_data / "gemma" / "configs.json").read_text())
    same = ("hidden_size", "num_hidden_layers", "num_key_value_heads", "head_dim", "vocab_size")
    same += ("intermediate_size", "sliding_window", "attn_logit_softcapping", "query_pre_attn_scalar")

    for id, config in configs.items():
        checkpoint, shape = describe(id), shape_of(describe(id))
        assert checkpoint.context_length == config["max_position_embeddings"], id
        assert {name: shape.get(name) for name in same} == {name: config[name] for name in same}, id
        reads_pictures = config["architecture"].endswith("ConditionalGeneration")
        assert (checkpoint.parameters < config["parameters"]) == reads_pictures, id
        assert reads_pictures or checkpoint.parameters == config["parameters"], id


def test_another_id_is_described_without_a_network(monkeypatch):
    other = describe("someone/gemma-of-theirs")

    assert (other.title, other.kind, other.is_gated) == ("someone/gemma-of-theirs", "chat", False)
    assert other.page == "https://huggingface.co/someone/gemma-of-theirs"
    assert shape_of(other) is None
    assert place_of(other.id) is None


@pytest.mark.parametrize(
    ("source", "meant"),
    [("gemma-2-2b-it", "google/gemma-2-2b-it"), ("Gemma-4-31b-it", "google/gemma-4-31B-it"), ("", DEMO)],
)
def test_an_unknown_name_is_answered_with_what_may_be_meant(source, meant):
    with pytest.raises(ModelError, match="must be one") as raised:
        describe(source)

    assert meant in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_folder_is_described_by_its_files(folder):
    described = describe(str(folder))

    assert (described.title, described.kind, described.family) == ("copy", "chat", "gemma2")
    assert described.context_length == 512
    assert described.page is None
    assert shape_of(described)["model_type"] == "gemma2"


def test_a_folder_without_a_chat_template_is_a_base(folder):
    (folder / "chat_template.jinja").unlink()

    assert describe(str(folder)).kind == "base"


def test_a_template_in_the_old_place_counts(folder):
    (folder / "chat_template.jinja").rename(folder / "elsewhere")
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"chat_template": "{{ messages }}"}))

    assert describe(str(folder)).kind == "chat"


def test_the_revision_of_a_folder_can_be_left_out(folder):
    assert describe(str(folder), is_hashed=False).revision == "main"
    assert len(describe(str(folder)).revision) == 12


def test_a_multimodal_folder_is_known_by_its_text_part(tmp_path):
    text = {"hidden_size": 64, "num_hidden_layers": 2, "max_position_embeddings": 1_024}
    folder = write(tmp_path / "pictures" / "config.json", model_type="gemma3", text_config=text)

    described = describe(str(folder))

    assert (described.family, described.context_length) == ("gemma3", 1_024)
    assert shape_of(described)["model_type"] == "gemma3_text"


@pytest.mark.parametrize("kind", ["llama", "gemma3n", None])
def test_a_folder_of_another_architecture_is_refused(tmp_path, kind):
    folder = write(tmp_path / "other" / "config.json", model_type=kind)

    with pytest.raises(ModelError, match=f"its architecture is {kind!r}, and Bezel serves gemma, gemma2"):
        describe(str(folder))


def test_a_folder_without_config_is_refused(tmp_path):
    with pytest.raises(ModelError, match="has no config.json"):
        describe(str(tmp_path))


def test_an_adapter_is_described_with_its_base(tmp_path):
    folder = write(tmp_path / "poet" / "adapter_config.json", base_model_name_or_path="google/gemma-2-2b-it")

    adapter = describe(str(folder))

    assert (adapter.id, adapter.adapts) == (str(folder), "google/gemma-2-2b-it")
    assert (adapter.title, adapter.family) == ("poet on Gemma 2 2B Instruct", "gemma2")
    assert adapter.is_gated
    assert shape_of(adapter) == shape_of(describe("google/gemma-2-2b-it"))


def test_an_adapter_over_a_judge_is_a_judge(tmp_path):
    folder = write(tmp_path / "x" / "adapter_config.json", base_model_name_or_path="google/shieldgemma-2b")

    with pytest.raises(ModelError, match="does not chat"):
        require_chat(describe(str(folder)))


@pytest.mark.parametrize("base", [None, "", 7])
def test_an_adapter_without_a_base_is_refused(tmp_path, base):
    folder = write(tmp_path / "x" / "adapter_config.json", base_model_name_or_path=base)

    with pytest.raises(ModelError, match="names no base"):
        describe(str(folder))


def test_an_adapter_of_an_adapter_is_refused(tmp_path):
    folder = tmp_path / "x"
    write(folder / "adapter_config.json", base_model_name_or_path=str(folder))

    with pytest.raises(ModelError, match="which is an adapter itself"):
        describe(str(folder))
