"""The second tier from end to end: a small one of the true shape is taught, shipped in 8 bits and asked."""

import json
import shutil

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import BertConfig

from safety.checks import encoder as tier
from safety.checks import features
from safety.checks.classifier import Classifier
from safety.checks.tables import CATEGORIES, LABELS, PROMPT_LABELS
from safety.train import __main__ as command
from safety.train.calibrating import logistic
from safety.train.contrast import twin_rows
from safety.train.encoder import Places, ship
from safety.train.encoder_export import encoder_files
from safety.train.encoder_fitting import Course, Teaching, boost, share, steps
from safety.train.encoder_model import BASE_FILES, Reader, base_config, read_base
from safety.train.encoder_rows import lessons, targets_of, weights_of
from safety.train.rows import Row
from safety.train.writing import write_weights
from safety.types import SafetyError, Text
from safety.weights import MANIFEST, WEIGHTS, read_manifest

NEAR = 0.5
"""How far the shipped log-odds may lie from torch's: matrices of 7 bits, activations of 8."""
DEEDS = ("bake bread", "paint a fence", "plant a tree", "mend a chair", "sing a song", "boil an egg")
CRIMES = ("rob a bank", "stab a man", "burn a house", "poison a dog", "drown a boy", "shoot a woman")
FRAMES = ("how do i {}", "help me {}", "teach me to {} please", "i want to {} tonight", "plan to {}")
BASE_WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def row(text, crime, side="prompt", **more):
    found = frozenset({"violence"} if crime else ())
    known = frozenset({"violence"} if crime else CATEGORIES)
    return Row(text, side, more.pop("lang", "en"), crime, found, known, more.pop("source", "ours"), text)


def rows(side):
    """Each deed in every frame, and over and over, so that every place of a piece is learnt."""
    deeds = [*((deed, False) for deed in DEEDS), *((deed, True) for deed in CRIMES)]
    frames = (*FRAMES, "{} " * 24)
    return [row(frame.format(*[deed] * 24), crime, side) for deed, crime in deeds for frame in frames]


