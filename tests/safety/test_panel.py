import asyncio
import threading
import time
from dataclasses import replace

import pytest

from safety.breaker import FAILURES
from safety.checks.rules import Rules
from safety.guard import Guard
from safety.panel import MOST_SUSPECTED, MOST_WAITING, THREADS
from safety.policy import Threshold, load_policy
from safety.policy.types import CATEGORIES, CheckPolicy, JudgePolicy
from safety.redaction import redacted
from safety.types import Action, CheckedText, Outcome, SafetyError, Signal, Span, Text

HATEFUL = Text("A text that may hate.", "prompt", lang="en")
HATE = ("hate", "PUP-2.e.i")


class Judge:
    """Scores what it is asked about as it is told, raises, or waits; keeps the texts that it was given."""

    name = "judge"
    version = "1"

    def __init__(self, scores=0.0, *, error=None, categories=CATEGORIES, name="judge", gate=None):
        self.name = name
        self.categories = frozenset(categories)
        self.texts = []
        self._scores = scores if isinstance(scores, dict) else dict.fromkeys(CATEGORIES, scores)
        self._error = error
        self._gate = gate

    def check(self, text):
        self.texts.append(text)
        if self._gate is not None:
            self._gate.wait()
        if self._error is not None:
            raise self._error
        own = [name for name in text.suspected if name in self.categories]
        return CheckedText(tuple(Signal(name, self._scores[name]) for name in own))


def told(*, lifts=None, clears=0.1, asked=(0.3, 1.0), **other):
    """What the policy says of a judge that flags from 0.5 and blocks from 0.8."""
    return JudgePolicy(
        check=CheckPolicy(Threshold(0.5, 0.8)), asked=asked, lifts=lifts or {}, clears=clears, **other
    )


@pytest.fixture
def judged_by():
    """A Guard of these checks and judges, for which the policy says the same; the test's end closes it."""
    guards = []

    def make(checks, *judges, said=None, patience=5.0):
        policy = load_policy().with_checks([check.name for check in checks])
        policy = replace(policy, judges={judge.name: said or told() for judge in judges})
        guards.append(Guard(checks, policy, judges=judges, patience=patience))
        return guards[-1]

    yield make
    for guard in guards:
        guard.close()


@pytest.fixture
def gate():
    """An event that a judge may wait for; it is set when the test ends."""
    event = threading.Event()
    yield event
    event.set()


def until(holds):
    """Wait until this holds, for five seconds at most."""
    for _ in range(500):
        if holds():
            return True
        time.sleep(0.01)
    return False


async def both_ways(guard, text):
    first, second = await guard.judge(text), guard.judge_now(text)
    assert replace(first, ms=0.0) == replace(second, ms=0.0)
    return first


async def test_a_text_that_nothing_suspects_is_no_judges_business(judged_by, says):
    judge = Judge(1.0)
    guard = judged_by([says(Signal("hate", 0.29))], judge)

    verdict = await both_ways(guard, HATEFUL)

    assert verdict.action is Action.ALLOW
    assert judge.texts == []
    assert verdict.checks == {"says": Outcome.PASS}
    assert guard.live_checks == ("says", "judge")


async def test_a_suspect_is_judged_and_the_verdict_names_the_judge(judged_by, says):
    judge = Judge(0.9)
    guard = judged_by([says(Signal("hate", 0.3))], judge)

    verdict = await both_ways(guard, HATEFUL)

    (found,) = verdict.findings
    assert (verdict.action, verdict.clause, found.check) == (Action.BLOCK, "PUP-2.e.i", "judge")
    assert (found.score, found.threshold, verdict.versions["judge"]) == (0.9, 0.8, "1")
    assert verdict.checks == {"says": Outcome.PASS, "judge": Outcome.BLOCK}
    assert [text.suspected for text in judge.texts] == [("hate",)] * 2


@pytest.mark.parametrize(
    ("score", "action"), [(0.49, "allow"), (0.5, "flag"), (0.79, "flag"), (0.8, "block")]
)
async def test_a_judge_raises_from_its_own_thresholds(judged_by, says, score, action):
    verdict = await both_ways(judged_by([says(Signal("hate", 0.4))], Judge(score)), HATEFUL)

    assert verdict.action == action


async def test_it_is_asked_within_the_band_of_the_policy_alone(judged_by, says):
    judge = Judge(0.0)
    guard = judged_by(
        [says(Signal("hate", 0.95), Signal("violence", 0.2))], judge, said=told(asked=(0.3, 0.9))
    )

    await both_ways(guard, HATEFUL)

    assert judge.texts == []


