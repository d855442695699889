import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.normalise import _LOOK_ALIKES, normalise
from safety.types import Span

DISGUISED = {
    "full-width letters": ("ｋｉｌｌ him", "kill him"),
    "mathematical letters": ("𝐤𝓲𝕝𝗹 him", "kill him"),
    "circled letters": ("ⓚⓘⓛⓛ", "kill"),
    "small capitals": ("ᴋɪʟʟ", "kill"),
    "zero-width spaces": ("k\u200bi\u200bl\u200bl", "kill"),
    "word joiners and byte order marks": ("k\u2060i\ufeffll", "kill"),
    "soft hyphens": ("ki\u00adll", "kill"),
    "joiners between Latin letters": ("k\u200di\u200cll", "kill"),
    "NULs and other controls": ("k\x00i\x1bll", "kill"),
    "bidi controls": ("\u202ekill\u202c \u2066him\u2069", "kill him"),
    "tag characters": ("hi\U000e006b\U000e0069\U000e006c\U000e006c", "hi"),
    "a heap of variation selectors on an emoji": ("😀\ufe01\ufe0a\U000e0110\U000e0121", "😀"),
    "variation selectors between letters": ("k\ufe0fi\ufe00ll", "kill"),
    "Hangul fillers": ("자\u3164살\uffa0", "자살"),
    "Cyrillic look-alikes": ("how to mаkе а bоmb", "how to make a bomb"),
    "Greek look-alikes": ("mακe", "make"),
    "a word of look-alikes only, among Latin words": ("the сор runs", "the cop runs"),
    "struck-through letters": ("k\u0336i\u0336l\u0336l\u0336", "kill"),
    "letters under a heap of marks": ("k" + "\u0301\u0316\u0327" * 30 + "ill", "kill"),
    "spaced letters": ("please k i l l him", "please kill him"),
    "spaced words with wider gaps": ("k i l l  h i m", "kill  him"),
    "dotted letters": ("k.i.l.l", "kill"),
    "dashed, starred and underlined letters": ("k-i*l_l", "kill"),
    "spaced full-width letters": ("ｋ　ｉ　ｌ　ｌ", "kill"),
    "dotted Korean": ("자.살", "자살"),
    "spaced Korean": ("자 살 방 법", "자살방법"),
    "starred Chinese": ("自*杀", "自杀"),
    "separate Korean letters": ("\u110c\u1161\u1109\u1161\u11af", "자살"),
    "half-width katakana": ("ｼﾞｻﾂ", "ジサツ"),
}

CLEAN = [
    "Plain English, with 3.14 and a-b: nothing changes.",
    "How do I kill a Python process?",
    "I am a b-side collector.",
    "Der Fluß ist größer; où est le garçon? Đường phố",
    "Что делает этот сорт кода?",
    "Τι καιρό κάνει σήμερα;",
    "Let α and β be angles.",
    "👨‍👩‍👧‍👦 👍🏽 ❤️ ❤️‍🔥 🏳️‍🌈 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 🇰🇷",
    "می‌خواهم کتاب‌ها را بخوانم",
    "क्‍ष और नमस्ते दुनिया",
    "오늘은 날씨가 참 좋네요. 산책할까요?",
    "今日はいい天気ですね。散歩に行きましょう！",
    "今天天气很好，我们去散步吧。",
    "สวัสดีครับ วันนี้อากาศดี",
    "שָׁלוֹם עֲלֵיכֶם",
    "def f(a, b):\n    return a * b\n",
]


@pytest.mark.parametrize(("text", "plain"), DISGUISED.values(), ids=DISGUISED.keys())
def test_a_disguise_is_taken_off(text, plain):
    assert normalise(text).value == plain


@pytest.mark.parametrize("text", CLEAN)
def test_a_text_that_hides_nothing_comes_through_as_it_is(text):
    text = unicodedata.normalize("NFC", text)
    compatible = text.replace("！", "!").replace("，", ",").replace("；", ";")

    assert normalise(text).value == compatible