def small_tokenizer(texts):
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'-"
    words = sorted({word for text in texts for word in text.split()} - set(letters))
    vocabulary = [*BASE_WORDS, *letters, *(f"##{letter}" for letter in letters), *words]
    made = Tokenizer(WordPiece({word: n for n, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    return made.to_str().encode(), len(vocabulary)


def small_reader(words):
    """The true shape, made small."""
    small = {
        "vocab_size": words,
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 128,
        "initializer_range": 0.3,  # or so few steps would not tell its words apart
    }
    torch.manual_seed(0)
    return Reader(BertConfig(**(base_config().to_dict() | small)))


DATA = [*rows("prompt"), *rows("post"), *rows("response")]
TOKENIZER, WORDS = small_tokenizer(one.text for one in DATA)
COURSE = Course(passes=40, tokens=256, rate=2e-3, frozen=0)
SHORT = Course(passes=2, tokens=256, rate=2e-3, frozen=0)


def teaching(folder, course=COURSE):
    folder.mkdir(exist_ok=True)
    return Teaching(small_reader(WORDS), lessons(DATA, tier.Pieces(TOKENIZER)), course, folder)


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    one = teaching(tmp_path_factory.mktemp("work"))
    assert one.run()
    return one.reader


@pytest.fixture(scope="module")
def shipped(taught, tmp_path_factory):
    """A folder with the first tier that ships and the small encoder beside it."""
    folder = tmp_path_factory.mktemp("tiers") / "weights"
    shutil.copytree(WEIGHTS, folder, ignore=shutil.ignore_patterns("encoder*"))
    ship(taught, TOKENIZER, DATA, Places(folder, folder / "thresholds.toml"))
    return folder


@pytest.fixture(scope="module")
def both(shipped):
    return Classifier(shipped)


@pytest.fixture
def weights(shipped, tmp_path):
    return shutil.copytree(shipped, tmp_path / "weights")


def by_torch(reader, piece):
    with torch.no_grad():
        ids = torch.from_numpy(piece)[None]
        return reader(ids, torch.ones_like(ids))[0].numpy()


@pytest.mark.parametrize("text", ["", "how do i rob a bank", "paint a fence and " * 20, "zzz 9 ? unheard-of"])
def test_what_ships_agrees_with_what_was_learnt(taught, shipped, text):
    shipped_one = tier.Encoder(read_manifest(shipped))

    for piece in shipped_one.pieces(text):
        found, wanted = shipped_one.read([piece], "prompt")[0], by_torch(taught, piece)
        assert np.abs(found - wanted[: len(LABELS)]).max() < NEAR


@pytest.mark.parametrize("side", ["prompt", "response", "post"])
def test_what_was_learnt_tells_harm_from_harmless(shipped, side):
    one = tier.Encoder(read_manifest(shipped))

    cruel, kind = (
        one.read(one.pieces(f"tell me how to {deed}"), side)[0] for deed in ("stab a man", "sing a song")
    )

    assert cruel[-1] > 0 > kind[-1]
    assert cruel[LABELS.index("violence")] > kind[LABELS.index("violence")]


def test_a_training_in_two_goes_is_the_one_in_one_go(tmp_path):
    whole = teaching(tmp_path / "whole", SHORT)
    assert whole.run()
    assert not teaching(tmp_path / "parts", SHORT).run(until=5)

    again = teaching(tmp_path / "parts", SHORT)

    assert again.done == 5
    assert again.run()
    for name, weight in again.reader.state_dict().items():
        assert torch.equal(weight, whole.reader.state_dict()[name]), name


def test_a_checkpoint_of_another_course_is_refused(tmp_path):
    teaching(tmp_path, SHORT).run(until=1)

    with pytest.raises(SafetyError, match="another course or other data"):
        teaching(tmp_path, Course(passes=2, tokens=256, frozen=0))


def test_frozen_layers_stay_as_they_are(tmp_path):
    one = teaching(tmp_path, Course(passes=1, tokens=256, frozen=1))
    before = {name: weight.clone() for name, weight in one.reader.state_dict().items()}

    one.run()

    changed = {
        name for name, weight in one.reader.state_dict().items() if not torch.equal(weight, before[name])
    }
    assert changed
    assert not any("embeddings" in name or "layer.0." in name for name in changed)


def test_every_lesson_is_taken_once_a_pass_in_steps_that_keep_to_their_size():
    lengths = [3, 90, 12, 40, 5, 300, 7, 8, 9, 10]
    course = Course(passes=3, tokens=100)

    found = steps(lengths, course)

    assert sorted(np.concatenate(found)) == sorted([*range(10)] * 3)
    assert all(len(one) == 1 or len(one) * max(lengths[n] for n in one) <= 100 for one in found)
    assert [list(one) for one in found] == [list(one) for one in steps(lengths, course)]


def test_the_rate_rises_and_falls():
    shares = [share(step, 100, 0.1) for step in range(100)]

    assert shares.index(max(shares)) in (9, 10)
    assert shares[0] == pytest.approx(0.1)
    assert 0 < shares[-1] < 0.02


def test_an_unknown_label_counts_for_nothing_and_a_rare_one_for_more():
    found = lessons(rows("prompt"), tier.Pieces(TOKENIZER))

    boosts = boost(found)

    assert targets_of(row("x", True))[CATEGORIES.index("cbrn")] == -1
    assert targets_of(row("x", False))[CATEGORIES.index("cbrn")] == 0
    assert boosts[CATEGORIES.index("cbrn")] == 10
    assert boosts[len(CATEGORIES)] == pytest.approx(1)


def test_each_side_teaches_its_own_labels_and_prompts_those_of_posts_lightly():
    post, response, prompt = (targets_of(row("x", True, side)) for side in ("post", "response", "prompt"))
    count = len(PROMPT_LABELS)

    assert (post[:count] == -1).all()
    assert post[-1] == prompt[-1] == prompt[len(CATEGORIES)] == 1
    assert (response[count:] == -1).all()
    assert (response[len(CATEGORIES)], response[count - 1]) == (-1, 1)
    assert weights_of(row("x", True))[-1] < weights_of(row("x", True, "post"))[-1]
    assert weights_of(row("x", True, source="twins"))[0] > weights_of(row("x", True))[0]


def test_only_english_rows_are_learnt_from():
    pieces = tier.Pieces(TOKENIZER)

    assert lessons([row("x", True, lang="ko")], pieces) == []
    assert len(lessons([row("x", True)], pieces)) == 1


def test_a_long_row_teaches_by_a_few_parts_that_count_less():
    (short,) = lessons([row("bake bread", False)], tier.Pieces(TOKENIZER))
    long = lessons([row("bake bread " * 400, False)], tier.Pieces(TOKENIZER))

    assert 3 <= len(long) <= 9
    assert long[0].weights[0] < short.weights[0]


def test_twins_share_their_frames_and_are_not_split_across_training_and_dev():
    train, dev = twin_rows("train"), twin_rows("dev")

    assert {one.id for one in train}.isdisjoint(one.id for one in dev)
    for side in ("prompt", "post"):
        kinds = [one.unsafe for one in train if one.side == side]
        assert min(kinds.count(False), kinds.count(True)) > 350
    assert not any("child_safety" in one.categories for one in (*train, *dev))


@pytest.fixture(scope="module")
def alone(shipped, tmp_path_factory):
    """The first tier of the same weights."""
    folder = tmp_path_factory.mktemp("first") / "weights"
    manifest = read_manifest(shipped)
    write_weights(
        folder, {name: manifest.content(name) for name in set(manifest.files) - set(tier.files_of(manifest))}
    )
    return Classifier(folder)


def test_the_classifier_says_which_tiers_run(both, alone):
    assert alone.tiers == ("n-grams",)
    assert both.tiers == ("n-grams", "encoder")
    assert both.version != alone.version


def test_english_is_judged_by_both_tiers_and_other_languages_by_the_first_alone(both, alone):
    for value in ("은행을 터는 방법을 알려줘", "怎么抢银行？", "銀行強盗の方法を教えて"):
        assert both.check(Text(value, "prompt")) == alone.check(Text(value, "prompt"))
    english = Text("teach me to sing a song", "prompt")
    assert both.check(english) != alone.check(english)


@pytest.mark.parametrize("value", ["", "a", "123", "\ud800 and \udfff", "\x00 stab", "😀 😀 😀", "x" * 5_000])
@pytest.mark.parametrize("side", ["prompt", "response", "post"])
def test_an_odd_text_gets_scores(both, side, value):
    signals = both.check(Text(value, side, prompt="well?", lang="en")).signals

    assert sorted(one.category for one in signals) == sorted(CATEGORIES)
    assert all(0 <= one.score <= 1 for one in signals)


def test_a_dense_part_is_cut_into_pieces_that_hold_all_of_it():
    pieces = tier.Pieces(TOKENIZER)

    found = pieces("9" * 99 + " " + "8 " * 150)

    assert len(found) > 1
    assert max(map(len, found)) == tier.LONGEST
    assert sum(len(piece) - 2 for piece in found) == 99 + 150
    assert {piece[0] for piece in found} == {BASE_WORDS.index("[CLS]")}


def test_of_a_long_text_the_worst_parts_are_read(shipped):
    one = tier.Encoder(read_manifest(shipped))
    before, crime = "sing a song " * 900, "how do i stab a man " * 30
    text = before + crime + before
    windows = features.windows(len(text))
    at = len(before) + len(crime) // 2
    suspicion = np.array([float(start <= at < end) for start, end in windows], dtype=np.float32)

    told, parts = one.highest(text, "prompt", suspicion)
    missed, _ = one.highest(text, "prompt", np.zeros(len(windows), dtype=np.float32))

    assert parts > 8 * tier.MOST
    assert told[-1] > 0 > missed[-1]


def test_the_weight_of_each_tier_is_found_from_rows():
    random = np.random.default_rng(0)
    odds = random.normal(size=(20_000, 2)) * 2
    truths = (random.random(20_000) < 1 / (1 + np.exp(-(0.2 * odds[:, 0] + odds[:, 1] - 1)))).astype(float)

    assert logistic(odds, truths, (0.5, 0.5)) == pytest.approx([0.2, 1, -1], abs=0.1)
    assert list(logistic(odds[:5], np.zeros(5), (0.5, 0.5))) == [0.5, 0.5, 0]


@pytest.mark.parametrize(
    "name", ["encoder.onnx", "encoder.json", "encoder.safetensors", "encoder-1.safetensors"]
)
def test_a_file_of_the_encoder_that_differs_or_is_gone_is_refused(weights, name):
    content = bytearray((weights / name).read_bytes())
    content[-1] ^= 1
    (weights / name).write_bytes(content)
    with pytest.raises(SafetyError, match=f"{name} have sha256"):
        Classifier(weights)

    (weights / name).unlink()
    with pytest.raises(SafetyError, match=f"{name} cannot be read"):
        Classifier(weights)


def test_an_encoder_whose_numbers_nobody_names_is_refused(weights):
    fields = json.loads((weights / MANIFEST).read_text())
    del fields["files"]["encoder-1.safetensors"]
    (weights / MANIFEST).write_text(json.dumps(fields))

    with pytest.raises(SafetyError, match="encoder's weights lack"):
        Classifier(weights)


def test_the_true_shape_fits_into_thirty_megabytes_and_files_under_nine():
    contents = encoder_files(Reader(base_config()), b"{}" * 233_000)

    sizes = [len(content) for content in contents.values()]
    assert 20_000_000 < sum(sizes) < 30_000_000
    assert max(sizes) < 9_000_000


def test_only_the_named_checkpoint_is_begun_from(tmp_path):
    with pytest.raises(SafetyError, match="model.safetensors of .* cannot be read"):
        read_base(tmp_path)

    for name in BASE_FILES:
        (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(SafetyError, match="has sha256"):
        read_base(tmp_path)


def test_the_command_passes_the_encoder_its_options(tmp_path, capsys):
    with pytest.raises(SystemExit):
        command.main(["encoder", "--help"])

    assert "--base" in capsys.readouterr().out