async def test_it_is_asked_about_the_likeliest_of_its_own_categories(judged_by, says):
    signals = [Signal(name, 0.4 + place / 100) for place, name in enumerate(CATEGORIES)]
    judge = Judge(0.0, categories=CATEGORIES[:5])
    guard = judged_by([says(*signals)], judge)

    await both_ways(guard, HATEFUL)

    assert judge.texts[0].suspected == tuple(reversed(CATEGORIES[:5]))[:MOST_SUSPECTED]


async def test_what_is_withheld_whatever_a_judge_says_is_not_judged(judged_by, says, raises):
    for check in (says(Signal("hate", 0.95)), raises(ValueError(), name="says")):
        judge = Judge(0.0)

        verdict = await both_ways(judged_by([check, says(Signal("hate", 0.4), name="other")], judge), HATEFUL)

        assert verdict.action is Action.BLOCK
        assert judge.texts == []


async def test_a_judge_that_finds_nothing_takes_no_flag_back_by_itself(judged_by, says):
    verdict = await both_ways(judged_by([says(Signal("hate", 0.6))], Judge(0.0)), HATEFUL)

    assert verdict.action is Action.FLAG
    assert verdict.lifted == ()


async def test_where_the_policy_says_so_a_flag_is_taken_back_and_the_verdict_says_by_whom(judged_by, says):
    check = says(Signal("hate", 0.6, spans=(Span(2, 6),)))
    guard = judged_by([check], Judge(0.05), said=told(lifts={"says": Action.FLAG}))

    verdict = await both_ways(guard, HATEFUL)

    assert (verdict.action, verdict.findings, verdict.clause) == (Action.ALLOW, (), None)
    (lifted,) = verdict.as_dict()["lifted"]
    assert (lifted["check"], lifted["clause"], lifted["score"]) == ("says", "PUP-2.e.i", 0.6)
    assert (lifted["lifted_by"], lifted["judged"], lifted["below"]) == ("judge", 0.05, 0.1)
    assert verdict.checks == {"says": Outcome.FLAG, "judge": Outcome.PASS}


@pytest.mark.parametrize(
    ("cheap", "judge", "lifts", "action"),
    [
        (0.6, 0.1, {"says": Action.FLAG}, "flag"),  # not below what clears
        (0.95, 0.0, {"says": Action.FLAG}, "block"),  # flags alone
        (0.95, 0.0, {"says": Action.BLOCK}, "allow"),
        (0.95, 0.6, {"says": Action.BLOCK}, "block"),
        (0.6, 0.0, {"other": Action.BLOCK}, "flag"),
    ],
)
async def test_nothing_more_is_taken_back_than_the_policy_says(judged_by, says, cheap, judge, lifts, action):
    guard = judged_by([says(Signal(*HATE[:1], cheap))], Judge(judge), said=told(lifts=lifts))

    assert (await both_ways(guard, HATEFUL)).action == action


@pytest.mark.parametrize(
    "signal",
    [
        Signal("child_safety", 0.6),
        Signal("self_harm", 0.6),
        Signal("extremism", 0.6),
        Signal("privacy", 0.6, "PUP-2.e.v", (Span(0, 4),), "card"),
    ],
)
async def test_what_is_gravest_and_what_is_an_identifier_stays(judged_by, says, signal):
    guard = judged_by(
        [says(signal, Signal("hate", 0.4))], Judge(0.0), said=told(lifts={"says": Action.BLOCK})
    )

    verdict = await both_ways(guard, HATEFUL)

    assert [found.category for found in verdict.findings] == [signal.category]


async def test_one_judge_takes_nothing_back_where_another_found_something(judged_by, says):
    guard = judged_by(
        [says(Signal("hate", 0.6))],
        Judge(0.0, name="one"),
        Judge(0.5, name="two"),
        said=told(lifts={"says": Action.FLAG}),
    )

    verdict = await both_ways(guard, HATEFUL)

    assert {found.check for found in verdict.findings} == {"says", "two"}
    assert verdict.lifted == ()


async def test_a_judge_that_fails_withholds_the_suspect_and_nobody_else(judged_by, says):
    class Suspects(says):
        def check(self, text):
            return CheckedText((Signal("hate", 0.4 if "hate" in text.value else 0.1),))

    guard = judged_by([Suspects()], Judge(error=MemoryError()), said=told(lifts={"says": Action.BLOCK}))

    suspect, other = await both_ways(guard, HATEFUL), await both_ways(guard, Text("Good morning.", "prompt"))

    assert (suspect.action, suspect.clause, suspect.failed) == (Action.BLOCK, None, True)
    assert suspect.checks["judge"] is Outcome.ERROR
    assert (other.action, other.failed) == (Action.ALLOW, False)


