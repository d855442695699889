import asyncio
import logging
import math
import threading
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from safety.checks.banned import Banned
from safety.guard import Guard
from safety.lanes import MOST_HUNG, MOST_WAITING
from safety.policy import CATEGORIES, Threshold, load_policy, policy_for
from safety.types import Action, CheckedText, Outcome, SafetyError, Signal, Span, Text


async def judged_both_ways(guard, text):
    """The verdict, after a look that the two ways to it agree."""
    first, second = await guard.judge(text), guard.judge_now(text)
    assert replace(first, ms=0.0) == replace(second, ms=0.0)
    return first


async def test_a_harmless_text_is_allowed_and_says_what_looked_at_it(guard_of, says, prompt):
    guard = guard_of(says())

    verdict = await judged_both_ways(guard, prompt)

    assert (verdict.action, verdict.score, verdict.findings) == (Action.ALLOW, 0.0, ())
    assert verdict.checks == {"says": Outcome.PASS}
    assert verdict.policy == f"{load_policy().version}/standard/n2"
    assert verdict.versions == {"says": "1", "policy": load_policy().fingerprint}
    assert not verdict.failed


@pytest.mark.parametrize(
    ("score", "action", "outcome", "threshold"),
    [
        (0.49, Action.ALLOW, Outcome.PASS, None),
        (0.5, Action.FLAG, Outcome.FLAG, 0.5),
        (0.89, Action.FLAG, Outcome.FLAG, 0.5),
        (0.9, Action.BLOCK, Outcome.BLOCK, 0.9),
        (1, Action.BLOCK, Outcome.BLOCK, 0.9),
    ],
)
async def test_a_score_is_acted_on_from_its_threshold_on(
    guard_of, says, prompt, violent, score, action, outcome, threshold
):
    guard = guard_of(says(violent(score)))

    verdict = await judged_both_ways(guard, prompt)

    assert (verdict.action, verdict.checks["says"], verdict.score) == (action, outcome, score)
    assert [found.threshold for found in verdict.findings] == ([] if threshold is None else [threshold])


async def test_every_category_has_a_score_and_the_highest_counts(guard_of, says, prompt):
    guard = guard_of(
        says(Signal("hate", 0.2), Signal("hate", 0.3), name="a"), says(Signal("sexual", 0.4), name="b")
    )

    verdict = await judged_both_ways(guard, prompt)

    assert tuple(verdict.categories) == CATEGORIES
    assert (verdict.categories["hate"], verdict.categories["sexual"], verdict.categories["cbrn"]) == (
        0.3,
        0.4,
        0,
    )
    assert verdict.score == 0.4


async def test_the_finding_that_decided_comes_first(guard_of, says, prompt):
    signals = (
        Signal("hate", 0.7),
        Signal("violence", 0.99),
        Signal("dangerous_illegal", 0.97, "PUP-2.a.ii"),
        Signal("child_safety", 0.97, "PUP-2.a.i"),
        Signal("self_harm", 0.6, "PUP-2.e.iv"),
        Signal("sexual", 0.95),
    )
    guard = guard_of(says(*signals))

    verdict = await judged_both_ways(guard, prompt)

    assert verdict.action is Action.BLOCK
    assert [(found.clause, found.score) for found in verdict.findings] == [
        ("PUP-2.a.i", 0.97),
        ("PUP-2.a.ii", 0.97),
        ("PUP-2.e.iii", 0.99),
        ("PUP-4", 0.95),
        ("PUP-2.e.iv", 0.6),
        ("PUP-2.e.i", 0.7),
    ]


async def test_a_signal_may_name_its_clause_and_place(guard_of, says, prompt):
    guard = guard_of(says(Signal("privacy", 0.95, "PUP-2.e.vi", (Span(0, 4),))))

    verdict = await judged_both_ways(guard, prompt)

    assert verdict.clause == "PUP-2.e.vi"
    assert verdict.findings[0].spans == (Span(0, 4),)


