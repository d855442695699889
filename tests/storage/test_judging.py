import pytest

from storage import judging
from storage.types import IllegalMove, Judgement

FITTING = {
    ("misuse", "remove"),
    ("misuse", "warn"),
    ("misuse", "suspend"),
    ("misuse", "escalate"),
    ("misuse", "second_opinion"),
    ("model_failure", "remove"),
    ("model_failure", "escalate"),
    ("model_failure", "second_opinion"),
    ("no_violation", "restore"),
    ("no_violation", "escalate"),
    ("no_violation", "second_opinion"),
    ("unsure", "escalate"),
    ("unsure", "second_opinion"),
}
ACTIONS = ("restore", "remove", "warn", "suspend", "escalate", "second_opinion")


def judgement(ruling, action=None, **rest):
    return Judgement(ruling, rest.pop("clause", "PUP-2.b"), "", "", 1, action, **rest)


@pytest.mark.parametrize("ruling", ["misuse", "model_failure", "no_violation", "unsure"])
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_follows_only_from_a_ruling_that_it_fits(ruling, action):
    days = 7 if action == "suspend" else None

    if (ruling, action) in FITTING:
        assert judging.checked(judgement(ruling, action, days=days)) == action
    else:
        with pytest.raises(IllegalMove, match=f"'{action}'"):
            judging.checked(judgement(ruling, action, days=days))


@pytest.mark.parametrize(
    ("ruling", "action"),
    [
        ("misuse", "remove"),
        ("model_failure", "remove"),
        ("no_violation", "restore"),
        ("unsure", "second_opinion"),
    ],
)
def test_what_usually_follows_need_not_be_named(ruling, action):
    assert judging.checked(judgement(ruling)) == action


@pytest.mark.parametrize(
    ("ruling", "clause", "is_fine"),
    [
        ("misuse", "PUP-2.e.i", True),
        ("misuse", None, False),
        ("model_failure", "", False),
        ("no_violation", None, True),
        ("unsure", None, True),
        ("guilty", "PUP-2.e.i", False),
    ],
)
def test_a_violation_needs_its_clause(ruling, clause, is_fine):
    if is_fine:
        judging.checked(judgement(ruling, clause=clause))
    else:
        with pytest.raises(IllegalMove, match=ruling):
            judging.checked(judgement(ruling, clause=clause))


@pytest.mark.parametrize(
    ("days", "is_fine"), [(1, True), (365, True), (366, False), (0, False), (None, False)]
)
def test_a_suspension_lasts_a_day_to_a_year(days, is_fine):
    if is_fine:
        assert judging.checked(judgement("misuse", "suspend", days=days)) == "suspend"
    else:
        with pytest.raises(IllegalMove, match="1 to 365"):
            judging.checked(judgement("misuse", "suspend", days=days))


@pytest.mark.parametrize(
    ("severity", "action", "overrules", "reasons"),
    [
        (3, "remove", False, ("severity",)),
        (3, "restore", False, ("severity",)),
        (3, "suspend", True, ("severity", "suspension", "override")),
        (2, "suspend", False, ("suspension",)),
        (0, "restore", True, ("override",)),
        (2, "remove", False, ()),
        (2, "warn", False, ()),
        (3, "escalate", False, ()),
        (3, "second_opinion", True, ()),
    ],
)
def test_the_gravest_a_suspension_and_an_override_need_a_second_person(severity, action, overrules, reasons):
    assert judging.needs_second(severity, action, overrules=overrules) == reasons


@pytest.mark.parametrize(
    ("flagged", "ruling", "clause", "label"),
    [
        ("PUP-2.b", "misuse", "PUP-2.b", "tp"),
        ("PUP-2.b", "model_failure", "PUP-2.b", "tp"),
        ("PUP-2.b", "misuse", "PUP-2.c", "unsure"),
        ("PUP-2.b", "no_violation", None, "fp"),
    ],
)
def test_a_finding_was_right_where_the_ruling_names_its_clause(flagged, ruling, clause, label):
    assert judging.label_of(flagged, ruling, clause) == label


REMOVED = ("misuse", "PUP-2.b", "remove", None)


@pytest.mark.parametrize(
    ("later", "outcome"),
    [
        (REMOVED, "upheld"),
        (("no_violation", None, "restore", None), "overturned"),
        (("misuse", "PUP-2.b", "warn", None), "changed"),
        (("misuse", "PUP-2.c", "remove", None), "changed"),
        (("model_failure", "PUP-2.b", "remove", None), "changed"),
    ],
)
def test_a_later_decision_upholds_changes_or_overturns(later, outcome):
    assert judging.outcome(REMOVED, later) == outcome