async def test_the_policy_may_say_that_a_suspect_goes_on_flagged_where_the_judge_fails(judged_by, says):
    guard = judged_by([says(Signal("hate", 0.4))], Judge(error=OSError()), said=told(error=Action.FLAG))

    assert (await both_ways(guard, HATEFUL)).action is Action.FLAG


async def test_after_failures_in_a_row_it_is_not_asked_for_a_while_and_suspects_are_withheld(judged_by, says):
    judge = Judge(error=OSError())
    guard = judged_by([says(Signal("hate", 0.4))], judge)

    verdicts = [await guard.judge(HATEFUL) for _ in range(FAILURES + 3)]

    assert [verdict.action for verdict in verdicts] == [Action.BLOCK] * (FAILURES + 3)
    assert len(judge.texts) == FAILURES


async def test_a_judge_that_hangs_is_waited_for_no_longer_than_its_patience(judged_by, says, gate):
    guard = judged_by([says(Signal("hate", 0.4))], Judge(0.0, gate=gate), patience=0.05)

    verdict = await guard.judge(HATEFUL)

    assert (verdict.action, verdict.checks["judge"]) == (Action.BLOCK, Outcome.ERROR)


async def test_overload_withholds_suspects_that_find_no_place_and_lets_the_harmless_through(
    judged_by, says, gate
):
    class Suspects(says):
        def check(self, text):
            return CheckedText((Signal("hate", 0.4 if "hate" in text.value else 0.1),))

    judge = Judge(0.0, gate=gate)
    guard = judged_by([Suspects()], judge)
    busy = [asyncio.ensure_future(guard.judge(HATEFUL)) for _ in range(THREADS + MOST_WAITING)]
    line = guard._panel.lanes["judge"]._queue
    assert await asyncio.to_thread(
        until, lambda: len(judge.texts) == THREADS and line.qsize() == MOST_WAITING
    )

    refused, harmless = await guard.judge(HATEFUL), await guard.judge(Text("Good morning.", "prompt"))
    gate.set()

    assert (refused.action, refused.checks["judge"]) == (Action.BLOCK, Outcome.ERROR)
    assert harmless.action is Action.ALLOW
    assert {verdict.action for verdict in await asyncio.gather(*busy)} == {Action.ALLOW}


async def test_a_language_that_it_does_not_read_is_not_checked(judged_by, says):
    judge = Judge(1.0)
    guard = judged_by([says(Signal("hate", 0.4))], judge, said=told(languages=("en",)))

    verdict = await both_ways(guard, replace(HATEFUL, lang="ko-KR"))

    assert (verdict.action, verdict.checks["judge"]) == (Action.FLAG, Outcome.NOT_CHECKED)
    assert judge.texts == []


async def test_a_judge_reads_a_text_after_what_is_taken_out_of_it_is_out(judged_by, says):
    signals = Signal("privacy", 1.0, "PUP-2.e.v", (Span(5, 24),), "card"), Signal("hate", 0.4)
    judge = Judge(0.0)
    guard = judged_by([says(*signals)], judge)
    text = Text("Take 4111 1111 1111 1111, you fool.", "prompt", lang="en")

    verdict = await both_ways(guard, text)

    assert verdict.action is Action.REDACT
    assert {given.value for given in judge.texts} == {redacted(text.value, verdict.redactions)}
    assert "4111" not in judge.texts[0].value


async def test_a_judge_reads_what_a_text_says_in_code_as_well(judged_by, says):
    judge = Judge(0.0)
    guard = judged_by([says(Signal("hate", 0.4))], judge)

    await guard.judge(Text("SGVsbG8gdGhlcmUsIGdvb2QgbW9ybmluZw==", "prompt", lang="en"))

    assert [text.value for text in judge.texts][1:] == ["Hello there, good morning"]


async def test_rules_and_failures_are_weighed_as_ever_beside_a_judge(judged_by):
    rule = next(one for one in Rules().rules if one.clause == "PUP-2.c.ii" and "en" in one.languages)
    caught = Text(rule.must_catch[0], "prompt", lang="en")
    alone = judged_by([Rules()])
    beside = judged_by([Rules()], Judge(0.0), said=told(lifts={"says": Action.BLOCK}))

    assert (await both_ways(beside, caught)).action is (await both_ways(alone, caught)).action


def test_a_judge_that_the_policy_does_not_know_is_refused(says):
    with pytest.raises(SafetyError, match="The judge 'judge' is not in the policy; it has shieldgemma"):
        Guard([says()], load_policy().with_checks(["says"]), judges=[Judge()])