@pytest.mark.parametrize(
    ("side", "action"), [("prompt", "support"), ("response", "support"), ("post", "block")]
)
async def test_self_harm_is_answered_with_help_and_never_goes_on(guard_of, says, side, action):
    guard = guard_of(says(Signal("self_harm", 0.95), Signal("violence", 0.92)))

    verdict = await judged_both_ways(guard, Text("a text", side, lang="en"))

    assert verdict.action == action
    assert verdict.action.withholds
    assert verdict.clause == "PUP-2.e.iv"


async def test_unlicensed_advice_is_never_more_than_flagged(guard_of, says, prompt):
    for profile in ("strict", "standard", "research"):
        guard = guard_of(says(Signal("unlicensed_advice", 1.0)), profile=profile)

        verdict = await judged_both_ways(guard, prompt)

        assert (verdict.action, verdict.clause) == (Action.FLAG, "PUP-2.b")


@pytest.mark.parametrize(
    "error",
    [ValueError("bad"), RecursionError(), MemoryError(), SystemExit(1), KeyboardInterrupt(), StopIteration()],
)
async def test_a_check_that_raises_withholds_the_text_without_a_clause(guard_of, raises, says, prompt, error):
    guard = guard_of(raises(error), says())

    verdict = await judged_both_ways(guard, prompt)

    assert (verdict.action, verdict.clause, verdict.failed) == (Action.BLOCK, None, True)
    assert verdict.checks == {"raises": Outcome.ERROR, "says": Outcome.PASS}


RUBBISH = {
    "nothing": None,
    "a truth value": True,
    "a dict": {"signals": ()},
    "signals as a list": CheckedText([Signal("hate", 0.1)]),  # type: ignore[arg-type]
    "a signal of another type": CheckedText(("hate",)),  # type: ignore[arg-type]
    "an unknown category": CheckedText((Signal("rudeness", 0.1),)),  # type: ignore[arg-type]
    "an unknown clause": CheckedText((Signal("hate", 0.1, "PUP-9"),)),
    "a clause of another type": CheckedText((Signal("hate", 0.1, ["PUP-1"]),)),  # type: ignore[arg-type]
    "NaN": CheckedText((Signal("hate", math.nan),)),
    "an endless score": CheckedText((Signal("hate", math.inf),)),
    "a score below 0": CheckedText((Signal("hate", -0.01),)),
    "a score above 1": CheckedText((Signal("hate", 1.01),)),
    "a huge whole number": CheckedText((Signal("hate", 10**400),)),
    "a score in words": CheckedText((Signal("hate", "0.5"),)),  # type: ignore[arg-type]
    "a truth value as score": CheckedText((Signal("hate", True),)),
    "a span past the end": CheckedText((Signal("hate", 0.1, None, (Span(0, 31),)),)),
    "a span before the start": CheckedText((Signal("hate", 0.1, None, (Span(-1, 3),)),)),
    "a span backwards": CheckedText((Signal("hate", 0.1, None, (Span(4, 3),)),)),
    "a span of fractions": CheckedText((Signal("hate", 0.1, None, (Span(0.5, 3),)),)),  # type: ignore[arg-type]
    "a span of another type": CheckedText((Signal("hate", 0.1, None, ((0, 3),)),)),  # type: ignore[arg-type]
    "a not_checked of another type": CheckedText((), not_checked=False),  # type: ignore[arg-type]
}


class Answers:
    name = "answers"
    version = "1"

    def __init__(self, answer):
        self._answer = answer

    def check(self, text):
        return self._answer


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH.keys())
async def test_a_check_that_answers_nonsense_has_failed(guard_of, prompt, rubbish):
    guard = guard_of(Answers(rubbish))

    verdict = await judged_both_ways(guard, prompt)

    assert (verdict.action, verdict.checks["answers"]) == (Action.BLOCK, Outcome.ERROR)
    assert verdict.score == 0.0


