import random
import re

import pytest

from model.demo.corpus import follow, forms, honesty, knowledge, paste, recall, refusals, sums, talk, wording
from model.demo.corpus.compose import compose, rows
from model.demo.corpus.conversations import LANGUAGES, Turn, is_held_out, plain
from model.demo.corpus.tables import fill, table

SUM = re.compile(r"\d+ [-+*] \d+ = \d+")
OPEN_SLOT = re.compile(r"\{(?:[a-zN]|[가-힣]+/[가-힣]+)\}")


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
    tested = {plain(one.turns[-1].prompt) for one in test if one.topic not in ("recall", "follow-up")}

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
            assert 0 < len(turn.prompt) < 600
            assert 0 < len(turn.reply) < 400
            assert turn.reply == turn.reply.strip()


def test_no_slot_is_left_open(train, test):
    for split in (train, test):
        for conversation in split:
            for turn in conversation.turns:
                assert not OPEN_SLOT.search(turn.prompt + turn.reply)


def test_no_turn_marker_stands_in_the_text(train):
    text = " ".join(turn.prompt + turn.reply for one in train for turn in one.turns)

    assert "<start_of_turn>" not in text
    assert "<end_of_turn>" not in text


def test_one_wording_is_never_taught_two_answers():
    answers = {}
    for row in rows():
        for ask in row.asks + row.framed:
            answers.setdefault((row.lang, plain(ask)), set()).add(row.says)

    assert {wording: says for wording, says in answers.items() if len(says) > 1} == {}


def test_nothing_taught_as_unknown_is_taught_as_known():
    known = {plain(ask) for row in rows() for ask in row.asks + row.framed + row.held}
    asked = {plain(honesty.draw(random.Random(seed), "train").turns[0].prompt) for seed in range(5000)}

    assert asked & known == set()


def test_korean_particles_follow_the_sound_before_them():
    assert fill("{x}{이란/란}", x="중력") == "중력이란"
    assert fill("{x}{을/를}", x="뇌") == "뇌를"
    assert fill("{x}{은/는}", x="3") == "3은"


def test_a_reply_about_a_sum_is_right(train):
    for conversation in train:
        for turn in conversation.turns:
            if SUM.fullmatch(turn.reply):
                left, right = turn.reply.split(" = ")
                assert eval(left, {"__builtins__": {}}) == int(right)


def test_the_model_never_claims_to_be_google_or_human(train):
    replies = {turn.reply for one in train if one.topic != "follow-up" for turn in one.turns}

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


@pytest.fixture(scope="module")
def between():
    return {lang: [turn] for lang, turn in _one_turn_each().items()}


def test_cores_and_frames_become_whole_prompts_and_held_frames_stay_out_of_training():
    made = forms.wordings("en", ["Who made it?", ">who made it", "=the maker"], ["Whose work is it?"])

    assert made.asks == ("Who made it?",)
    assert "Can you tell me who made it?" in made.framed
    assert "Give me the maker." in made.framed
    assert {"Whose work is it?", "Would you tell me who made it?", "I'd like to hear the maker."} <= set(
        made.held
    )
    assert set(made.held).isdisjoint(made.asks + made.framed)


def test_a_form_meets_each_of_the_equal_names_of_its_slots():
    made = forms.formed("count", "en", [["days"], ["a week", "one week"]])

    assert {"How many days are in a week?", "How many days are in one week?"} <= set(made.asks)


@pytest.mark.parametrize(("count", "held"), [(2, 0), (3, 1), (7, 1), (8, 2)])
def test_of_listed_wordings_the_last_are_held_out(count, held):
    listed = [f"Wording {number}." for number in range(count)]

    assert forms.written("en", listed).held == tuple(listed[count - held :])


def test_exact_facts_stand_in_stars_in_the_tables_and_in_the_reply(train):
    facts = [row for row in rows() if row.keys]

    assert len(facts) > 500
    assert all(key in row.says[0] for row in facts for key in row.keys)
    assert not any("*" in say for row in facts for say in row.says)


def test_every_row_that_is_trained_on_is_tested_with_words_held_out():
    assert [row.says for row in rows() if not row.held] == []


def test_a_prompt_in_other_dress_keeps_its_numbers_and_its_foreign_letters():
    rng = random.Random(0)
    for prompt in ("What is 17 + 4, please?", "프랑스의 수도는 어디인가요?", "日本の首都はどこですか？"):
        for _ in range(200):
            dressed = wording.varied(rng, prompt)
            assert re.findall(r"\d+|[^\x00-\x7f]", dressed.rstrip("？?")) == re.findall(
                r"\d+|[^\x00-\x7f]", prompt.rstrip("？?")
            )


def test_a_summary_is_the_first_sentence_of_the_text():
    seen = 0
    for seed in range(300):
        drawn = paste.draw(random.Random(seed), "test", {})
        (turn,) = drawn.turns
        wishes = table("paste")[drawn.lang]
        asked = [*wishes["summarise"], *wishes["held"]["summarise"]]
        found = [ask for ask in asked if turn.prompt.startswith(ask.split("{t}")[0] + turn.reply)]
        seen += bool(found)

    assert seen > 80


def test_a_pasted_list_comes_back_whole_and_in_its_order():
    seen = 0
    for seed in range(300):
        (turn,) = paste.draw(random.Random(seed), "train", {}).turns
        if turn.reply.startswith("- "):
            things = [line[2:] for line in turn.reply.splitlines()]
            places = [turn.prompt.rindex(thing) for thing in things]
            assert len(things) >= 3 and places == sorted(places)
            seen += 1
    assert seen > 20


def test_no_pasted_text_of_the_test_split_is_trained_on():
    trained = {paste.draw(random.Random(seed), "train", {}).turns[0].reply for seed in range(2000)}
    tested = {paste.draw(random.Random(seed), "test", {}).turns[0].reply for seed in range(500)}

    assert tested.isdisjoint(trained)


def test_what_was_asked_first_is_quoted_as_it_was(between):
    seen = 0
    for seed in range(200):
        drawn = follow.draw(random.Random(seed), "train", between)
        if drawn.turns[-1].reply.startswith("You first said"):
            assert drawn.turns[0].prompt in drawn.turns[-1].reply
            seen += 1
    assert seen > 10


def test_splits_share_no_made_up_name():
    trained = {honesty.made_up_name(random.Random(seed), "train") for seed in range(500)}
    tested = {honesty.made_up_name(random.Random(seed), "test") for seed in range(500)}

    assert trained.isdisjoint(tested)


def test_a_prompt_in_spanish_or_french_is_met_with_one_honest_sentence():
    drawn = [honesty.draw_other_language(random.Random(seed), "test").turns[0] for seed in range(100)]

    assert {turn.reply for turn in drawn} == {table("unknown")["say"]["other"]}
    assert any("¿" in turn.prompt for turn in drawn)
