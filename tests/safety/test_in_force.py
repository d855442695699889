import pytest

from safety.policy import LearnedThreshold, LearnedThresholds, policy_for
from safety.types import Action, SafetyError, Signal, Text

VIOLENCE = "PUP-2.e.iii"


def threshold(value, *, name="t", check="says", version="1", clause=VIOLENCE, side="prompt"):
    """A threshold that somebody set."""
    return LearnedThreshold(name, check, version, clause, side, value)


@pytest.fixture
def judging(guard_of, says, prompt):
    """A guard whose one check scores every text 0.7: flagged by the policy, and not blocked."""
    return guard_of(says(Signal("violence", 0.7)))


def test_without_a_learned_threshold_the_policy_speaks(judging, prompt):
    verdict = judging.judge_now(prompt)

    assert verdict.action is Action.FLAG
    assert "+t" not in verdict.policy
    assert verdict.as_dict()["side"] == "prompt"


def test_a_threshold_that_was_switched_on_decides_from_the_next_verdict_on(judging, prompt):
    before = judging.judge_now(prompt)
    judging.learn(LearnedThresholds(7, active=(threshold(0.6),)))

    verdict = judging.judge_now(prompt)

    assert verdict.action is Action.BLOCK
    assert verdict.findings[0].threshold == 0.6
    assert verdict.policy == f"{before.policy}+t7"


def test_a_threshold_can_ask_for_more_than_the_policy_does(guard_of, says, prompt):
    guard = guard_of(says(Signal("violence", 0.92)))
    guard.learn(LearnedThresholds(1, active=(threshold(0.95),)))

    assert guard.judge_now(prompt).action is Action.FLAG


def test_the_policy_speaks_again_once_a_threshold_is_taken_back(judging, prompt):
    judging.learn(LearnedThresholds(1, active=(threshold(0.6),)))
    judging.learn(LearnedThresholds(2))

    verdict = judging.judge_now(prompt)

    assert (verdict.action, verdict.policy.rpartition("+")[2]) == (Action.FLAG, "t2")


@pytest.mark.parametrize(
    "other",
    [{"version": "2"}, {"clause": "PUP-2.e.ii"}, {"side": "response"}, {"check": "b"}, {"clause": "PUP-9"}],
)
def test_a_threshold_for_something_else_changes_nothing(judging, prompt, other):
    judging.learn(LearnedThresholds(1, active=(threshold(0.6, **other),), tried=(threshold(0.6, **other),)))

    verdict = judging.judge_now(prompt)

    assert (verdict.action, verdict.shadow) == (Action.FLAG, {})


def test_nothing_is_acted_on_that_is_not_even_flagged(guard_of, says, prompt):
    guard = guard_of(says(Signal("violence", 0.3)))
    guard.learn(LearnedThresholds(1, active=(threshold(0.1),)))

    assert guard.judge_now(prompt).action is Action.ALLOW


def test_a_strict_profile_acts_on_all_that_is_flagged_whatever_was_learned(guard_of, says, prompt):
    policy = policy_for("rules", profile="strict")
    guard = guard_of(says(Signal("violence", 0.7), name="rules"), policy=policy)
    guard.learn(LearnedThresholds(1, active=(threshold(0.9, check="rules"),)))

    assert guard.judge_now(prompt).action is Action.BLOCK
    assert policy.learnable("rules", VIOLENCE, "prompt") is None


def test_a_threshold_in_shadow_changes_no_action_and_says_what_it_would_have_done(judging, prompt):
    judging.learn(LearnedThresholds(0, tried=(threshold(0.6, name="a"), threshold(0.8, name="b"))))

    verdict = judging.judge_now(prompt)

    assert verdict.action is Action.FLAG
    assert verdict.shadow == {"a": Action.BLOCK}
    assert verdict.as_dict()["shadow"] == {"a": "block"}
    assert "+t" not in verdict.policy


def test_a_shadow_is_compared_with_what_is_switched_on(judging, prompt):
    judging.learn(LearnedThresholds(1, active=(threshold(0.6),), tried=(threshold(0.8, name="b"),)))

    verdict = judging.judge_now(prompt)

    assert (verdict.action, verdict.shadow) == (Action.BLOCK, {"b": Action.FLAG})


def test_a_shadow_for_the_other_side_is_not_asked(judging):
    judging.learn(LearnedThresholds(0, tried=(threshold(0.6, side="response"),)))

    assert judging.judge_now(Text("So it is.", "prompt", lang="en")).shadow == {}
    assert judging.judge_now(Text("So it is.", "response", lang="en")).shadow == {"t": Action.BLOCK}


def test_a_failed_check_blocks_in_the_shadow_too(guard_of, raises, prompt):
    guard = guard_of(raises(SafetyError("broken"), name="says"))
    guard.learn(LearnedThresholds(1, active=(threshold(0.6),), tried=(threshold(0.7, name="b"),)))

    verdict = guard.judge_now(prompt)

    assert (verdict.action, verdict.shadow) == (Action.BLOCK, {})


def test_what_can_be_learned_says_from_where_texts_are_flagged_and_what_is_done():
    policy = policy_for("rules", "classifier")

    limits = policy.learnable("rules", VIOLENCE, "prompt")

    assert (limits.threshold.flag, limits.threshold.block, limits.action) == (0.5, 0.9, Action.BLOCK)


@pytest.mark.parametrize(
    ("check", "clause"), [("rules", "PUP-2.b"), ("unknown", VIOLENCE), ("rules", "PUP-9")]
)
def test_where_nothing_is_acted_on_there_is_nothing_to_learn(check, clause):
    assert policy_for("rules", "classifier").learnable(check, clause, "prompt") is None
