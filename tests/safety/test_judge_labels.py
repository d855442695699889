import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from safety.checks.judge import LabelJudge
from safety.policy import load_policy
from safety.types import SafetyError, Text

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"w{n}" for n in range(20)), "poison", "slur"]
MEANINGS = {"fine": "none", "toxic": "harassment", "hateful": "hate"}
BOTH = ("harassment", "hate")
WIDTH = 32


def tokenizer_of():
    backend = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    named = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=32, **named)


def set_by_hand(model):
    """Weights by which `poison` is toxic and `slur` hateful wherever they stand: attention that averages."""
    base, layer = model.bert, model.bert.encoder.layer[0]
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.fill_(1.0 if "LayerNorm.weight" in name else 0.0)
        words = base.embeddings.word_embeddings.weight
        words[:, 2] = 1.0
        for word, place in (("poison", 0), ("slur", 1), ("[CLS]", 3)):
            words[WORDS.index(word)] = torch.eye(WIDTH)[place]
        seen = layer.attention.self.value
        for place in (0, 1):
            seen.weight[place, place] = 100.0
            seen.bias[place] = 100.0 / (WIDTH - 1) ** 0.5
        layer.attention.output.dense.weight.copy_(torch.eye(WIDTH))
        base.pooler.dense.weight.copy_(torch.eye(WIDTH))
        model.classifier.weight[1, 0] = model.classifier.weight[2, 1] = 5.0
        model.classifier.bias[0] = 2.0


def classifier(place):
    """Save a real classifier of three labels, which knows two words; gives its folder."""
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=34,
        id2label=dict(enumerate(MEANINGS)),
        label2id={label: at for at, label in enumerate(MEANINGS)},
    )
    model, tokenizer = BertForSequenceClassification(config), tokenizer_of()
    set_by_hand(model)
    model.save_pretrained(place)
    tokenizer.save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return classifier(tmp_path_factory.mktemp("labels") / "tiny")


@pytest.fixture(scope="module")
def judge(folder):
    return LabelJudge(folder, MEANINGS, title="tiny")


@pytest.fixture
def changed(folder, tmp_path):
    """A copy of the checkpoint with these fields of its configuration."""

    def make(**fields):
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        config = json.loads((copy / "config.json").read_text())
        (copy / "config.json").write_text(json.dumps(config | fields))
        return copy

    return make


def scores(judge, value, suspected=BOTH):
    return {
        one.category: one.score for one in judge.check(Text(value, "prompt", suspected=suspected)).signals
    }


@pytest.mark.parametrize(
    ("value", "found"), [("w1 w2 w3", None), ("w1 poison w3", "harassment"), ("w1 w2 slur", "hate")]
)
def test_a_label_scores_the_category_that_it_means(judge, value, found):
    assert {name for name, score in scores(judge, value).items() if score > 0.5} == {found} - {None}


def test_only_what_is_suspected_and_meant_by_a_label_has_a_signal(judge):
    assert list(scores(judge, "w1", ("hate", "deception"))) == ["hate"]
    assert scores(judge, "w1", ("deception",)) == {}


@pytest.mark.parametrize("place", [0, 29, 500, 999])
def test_a_word_counts_wherever_it_stands_in_a_long_text(judge, place):
    words = [f"w{at % 20}" for at in range(1_000)]
    harmless = scores(judge, " ".join(words))
    words[place] = "poison"

    assert harmless["harassment"] < 0.5 < scores(judge, " ".join(words))["harassment"]


def test_labels_that_do_not_exclude_each_other_are_scored_one_by_one(changed):
    several = LabelJudge(changed(problem_type="multi_label_classification"), MEANINGS, title="tiny")
    logits = several._read("w1 poison slur").of_labels

    assert logits.sum() != pytest.approx(1)
    assert list(scores(several, "w1 poison slur").values()) == pytest.approx(logits[0, 1:].tolist())


def test_two_labels_of_one_category_add_up_where_they_exclude_each_other(folder, judge):
    one = LabelJudge(folder, {**MEANINGS, "hateful": "harassment"}, title="tiny")

    both = scores(one, "poison slur", ("harassment",))["harassment"]

    assert both == pytest.approx(sum(scores(judge, "poison slur").values()))


def test_its_version_names_the_weights_and_what_the_labels_mean(folder, judge):
    other = LabelJudge(folder, {**MEANINGS, "toxic": "violence"}, title="tiny")

    assert judge.version.startswith("labels-1-tiny@")
    assert judge.version != other.version
    assert judge.version == LabelJudge(folder, MEANINGS, title="tiny").version
    assert judge.name in load_policy().judges


@pytest.mark.parametrize(
    ("meanings", "said"),
    [
        ({**MEANINGS, "rude": "hate"}, "rude is no label of tiny; its labels are fine, toxic, hateful"),
        ({"fine": "none", "toxic": "hate"}, "Nothing says what these labels of tiny mean: hateful"),
        ({**MEANINGS, "toxic": "rudeness"}, "'toxic' of tiny means 'rudeness'; it must be 'none' or one of"),
        (dict.fromkeys(MEANINGS, "none"), "No label of tiny means any harm"),
    ],
)
def test_labels_that_nobody_explained_are_refused(folder, meanings, said):
    with pytest.raises(SafetyError, match=said):
        LabelJudge(folder, meanings, title="tiny")


def test_a_checkpoint_that_does_not_classify_is_refused(changed):
    with pytest.raises(SafetyError, match="tiny is BertModel; it must be a text-classification checkpoint"):
        LabelJudge(changed(architectures=["BertModel"]), MEANINGS, title="tiny")


def test_a_checkpoint_with_code_of_its_own_is_refused(changed):
    code = {"AutoConfig": "code.Config", "AutoModelForSequenceClassification": "code.Model"}
    with pytest.raises(SafetyError, match="need no code of its own"):
        LabelJudge(changed(model_type="unheard-of", auto_map=code), MEANINGS, title="tiny")


def test_weights_that_are_no_safetensors_are_not_read(folder, changed):
    copy = changed()
    (copy / "model.safetensors").unlink()
    torch.save({}, copy / "pytorch_model.bin")

    with pytest.raises(SafetyError, match="it must hold safetensors weights"):
        LabelJudge(copy, MEANINGS, title="tiny")


def test_a_head_that_was_never_trained_is_refused(folder, changed):
    copy = changed()
    kept = {
        name: part for name, part in load_file(copy / "model.safetensors").items() if "classifier" not in name
    }
    save_file(kept, copy / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(SafetyError, match="tiny lacks 2 of its weights, classifier.bias for one"):
        LabelJudge(copy, MEANINGS, title="tiny")


def test_a_damaged_file_is_refused(changed):
    copy = changed()
    (copy / "model.safetensors").write_bytes(b"no tensors")

    with pytest.raises(SafetyError, match="tiny cannot be read as a text-classification checkpoint"):
        LabelJudge(copy, MEANINGS, title="tiny")
