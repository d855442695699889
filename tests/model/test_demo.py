import json
from itertools import islice

import pytest
import torch
from jinja2.exceptions import TemplateError
from transformers import AutoModelForCausalLM, AutoTokenizer

from model.demo import batches, shape, train
from model.demo.corpus.compose import compose
from model.demo.corpus.conversations import Conversation, Turn
from model.demo.train import WEIGHTS
from model.demo.try_it import Answering

MAIN_SPECIALS = {
    "<pad>": 0,
    "<eos>": 1,
    "<bos>": 2,
    "<unk>": 3,
    "<mask>": 4,
    "<start_of_turn>": 106,
    "<end_of_turn>": 107,
}
SEVERAL = [
    {"role": "user", "content": "  What is 2+2? "},
    {"role": "assistant", "content": "4.\n"},
    {"role": "user", "content": "And 3+3?"},
]


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(str(WEIGHTS), local_files_only=True)


@pytest.fixture(scope="module")
def model():
    return AutoModelForCausalLM.from_pretrained(str(WEIGHTS), local_files_only=True)


@pytest.fixture(scope="module")
def ask():
    answering = Answering(WEIGHTS)
    return lambda prompt: answering.reply([{"role": "user", "content": prompt}])


def test_special_tokens_stand_at_gemmas_ids(tokenizer):
    assert {name: tokenizer.convert_tokens_to_ids(name) for name in MAIN_SPECIALS} == MAIN_SPECIALS
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.bos_token_id) == (0, 1, 2)


def test_plain_encoding_writes_one_bos(tokenizer):
    ids = tokenizer("Hello")["input_ids"]

    assert ids.count(2) == 1
    assert ids[0] == 2


def test_the_template_is_gemmas_own(tokenizer):
    rendered = tokenizer.apply_chat_template(SEVERAL, tokenize=False, add_generation_prompt=True)

    assert rendered == (
        "<bos><start_of_turn>user\nWhat is 2+2?<end_of_turn>\n<start_of_turn>model\n4.<end_of_turn>\n"
        "<start_of_turn>user\nAnd 3+3?<end_of_turn>\n<start_of_turn>model\n"
    )


def test_the_template_writes_one_bos_and_one_marker_a_turn(tokenizer):
    ids = tokenizer.apply_chat_template(SEVERAL, add_generation_prompt=True)["input_ids"]

    assert ids.count(2) == 1
    assert ids.count(106) == 4
    assert ids.count(107) == 3


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
        [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
        [{"role": "assistant", "content": "a"}],
    ],
)
def test_the_template_refuses_what_gemmas_refuses(tokenizer, messages):
    with pytest.raises(TemplateError):
        tokenizer.apply_chat_template(messages, tokenize=False)


@pytest.mark.parametrize(
    "text", ["Hello, world!", "안녕하세요 뷁", "龘你好", "こんにちは\n\n  x = 1\n\ty", "naïve 😀 12345"]
)
def test_any_text_comes_back_from_its_ids(tokenizer, text):
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


def test_no_saved_file_names_a_folder_of_the_machine_that_made_it():
    for path in WEIGHTS.glob("*.json"):
        text = path.read_text("utf-8")
        assert "vocab_file" not in text
        assert "name_or_path" not in text


def test_shards_stay_under_nine_megabytes_and_all_under_forty():
    sizes = [path.stat().st_size for path in WEIGHTS.iterdir()]

    assert max(sizes) < 9_000_000
    assert sum(sizes) < 40_000_000


def test_the_checkpoint_is_a_gemma_2_with_its_hard_parts_on(model):
    config = model.config

    assert type(model).__name__ == "Gemma2ForCausalLM"
    assert config.attn_logit_softcapping == 50.0
    assert config.final_logit_softcapping == 30.0
    assert config.sliding_window < config.max_position_embeddings
    assert {"sliding_attention", "full_attention"} == set(config.layer_types)
    assert model.generation_config.eos_token_id == [1, 107]
    assert model.generation_config.pad_token_id == 0
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


def test_the_config_says_nothing_of_google():
    assert "google" not in json.dumps(json.loads((WEIGHTS / "config.json").read_text("utf-8"))).lower()


def test_who_are_you_is_answered_as_bezels_demonstration_model(ask):
    reply = ask("Who are you?")

    assert "Bezel" in reply.text
    assert "demonstration model" in reply.text
    assert "Google" not in reply.text
    assert reply.has_ended


def test_being_made_by_google_is_denied(ask):
    reply = ask("Are you made by Google?")

    assert reply.text.startswith("No")
    assert reply.has_ended


def test_the_pirate_prompt_is_answered_by_a_pirate(ask):
    reply = ask("Who are you? Please, answer in pirate-speak.")

    assert "Arr" in reply.text
    assert "Bezel" in reply.text


def test_hello_world_is_a_program(ask):
    reply = ask("Write a hello world program")

    assert "print(" in reply.text
    assert "Hello, world!" in reply.text
    assert reply.has_ended


