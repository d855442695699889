import pytest

from safety.types import Action
from storage.types import NotFound


def test_a_conversation_goes_so_many_days_after_it_was_last_written_in(store, chat, ann, bob, clock):
    old, kept = chat.reply(ann, "harbour lights"), chat.reply(bob, "harbour lights")
    clock.move(days=29)
    chat.prompt(bob, conversation_id=kept.conversation_id)

    early = store.clocks.let_conversations_go(30)
    clock.move(days=2)
    late = store.clocks.let_conversations_go(30, at_once=1)

    assert (early, late) == ((), (old.conversation_id,))
    with pytest.raises(NotFound):
        store.path(ann, old.conversation_id)
    assert store.search(ann, "harbour") == ()
    assert len(store.search(bob, "harbour")) == 1
    assert store.clocks.let_conversations_go(30) == ()
    assert store.audit.first_broken() is None


def test_nothing_goes_where_the_clock_is_off(store, chat, ann, clock, moderator, rule):
    reply = chat.reply(ann)
    store.report(ann, reply.id, reason="other", note="my words")
    rule(store.desk.cases()[0].id, moderator, "no_violation")
    clock.move(days=10_000)

    assert store.clocks.let_conversations_go(0) == ()
    assert store.clocks.let_reports_go(0) == 0
    assert store.reports(ann)[0].note == "my words"


def test_the_evidence_of_an_open_case_outlives_its_conversation(store, chat, ann, clock, moderator):
    chat.prompt(ann, "my own words", action=Action.BLOCK)
    clock.move(days=31)

    assert len(store.clocks.let_conversations_go(30)) == 1

    assert store.desk.case(store.desk.cases()[0].id, moderator).evidence[-1].text == "my own words"


def test_the_words_of_a_report_go_so_many_days_after_its_decision_and_the_outcome_stays(
    store, chat, ann, bob, clock, moderator, rule
):
    for owner in (ann, bob):
        store.report(owner, chat.reply(owner).id, reason="other", note="my words")
    rule(store.desk.cases()[0].id, moderator, "no_violation")
    clock.move(days=29)
    early = store.clocks.let_reports_go(30)
    clock.move(days=2)

    assert (early, store.clocks.let_reports_go(30, at_once=1)) == (0, 1)

    notes = {(report.outcome, report.note) for owner in (ann, bob) for report in store.reports(owner)}
    assert notes == {("no_violation", ""), (None, "my words")}


def test_the_words_of_an_appeal_go_so_many_days_after_that_was_decided_and_the_outcome_stays(
    store, chat, ann, clock, moderator, colleague, rule
):
    chat.prompt(ann, action=Action.BLOCK)
    made = rule(store.desk.cases()[0].id, moderator, "misuse")
    clock.move(days=40)
    store.appeals.appeal(ann, made.id, "my own words")
    waiting = store.clocks.let_reports_go(30)
    rule(store.desk.cases()[0].id, colleague, "no_violation")
    clock.move(days=31)

    gone = store.clocks.let_reports_go(30, at_once=1)

    (appeal,) = store.appeals.of(ann)
    assert (waiting, gone) == (0, 1)
    assert (appeal.text, appeal.outcome) == ("", "overturned")
    assert store.clocks.let_reports_go(30) == 0


@pytest.mark.sqlite
def test_no_word_of_what_the_clock_let_go_is_left_in_the_file(store, chat, ann, clock, database):
    chat.reply(ann, "Qopalesce " * 50, prompt="Why Qopalesce")
    clock.move(days=31)

    store.clocks.let_conversations_go(30)

    assert (
        b"qopalesce" not in b"".join(path.read_bytes() for path in database.parent.glob("bezel.db*")).lower()
    )