async def test_numbers_of_numpy_are_numbers(guard_of, says, prompt):
    span = Span(np.int64(0), np.int64(4))
    guard = guard_of(says(Signal("hate", np.float32(0.95), None, (span,))))

    verdict = await judged_both_ways(guard, prompt)

    assert verdict.action is Action.BLOCK
    assert type(verdict.score) is float


async def test_a_check_that_hangs_fails_at_its_deadline_and_the_others_still_count(
    guard_of, hangs, says, violent
):
    guard = guard_of(hangs, says(violent(0.95)), deadline=0.1)
    started = time.monotonic()

    verdict = await guard.judge(Text("hang here", "prompt", lang="en"))

    assert time.monotonic() - started < 20
    assert verdict.checks == {"hangs": Outcome.ERROR, "says": Outcome.BLOCK}
    assert verdict.action is Action.BLOCK


async def test_a_text_that_hangs_a_check_does_not_stop_the_next_text(guard_of, hangs):
    guard = guard_of(hangs, deadline=0.1)

    stuck = [guard.judge_now(Text("hang here", "prompt", lang="en")) for _ in range(MOST_HUNG - 1)]
    verdict = await guard.judge(Text("go on", "prompt", lang="en"))

    assert all(one.action is Action.BLOCK for one in stuck)
    assert verdict.action is Action.ALLOW


async def test_a_check_in_which_too_many_texts_hang_refuses_at_once_until_they_end(guard_of, hangs):
    guard = guard_of(hangs, deadline=0.1)
    for _ in range(MOST_HUNG):
        guard.judge_now(Text("hang here", "prompt", lang="en"))

    refused = await guard.judge(Text("go on", "prompt", lang="en"))
    hangs.let_go.set()
    again = await until_allowed(guard)

    assert (refused.action, refused.failed) == (Action.BLOCK, True)
    assert again.action is Action.ALLOW


async def until_allowed(guard):
    for _ in range(100):
        verdict = await guard.judge(Text("go on", "prompt", lang="en"))
        if verdict.action is Action.ALLOW:
            return verdict
        await asyncio.sleep(0.02)
    return verdict


async def test_more_texts_than_the_gate_can_take_are_withheld_not_let_through(guard_of, hangs):
    guard = guard_of(hangs, deadline=0.3)
    texts = [Text("hang here" if place < 10 else "go on", "prompt", lang="en") for place in range(600)]

    verdicts = await asyncio.gather(*(guard.judge(text) for text in texts))

    passed = [set(verdict.checks.values()) == {Outcome.PASS} for verdict in verdicts]
    assert [verdict.action is Action.ALLOW for verdict in verdicts] == passed
    assert sum(verdict.failed for verdict in verdicts) >= 600 - MOST_WAITING


async def test_an_answer_after_the_deadline_finds_nobody_and_harms_nothing(guard_of, hangs, caplog):
    guard = guard_of(hangs, deadline=0.05)

    verdict = await guard.judge(Text("hang here", "prompt", lang="en"))
    hangs.let_go.set()
    await asyncio.sleep(0.05)

    assert verdict.failed
    assert caplog.records == []


async def test_a_turn_that_is_given_up_leaves_the_guard_working(guard_of, hangs):
    guard = guard_of(hangs)
    turn = asyncio.create_task(guard.judge(Text("hang here", "prompt", lang="en")))
    await asyncio.sleep(0.05)

    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn

    assert (await guard.judge(Text("go on", "prompt", lang="en"))).action is Action.ALLOW


async def test_a_language_that_no_check_reads_is_flagged_and_in_the_strict_profile_withheld(guard_of, says):
    text = Text("Habari ya asubuhi", "prompt", lang="sw")
    unread = partial(says, not_checked="its language")

    standard = await judged_both_ways(guard_of(unread()), text)
    strict = await judged_both_ways(guard_of(unread(), profile="strict"), text)

    assert (standard.action, standard.clause) == (Action.FLAG, None)
    assert (strict.action, strict.clause) == (Action.BLOCK, None)
    assert standard.checks == strict.checks == {"says": Outcome.NOT_CHECKED}
    assert not standard.failed


