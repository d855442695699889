import asyncio
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.checks.banned import Banned
from safety.guard import Guard
from safety.hold_back import FIRST, GROWTH, hold_back
from safety.policy import policy_for
from safety.types import Action, Text, Verdict

WINDOW = 48
PHRASE = "a very bad phrase"
PLAIN = Verdict(Action.ALLOW, 0.0, {}, (), {}, "test/standard/n1")
STOP = Verdict(Action.BLOCK, 1.0, {}, (), {}, "test/standard/n1")
CLEAN = (
    "Bread needs flour, water, salt and time. Mix them in a large bowl! Then let the dough rest; "
    "an hour is enough in summer, two in winter. Shape it, wait again, and bake it in a hot oven until the "
    "crust sounds hollow.\n\nIt keeps for three days, 냉장고에서는 더 오래 보관할 수 있어요. "
    "パンは毎日焼きましょう。 Enjoy it. "
) * 2


class Source:
    """Chunks as a model gives them; it keeps how many were read and whether it was closed."""

    def __init__(self, chunks, *, error=None, pace=None):
        self.read = 0
        self.closed = False
        self._chunks = chunks
        self._error = error
        self._pace = pace

    async def chunks(self):
        try:
            for chunk in self._chunks:
                if self._pace is not None:
                    await asyncio.sleep(self._pace)
                self.read += 1
                yield chunk
            if self._error:
                raise self._error
        finally:
            self.closed = True


class Judged:
    """A judge that stops at the phrase and keeps what it was shown."""

    def __init__(self, phrase=PHRASE):
        self.texts = []
        self._phrase = phrase

    async def __call__(self, text):
        self.texts.append(text)
        return STOP if self._phrase in text else PLAIN


