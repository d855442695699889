import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from safety.types import Action
from storage import tables
from storage.types import Barred, CaseTaken, IllegalMove, StaleCase, StorageError


@pytest.fixture
def labels(store):
    """The labels in force, by check."""

    def found():
        label = tables.DecisionLabel

        def rows(work):
            return work.execute(select(label.check_name, label.label, label.decision_id)).all()

        return {check: (said, decision_id) for check, said, decision_id in store._read(rows)}

    return found


# Undo


def test_a_decision_takes_effect_only_when_it_can_no_longer_be_undone(
    store, chat, ann, moderator, decide, settle
):
    message = chat.withheld(ann)
    asked = store.report(ann, message.id, reason="other", note="", kind="review")

    made = decide(store.desk.cases()[0].id, moderator, "no_violation")
    between = store.message(ann, message.id).state, store.reports(ann)
    changed = settle()

    assert between == ("withheld", (asked,))
    assert (made.effective_at - made.decided_at).total_seconds() == 30
    assert changed == (message.conversation_id,)
    assert store.message(ann, message.id).state == "restored"
    assert store.reports(ann)[0].outcome == "no_violation"
    assert store.desk.settle() == ()


def test_the_next_question_of_the_person_finds_what_is_due(store, chat, ann, moderator, decide, clock):
    chat.prompt(ann, action=Action.BLOCK)
    decide(store.desk.cases()[0].id, moderator, "no_violation")
    clock.move(seconds=30)

    assert store.notices(ann) == ()


def test_an_undone_decision_leaves_no_trace_but_in_the_log(
    store, chat, ann, moderator, decide, settle, labels
):
    message = chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    decide(case_id, moderator, "no_violation")

    held = store.desk.undo(case_id, moderator)
    settle()

    assert (held.summary.state, held.summary.claimed_by) == ("claimed", moderator)
    assert store.message(ann, message.id).state == "blocked"
    assert [made.state for made in store.desk.case(case_id, moderator).decisions] == ["undone"]
    assert labels() == {}
    assert "decision undone" in {event.action for event in store.audit.events()}


def test_what_was_undone_is_decided_otherwise(store, chat, ann, moderator, decide, rule):
    message = chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    decide(case_id, moderator, "no_violation")
    store.desk.undo(case_id, moderator)

    rule(case_id, moderator, "misuse")

    assert store.message(ann, message.id).state == "blocked"
    assert [made.state for made in store.desk.case(case_id, moderator).decisions] == ["undone", "in_force"]


def test_only_its_author_undoes_a_decision_and_only_in_time(
    store, chat, ann, moderator, colleague, decide, settle
):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    decide(case_id, moderator)

    with pytest.raises(IllegalMove, match="Only who made"):
        store.desk.undo(case_id, colleague)
    with pytest.raises(IllegalMove, match="in a moment"):
        store.desk.claim(case_id, colleague)
    settle()
    with pytest.raises(IllegalMove, match="taken effect"):
        store.desk.undo(case_id, moderator)


def test_an_undo_and_the_end_of_its_time_at_once_leave_one_of_both(
    store, chat, ann, moderator, decide, clock
):
    for number in range(6):
        chat.prompt(ann, f"text {number}", action=Action.BLOCK)
    case_ids = [case.id for case in store.desk.cases()]
    for case_id in case_ids:
        decide(case_id, moderator, "no_violation")
    clock.move(seconds=29.9)
    begin = threading.Barrier(2 * len(case_ids))

    def undo(case_id):
        begin.wait()
        try:
            return store.desk.undo(case_id, moderator).summary.state
        except IllegalMove:
            return "too late"

    def settle(_):
        begin.wait()
        clock.move(seconds=0.1)
        store.desk.settle()

    with ThreadPoolExecutor(2 * len(case_ids)) as threads:
        settled = [threads.submit(settle, number) for number in case_ids]
        undone = {case_id: threads.submit(undo, case_id) for case_id in case_ids}
        for step in settled:
            step.result()
    clock.move(seconds=31)

    for case_id, said in undone.items():
        case = store.desk.case(case_id, moderator)
        states = [made.state for made in case.decisions]
        assert (case.summary.state, states) in (("claimed", ["undone"]), ("decided", ["in_force"]))
        assert (said.result() == "claimed") == (states == ["undone"])


# Second person