async def test_a_check_that_found_something_in_a_language_it_hardly_reads_is_heard(
    guard_of, says, prompt, violent
):
    guard = guard_of(
        says(violent(0.95), not_checked="half of it"), says(violent(0.6), not_checked="x", name="b")
    )

    verdict = await judged_both_ways(guard, prompt)

    assert verdict.action is Action.BLOCK
    assert verdict.checks == {"says": Outcome.BLOCK, "b": Outcome.NOT_CHECKED}


async def test_the_policy_may_let_a_failed_check_of_mild_clauses_only_flag(guard_of, raises, prompt):
    policy = replace(policy_for("raises"), error=Action.FLAG)
    guard = guard_of(raises(ValueError()), policy=policy)

    verdict = await judged_both_ways(guard, prompt)

    assert (verdict.action, verdict.failed) == (Action.FLAG, True)


async def test_the_language_is_found_out_where_it_is_not_given(guard_of, says):
    check = says()
    guard = guard_of(check)

    verdict = await judged_both_ways(guard, Text("오늘 날씨가 어떤가요? 산책하기 좋을까요?", "prompt"))

    assert verdict.lang == "ko"
    assert {text.lang for text in check.texts} == {"ko"}


async def test_a_language_that_is_given_is_believed(guard_of, says, prompt):
    check = says()
    guard = guard_of(check)

    verdict = await guard.judge(replace(prompt, lang="ja"))

    assert verdict.lang == check.texts[0].lang == "ja"


ODD_TEXTS = {
    "empty": "",
    "only spaces": " \n\t ",
    "a NUL": "a\x00b",
    "a lone surrogate": "x\ud800 y\udfff",
    "only lone surrogates": "\ud83d" * 50,
    "a megabyte": "What a fine day. " * 60_000,
    "a megabyte of one letter": "a" * 1_000_000,
    "a megabyte in Korean": "오늘은 날씨가 좋습니다. " * 70_000,
    "a hundred thousand invisible characters": "\u200b" * 100_000,
    "a heap of marks": "a" + "\u0301\u0316" * 50_000,
    "text running both ways": "\u202eabc\u202c",
}


