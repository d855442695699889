from datetime import timedelta

import pytest

from safety.types import Action
from storage.insights import quantile, share


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.278),
        (10, 10, 0.722, 1.0),
        (5, 10, 0.237, 0.763),
        (90, 100, 0.826, 0.945),
        (1, 1, 0.207, 1.0),
    ],
)
def test_a_share_comes_with_its_wilson_interval(hits, total, low, high):
    found = share(hits, total)

    assert found.share == hits / total
    assert (round(found.low, 3), round(found.high, 3)) == (low, high)


def test_a_share_of_nothing_could_be_anything():
    assert (share(0, 0).share, share(0, 0).low, share(0, 0).high) == (None, 0.0, 1.0)


@pytest.mark.parametrize(("part", "expected"), [(0.5, 5), (0.9, 9), (0.01, 1), (1.0, 10)])
def test_a_quantile_is_the_smallest_that_this_part_does_not_pass(part, expected):
    durations = [timedelta(hours=number) for number in range(1, 11)]

    assert quantile(durations, part) == timedelta(hours=expected)


def test_an_empty_desk_has_figures_too(store):
    found = store.insights.over(days=7)

    assert found.waits == found.precision == ()
    assert found.agreement.share is found.overturned.share is None
    assert len(found.inflow) == 8
    assert store.insights.exposure() == ()


def test_waiting_counts_what_nobody_has_decided_with_its_age(store, chat, ann, moderator, rule, clock):
    chat.prompt(ann, "decided", action=Action.BLOCK)
    clock.move(hours=2)
    rule(store.desk.next_case(moderator).summary.id, moderator, "misuse")
    chat.prompt(ann, "waits", action=Action.BLOCK)
    clock.move(days=8)

    (wait,) = store.insights.over(days=30).waits

    assert (wait.severity, wait.decided, wait.waiting, wait.overdue) == (1, 1, 1, 1)
    assert timedelta(hours=2) <= wait.p50 < timedelta(hours=3)
    assert timedelta(days=8) <= wait.p90 == wait.oldest < timedelta(days=9)


def test_an_old_case_that_still_waits_is_not_left_out(store, chat, ann, clock):
    chat.prompt(ann, action=Action.BLOCK)
    clock.move(days=60)

    found = store.insights.over(days=30)

    assert found.waits[0].waiting == 1
    assert sum(day.opened for day in found.inflow) == 0


def test_the_inflow_counts_what_came_and_what_was_decided_by_day(store, chat, ann, moderator, rule, clock):
    chat.prompt(ann, "first", action=Action.BLOCK)
    clock.move(days=1)
    chat.prompt(ann, "second", action=Action.BLOCK)
    rule(store.desk.next_case(moderator).summary.id, moderator, "misuse")

    days = store.insights.over(days=3).inflow

    assert (sum(day.opened for day in days), sum(day.decided for day in days)) == (2, 1)
    assert len({day.day for day in days if day.opened}) == 2


def test_precision_agreement_and_overturns_are_counted(
    store, chat, ann, moderator, colleague, rule, decide, settle, second
):
    for text, ruling in (("bad", "misuse"), ("worse", "misuse"), ("fine", "no_violation")):
        chat.prompt(ann, text, action=Action.BLOCK, check="rules")
        rule(store.desk.next_case(moderator).summary.id, moderator, ruling)
    chat.prompt(ann, "worst", action=Action.BLOCK, check="classifier")
    case_id = store.desk.next_case(moderator).summary.id
    decide(case_id, moderator, action="suspend", days=1)
    settle()
    second(case_id, colleague)
    again = store.desk.reconsider(case_id, colleague)
    decide(again.summary.id, colleague, "no_violation")
    settle()
    second(again.summary.id, moderator, agrees=False)

    found = store.insights.over()

    precision = {one.check: (one.right.hits, one.right.total) for one in found.precision}
    assert precision == {"rules": (2, 3), "classifier": (1, 1)}
    assert (found.agreement.hits, found.agreement.total) == (1, 2)
    assert (found.overturned.hits, found.overturned.total) == (0, 4)


def test_exposure_counts_each_case_once_by_moderator_day_and_severity(
    store, chat, ann, moderator, colleague, clock
):
    chat.prompt(ann, "first", action=Action.BLOCK)
    first = store.desk.next_case(moderator).summary.id
    store.desk.claim(first, moderator)
    store.desk.reveal(first, moderator)
    store.desk.case(first, colleague)
    reply = chat.reply(ann)
    store.report(ann, reply.id, reason="other", note="", severity=2)
    clock.move(days=1)
    store.desk.next_case(moderator)

    seen = [(one.moderator_id, one.severity, one.opened, one.revealed) for one in store.insights.exposure()]

    assert seen[0] == (moderator, 2, 1, 0)
    assert set(seen[1:]) == {(moderator, 1, 1, 1), (colleague, 1, 1, 0)}
    assert {one.moderator_id for one in store.insights.exposure(moderator_id=colleague)} == {colleague}
    clock.move(days=40)
    assert store.insights.exposure() == ()
