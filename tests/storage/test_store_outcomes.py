from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import event

from safety.types import Action
from storage.outcomes import unheard


@pytest.fixture
def reported(store, chat, ann):
    """The case of a reply to Ann that she reported."""
    store.report(ann, chat.reply(ann).id, reason="PUP-2.b", note="unkind")
    return store.desk.cases()[0].id


def appeal_case(store):
    return next(case.id for case in store.desk.queue().cases if case.kind == "appeal")


def test_what_was_decided_on_a_report_or_a_request_is_news_until_its_person_has_heard_it(
    store, chat, ann, bob, moderator, rule, reported
):
    blocked = chat.prompt(ann, action=Action.BLOCK)
    store.report(ann, blocked.id, reason="other", note="", kind="review")
    asked = store.outcomes.unheard(ann)
    for case in store.desk.cases():
        rule(case.id, moderator, "no_violation")
    decided = store.outcomes.unheard(ann), store.outcomes.unheard(bob)

    store.outcomes.hear(bob)
    after_bob = store.outcomes.unheard(ann)
    store.outcomes.hear(ann)

    assert (asked, decided, after_bob) == (0, (2, 0), 2)
    assert store.outcomes.unheard(ann) == 0


def test_one_decision_on_a_report_and_a_request_about_the_same_message_is_news_once(
    store, chat, ann, moderator, rule
):
    withheld = chat.withheld(ann)
    for kind in ("report", "review"):
        store.report(ann, withheld.id, reason="other", note="", kind=kind)

    rule(store.desk.cases()[0].id, moderator, "no_violation")

    assert store.outcomes.unheard(ann) == 1


def test_what_moderators_decide_unasked_is_no_outcome_of_anything(store, chat, ann, moderator, rule):
    chat.prompt(ann, action=Action.BLOCK)
    rule(store.desk.cases()[0].id, moderator, "no_violation")

    assert store.outcomes.unheard(ann) == 0


def test_nobody_is_told_of_a_decision_that_can_be_undone_nor_of_one_that_was(
    store, ann, moderator, reported, decide, settle
):
    decide(reported, moderator, "no_violation")
    between = store.outcomes.unheard(ann)
    store.outcomes.hear(ann)
    store.desk.undo(reported, moderator)
    settle()
    undone = store.outcomes.unheard(ann)
    decide(reported, moderator, "no_violation")
    settle()

    assert (between, undone, store.outcomes.unheard(ann)) == (0, 0, 1)


def test_nobody_is_told_before_a_second_person_agrees_or_while_somebody_passes_it_on(
    store, ann, moderator, colleague, lead, reported, decide, settle, second
):
    decide(reported, moderator, "unsure")
    settle()
    passed_on = store.outcomes.unheard(ann)
    decide(reported, colleague, action="suspend", days=7)
    settle()
    proposed = store.outcomes.unheard(ann)
    second(reported, lead)

    assert (passed_on, proposed, store.outcomes.unheard(ann)) == (0, 0, 1)


def test_a_decision_that_is_due_when_its_person_looks_is_heard(
    store, ann, moderator, reported, decide, clock
):
    decide(reported, moderator, "no_violation")
    clock.move(seconds=31)

    store.outcomes.hear(ann)

    assert [made.outcome for made in store.reports(ann)] == ["no_violation"]
    assert store.outcomes.unheard(ann) == 0


@pytest.mark.parametrize("again", ["no_violation", "model_failure"])
def test_what_comes_of_an_appeal_is_news_once_upheld_or_not(
    store, ann, moderator, colleague, reported, rule, again
):
    made = rule(reported, moderator, "no_violation")
    store.outcomes.hear(ann)
    store.appeals.appeal(ann, made.id, "read it again")
    waits = store.outcomes.unheard(ann)

    rule(appeal_case(store), colleague, again)
    decided = store.outcomes.unheard(ann)
    store.outcomes.hear(ann)

    assert (waits, decided, store.outcomes.unheard(ann)) == (0, 1, 0)


def test_two_pages_that_open_at_once_note_each_outcome_once(store, ann, moderator, reported, rule):
    made = rule(reported, moderator, "no_violation")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store.outcomes.hear, [ann] * 8))

    assert [heard["decision_id"] for heard in store.export_person(ann)["outcomes_heard"]] == [made.id]


def test_which_outcomes_were_heard_is_taken_along_and_goes_with_the_person(
    store, ann, bob, moderator, reported, rule, raw
):
    made = rule(reported, moderator, "no_violation")
    before = store.export_person(ann)["outcomes_heard"]
    store.outcomes.hear(ann)

    (heard,) = store.export_person(ann)["outcomes_heard"]
    others = store.export_person(bob)["outcomes_heard"]
    store.erase_person(ann)

    assert before == others == []
    assert heard["decision_id"] == made.id and datetime.fromisoformat(heard["heard_at"]) >= made.effective_at
    assert raw.execute("SELECT count(*) FROM outcome_heard").fetchone() == (0,)
    store.outcomes.hear(ann)
    assert store.outcomes.unheard(ann) == 0


@pytest.mark.sqlite
def test_asking_what_is_new_reads_no_table_from_end_to_end(store, ann, moderator, reported, rule, raw):
    def explain(work):
        event.listen(work.get_bind(), "before_cursor_execute", lambda *told: asked.append(told[2:4]))
        return unheard(work, ann)

    asked = []
    rule(reported, moderator, "no_violation")
    found = store._read(explain)
    ((statement, values),) = (told for told in asked if "report" in told[0])
    plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()]

    assert len(found) == 1
    assert [step for step in plan if step.startswith("SCAN")] == [], plan
