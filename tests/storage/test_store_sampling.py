from dataclasses import replace
from datetime import timedelta

import pytest

from safety.types import Action
from storage.store import Store
from storage.types import Audited, DeskRules, Filters

WEEK = timedelta(days=8)


def hidden(text):
    """Redact a name."""
    return text.replace("Ann Beck", "«NAME»")


@pytest.fixture
def opened_with(url, clock):
    """Open the test's store with these rules."""
    stores = []

    def open_store(**rules):
        given = DeskRules(undo=timedelta(0), redact=hidden, **rules)
        stores.append(Store.open(url, evidence_key=b"e" * 32, audit_key=b"a" * 32, clock=clock, rules=given))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


@pytest.fixture
def auditing(opened_with):
    """A store that draws every turn in which nothing was found."""
    return opened_with(audit_share=1.0)


@pytest.fixture
def opal(auditing):
    return auditing.moderators.add("Opal", "hash").id


@pytest.fixture
def say(auditing, verdict):
    """Say something that this verdict is given on."""

    def prompt(owner, text, action=Action.ALLOW, conversation_id=None):
        given = verdict(action)
        given = replace(given, versions={**given.versions, "policy": "abc"}, side="prompt", lang="en")
        conversation_id = conversation_id or auditing.start_conversation(owner).id
        saved = auditing.save_prompt(owner, conversation_id, text)
        return auditing.record_prompt(owner, saved.id, given)

    return prompt


def decide(store, moderator_id, ruling, clause=None):
    case = store.desk.next_case(moderator_id)
    asked = {"note": "", "public_note": "", "row_version": case.row_version}
    store.desk.decide(case.summary.id, moderator_id, ruling=ruling, clause=clause, **asked)


def test_without_a_share_nobody_reads_what_nothing_was_found_in(opened_with, ann, verdict):
    store = opened_with()
    for number in range(20):
        saved = store.save_prompt(ann, store.start_conversation(ann).id, f"Good morning {number}")
        store.record_prompt(ann, saved.id, verdict())

    assert store.desk.queue().cases == ()


def test_a_drawn_turn_opens_an_audit_that_shows_its_own_turn_alone_and_no_identifier(
    auditing, say, ann, opal
):
    first = say(ann, "I am Ann Beck")
    second = say(ann, "And Ann Beck again", conversation_id=first.conversation_id)

    kinds = {case.kind for case in auditing.desk.queue().cases}
    cases = [auditing.desk.case(case.id, opal) for case in auditing.desk.queue().cases]

    assert kinds == {"audit"}
    assert sorted(case.evidence[0].text for case in cases) == ["And «NAME» again", "I am «NAME»"]
    assert [len(case.evidence) for case in cases] == [1, 1]
    assert {case.shown for case in cases} == {"And «NAME» again", "I am «NAME»"}
    assert second.text == "And Ann Beck again"


def test_a_flagged_turn_has_its_case_and_no_audit_beside_it(auditing, say, ann):
    say(ann, "flagged", Action.FLAG)

    assert [case.kind for case in auditing.desk.queue().cases] == ["content"]


def test_about_the_share_of_turns_is_drawn(opened_with, ann, verdict):
    store = opened_with(audit_share=0.3)
    conversation_id = store.start_conversation(ann).id
    for number in range(100):
        saved = store.save_prompt(ann, conversation_id, f"Good morning {number}")
        store.record_prompt(ann, saved.id, verdict())

    assert 10 < len(store.desk.queue(limit=100).cases) < 55


def test_what_audits_found_is_counted_once_they_are_a_week_old(auditing, say, ann, opal, clock):
    for number in range(4):
        say(ann, f"turn {number}")
    decide(auditing, opal, "misuse", "PUP-2.e.iii")
    decide(auditing, opal, "no_violation")
    decide(auditing, opal, "unsure")
    at_once = auditing.thresholds.audited("abc")
    clock.move(days=WEEK.days)

    assert at_once == Audited(0, 0, 0)
    assert auditing.thresholds.audited("abc") == Audited(4, 1, 2)
    assert auditing.thresholds.audited("another policy") == Audited(0, 0, 0)


def test_what_an_audit_removed_comes_back_as_it_was(auditing, say, ann, opal):
    prompt = say(ann, "I am Ann Beck")
    decide(auditing, opal, "misuse", "PUP-2.e.iii")
    auditing.desk.settle()
    removed = auditing.message(ann, prompt.id)
    (statement,) = auditing.appeals.statements(ann)
    auditing.appeals.appeal(ann, statement.decision_id, "It is my name.")
    garnet = auditing.moderators.add("Garnet", "hash").id
    decide(auditing, garnet, "no_violation")
    auditing.desk.settle()

    assert (removed.state, removed.text) == ("removed", "")
    assert auditing.message(ann, prompt.id).text == "I am Ann Beck"


def test_erasing_a_person_leaves_no_word_of_an_audit(auditing, say, ann, opal):
    say(ann, "I am Ann Beck")
    decide(auditing, opal, "no_violation")
    auditing.desk.settle()
    (case,) = auditing.desk.queue(filters=Filters(states=("decided",))).cases

    auditing.erase_person(ann)

    assert auditing.desk.case(case.id, opal).evidence == ()
