from itertools import product

import pytest

from safety.types import Action
from storage.priority import rank, weight

ORDER = [
    (severity, is_overdue, priority)
    for severity, is_overdue, priority in product((3, 2, 1, 0), (True, False), (9.99, 2.0, 0.5, 0.0))
]


def test_severity_comes_first_then_lateness_then_priority():
    ranks = [rank(severity, priority, is_overdue=is_overdue) for severity, is_overdue, priority in ORDER]

    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)


def test_no_priority_however_high_passes_by_severity_or_lateness():
    assert rank(1, 1e9, is_overdue=False) > rank(1, 0.0, is_overdue=True)
    assert rank(1, 1e9, is_overdue=True) > rank(2, 0.0, is_overdue=False)


@pytest.mark.parametrize(
    ("right", "wrong", "expected"), [(0, 0, 0.5), (4, 0, 0.75), (0, 4, 0.25), (36, 0, 0.95), (2, 2, 0.5)]
)
def test_a_weight_moves_from_one_half_as_decisions_come(right, wrong, expected):
    assert weight(right, wrong) == expected


def test_the_breakdown_adds_up_to_the_priority(store, chat, ann, moderator):
    reply = chat.reply(ann, action=Action.FLAG, check="rules")
    store.report(ann, reply.id, reason="other", note="")

    case = store.desk.next_case(moderator)

    parts = {part.source: (part.score, part.weight, part.based_on) for part in case.priority}
    assert parts == {"rules": (0.9, 0.5, 0), "person": (1.0, 0.5, 0)}
    assert case.summary.priority == sum(part.score * part.weight for part in case.priority)


def test_a_check_that_was_right_weighs_more_from_then_on_and_one_that_was_wrong_less(
    store, chat, ann, moderator, rule
):
    for check, ruling in (("right", "misuse"), ("wrong", "no_violation")):
        chat.prompt(ann, action=Action.BLOCK, check=check)
        rule(store.desk.next_case(moderator).summary.id, moderator, ruling)
    for check in ("wrong", "unknown", "right"):
        chat.prompt(ann, f"another of {check}", action=Action.BLOCK, check=check)

    waiting = [(case.sources, round(case.priority, 3)) for case in store.desk.cases()]

    assert waiting == [(("right",), 0.54), (("unknown",), 0.45), (("wrong",), 0.36)]


def test_a_reporter_who_was_right_weighs_more(store, chat, ann, bob, moderator, rule):
    for owner, ruling in ((ann, "model_failure"), (bob, "no_violation")):
        store.report(owner, chat.reply(owner).id, reason="other", note="")
        rule(store.desk.next_case(moderator).summary.id, moderator, ruling)
    for owner in (bob, ann):
        store.report(owner, chat.reply(owner).id, reason="other", note=owner)

    first, last = (store.desk.next_case(moderator) for _ in range(2))

    assert (first.reporter.upheld, first.reporter.refuted, first.reporter.weight) == (1, 0, 0.6)
    assert (last.reporter.upheld, last.reporter.refuted, last.reporter.weight) == (0, 1, 0.4)


def test_a_report_with_a_graver_clause_brings_a_case_forward(store, chat, ann):
    reply = chat.reply(ann, action=Action.FLAG)
    (before,) = store.desk.cases()

    store.report(ann, reply.id, reason="PUP-2.b", note="", severity=3)

    (after,) = store.desk.cases()
    assert (after.due_at - after.opened_at).total_seconds() == 3600
    assert (before.due_at - before.opened_at).days == 7
    assert after.priority > before.priority