def test_the_gravest_waits_for_a_second_person_who_is_another(
    store, chat, ann, moderator, colleague, decide, settle, second
):
    reply = chat.reply(ann)
    store.report(ann, reply.id, reason="PUP-2.b", note="", severity=3)
    case_id = store.desk.cases()[0].id

    made = decide(case_id, moderator, "model_failure")
    settle()
    (waiting,) = store.desk.queue().cases

    assert made.needs_second == ("severity",)
    assert (waiting.state, waiting.waits_for) == ("pending_second", "somebody_else")
    assert store.message(ann, reply.id).state == "complete"
    assert store.desk.next_case(moderator) is None
    with pytest.raises(Barred, match="second person"):
        store.desk.claim(case_id, moderator)
    with pytest.raises(IllegalMove, match="waits for a second person"):
        decide(case_id, colleague)
    second(case_id, colleague)
    assert store.message(ann, reply.id).state == "removed"
    case = store.desk.case(case_id, moderator)
    assert [(one.stage, one.state) for one in case.decisions] == [("first", "in_force"), ("second", "agreed")]
    assert case.summary.state == "decided"


def test_with_one_moderator_a_second_opinion_waits_for_a_lead_and_says_so(
    store, chat, ann, moderator, decide, settle
):
    chat.prompt(ann, action=Action.BLOCK)
    decide(store.desk.cases()[0].id, moderator, action="suspend", days=3)
    settle()
    (alone,) = store.desk.queue().cases

    store.moderators.add("Ruby", "hash", "lead")

    assert alone.waits_for == "lead"
    assert store.desk.queue().cases[0].waits_for == "somebody_else"


def test_a_second_person_who_does_not_agree_passes_the_case_on(
    store, chat, ann, moderator, colleague, lead, decide, settle, second
):
    message = chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    decide(case_id, moderator, action="suspend", days=3)
    settle()

    second(case_id, colleague, agrees=False)

    case = store.desk.case(case_id, lead)
    assert (case.summary.state, case.proposal) == ("escalated", None)
    assert [one.state for one in case.decisions] == ["declined", "disagreed"]
    assert store.sanctions.of(ann) is None
    assert store.message(ann, message.id).state == "blocked"
    assert store.desk.next_case(moderator) is None and store.desk.next_case(colleague) is None
    assert store.desk.next_case(lead).summary.id == case_id


def test_a_proposal_that_is_handed_back_still_waits_for_a_second_person(
    store, chat, ann, moderator, colleague, decide, settle
):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    decide(case_id, moderator, action="suspend", days=3)
    settle()
    store.desk.claim(case_id, colleague)

    store.desk.release(case_id, colleague)

    assert store.desk.queue().cases[0].state == "pending_second"


def test_there_is_nothing_to_agree_with_before_somebody_proposes(store, chat, ann, moderator):
    chat.prompt(ann, action=Action.BLOCK)
    held = store.desk.next_case(moderator)

    with pytest.raises(IllegalMove, match="No decision"):
        store.desk.second(held.summary.id, moderator, agrees=True, row_version=held.row_version)


def test_of_several_who_agree_at_once_one_does(store, chat, ann, moderator, decide, settle):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    others = [store.moderators.add(f"Moderator {number}", "hash").id for number in range(6)]
    decide(case_id, moderator, action="suspend", days=3)
    settle()
    begin = threading.Barrier(len(others))

    def agree(who):
        begin.wait()
        try:
            case = store.desk.claim(case_id, who)
            store.desk.second(case_id, who, agrees=True, row_version=case.row_version)
        except (CaseTaken, IllegalMove, StaleCase) as refused:
            return refused
        return who

    with ThreadPoolExecutor(len(others)) as threads:
        said = list(threads.map(agree, others))
    settle()

    assert len([who for who in said if who in others]) == 1
    assert store.sanctions.of(ann) is not None


# Escalation


def test_an_escalated_case_waits_for_a_lead(store, chat, ann, moderator, colleague, lead, decide, settle):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id

    decide(case_id, moderator, "unsure", action="escalate")
    settle()

    assert store.desk.queue().cases[0].waits_for == "lead"
    assert store.desk.next_case(colleague) is None
    with pytest.raises(Barred, match="lead"):
        store.desk.claim(case_id, colleague)
    assert store.desk.next_case(lead).summary.id == case_id


# Labels


def test_a_decision_in_force_labels_each_finding(store, chat, ann, moderator, rule, labels):
    conversation_id = store.start_conversation(ann).id
    reply = chat.reply(ann, action=Action.FLAG, check="rules", conversation_id=conversation_id)
    made = rule(store.desk.cases()[0].id, moderator, "model_failure")

    assert labels() == {"rules": ("tp", made.id)}
    assert store.message(ann, reply.id).state == "removed"


