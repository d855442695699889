import json

import pytest

from benchmarks.demo import asked, likelihood, rows, scoring
from benchmarks.demo.answering import Answering, Said
from benchmarks.demo.ngram import NGrams
from model.demo.batches import Example
from model.demo.corpus.compose import compose
from model.demo.corpus.conversations import LANGUAGES, Conversation, Turn
from model.demo.corpus.tables import table
from model.demo.train import WEIGHTS


def asking_for(reply, topic="knowledge", lang="en"):
    return Conversation(topic, lang, (Turn("a question", reply),))


def said(text, *, has_ended=True):
    return Said(text, (), has_ended)


@pytest.fixture(scope="module")
def answering():
    return Answering(WEIGHTS, temperature=0.0, seed=1)


@pytest.mark.parametrize(
    "text",
    ["The capital of France is Paris.", "Paris is the capital of France.", "It is Paris!"],
)
def test_a_reply_with_the_exact_fact_is_right(text):
    assert scoring.is_right(asking_for("The capital of France is Paris."), said(text))


@pytest.mark.parametrize(
    "text",
    [
        "The capital of France is Lyon.",
        "I am a small demonstration model and do not know that.",
        "Parisian",
        "",
    ],
)
def test_a_reply_without_the_exact_fact_is_wrong(text):
    assert not scoring.is_right(asking_for("The capital of France is Paris."), said(text))


def test_a_number_inside_another_is_not_the_fact():
    wanted = asking_for("A cat has four legs.")
    atom = asking_for("Helium has the atomic number 2.")

    assert not scoring.is_right(atom, said("Helium has the atomic number 22."))
    assert not scoring.is_right(wanted, said("A cat has fourteen legs."))


def test_what_holds_no_fact_must_be_word_for_word_right_or_as_good():
    wanted = asking_for("Your name is Zalooth.", "recall")

    assert scoring.is_right(wanted, said("Your name is Zalooth."))
    assert not scoring.is_right(wanted, said("Your name is Zaloot."))
    assert scoring.is_right(
        asking_for("You are welcome!", "small talk"), said("You are welcome! Is there anything else?")
    )


def test_honest_sentences_and_refusals_are_told_from_answers():
    for lang in LANGUAGES:
        assert scoring.is_honest(said(table("unknown")["say"][lang]["know"]))
        assert scoring.is_refusal(said(table("refusals")["harm"][lang]["say"]))
    assert not scoring.is_honest(said("The capital of France is Paris."))
    assert not scoring.is_refusal(said("To kill time, read, take a walk or listen to music."))


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The capital of France is Paris.", "en"),
        ("프랑스의 수도는 파리입니다.", "ko"),
        ("法国的首都是巴黎。", "zh"),
        ("フランスの首都はパリです。", "ja"),
        ("25 + 3 = 28", None),
    ],
)
def test_the_language_of_a_reply_is_found(text, lang):
    assert scoring.language(text) == lang


def test_a_reply_that_says_the_same_again_and_again_loops():
    assert scoring.loops(said("and so on " * 6))
    assert not scoring.loops(said("- Apple\n- Banana\n- Cherry\n- Orange\n- Pear"))


@pytest.mark.parametrize("text", ["", "The sea is", "First,", "She went to the"])
def test_a_reply_that_stops_in_mid_sentence_is_cut(text):
    assert scoring.is_cut(said(text))


@pytest.mark.parametrize("text", ["The sea is wide.", "- Apple\n- Pear", "25 + 3 = 28", "りんご"])
def test_a_whole_reply_is_not_cut_unless_it_ran_to_the_limit(text):
    assert not scoring.is_cut(said(text))
    assert scoring.is_cut(said(text, has_ended=False))


def test_every_reply_of_the_corpus_counts_as_whole_and_right():
    for conversation in compose(2, "test")[::9]:
        reply = said(conversation.turns[-1].reply)
        assert scoring.is_right(conversation, reply)
        assert not scoring.is_cut(reply) and not scoring.loops(reply)


def test_n_grams_of_a_text_find_it_likelier_than_another():
    grams = NGrams(3, 50)
    for _ in range(20):
        grams.read([2, 10, 11, 12, 13])

    known = Example((2, 10, 11, 12, 13), (False, True, True, True, True))
    other = Example((2, 13, 12, 11, 10), (False, True, True, True, True))

    assert grams.perplexity([known]) < 1.2
    assert grams.perplexity([other]) > 10
    assert sum(grams.chance([10, 11], token) for token in range(50)) == pytest.approx(1.0)


def test_varied_prompts_are_all_different_and_take_in_those_of_a_folder(tmp_path):
    (tmp_path / "some_es.jsonl").write_text(json.dumps({"prompt": "¿Qué hora es?"}) + "\n", "utf-8")
    (tmp_path / "more_en.jsonl").write_text(json.dumps({"turns": ["Which hour is it?", "And now?"]}) + "\n")

    drawn = asked.varied(1, 40, tmp_path)

    assert len(drawn) == 40
    assert len({tuple(turn.prompt for turn in one.turns) for one in drawn}) == 40
    assert {(one.lang, one.turns[0].prompt) for one in drawn if one.topic == "foreign"} == {
        ("es", "¿Qué hora es?"),
        ("en", "Which hour is it?"),
    }


def test_batched_replies_are_those_of_each_prompt_alone(answering):
    conversations = [asking_for("", topic) for topic in ("a", "b")]
    conversations += [
        Conversation("c", "en", (Turn(prompt, ""),)) for prompt in ("Who are you?", "Hello", "What is 2 + 2?")
    ]

    together = answering.replies(conversations)

    assert together == [answering.replies([one])[0] for one in conversations]


def test_every_row_of_the_table_is_measured_and_each_share_is_one(answering):
    figures = list(rows.measure(rows.Asking(answering, "greedy", 1, 1, 6, None)))

    assert len(figures) == 12
    assert all(0 <= figure.values[0] <= 100 for figure in figures if figure.values)
    assert sum(figure.reach is not None for figure in figures) == 10


def test_the_model_is_measured_against_n_grams_on_the_same_tokens():
    (figure,) = likelihood.perplexity(WEIGHTS, seed=1, passes=1, most=30)

    assert figure.values[0] > 1
    assert "5-grams of 1 passes" in figure.note