@pytest.mark.parametrize(
    ("text", "word", "written"),
    [
        ("please k i l l him", "kill", "k i l l"),
        ("ok k\u200bi\u200bll", "kill", "k\u200bi\u200bll"),
        ("x ｋｉｌｌ y", "kill", "ｋｉｌｌ"),
        ("see cafe\u0301s here", "cafés", "cafe\u0301s"),
        ("the сор runs", "cop", "сор"),
        ("so ｼﾞｻﾂ there", "ジサツ", "ｼﾞｻﾂ"),
        ("\u1112\u1161\u11ab글 \u110c\u1161", "한글", "\u1112\u1161\u11ab글"),
        ("Ⅷ k.i.l.l", "VIII", "Ⅷ"),
    ],
)
def test_a_span_leads_back_to_what_was_written(text, word, written):
    plain = normalise(text)

    start = plain.value.index(word)
    span = plain.span(start, start + len(word))

    assert text[span.start : span.end] == written


def test_an_unchanged_text_keeps_its_places():
    plain = normalise("as it is")

    assert plain.span(3, 5) == Span(3, 5)


def test_look_alikes_lead_from_other_alphabets_to_plain_latin():
    for source, target in _LOOK_ALIKES.items():
        assert unicodedata.name(chr(source)).startswith(("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "LISU"))
        assert chr(target).isascii()
        assert chr(source).islower() == chr(target).islower() or source > 0x1000


TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from("abkil. -*\u200b\u200d\ufe0fаеоα가자́👍🏽\ud800\x00🇰"))
)


@given(TEXTS)
def test_every_character_has_a_place_in_the_original_and_they_follow_one_another(text):
    plain = normalise(text)

    assert len(plain.value) == len(plain.offsets) == len(plain.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(plain.offsets, plain.ends, strict=True))
    assert list(plain.offsets) == sorted(plain.offsets)
    assert list(plain.ends) == sorted(plain.ends)


@given(st.text(st.characters(exclude_categories=("Cf", "Cc", "Cs")), max_size=30))
def test_nothing_is_lost_but_marks_fillers_and_separators(text):
    lost = len(text) - len({offset for offset in normalise(text).offsets})

    removable = sum(
        unicodedata.category(char).startswith(("M", "P", "Z", "S"))
        or not normalise(char).value
        or _is_jamo(char)
        for char in unicodedata.normalize("NFKD", text)
    )
    assert lost <= removable


def _is_jamo(char):
    return "\u1100" <= char <= "\u11ff"


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "\udfff\ud800", "\u200b" * 1000, "\u0301", "\u200d"])
def test_odd_texts_are_survived(text):
    assert len(normalise(text).value) <= len(text)


def test_a_character_that_would_swell_stays_small():
    assert len(normalise("\ufdfa" * 1000).value) == 1000


MEGABYTES = {
    "English": "hello there, what a day. " * 40_000,
    "Korean": "안녕하세요 세계 " * 110_000,
    "full-width": "ｋｉｌｌ " * 200_000,
    "every second character invisible": "a\u200b" * 500_000,
    "only invisible": "\u200b" * 1_000_000,
    "one letter, a million marks": "a" + "\u0301\u0316" * 500_000,
    "marks on every letter": "a\u0301\u0316\u0301\u0316" * 200_000,
    "swelling characters": "\ufdfa" * 1_000_000,
    "spaced letters": "k i l l  " * 111_000,
    "one spaced word": "a " * 500_000,
    "emoji families": "👨‍👩‍👧" * 200_000,
    "mixed scripts": "mаkе " * 200_000,
    "separate Korean letters": "\u1112\u1161\u11ab" * 333_000,
    "lone surrogates": "\ud800" * 1_000_000,
}


def spent(text):
    """The processor time of normalising a text, in seconds."""
    started = time.process_time()
    normalise(text)
    return time.process_time() - started


@pytest.mark.parametrize("text", MEGABYTES.values(), ids=MEGABYTES.keys())
def test_a_million_characters_take_time_in_proportion(text):
    normalise("가")
    tenth = min(spent(text[: len(text) // 10]) for _ in range(3))

    taken = spent(text)

    # Quadratic work would take a hundred times as long; a busy machine, some times.
    assert taken < 50 * tenth + 1


LETTERS = st.sampled_from("가힣\u1112각ｼﾊかกन①㎏中בر")
MARKS = st.text(st.sampled_from("\u1161\u11abﾞﾟ\u3099\u093c\u0651\u064e\u05b7\u0e48"), max_size=3)


@given(st.lists(st.builds("{}{}".format, LETTERS, MARKS), max_size=20).map("".join))
def test_letters_and_marks_come_together_as_unicode_says(text):
    assert normalise(text).value == unicodedata.normalize("NFKC", text)
