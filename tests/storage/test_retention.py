"""Clocks of evidence, and an erasure that no table of a person is left out of."""

import pytest

from safety.types import Action
from storage import evidence, tables

DAYS = 365


@pytest.fixture
def blocked(store, chat):
    """A prompt of this person that was stopped, and the id of its case."""

    def made(owner, text="my own words"):
        prompt = chat.prompt(owner, text, action=Action.BLOCK)
        return next(case.id for case in store.desk.cases() if prompt.id == message_of(store, case.id))

    return made


def message_of(store, case_id):
    return store._transactions.read(lambda work: work.get(tables.ReviewCase, case_id).message_id)


def has_evidence(store, case_id):
    return store._transactions.read(lambda work: evidence.unseal(work, case_id)) is not None


def test_evidence_goes_so_many_days_after_the_decision(store, blocked, ann, clock, moderator, rule):
    case_id = blocked(ann)
    clock.move(days=300)
    rule(case_id, moderator, "misuse")
    clock.move(days=DAYS - 1)

    early = store.evidence.let_go(DAYS)
    clock.move(days=2)
    late = store.evidence.let_go(DAYS)

    assert (early, late) == (0, 1)
    assert not has_evidence(store, case_id)
    case = store.desk.case(case_id, moderator)
    assert case.evidence == () and [made.note for made in case.decisions] == [""]
    assert store.evidence.let_go(DAYS) == 0
    assert store.audit.first_broken() is None


def test_evidence_of_a_case_that_nobody_decides_runs_to_its_own_clock_though_the_person_is_erased(
    store, blocked, ann, clock, moderator
):
    case_id = blocked(ann)
    store.erase_person(ann)
    clock.move(days=DAYS - 1)

    early = store.evidence.let_go(DAYS)
    kept = has_evidence(store, case_id)
    clock.move(days=2)

    assert (early, kept) == (0, True)
    assert store.evidence.let_go(DAYS) == 1
    assert not has_evidence(store, case_id)
    assert store.desk.case(case_id, moderator).evidence == ()


@pytest.fixture
def appealed(store, blocked, ann, clock, moderator, rule):
    """A case that was decided, and 180 days later appealed."""
    case_id = blocked(ann)
    rule(case_id, moderator, "misuse")
    clock.move(days=180)
    (said,) = store.appeals.statements(ann)
    store.appeals.appeal(ann, said.decision_id, "Please look again.")
    return case_id


def test_evidence_waits_for_an_appeal_until_that_is_as_old_as_evidence_may_be(store, appealed, ann, clock):
    clock.move(days=DAYS - 1)
    early = store.evidence.let_go(DAYS)
    kept = has_evidence(store, appealed)
    clock.move(days=2)

    assert (early, kept) == (0, True)
    assert store.evidence.let_go(DAYS) == 1
    assert not has_evidence(store, appealed)
    assert store.evidence.let_go(DAYS) == 0


def test_an_appeal_that_outlived_its_evidence_can_still_be_decided(
    store, appealed, ann, clock, colleague, decide, settle
):
    clock.move(days=DAYS + 1)
    store.evidence.let_go(DAYS)
    appeal = next(case.id for case in store.desk.cases() if case.kind == "appeal")

    seen = store.desk.claim(appeal, colleague)
    decide(appeal, colleague, "no_violation")
    settle()

    assert seen.evidence == () and seen.appeal_text == "Please look again."
    assert store.appeals.of(ann)[0].outcome == "overturned"
    assert store.path(ann, store.conversations(ann)[0].id)[0].state == "restored"


def test_what_a_person_deletes_waits_for_their_appeal_and_then_goes_with_it(
    store, appealed, ann, clock, colleague, decide, settle
):
    store.erase_person(ann)
    kept = has_evidence(store, appealed)
    appeal = next(case.id for case in store.desk.cases() if case.kind == "appeal")

    decide(appeal, colleague, "misuse", action="remove")
    settle()

    assert kept and not has_evidence(store, appealed)


def test_a_report_adds_nothing_to_evidence_that_is_gone(store, chat, ann, clock):
    reply = chat.reply(ann, action=Action.FLAG)
    clock.move(days=DAYS + 1)
    store.evidence.let_go(DAYS)
    chat.reply(ann, "what followed", conversation_id=reply.conversation_id)

    store.report(ann, reply.id, reason="other", note="look")

    assert store._transactions.read(lambda work: work.query(tables.LaterEvidence).count()) == 0


def test_many_cases_go_in_several_transactions_and_all_of_them(store, blocked, ann, bob, clock):
    old = [blocked(ann, f"words {number}") for number in range(5)]
    clock.move(days=DAYS + 1)
    young = blocked(bob)

    assert store.evidence.let_go(DAYS, at_once=2) == 5
    assert [has_evidence(store, case_id) for case_id in (*old, young)] == [False] * 5 + [True]
    assert [event.action for event in store.audit.events(3)] == ["evidence let go"] * 3


def test_every_table_that_names_a_person_is_emptied_of_them(store, chat, blocked, ann, moderator, rule):
    store.accept_terms(ann, "2026-11")
    store.recovery.keep(ann, "digest")
    reply = chat.reply(ann)
    store.report(ann, reply.id, reason="other", note="look")
    case_id = blocked(ann)
    rule(case_id, moderator, "misuse")
    (said,) = store.appeals.statements(ann)
    store.appeals.appeal(ann, said.decision_id, "Please look again.")
    store.moderators.link(moderator, ann)

    def rows_of(owner):
        def counted(work):
            named = [table for table in tables.Base.metadata.tables.values() if "owner" in table.c]
            return {
                table.name
                for table in named
                if work.execute(table.select().where(table.c.owner == owner)).first()
            }

        return store._transactions.read(counted)

    before = rows_of(ann)
    store.erase_person(ann)

    assert len(before) > 8
    assert rows_of(ann) == set()
    assert store.audit.first_broken() is None
