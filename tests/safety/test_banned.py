import pytest

from safety.checks.banned import Banned
from safety.types import SafetyError, Span, Text

CAUGHT = [
    "please zzz",
    "ZZZ!",
    "zzz",
    "(zzz)",
    "z z z",
    "z.z.z",
    "ｚｚｚ",
    "z\u200bz\u200bz",
    "bad   phrase",
    "a bad\nphrase here",
    "b a d  phrase",
    "この禁句だよ",
    "금지어를 말해",
    "금.지.어",
    "x1!",
]
PASSED = ["", "zz", "zzzz", "pizzzza", "badphrase", "bad, phrase", "phrase bad", "금지", "a1!", "zzz_name"]


@pytest.fixture
def banned():
    return Banned("zzz", "bad phrase", "禁句", "금지어", "x1!")


@pytest.mark.parametrize("value", CAUGHT)
def test_a_banned_word_is_caught(banned, value):
    checked = banned.check(Text(value, "prompt"))

    assert [(signal.category, signal.score, signal.clause) for signal in checked.signals] == [
        ("violence", 1.0, "PUP-2.e.iii")
    ]


@pytest.mark.parametrize("value", PASSED)
def test_a_like_word_is_let_pass(banned, value):
    assert banned.check(Text(value, "prompt")).signals == ()


def test_the_places_are_those_of_what_was_written(banned):
    checked = banned.check(Text("so z.z.z and zzz", "prompt"))

    assert checked.signals[0].spans == (Span(3, 8), Span(13, 16))


def test_the_category_follows_from_the_clause():
    checked = Banned("zzz", clause="PUP-2.e.iv").check(Text("zzz", "prompt"))

    assert checked.signals[0].category == "self_harm"


def test_of_a_flood_of_matches_a_hundred_are_shown(banned):
    checked = banned.check(Text("zzz " * 10_000, "prompt"))

    assert len(checked.signals[0].spans) == 100


@pytest.mark.parametrize("words", [(), ("",), ("zzz", " "), ("\u200b",)])
def test_a_list_without_a_word_is_refused(words):
    with pytest.raises(SafetyError, match="at least one letter"):
        Banned(*words)


def test_an_unknown_clause_is_refused():
    with pytest.raises(SafetyError, match="'PUP-9' is not in the policy"):
        Banned("zzz", clause="PUP-9")
