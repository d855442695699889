import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.stops import StopTexts


def through(stops, pieces):
    texts = StopTexts(stops)
    shown = "".join(texts.passed(piece) for piece in pieces) + texts.rest()
    return shown, texts.was_hit


@pytest.mark.parametrize(
    ("stops", "pieces", "shown"),
    [
        (["END"], ["one E", "ND two"], "one "),
        (["END"], ["one EN", "dless"], "one ENdless"),
        (["b", "abc"], ["ab", "c"], "a"),
        (["\n\n"], ["a\n", "b\n", "\nc"], "a\nb"),
        (["END"], ["one E"], "one E"),
        ([], ["one"], "one"),
    ],
)
def test_a_reply_ends_before_the_first_stop_text(stops, pieces, shown):
    assert through(stops, pieces)[0] == shown


def test_nothing_is_shown_after_a_stop_text():
    texts = StopTexts(["x"])

    assert [texts.passed("ax"), texts.passed("more"), texts.rest()] == ["a", "", ""]


def test_what_cannot_begin_a_stop_text_is_shown_at_once():
    assert StopTexts(["END"]).passed("one E and two") == "one E and two"


@given(st.lists(st.text("ab", min_size=1, max_size=3), max_size=3), st.lists(st.text("abc", max_size=4)))
def test_how_a_reply_is_cut_into_pieces_changes_nothing(stops, pieces):
    shown, was_hit = through(stops, pieces)
    whole = "".join(pieces)

    assert whole.startswith(shown)
    assert was_hit == any(stop in whole for stop in stops)
    assert was_hit or shown == whole
    assert not any(stop in shown for stop in stops)
