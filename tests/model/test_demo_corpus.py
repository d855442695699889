import random

import pytest

from model.demo.corpus import honesty, knowledge, recall, refusals, sums, talk
from model.demo.corpus.compose import compose, rows
from model.demo.corpus.conversations import LANGUAGES, Turn, is_held_out, plain
from model.demo.corpus.tables import fill, table


@pytest.fixture(scope="module")
def train():
    return compose(0, "train")


@pytest.fixture(scope="module")
def test():
    return compose(0, "test")


def test_the_same_seed_composes_the_same_text(train):
    again = compose(0, "train")

    assert again == train


def test_another_seed_words_it_anew(train):
    other = compose(1, "train")

    assert other != train


def test_no_wording_of_the_test_split_is_trained_on(train, test):
    trained = {plain(turn.prompt) for conversation in train for turn in conversation.turns}
    tested = {plain(one.turns[-1].prompt) for one in test if one.topic != "recall"}

    assert tested & trained == set()


def test_no_name_to_recall_in_the_test_split_is_trained_on(train, test):
    names = [name for name in table("recall")["lists"]["en"]["name"] if is_held_out(name)]
    told = {turn.prompt for one in train for turn in one.turns if turn.prompt.startswith("My name is")}

    assert names
    assert not any(f"My name is {name}." in told for name in names)


def test_every_language_is_spoken_in_both_splits(train, test):
    for split in (train, test):
        assert {conversation.lang for conversation in split} == set(LANGUAGES)


def test_replies_are_short_and_whole(train):
    for conversation in train:
        for turn in conversation.turns:
            assert 0 < len(turn.prompt) < 400
            assert 0 < len(turn.reply) < 400
            assert turn.reply == turn.reply.strip()


def test_no_slot_is_left_open(train, test):
    for split in (train, test):
        for conversation in split:
            for turn in conversation.turns:
                for slot in ("{x}", "{y}", "{z}", "{q}", "{n}", "{d}", "{l}", "{s}", "{이", "{은", "{을"):
                    assert slot not in turn.prompt + turn.reply


def test_no_turn_marker_stands_in_the_text(train):
    text = " ".join(turn.prompt + turn.reply for one in train for turn in one.turns)

    assert "<start_of_turn>" not in text
    assert "<end_of_turn>" not in text


def test_one_wording_is_never_taught_two_answers():
    answers = {}
    for row in rows():
        for ask in row.asks:
            answers.setdefault((row.lang, plain(ask)), set()).add(row.says)

    assert {wording: says for wording, says in answers.items() if len(says) > 1} == {}


def test_nothing_taught_as_unknown_is_taught_as_known():
    known = {plain(ask) for row in rows() for ask in row.asks + row.held}
    asked = {plain(honesty.draw(random.Random(seed), "train").turns[0].prompt) for seed in range(5000)}

    assert asked & known == set()


def test_korean_particles_follow_the_sound_before_them():
    assert fill("{x}{이란/란}", x="중력") == "중력이란"
    assert fill("{x}{을/를}", x="뇌") == "뇌를"
    assert fill("{x}{은/는}", x="3") == "3은"


def test_a_reply_about_a_sum_is_right(train):
    for conversation in train:
        for turn in conversation.turns:
            if conversation.topic == "sums" and " = " in turn.reply and turn.reply[0].isdigit():
                left, right = turn.reply.split(" = ")
                assert eval(left, {"__builtins__": {}}) == int(right)


def test_the_model_never_claims_to_be_google_or_human(train):
    replies = {turn.reply for one in train for turn in one.turns}

    assert not any("I am human" in reply or "trained by Google" in reply for reply in replies)
    assert any("Bezel's small demonstration model" in reply for reply in replies)


@pytest.mark.parametrize("module", [knowledge, talk, refusals])
def test_every_row_has_a_reply_and_a_wording(module):
    for row in module.rows():
        assert row.says and all(row.says)
        assert row.asks or row.held


@pytest.mark.parametrize("draw", [honesty.draw, honesty.draw_other_language, sums.draw])
def test_what_is_drawn_depends_on_the_seed_alone(draw):
    first = [draw(random.Random(3), "train") for _ in range(3)]
    again = [draw(random.Random(3), "train") for _ in range(3)]

    assert first == again


def test_what_is_told_is_asked_for_in_the_same_conversation():
    between = {lang: [talk_turn] for lang, talk_turn in _one_turn_each().items()}
    drawn = [recall.draw(random.Random(seed), "train", between) for seed in range(50)]

    assert all(2 <= len(one.turns) <= 8 or len(one.turns) == 1 for one in drawn)


def _one_turn_each():
    return {row.lang: Turn(row.asks[0], row.says[0]) for row in talk.rows()}