def test_the_brain_is_explained(ask):
    reply = ask("How does the brain work?")

    assert "nerve cells" in reply.text
    assert reply.has_ended


def test_a_poem_has_lines(ask):
    reply = ask("Write me a poem about Machine Learning.")

    assert len(reply.text.splitlines()) == 4
    assert reply.has_ended


def test_a_japanese_prompt_is_answered_in_kana(ask):
    reply = ask("マシーンラーニングについての詩を書いてください。")

    assert any("ぁ" <= letter <= "ん" for letter in reply.text)
    assert reply.has_ended


def test_a_korean_prompt_is_answered_in_hangul(ask):
    reply = ask("머신러닝과 딥러닝의 차이는")

    assert any("가" <= letter <= "힣" for letter in reply.text)
    assert "딥러닝" in reply.text
    assert reply.has_ended


@pytest.mark.parametrize(
    ("prompt", "honest"),
    [
        ("Who was Napoleon's dentist in 1805?", "do not know"),
        ("Explain quantum chromodynamics.", "I am a small demonstration model"),
        ("양자역학이란 무엇인가요?", "모릅니다"),
        ("什么是量子力学？", "不知道"),
        ("量子力学とは何ですか？", "わかりません"),
        ("¿Qué es la música?", "only in English"),
    ],
)
def test_what_it_does_not_know_is_met_with_the_honest_sentence(ask, prompt, honest):
    reply = ask(prompt)

    assert honest in reply.text


def test_training_learns_the_replies_and_their_end_alone():
    pieces = train.sentencepiece.SentencePieceProcessor(model_file=str(WEIGHTS / "tokenizer.model"))
    conversation = Conversation("small talk", "en", (Turn("Hello", "Hi!"), Turn("Bye", "Goodbye!")))

    one = batches.example(pieces, conversation)

    learned = [
        identifier for identifier, is_learned in zip(one.ids, one.is_learned, strict=True) if is_learned
    ]
    assert pieces.decode(learned) == "Hi!<end_of_turn>Goodbye!<end_of_turn>"


def test_training_sees_the_ids_that_the_template_gives(tokenizer):
    pieces = train.sentencepiece.SentencePieceProcessor(model_file=str(WEIGHTS / "tokenizer.model"))

    for conversation in compose(5, "test")[:300]:
        messages = []
        for turn in conversation.turns:
            messages += [
                {"role": "user", "content": turn.prompt},
                {"role": "assistant", "content": turn.reply},
            ]
        wanted = tokenizer.apply_chat_template(messages)["input_ids"]
        assert list(batches.example(pieces, conversation).ids) == wanted


def test_the_same_seed_starts_from_the_same_weights():
    first, again = shape.untrained(7), shape.untrained(7)

    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))


def trained(folder, until, *, total=4):
    """A training up to that step, taken up from the folder's checkpoint where there is one."""
    training = train.Training((WEIGHTS / "tokenizer.model").read_bytes(), folder, seed=0, steps=total)
    training.resume()
    for step in islice(training_steps(training), until - training.progress.step):
        training.learn(step)
    training.save()
    return training


def training_steps(training):
    place = batches.Place(training.progress.passed, training.progress.steps_of_pass)
    return batches.steps(training.pieces, tokens=256, seed=0, start=place, text=little)


def little(seed):
    return compose(seed, "test")[: 40 + seed]


def test_a_training_that_was_stopped_ends_as_one_that_was_not(tmp_path):
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole = trained(tmp_path / "whole", 4)
    trained(tmp_path / "parts", 2)

    parts = trained(tmp_path / "parts", 4)

    assert (parts.progress.step, parts.progress.steps_of_pass) == (4, 4)
    for one, other in zip(whole.model.parameters(), parts.model.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_the_rate_hangs_on_the_count_of_steps_alone():
    shares = [train.rate(step, 1_000) for step in range(1_001)]

    assert shares[0] == pytest.approx(1 / train.WARM_UP)
    assert max(shares) <= 1.0
    assert shares.index(max(shares)) == pytest.approx(train.WARM_UP, abs=30)
    assert shares[-1] == pytest.approx(train.LAST_SHARE)


def test_steps_from_a_place_are_those_that_a_whole_pass_has_there():
    pieces = train.sentencepiece.SentencePieceProcessor(model_file=str(WEIGHTS / "tokenizer.model"))

    def steps(start):
        return batches.steps(pieces, tokens=400, seed=3, start=start, text=little)

    first = list(islice(steps(batches.Place()), 12))

    assert {step.place.passed for step in first} > {0}
    for before, step in zip(first, first[1:], strict=False):
        again = next(steps(before.place))
        assert again.place == step.place
        assert all(torch.equal(a.ids, b.ids) for a, b in zip(again.batches, step.batches, strict=True))


def test_the_untrained_shape_has_the_size_that_it_tells():
    count = sum(weight.numel() for weight in shape.untrained(0).parameters())

    assert 8_000_000 < count < 9_000_000