def cut(text, sizes):
    """The text in chunks of these sizes, over and over."""
    chunks, at, turn = [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        chunks.append(text[at : at + size])
        at += size
        turn += 1
    return chunks


async def all_of(source, judge, **settings):
    return [passed async for passed in hold_back(source.chunks(), judge, **settings)]


SIZES = st.lists(st.integers(1, 90), min_size=1, max_size=6)


@given(st.text(max_size=600), SIZES)
async def test_a_clean_reply_is_released_whole_and_only_ever_grows(text, sizes):
    source = Source(cut(text, sizes))

    passed = await all_of(source, Judged("no such thing" * 99))

    texts = [one.text for one in passed]
    assert texts[-1] == text
    assert all(later.startswith(earlier) for earlier, later in zip(texts, texts[1:], strict=False))
    assert [one.is_final for one in passed] == [False] * (len(passed) - 1) + [True]
    assert source.closed


@given(st.integers(0, len(CLEAN)), SIZES)
async def test_no_character_of_a_bad_phrase_is_released_wherever_it_comes(offset, sizes):
    source = Source(cut(CLEAN[:offset] + PHRASE + CLEAN[offset:], sizes))

    passed = await all_of(source, Judged())

    assert all(CLEAN[:offset].startswith(one.text) for one in passed)
    assert passed[-1].is_final
    assert passed[-1].verdict is STOP
    assert source.closed


async def test_no_character_of_a_bad_phrase_is_released_at_any_offset_letter_by_letter():
    for offset in range(0, len(CLEAN), 3):
        source = Source([*(CLEAN[:offset] + PHRASE + CLEAN[offset:])])

        passed = await all_of(source, Judged())

        assert all(CLEAN[:offset].startswith(one.text) for one in passed), offset
        assert passed[-1].verdict is STOP


@pytest.mark.parametrize("size", [1, 3, 7, 50])
async def test_the_real_guard_lets_no_character_of_a_banned_phrase_through(size):
    guard = Guard([Banned(PHRASE)], policy_for("banned"))

    async def judge(text):
        return await guard.judge(Text(text, "response", prompt="How do I bake bread?", lang="en"))

    for offset in range(0, len(CLEAN), 17):
        lead = CLEAN[:offset].rstrip() + " "
        source = Source(cut(lead + PHRASE + " " + CLEAN[offset:], [size]))
        passed = await all_of(source, judge)

        assert all(lead.startswith(one.text) for one in passed), offset
        assert passed[-1].verdict.clause == "PUP-2.e.iii"
    guard.close()


async def test_a_word_that_is_still_going_on_is_not_taken_for_a_shorter_one():
    text = "They wrote it down, one after the other, all of them. " * 3 + "A skilled cook knows. " * 9
    guard = Guard([Banned("skill")], policy_for("banned"))

    async def judge(so_far):
        return await guard.judge(Text(so_far, "response", lang="en"))

    for size in (1, 2, 3, 5):
        passed = await all_of(Source(cut(text, [size])), judge)
        assert passed[-1].text == text
    guard.close()


@given(SIZES)
async def test_the_last_characters_are_held_until_the_end(sizes):
    source = Source(cut(CLEAN, sizes))
    judge = Judged()

    async for passed in hold_back(source.chunks(), judge, window=WINDOW):
        if not passed.is_final:
            assert len(passed.text) <= len(judge.texts[-1]) - WINDOW
            assert CLEAN.startswith(judge.texts[-1])


async def test_a_reply_is_always_judged_from_its_start():
    judge = Judged()

    await all_of(Source(cut(CLEAN, [5])), judge)

    assert all(CLEAN.startswith(text) for text in judge.texts)
    assert judge.texts[-1] == CLEAN


async def test_a_stopped_reply_is_not_read_further_and_is_closed_before_the_reader_hears():
    source = Source([*("fine words " * 20), PHRASE, " ", *("more words " * 500)])

    async for passed in hold_back(source.chunks(), Judged()):
        if passed.is_final:
            assert source.closed

    assert source.read < 20 * 11 + 100


async def test_a_reply_that_turns_bad_in_its_last_words_ends_with_what_had_passed():
    source = Source(cut(CLEAN + PHRASE, [10]))

    passed = await all_of(source, Judged())

    assert passed[-1].verdict is STOP
    assert passed[-1].text == passed[-2].text
    assert 0 < len(passed[-1].text) <= len(CLEAN)


@pytest.mark.parametrize("chunks", [[], [""], ["", ""]])
async def test_an_empty_reply_is_judged_too(chunks):
    judge = Judged()

    passed = await all_of(Source(chunks), judge)

    assert [(one.text, one.is_final) for one in passed] == [("", True)]
    assert judge.texts == [""]


async def test_the_first_words_of_a_short_reply_come_early():
    source = Source([*CLEAN])

    async with aclosing(hold_back(source.chunks(), Judged(), window=WINDOW)) as passages:
        first = await anext(passages)

    assert first.text
    assert source.read <= WINDOW + FIRST + 1


async def test_a_first_sentence_comes_as_soon_as_its_window_has_passed():
    source = Source([*("Yes! " + "word " * 50)])

    async with aclosing(hold_back(source.chunks(), Judged(), window=WINDOW)) as passages:
        first = await anext(passages)

    assert first.text.startswith("Yes!"[: len(first.text)])
    assert source.read < WINDOW + FIRST


async def test_a_slow_model_is_followed_closely():
    words = ["a word "] * 24
    source = Source(words, pace=0.03)

    passed = await all_of(source, Judged(), window=16, step=10_000)

    assert len(passed) >= 3


@pytest.mark.parametrize("length", [1_000, 10_000, 100_000])
async def test_all_judging_together_stays_in_proportion_to_the_reply(length):
    source = Source(cut(("word " * length)[:length], [4]))
    judge = Judged()

    await all_of(source, judge)

    assert sum(map(len, judge.texts)) < (2 * GROWTH + 4) * length


async def test_an_error_of_the_model_comes_through_after_what_had_passed():
    source = Source(cut(CLEAN, [10]), error=RuntimeError("the model broke"))
    seen = []

    with pytest.raises(RuntimeError, match="the model broke"):
        async for passed in hold_back(source.chunks(), Judged()):
            seen.append(passed)

    assert seen
    assert not any(passed.is_final for passed in seen)
    assert source.closed


async def test_an_error_of_the_judge_closes_the_model_and_releases_nothing_more():
    source = Source(cut(CLEAN, [10]))

    async def judge(text):
        raise RuntimeError("no verdict")

    with pytest.raises(RuntimeError, match="no verdict"):
        await all_of(source, judge)

    assert source.closed


async def test_a_stream_that_is_half_read_and_closed_closes_the_model():
    source = Source([*CLEAN])

    async with aclosing(hold_back(source.chunks(), Judged())) as passages:
        await anext(passages)

    assert source.closed
    assert source.read < len(CLEAN)


async def test_a_turn_cancelled_while_it_is_judged_closes_the_model():
    source = Source([*CLEAN])
    judging = asyncio.Event()

    async def judge(text):
        judging.set()
        await asyncio.sleep(60)

    turn = asyncio.create_task(all_of(source, judge))
    await judging.wait()
    turn.cancel()

    with pytest.raises(asyncio.CancelledError):
        await turn
    assert source.closed


class Plain:
    """An iterator that cannot be closed."""

    def __init__(self, chunks):
        self._chunks = iter(chunks)

    def __aiter__(self):
        return self

    async def __anext__(self):
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration


async def test_chunks_that_cannot_be_closed_are_fine():
    passed = [one async for one in hold_back(Plain(cut(CLEAN, [9])), Judged())]

    assert passed[-1].text == CLEAN


@pytest.mark.parametrize("cluster", ["👨‍👩‍👧‍👦", "👍🏽", "🇰🇷", "e\u0301\u0323", "❤️", "क्षि", "\ud83d\ude00"])
async def test_an_emoji_or_letter_is_never_parted(cluster):
    text = cluster * 300

    passed = await all_of(Source([*text]), Judged())

    assert all(len(one.text) % len(cluster) == 0 for one in passed)
    assert len(passed) > 3


async def test_a_reply_of_nothing_but_marks_still_comes_through():
    text = "a" + "\u0301" * 5_000

    passed = await all_of(Source(cut(text, [50])), Judged())

    assert passed[-1].text == text
    assert len(passed) > 3


async def test_a_flagged_reply_goes_on():
    flagged = Verdict(Action.FLAG, 0.7, {}, (), {}, "test/standard/n1")

    async def judge(text):
        return flagged

    passed = await all_of(Source(cut(CLEAN, [20])), judge)

    assert passed[-1].text == CLEAN
    assert passed[-1].verdict is flagged
