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


def test_evidence_waits_for_an_appeal_that_nobody_has_decided(store, blocked, ann, clock, moderator, rule):
    case_id = blocked(ann)
    rule(case_id, moderator, "misuse")
    clock.move(days=180)
    (said,) = store.appeals.statements(ann)
    store.appeals.appeal(ann, said.decision_id, "Please look again.")
    clock.move(days=DAYS)

    assert store.evidence.let_go(DAYS) == 0
    assert has_evidence(store, case_id)


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
