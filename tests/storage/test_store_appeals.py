from concurrent.futures import ThreadPoolExecutor

import pytest

from safety.types import Action
from storage.types import Barred, IllegalMove, NotFound


@pytest.fixture
def removed(store, chat, ann, moderator, rule):
    """A prompt of Ann's that a moderator removed, and the decision."""
    prompt = chat.prompt(ann, "a fair question", action=Action.FLAG, check="rules")
    made = rule(
        store.desk.cases()[0].id, moderator, "misuse", note="clearly meant badly", public_note="Not here."
    )
    return prompt, made


def appeal_case(store):
    return next(case for case in store.desk.queue().cases if case.kind == "appeal")


def test_a_person_reads_the_reasons_from_what_the_moderator_saw(store, ann, bob, moderator, removed):
    prompt, made = removed

    (told,) = store.appeals.statements(ann)
    seen = store.desk.case(made.case_id, moderator)

    assert told == store.appeals.statement(ann, made.id)
    assert told.grounds == seen.grounds
    assert (told.message_id, told.role, told.ruling, told.clause) == (
        prompt.id,
        "user",
        "misuse",
        "PUP-2.e.iii",
    )
    assert (told.action, told.note, told.grounds.automatic) == ("remove", "Not here.", True)
    assert (told.appeal_until - told.decided_at).days == 184
    assert moderator not in repr(told) and "clearly meant badly" not in repr(told)
    assert store.appeals.statements(bob) == ()
    with pytest.raises(NotFound):
        store.appeals.statement(bob, made.id)


def test_a_decision_that_can_be_undone_is_not_told_yet(store, chat, ann, moderator, decide):
    chat.prompt(ann, action=Action.BLOCK)
    decide(store.desk.cases()[0].id, moderator)

    assert store.appeals.statements(ann) == ()


def test_an_appeal_is_decided_by_somebody_else_who_does_not_see_the_earlier_note_first(
    store, ann, moderator, colleague, removed, decide, settle
):
    prompt, made = removed
    asked = store.appeals.appeal(ann, made.id, " I meant the film ")
    waiting = appeal_case(store)

    with pytest.raises(Barred, match="asked again"):
        store.desk.claim(waiting.id, moderator)
    assert store.desk.next_case(moderator) is None
    before = store.desk.claim(waiting.id, colleague)
    decide(waiting.id, colleague, "no_violation", public_note="You are right.")
    after = store.desk.case(waiting.id, colleague)
    settle()

    assert (asked.side, asked.text, asked.outcome) == ("author", "I meant the film", None)
    assert (waiting.waits_for, waiting.severity) == ("somebody_else", 1)
    assert before.appeal_text == "I meant the film"
    assert before.evidence[-1].text == "a fair question"
    assert [one.note for one in before.decisions] == [""]
    assert [one.note for one in after.decisions] == ["clearly meant badly", ""]
    assert (store.message(ann, prompt.id).state, store.message(ann, prompt.id).text) == (
        "restored",
        "a fair question",
    )
    (answered,) = store.appeals.of(ann)
    assert (answered.outcome, answered.outcome_note) == ("overturned", "You are right.")
    (told,) = store.appeals.statements(ann)
    assert (told.appeal, told.appeal_until) == (answered, None)


def test_an_appeal_that_fails_leaves_everything_as_it_was(
    store, ann, moderator, colleague, removed, decide, settle
):
    prompt, made = removed
    store.appeals.appeal(ann, made.id, "please")

    decide(appeal_case(store).id, colleague, "misuse", action="remove", public_note="It stays.")
    settle()

    (answered,) = store.appeals.of(ann)
    assert (answered.outcome, answered.outcome_note) == ("upheld", "It stays.")
    assert store.message(ann, prompt.id).state == "removed"
    assert store.appeals.statement(ann, made.id).ruling == "misuse"


def test_an_appeal_may_soften_what_followed(
    store, chat, ann, moderator, colleague, lead, decide, settle, second
):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    made = decide(case_id, moderator, action="suspend", days=30)
    settle()
    second(case_id, colleague)
    store.appeals.appeal(ann, made.id, "so long?")

    decide(appeal_case(store).id, lead, "misuse", action="warn")
    settle()

    assert store.appeals.of(ann)[0].outcome == "changed"
    assert store.sanctions.of(ann) is None
    assert len(store.sanctions.warnings(ann)) == 1


def test_an_appeal_may_shorten_a_suspension(
    store, chat, ann, moderator, colleague, lead, decide, settle, second
):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    made = decide(case_id, moderator, action="suspend", days=30)
    settle()
    second(case_id, colleague)
    store.appeals.appeal(ann, made.id, "so long?")
    waiting = appeal_case(store)

    shorter = decide(waiting.id, lead, action="suspend", days=3)
    settle()
    second(waiting.id, store.moderators.add("Beryl", "hash").id)

    assert store.appeals.of(ann)[0].outcome == "changed"
    assert (store.sanctions.of(ann).until - shorter.effective_at).days == 3