def test_a_moderator_may_judge_a_finding_otherwise_and_mark_its_place(
    store, chat, ann, moderator, decide, settle, labels
):
    chat.prompt(ann, action=Action.BLOCK, check="rules")
    case = store.desk.next_case(moderator)
    (found,) = case.grounds.found

    made = decide(case.summary.id, moderator, labels={found.flag_id: "fp"}, spans={found.flag_id: ((2, 5),)})
    settle()

    spans = store._read(lambda work: work.scalars(select(tables.DecisionLabel.spans)).all())
    assert labels() == {"rules": ("fp", made.id)}
    assert spans == [[[2, 5]]]


@pytest.mark.parametrize(
    "wrong",
    [{"labels": {"nobody": "tp"}}, {"labels": {"own": "maybe"}}, {"spans": {"own": ((5, 2),)}}],
)
def test_a_label_that_makes_no_sense_is_refused(store, chat, ann, moderator, decide, wrong):
    chat.prompt(ann, action=Action.BLOCK)
    case = store.desk.next_case(moderator)
    own = case.grounds.found[0].flag_id
    filled = {
        name: {own if key == "own" else key: said for key, said in by.items()} for name, by in wrong.items()
    }

    with pytest.raises(IllegalMove):
        decide(case.summary.id, moderator, **filled)

    assert store.desk.case(case.summary.id, moderator).summary.state == "claimed"


def test_a_check_that_could_not_judge_gets_no_label(store, chat, ann, moderator, rule, labels):
    chat.prompt(ann, action=Action.BLOCK, failed=True)

    rule(store.desk.cases()[0].id, moderator, "no_violation")

    assert labels() == {}


# Looking again


def test_a_decision_is_overturned_by_two_and_its_labels_turn(
    store, chat, ann, moderator, colleague, rule, decide, settle, second, labels
):
    prompt = chat.prompt(ann, "a fair question", action=Action.FLAG, check="rules")
    case_id = store.desk.cases()[0].id
    first = rule(case_id, moderator, "misuse")
    removed, before = store.message(ann, prompt.id).state, labels()

    again = store.desk.reconsider(case_id, moderator)
    made = decide(again.summary.id, moderator, "no_violation", public_note="We were wrong.")
    settle()
    between = store.message(ann, prompt.id).state, labels()
    second(again.summary.id, colleague)

    assert (again.summary.kind, again.about_id, made.needs_second) == ("override", case_id, ("override",))
    assert (removed, before) == ("removed", {"rules": ("tp", first.id)})
    assert between == ("removed", before)
    assert (store.message(ann, prompt.id).state, store.message(ann, prompt.id).text) == (
        "restored",
        "a fair question",
    )
    assert labels() == {"rules": ("fp", made.id)}
    states = {one.id: one.state for one in store.desk.case(again.summary.id, colleague).decisions}
    assert (states[first.id], states[made.id]) == ("overturned", "in_force")
    (told,) = (one for one in store.appeals.statements(ann) if one.decision_id == made.id)
    assert told.note == "We were wrong."


def test_a_decision_that_is_upheld_needs_nobody_else_and_changes_nothing(
    store, chat, ann, moderator, rule, decide, settle, labels
):
    prompt = chat.prompt(ann, action=Action.FLAG, check="rules")
    case_id = store.desk.cases()[0].id
    first = rule(case_id, moderator, "misuse")

    again = store.desk.reconsider(case_id, moderator)
    made = decide(again.summary.id, moderator, "misuse", action="remove")
    settle()

    assert made.needs_second == ()
    assert store.message(ann, prompt.id).state == "removed"
    assert labels() == {"rules": ("tp", first.id)}


def test_one_at_a_time_looks_again_and_only_at_what_is_decided(store, chat, ann, moderator, colleague, rule):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id

    with pytest.raises(IllegalMove, match="Only a decided case"):
        store.desk.reconsider(case_id, moderator)
    rule(case_id, moderator, "misuse")
    store.desk.reconsider(case_id, moderator)
    with pytest.raises(IllegalMove, match="already"):
        store.desk.reconsider(case_id, colleague)


def test_nobody_is_warned_who_has_been_erased(store, chat, ann, moderator, decide):
    chat.prompt(ann, action=Action.BLOCK)
    store.erase_person(ann)

    with pytest.raises(IllegalMove, match="erased"):
        decide(store.desk.cases()[0].id, moderator, action="warn")


def test_a_prepared_reason_is_kept_by_its_key(store, chat, ann, moderator, decide):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id

    assert decide(case_id, moderator, reason_key="threat").reason_key == "threat"
    store.desk.undo(case_id, moderator)
    with pytest.raises(StorageError, match="reason is 101"):
        decide(case_id, moderator, reason_key="x" * 101)
