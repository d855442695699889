import pytest

from safety.types import Span
from storage.tokens import MOST_TOKENS, hits, holds, kept, owner_mark, question, runs


def folded(text):
    return [run.text for run in runs(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hello, World's end", ["hello", "world", "s", "end"]),
        ("ＡＢＣ１２ Straße", ["abc12", "strasse"]),
        ("我用Python写、東京", ["我用", "python", "写", "東京"]),
        ("가나 다", ["가나", "다"]),
        ("ｶﾞｷﾞ", ["ガギ"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("ภาษาไทย", ["ภาษาไทย"]),
        ("…!? 🙂 \u0301 \n", []),
        ("ﷺ ½", ["صلىاللهعليهوسلم", "12"]),
    ],
)
def test_a_text_is_cut_into_words_and_dense_runs(text, found):
    assert folded(text) == found


def test_a_run_knows_where_it_stands():
    text = "The cafe\u0301, 東京!"

    assert [text[run.span.start : run.span.end] for run in runs(text)] == ["The", "cafe\u0301", "東京"]


def test_a_dense_run_is_kept_as_letters_and_neighbours_a_word_whole():
    mark = owner_mark("ann")

    assert kept("ann", "東京都 Fox fox") == " ".join(
        mark + token for token in ("東", "京", "都", "東京", "京都", "fox")
    )


def test_a_token_holds_nothing_that_either_database_reads_as_its_own():
    everything = "".join(map(chr, range(0x3000))) + "ﷺ ⑴ ㍿ ⒈"

    for token in kept("ann", everything).split(" "):
        assert all(char.isalnum() for char in token if char.isascii())
        assert not any(char.isspace() for char in token)


def test_an_endless_text_is_kept_in_part_and_in_linear_time():
    words = kept("ann", " ".join(f"word{number}" for number in range(50_000))).split(" ")

    assert len(words) == MOST_TOKENS
    assert kept("ann", "a\u0301" * 200_000).startswith(owner_mark("ann"))


def test_two_people_share_no_token():
    assert not set(kept("ann", "fox").split()) & set(kept("bob", "fox").split())
    assert question("ann", tuple(runs("東京都 fox"))) == tuple(
        owner_mark("ann") + token for token in ("東京", "京都", "fox")
    )


@pytest.mark.parametrize(
    ("text", "asked", "is_held"),
    [
        ("東京都", "東京都", True),
        ("東京と京都", "東京都", False),
        ("東京、都と京都", "東京都", False),
        ("x", "東京", True),
    ],
)
def test_the_parts_of_a_long_run_must_stand_together(text, asked, is_held):
    assert holds(text, tuple(runs(asked))) is is_held


def test_what_was_asked_for_is_marked_in_order_and_apart():
    text = "東京都と京都, foxes and a fox"

    found = list(hits(text, tuple(runs("京都 a fox"))))

    assert [text[span.start : span.end] for span in found] == ["京都", "京都", "foxes", "a", "fox"]
    assert found[0] == Span(1, 3)


def test_a_run_whose_length_changes_is_marked_as_a_whole():
    (found,) = hits("x ﾃﾞｰﾀ", tuple(runs("ータ")))

    assert found == Span(2, 6)
