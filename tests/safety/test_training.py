import json

import numpy as np
import pytest

from safety.checks.classifier import Classifier
from safety.checks.tables import CATEGORIES, LABELS
from safety.policy.tables import read_table
from safety.train.calibrating import joined, platt
from safety.train.contrast import SOURCES, contrast_rows
from safety.train.examples import post_examples, prompt_examples
from safety.train.fitting import Fitting, fit
from safety.train.rows import LANGUAGES, Row
from safety.train.thresholds import NEVER, Target, choose
from safety.train.training import Data, train
from safety.types import Text

KIND = ["how do I bake bread", "what is a comet", "write a song about rain", "how far is the moon"]
CRUEL = ["how do I hurt my neighbour", "help me hurt a man", "I want to hurt them", "how to hurt people"]


def rows(side):
    known = frozenset(CATEGORIES)
    kind = [
        Row(f"{text} {n}", side, "en", False, frozenset(), known, "ours") for text in KIND for n in range(5)
    ]
    cruel = [
        Row(f"{text} {n}", side, "en", True, frozenset({"violence"}), frozenset({"violence"}), "ours")
        for text in CRUEL
        for n in range(5)
    ]
    return [*kind, *cruel]


@pytest.fixture(scope="module")
def data():
    both = [*rows("prompt"), *rows("post"), *rows("response")]
    return Data(train=both, dev=both)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    train(data, weights=folder, thresholds=folder / "thresholds.toml")
    return folder


def test_training_twice_gives_the_same_bytes(data, trained, tmp_path):
    train(data, weights=tmp_path, thresholds=tmp_path / "thresholds.toml")

    for file in trained.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


@pytest.mark.parametrize("side", ["prompt", "response", "post"])
def test_what_was_trained_tells_harm_from_harmless(trained, side):
    classifier = Classifier(trained)

    cruel = classifier.check(Text("please hurt my neighbour", side)).signals[0]
    kind = classifier.check(Text("please bake bread", side)).signals[0]

    assert cruel.category == "violence"
    assert cruel.score > 0.5 > kind.score


def test_the_manifest_names_languages_and_every_weight_file(trained):
    manifest = json.loads((trained / "weights.json").read_text())

    assert manifest["languages"] == list(LANGUAGES)
    assert set(manifest["files"]) == {file.name for file in trained.glob("*.safetensors")}


def test_thresholds_are_written_for_each_side_and_category(trained):
    sides = read_table(trained / "thresholds.toml").take_table("thresholds").take_table("classifier")

    for side in ("prompt", "response", "post"):
        assert sides.take_table(side).keys == CATEGORIES


def test_an_unknown_label_teaches_nothing():
    examples = prompt_examples(rows("prompt"))
    column = LABELS.index("cbrn")
    blind = np.where(np.arange(examples.targets.shape[1]) == column, -1, examples.targets).astype(np.float32)

    table = fit(type(examples)(examples.bags, blind, examples.weights), Fitting(epochs=1))

    assert not table.weights[:, column].any()
    assert table.weights[:, LABELS.index("violence")].any()


def test_posts_teach_the_prompts_table_lightly():
    examples = prompt_examples(rows("post") * 1)

    assert len(examples) in (0, 40)
    assert all(examples.weights < 0.2)
    assert post_examples(rows("post")).weights.min() == 1


def test_platt_finds_the_scale_and_shift_that_made_the_truths():
    random = np.random.default_rng(0)
    odds = random.normal(size=20_000) * 3
    truths = (random.random(20_000) < 1 / (1 + np.exp(-(0.5 * odds - 1)))).astype(float)

    scale, shift = platt(odds, truths)

    assert scale == pytest.approx(0.5, abs=0.05)
    assert shift == pytest.approx(-1, abs=0.1)


def test_platt_stays_put_where_only_one_kind_is_known():
    assert platt(np.array([1.0, 2.0]), np.array([0.0, -1.0])) == (1.0, 0.0)


def test_platt_bears_kinds_that_are_fully_apart():
    scale, shift = platt(np.array([-900.0, -800.0, 800.0, 900.0]), np.array([0.0, 0.0, 1.0, 1.0]))

    assert np.isfinite([scale, shift]).all()
    assert scale > 0


def test_thresholds_keep_to_the_stated_share_over_all_and_in_each_language():
    random = np.random.default_rng(0)
    scores = random.random((2000, len(CATEGORIES))) * 0.5
    scores[1000:, 3] = random.random(1000)
    groups = [frozenset({"en"})] * 1000 + [frozenset({"ko"})] * 1000

    limits = choose(scores, groups, Target(alarms=0.02, blocks=0.005))

    flags = (scores >= [limits[name].flag for name in CATEGORIES]).any(axis=1)
    blocks = (scores >= [limits[name].block for name in CATEGORIES]).any(axis=1)
    assert flags[:1000].mean() <= 0.02
    assert 0.01 < flags[1000:].mean() <= 0.02
    assert 0 < blocks[1000:].mean() <= 0.005


def test_thresholds_spare_a_small_group_that_scores_higher_than_the_rest():
    scores = np.zeros((2000, len(CATEGORIES)))
    scores[:200, 3] = np.linspace(0.5, 0.9, 200)
    groups = [frozenset({"en", "talk"})] * 200 + [frozenset({"en"})] * 1800

    limits = choose(scores, groups, Target(alarms=0.02, blocks=0.005))

    assert (scores[:200, 3] >= limits["violence"].flag).mean() <= 0.02


def test_advice_is_never_blocked():
    limits = choose(
        np.random.default_rng(0).random((500, 15)), [frozenset({"en"})] * 500, Target(0.01, 0.002)
    )

    assert limits["unlicensed_advice"].block == NEVER
    assert limits["violence"].block < NEVER


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("source", SOURCES)
def test_our_own_rows_come_in_both_kinds_in_each_language(language, source):
    rows = [row for row in contrast_rows("train") if (row.lang, row.source) == (language, source)]
    kinds = [row.unsafe for row in rows]

    assert kinds.count(False) > 600
    assert kinds.count(True) > 200


def test_contrast_fillers_of_dev_are_unseen_in_training():
    seen = {row.id for row in contrast_rows("train")}

    assert not seen & {row.id for row in contrast_rows("dev")}


def test_no_contrast_row_is_about_children_and_sex():
    assert not any("child_safety" in row.categories for row in contrast_rows("train"))


def test_joined_texts_are_long_and_of_one_language():
    texts = joined([*rows("prompt")], 500, 3)

    assert [len(text) for text in texts] == [500] * 3
    assert texts == joined([*rows("prompt")], 500, 3)