@pytest.mark.parametrize("lang", ["en", None])
@pytest.mark.parametrize("value", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
async def test_any_text_gets_a_verdict(guard_of, value, lang):
    guard = guard_of(Banned("zzz"), deadline=30)

    verdict = await judged_both_ways(guard, Text(value, "prompt", lang=lang))

    assert (verdict.action, verdict.failed) == (Action.ALLOW, False)


async def test_a_banned_word_at_the_end_of_a_megabyte_is_found(guard_of):
    value = "What a fine day. " * 60_000 + "zzz"
    guard = guard_of(Banned("zzz"), deadline=30)

    verdict = await judged_both_ways(guard, Text(value, "prompt", lang="en"))

    assert verdict.findings[0].spans == (Span(len(value) - 3, len(value)),)


async def test_many_texts_at_once_each_get_their_own_verdict(guard_of):
    guard = guard_of(Banned("zzz"))
    texts = [Text("zzz" if place % 3 == 0 else "fine", "prompt", lang="en") for place in range(200)]

    verdicts = await asyncio.gather(*(guard.judge(text) for text in texts))

    assert [verdict.action is Action.BLOCK for verdict in verdicts] == [text.value == "zzz" for text in texts]


def test_a_guard_that_is_closed_withholds_everything(guard_of, says, prompt):
    guard = guard_of(says())

    guard.close()
    guard.close()

    assert guard.judge_now(prompt).action is Action.BLOCK


def test_closing_the_guard_ends_its_threads(says, prompt):
    before = set(threading.enumerate())
    guard = Guard([says()], policy_for("says"))
    guard.judge_now(replace(prompt, lang=None))
    its_own = {one for one in set(threading.enumerate()) - before if one.name.startswith("check ")}

    guard.close()

    for thread in its_own:
        thread.join(timeout=5)
    assert its_own
    assert not any(thread.is_alive() for thread in its_own)


def test_a_check_that_the_policy_names_must_be_there(says):
    with pytest.raises(SafetyError, match=r"handed in are says;.*says, more"):
        Guard([says()], policy_for("says", "more"))


def test_a_check_that_the_policy_does_not_name_is_refused(says):
    with pytest.raises(SafetyError, match="handed in are says, extra"):
        Guard([says(), says(name="extra")], policy_for("says"))


def test_two_checks_of_one_name_are_refused(says):
    with pytest.raises(SafetyError, match="each once"):
        Guard([says(), says()], policy_for("says"))


def test_a_guard_without_checks_is_refused():
    with pytest.raises(SafetyError, match="handed in are none"):
        Guard([], policy_for())


def test_the_shipped_policy_is_refused_without_its_checks(says):
    with pytest.raises(SafetyError, match="rules"):
        Guard([says()], load_policy())


def redacting(check):
    policy = policy_for(check)
    clause = replace(
        policy.clause("PUP-2.e.v"),
        checks=(check,),
        actions=dict.fromkeys(("prompt", "response", "post"), Action.REDACT),
    )
    return replace(policy, clauses={**policy.clauses, clause.id: clause})


def test_redact_is_refused_for_a_check_that_gives_no_spans(says):
    with pytest.raises(SafetyError, match=r"PUP-2\.e\.v says 'redact', but the check 'says'"):
        Guard([says()], redacting("says"))


async def test_a_finding_to_redact_that_has_no_place_is_blocked(guard_of, says, prompt):
    check = says(Signal("privacy", 0.95, "PUP-2.e.v"))
    check.redacts = True
    guard = guard_of(check, policy=redacting("says"))

    verdict = await judged_both_ways(guard, prompt)

    assert verdict.action is Action.BLOCK


def test_the_guard_lists_every_clause_and_those_that_nothing_covers(guard_of, says):
    policy = load_policy().with_checks(["rules"])
    guard = guard_of(says(name="rules"), policy=policy)

    clauses = {clause.id: clause for clause in guard.clauses()}

    assert len(clauses) == 29
    assert clauses["PUP-2.a.i"].covered
    assert not clauses["PUP-2"].covered
    assert guard.clause("PUP-4").title == "Sexually explicit content"
    assert guard.live_checks == ("rules",)


def test_an_unknown_clause_is_named(guard_of, says):
    with pytest.raises(SafetyError, match="'PUP-9'"):
        guard_of(says()).clause("PUP-9")


async def test_a_failing_check_leaves_no_word_of_the_text_in_the_log(guard_of, raises, caplog):
    caplog.set_level(logging.DEBUG)
    guard = guard_of(raises(ValueError("a very private sentence")))

    await guard.judge(Text("a very private sentence", "prompt", lang="en"))

    assert "raises failed: ValueError" in caplog.text
    assert "private" not in caplog.text


async def test_a_check_with_thresholds_of_its_own_is_held_to_them(guard_of, says, prompt, violent):
    policy = load_policy().with_checks(["says"], threshold=Threshold(0.1, 0.2))
    guard = guard_of(says(violent(0.15)), policy=policy)

    verdict = await judged_both_ways(guard, prompt)

    assert (verdict.action, verdict.findings[0].threshold) == (Action.FLAG, 0.1)


def test_a_banned_word_blocks_with_its_clause_and_place(guard_of):
    guard = guard_of(Banned("zzz"))

    verdict = guard.judge_now(Text("please zzz", "prompt", lang="en"))

    assert (verdict.action, verdict.clause) == (Action.BLOCK, "PUP-2.e.iii")
    assert verdict.findings[0].spans == (Span(7, 10),)
