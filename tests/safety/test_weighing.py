import pytest

from safety.lanes import Failed
from safety.policy import load_policy, policy_for
from safety.redaction import Redaction
from safety.types import Action, CheckedText, Outcome, Signal, Span, Text
from safety.weighing import examined, weigh

POLICY = policy_for("a", "b")


def test_nothing_said_is_nothing_found():
    weighed = weigh({"a": CheckedText(), "b": CheckedText()}, "prompt", POLICY)

    assert (weighed.action, weighed.score, weighed.findings) == (Action.ALLOW, 0.0, ())
    assert set(weighed.checks.values()) == {Outcome.PASS}


def test_the_gravest_of_findings_and_failures_decides():
    flagged = CheckedText((Signal("hate", 0.7),))

    weighed = weigh({"a": flagged, "b": Failed("it broke")}, "prompt", POLICY)

    assert weighed.action is Action.BLOCK
    assert [found.action for found in weighed.findings] == [Action.FLAG]
    assert weighed.checks == {"a": Outcome.FLAG, "b": Outcome.ERROR}


def test_help_is_given_even_where_another_check_failed():
    hurt = CheckedText((Signal("self_harm", 0.95),))

    weighed = weigh({"a": hurt, "b": Failed("it broke")}, "prompt", POLICY)

    assert weighed.action is Action.SUPPORT


def test_scores_below_every_threshold_are_still_told():
    weighed = weigh({"a": CheckedText((Signal("cbrn", 0.3), Signal("cbrn", 0.1)))}, "post", POLICY)

    assert (weighed.categories["cbrn"], weighed.score) == (0.3, 0.3)


@pytest.mark.parametrize("side", ["prompt", "response", "post"])
def test_each_side_has_thresholds_of_its_own(side):
    policy = load_policy()
    threshold = policy.measured["classifier", side, "hate"]
    below = CheckedText((Signal("hate", max(0.0, threshold.flag - 0.001)),))
    at = CheckedText((Signal("hate", threshold.flag),))

    assert weigh({"classifier": below}, side, policy).action is Action.ALLOW
    assert weigh({"classifier": at}, side, policy).action is not Action.ALLOW


def test_an_answer_that_can_be_trusted_is_kept_as_it_is():
    answer = CheckedText((Signal("hate", 1.0, "PUP-2.e.i"),))

    assert examined(answer, Text("a text", "prompt"), POLICY) is answer


def test_why_an_answer_is_not_trusted_is_said_without_its_words():
    answer = CheckedText((Signal("a secret", 0.1),))  # type: ignore[arg-type]

    assert examined(answer, Text("a text", "prompt"), POLICY) == Failed("a category is unknown")


def test_what_is_flagged_is_redacted_too_and_still_opens_a_case():
    card = Signal("privacy", 0.95, "PUP-2.e.v", (Span(3, 9), Span(7, 12)), "card")
    answers = {"a": CheckedText((card,)), "b": CheckedText((Signal("hate", 0.7),))}

    weighed = weigh(answers, "prompt", POLICY)

    assert weighed.action is Action.FLAG
    assert weighed.action.opens_case
    assert weighed.redactions == (Redaction(3, 12, "card"),)
    assert weighed.categories["privacy"] == 0


def test_a_text_that_is_withheld_is_redacted_for_its_evidence():
    card = Signal("privacy", 0.95, None, (Span(0, 4),), "card")

    weighed = weigh({"a": CheckedText((card,)), "b": Failed("it broke")}, "prompt", POLICY)

    assert weighed.action is Action.BLOCK
    assert weighed.redactions == (Redaction(0, 4, "card"),)


def test_a_kind_that_the_policy_allows_is_no_finding():
    mail = Signal("privacy", 0.95, None, (Span(0, 4),), "email")

    weighed = weigh({"a": CheckedText((mail,))}, "prompt", POLICY)

    assert (weighed.action, weighed.findings, weighed.redactions) == (Action.ALLOW, (), ())


def test_a_kind_that_the_policy_does_not_know_is_not_trusted():
    answer = CheckedText((Signal("privacy", 0.9, None, (Span(0, 1),), "shoe size"),))  # type: ignore[arg-type]

    assert examined(answer, Text("a text", "prompt"), POLICY) == Failed("a kind of identifier is unknown")