def test_a_reporter_appeals_that_nothing_was_found(
    store, chat, ann, moderator, colleague, rule, decide, settle
):
    reply = chat.reply(ann, "Good day")
    store.report(ann, reply.id, reason="PUP-2.b", note="this is unkind")
    made = rule(store.desk.cases()[0].id, moderator, "no_violation")

    asked = store.appeals.appeal(ann, made.id, "read it again")
    decide(appeal_case(store).id, colleague, "model_failure", clause="PUP-2.b", public_note="You were right.")
    settle()

    assert asked.side == "reporter"
    assert store.message(ann, reply.id).state == "removed"
    (report,) = store.reports(ann)
    assert (report.outcome, report.outcome_note) == ("model_failure", "You were right.")
    (notice,) = store.notices(ann)
    assert (notice.clause, notice.automatic) == ("PUP-2.b", False)


def test_who_overturned_a_decision_does_not_decide_the_appeal_against_that(
    store, ann, moderator, colleague, lead, removed, decide, settle, second
):
    again = store.desk.reconsider(removed[1].case_id, colleague)
    made = decide(again.summary.id, colleague, "no_violation")
    settle()
    second(again.summary.id, lead)
    store.appeals.appeal(ann, made.id, "I liked it removed")
    waiting = appeal_case(store)

    for who in (moderator, colleague, lead):
        assert store.desk.next_case(who) is None
        with pytest.raises(Barred):
            store.desk.claim(waiting.id, who)
    assert waiting.waits_for == "lead"
    other = store.moderators.add("Beryl", "hash").id
    assert appeal_case(store).waits_for == "somebody_else"
    assert store.desk.next_case(other).summary.id == waiting.id


def test_with_one_moderator_an_appeal_waits_for_a_lead_and_says_so(store, ann, removed):
    store.appeals.appeal(ann, removed[1].id, "please")

    assert appeal_case(store).waits_for == "lead"


def test_an_appeal_is_made_once(store, ann, colleague, removed, decide, settle):
    made = removed[1]
    first = store.appeals.appeal(ann, made.id, "please")

    assert store.appeals.appeal(ann, made.id, "please, please") == first
    decide(appeal_case(store).id, colleague, "misuse", action="remove")
    settle()
    assert store.appeals.appeal(ann, made.id, "and again").outcome == "upheld"
    assert len(store.appeals.of(ann)) == 1


def test_an_appeal_that_is_sent_twice_at_once_is_one(store, ann, removed):
    with ThreadPoolExecutor(4) as threads:
        asked = list(threads.map(lambda text: store.appeals.appeal(ann, removed[1].id, text), "abcd"))

    assert len({one.id for one in asked}) == 1
    assert len([case for case in store.desk.queue().cases if case.kind == "appeal"]) == 1


def test_an_appeal_can_be_made_for_half_a_year(store, ann, removed, clock):
    clock.move(days=185)

    assert store.appeals.statement(ann, removed[1].id).appeal_until is None
    with pytest.raises(IllegalMove, match="cannot be appealed"):
        store.appeals.appeal(ann, removed[1].id, "please")


def test_what_was_decided_on_an_appeal_is_final(store, ann, bob, colleague, removed, decide, settle):
    store.appeals.appeal(ann, removed[1].id, "please")
    made = decide(appeal_case(store).id, colleague, "no_violation")
    settle()

    with pytest.raises(IllegalMove, match="final"):
        store.appeals.appeal(ann, made.id, "more")


@pytest.mark.parametrize(("text", "refusal"), [("  ", "few words"), ("x" * 2001, "2,001")])
def test_an_appeal_says_something_and_not_too_much(store, ann, removed, text, refusal):
    with pytest.raises(Exception, match=refusal):
        store.appeals.appeal(ann, removed[1].id, text)

    assert store.appeals.of(ann) == ()


def test_nobody_appeals_for_another(store, bob, removed):
    for decision_id in (removed[1].id, "no such decision"):
        with pytest.raises(NotFound):
            store.appeals.appeal(bob, decision_id, "please")


def test_the_evidence_of_an_appeal_outlives_the_conversation_until_it_is_decided(
    store, ann, colleague, removed, decide, settle
):
    prompt, made = removed
    store.appeals.appeal(ann, made.id, "please")
    store.delete_conversation(ann, prompt.conversation_id)
    waiting = appeal_case(store)

    kept = store.desk.claim(waiting.id, colleague)
    decide(waiting.id, colleague, "no_violation")
    settle()

    assert kept.evidence[-1].text == "a fair question"
    assert store.appeals.of(ann)[0].outcome == "overturned"


def test_the_words_of_an_appeal_go_with_the_person(store, ann, colleague, removed, decide, settle):
    store.appeals.appeal(ann, removed[1].id, "my own words")
    store.erase_person(ann)
    waiting = appeal_case(store)

    kept = store.desk.claim(waiting.id, colleague)
    decide(waiting.id, colleague, "no_violation")
    settle()
    after = store.desk.case(waiting.id, colleague)

    assert kept.appeal_text is None
    assert kept.evidence[-1].text == "a fair question"
    assert after.evidence == ()
    assert [made.note for made in after.decisions] == ["", ""]
    assert store.appeals.of(ann) == ()


def test_an_overturned_finding_is_labelled_anew(
    store, ann, colleague, moderator, removed, decide, settle, rule, chat
):
    store.appeals.appeal(ann, removed[1].id, "please")
    decide(appeal_case(store).id, colleague, "no_violation")
    settle()

    chat.prompt(ann, "another", action=Action.BLOCK, check="rules")

    (part,) = store.desk.case(store.desk.cases()[0].id, moderator).priority
    assert (part.based_on, part.weight) == (1, 0.4)
