from dataclasses import replace

import pytest

from safety.types import Action
from storage.types import IllegalMove, Judgement, StaleCase

SAME = "buy this now"


def judged(case, ruling="misuse", **rest):
    clause = "PUP-2.e.iii" if ruling == "misuse" else None
    return Judgement(ruling, clause, "", "No spam.", case.row_version, **rest)


@pytest.fixture
def alike(store, chat, ann, bob):
    """Five cases about the same text of two people, and one about another."""
    messages = [chat.prompt(owner, SAME, action=Action.FLAG) for owner in (ann, ann, bob, bob, ann)]
    chat.prompt(ann, "something else", action=Action.FLAG)
    return messages


def test_cases_about_the_same_text_are_decided_together_after_opening_three(
    store, ann, bob, moderator, alike, settle
):
    first = store.desk.next_case(moderator)
    others = [case.id for case in store.desk.queue().cases if case.id != first.summary.id]
    with pytest.raises(IllegalMove, match="Open 3 of these 5 cases .* you opened 1"):
        store.desk.decide_alike(first.summary.id, moderator, judged(first))
    for case_id in others[:2]:
        store.desk.case(case_id, moderator)

    made = store.desk.decide_alike(first.summary.id, moderator, judged(first))
    settle()

    assert first.same_text_waiting == 4
    assert len(made) == 5
    assert len({one.batch_id for one in made}) == 1 and made[0].batch_id
    assert {
        store.message(owner, message.id).state
        for owner, message in zip((ann, ann, bob, bob, ann), alike, strict=True)
    } == {"removed"}
    assert [case.state for case in store.desk.queue().cases] == ["open"]


def test_what_somebody_else_holds_is_left_to_them(store, moderator, colleague, alike):
    theirs = store.desk.next_case(colleague).summary.id
    first = store.desk.next_case(moderator)
    for case in store.desk.queue().cases[:4]:
        store.desk.case(case.id, moderator)

    made = store.desk.decide_alike(first.summary.id, moderator, judged(first))

    assert len(made) == 4
    assert theirs not in {one.case_id for one in made}


def test_each_of_them_can_be_undone(store, moderator, alike, settle):
    first = store.desk.next_case(moderator)
    for case in store.desk.queue().cases[:4]:
        store.desk.case(case.id, moderator)
    made = store.desk.decide_alike(first.summary.id, moderator, judged(first))

    store.desk.undo(made[1].case_id, moderator)
    settle()

    states = {case.id: case.state for case in store.desk.queue().cases}
    assert states[made[1].case_id] == "claimed"
    assert len(states) == 2


def test_what_needs_a_second_person_is_not_decided_together(store, moderator, alike):
    first = store.desk.next_case(moderator)
    for case in store.desk.queue().cases[:4]:
        store.desk.case(case.id, moderator)

    with pytest.raises(IllegalMove, match="case by case"):
        store.desk.decide_alike(first.summary.id, moderator, judged(first, action="suspend", days=3))


def test_a_stale_form_decides_nothing(store, chat, ann, moderator, alike):
    first = store.desk.next_case(moderator)

    with pytest.raises(StaleCase):
        store.desk.decide_alike(first.summary.id, moderator, replace(judged(first), row_version=7))


def test_two_alike_need_both_to_be_opened(store, chat, ann, moderator):
    for _ in range(2):
        chat.prompt(ann, SAME, action=Action.BLOCK)
    first = store.desk.next_case(moderator)

    with pytest.raises(IllegalMove, match="Open 2 of these 2"):
        store.desk.decide_alike(first.summary.id, moderator, judged(first, "no_violation"))


def test_an_earlier_decision_on_the_same_text_is_shown_beside_the_next(
    store, chat, ann, bob, moderator, rule
):
    chat.prompt(ann, SAME, action=Action.BLOCK)
    made = rule(store.desk.next_case(moderator).summary.id, moderator, "misuse")
    chat.prompt(bob, SAME, action=Action.BLOCK)
    chat.prompt(bob, "something else", action=Action.BLOCK)

    same, other = (store.desk.next_case(moderator) for _ in range(2))

    assert [(prior.case_id, prior.ruling, prior.action) for prior in same.same_text] == [
        (made.case_id, "misuse", "remove")
    ]
    assert other.same_text == ()


def test_a_text_is_known_again_by_nothing_after_its_evidence_is_erased(
    store, chat, ann, bob, moderator, rule
):
    chat.prompt(ann, SAME, action=Action.BLOCK)
    rule(store.desk.next_case(moderator).summary.id, moderator, "misuse")
    store.erase_person(ann)

    chat.prompt(bob, SAME, action=Action.BLOCK)

    assert store.desk.next_case(moderator).same_text == ()
