import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from safety.types import Action
from storage.store import Store
from storage.types import DeskRules, IllegalMove, Labelled, NewThreshold, NotFound, Trial

VIOLENCE = "PUP-2.e.iii"


@pytest.fixture
def terms():
    return NewThreshold(
        check="rules",
        version="1",
        clause=VIOLENCE,
        side="prompt",
        value=0.8,
        target=0.9,
        risk=0.1,
        lower=0.91,
        labels=52,
        wrong=0,
        method="ltt",
    )


@pytest.fixture
def lead(store):
    return store.moderators.add("Onyx", "not a real hash", "lead").id


@pytest.fixture
def shadowed(store, moderator, terms):
    """A threshold that a moderator proposed and that runs in shadow."""
    made = store.thresholds.propose(moderator, terms)
    return store.thresholds.start_shadow(made.id, moderator)


def actions(store, threshold_id):
    """What the audit log says of a threshold, oldest first, with who did it."""
    events = reversed(store.audit.events(100))
    return [(event.action, event.actor) for event in events if event.object_id == threshold_id]


def test_a_threshold_goes_from_proposed_over_shadow_to_active_and_each_step_is_in_the_log(
    store, moderator, lead, terms
):
    made = store.thresholds.propose(moderator, terms)
    store.thresholds.start_shadow(made.id, moderator)
    active = store.thresholds.activate(made.id, lead)
    retired = store.thresholds.retire(made.id, lead)

    assert made.terms == terms
    assert (made.status, active.status, retired.status) == ("proposed", "active", "retired")
    assert (active.proposed_by, active.activated_by, retired.retired_by) == (moderator, lead, lead)
    assert store.thresholds.history() == (retired,)
    assert actions(store, made.id) == [
        ("threshold proposed", moderator),
        ("threshold shadow", moderator),
        ("threshold active", lead),
        ("threshold retired", lead),
    ]
    assert store.audit.first_broken() is None


def test_nobody_switches_on_what_they_proposed_themselves(store, lead, terms):
    made = store.thresholds.propose(lead, terms)
    store.thresholds.start_shadow(made.id, lead)

    with pytest.raises(IllegalMove, match="somebody else"):
        store.thresholds.activate(made.id, lead)

    assert store.thresholds.in_force().active == ()


def test_only_a_lead_switches_on_and_off(store, shadowed, colleague, lead):
    with pytest.raises(IllegalMove, match="lead"):
        store.thresholds.activate(shadowed.id, colleague)
    store.thresholds.activate(shadowed.id, lead)
    with pytest.raises(IllegalMove, match="lead"):
        store.thresholds.retire(shadowed.id, colleague)

    assert [one.id for one in store.thresholds.in_force().active] == [shadowed.id]


def test_a_proposal_runs_in_shadow_before_it_is_switched_on(store, moderator, lead, terms):
    made = store.thresholds.propose(moderator, terms)

    with pytest.raises(IllegalMove, match="must be shadow"):
        store.thresholds.activate(made.id, lead)


@pytest.mark.parametrize("step", ["start_shadow", "activate", "retire"])
def test_what_was_taken_back_stays_so(store, shadowed, moderator, lead, step):
    store.thresholds.retire(shadowed.id, moderator)

    with pytest.raises(IllegalMove, match="retired"):
        getattr(store.thresholds, step)(shadowed.id, lead)


def test_a_second_proposal_waits_for_the_end_of_the_first(store, shadowed, moderator, terms):
    with pytest.raises(IllegalMove, match="under way"):
        store.thresholds.propose(moderator, terms)
    other = store.thresholds.propose(moderator, replace(terms, side="response"))
    store.thresholds.retire(shadowed.id, moderator)

    again = store.thresholds.propose(moderator, terms)

    assert [one.id for one in store.thresholds.history()] == [again.id, other.id, shadowed.id]


def test_a_new_threshold_takes_the_place_of_the_active_one(store, shadowed, moderator, lead, terms):
    store.thresholds.activate(shadowed.id, lead)
    following = store.thresholds.propose(moderator, replace(terms, value=0.7))
    store.thresholds.start_shadow(following.id, moderator)
    both = store.thresholds.in_force()

    active = store.thresholds.activate(following.id, lead)

    assert [one.id for one in both.active] == [shadowed.id]
    assert [one.id for one in both.tried] == [following.id]
    assert active.supersedes == shadowed.id
    assert store.thresholds.in_force().active == (active,)
    assert store.thresholds.history()[-1].status == "retired"


def test_the_number_of_changes_grows_with_each_and_only_then(store, shadowed, moderator, lead):
    numbers = [store.thresholds.in_force().number]
    store.thresholds.activate(shadowed.id, lead)
    numbers.append(store.thresholds.in_force().number)
    store.thresholds.retire(shadowed.id, lead)
    numbers.append(store.thresholds.in_force().number)

    assert numbers == [0, 1, 2]


def test_two_leads_at_once_switch_a_threshold_on_once(store, shadowed, lead):
    other = store.moderators.add("Jasper", "not a real hash", "lead").id
    gate = threading.Barrier(2)

    def switch_on(moderator_id):
        gate.wait()
        try:
            return store.thresholds.activate(shadowed.id, moderator_id)
        except IllegalMove:
            return None

    with ThreadPoolExecutor(2) as pool:
        switched = list(pool.map(switch_on, [lead, other]))

    assert switched.count(None) == 1
    assert store.thresholds.in_force().number == 1


def test_who_has_left_the_desk_changes_nothing(store, shadowed, lead):
    store.moderators.end("Onyx")

    with pytest.raises(NotFound):
        store.thresholds.activate(shadowed.id, lead)


def test_a_threshold_that_is_not_there_is_not_found(store, lead):
    with pytest.raises(NotFound, match="no threshold"):
        store.thresholds.retire("no such id", lead)
    with pytest.raises(NotFound, match="no threshold"):
        store.thresholds.trial("no such id")


def test_a_shadow_counts_what_it_has_seen_and_what_it_would_have_changed(store, chat, ann, shadowed, verdict):
    for action in (Action.ALLOW, Action.FLAG):
        seen = replace(verdict(action), side="prompt", shadow={shadowed.id: Action.BLOCK})
        record(store, ann, seen)
    record(store, ann, replace(verdict(), side="prompt", shadow={"another": Action.BLOCK}))
    record(store, ann, replace(verdict(), side="response", shadow={shadowed.id: Action.BLOCK}))

    assert store.thresholds.trial(shadowed.id) == Trial(3, 2)


def record(store, owner, verdict):
    """Save a prompt with this verdict."""
    saved = store.save_prompt(owner, store.start_conversation(owner).id, "Good morning")
    return store.record_prompt(owner, saved.id, verdict)


@pytest.fixture
def undrawn(url, clock):
    """A store without a blind slice."""
    made = Store.open(
        url, evidence_key=b"e" * 32, audit_key=b"a" * 32, clock=clock, rules=DeskRules(blind_share=0.0)
    )
    yield made
    made.close()


def test_a_replay_names_the_verdicts_that_would_differ(undrawn, ann, verdict, terms):
    store = undrawn
    flagged = scored(verdict, 0.85, Action.FLAG)
    blocked = scored(verdict, 0.75, Action.BLOCK)
    for given in (flagged, scored(verdict, 0.7, Action.FLAG), blocked, scored(verdict, 0.95, Action.BLOCK)):
        record(store, ann, given)
    record(store, ann, replace(flagged, side="response"))
    record(store, ann, replace(flagged, versions={"rules": "2"}))

    found = store.thresholds.replay(terms, Action.BLOCK)

    assert [(one.score, one.was, one.would) for one in found] == [
        (0.75, Action.BLOCK, Action.FLAG),
        (0.85, Action.FLAG, Action.BLOCK),
    ]
    assert {one.case_id for one in found} <= {case.id for case in store.desk.queue().cases}


def scored(verdict, score, action):
    """A verdict on a prompt with one finding of this score."""
    given = verdict(action)
    return replace(given, side="prompt", findings=(replace(given.findings[0], score=score),))


def test_a_replay_looks_back_so_many_days(undrawn, ann, verdict, terms, clock):
    store = undrawn
    record(store, ann, scored(verdict, 0.85, Action.FLAG))
    clock.move(days=10)

    assert len(store.thresholds.replay(terms, Action.BLOCK, days=11)) == 1
    assert store.thresholds.replay(terms, Action.BLOCK, days=9) == ()


@pytest.fixture
def sampled(url, clock):
    """A store in whose blind slice every case is, and whose decisions take effect at once."""
    rules = DeskRules(undo=timedelta(0), blind_share=1.0)
    made = Store.open(url, evidence_key=b"e" * 32, audit_key=b"a" * 32, clock=clock, rules=rules)
    yield made
    made.close()


def decide(store, moderator_id, ruling, clause=None):
    """Rule on the next case."""
    case = store.desk.next_case(moderator_id)
    asked = {"note": "", "public_note": "", "row_version": case.row_version}
    store.desk.decide(case.summary.id, moderator_id, ruling=ruling, clause=clause, **asked)


def policy_of(verdict):
    """The verdict with a policy's fingerprint."""
    return replace(verdict, versions={**verdict.versions, "policy": "abc"})


def test_labels_are_those_of_drawn_texts_once_a_week_old_decided_or_not(sampled, ann, verdict, clock):
    opal = sampled.moderators.add("Opal", "hash").id
    for score in (0.6, 0.7, 0.8, 0.9):
        record(sampled, ann, policy_of(scored(verdict, score, Action.FLAG)))
    rulings = [("misuse", VIOLENCE), ("no_violation", None), ("misuse", "PUP-2.e.ii")]
    for ruling, clause in rulings:
        decide(sampled, opal, ruling, clause)
    at_once = sampled.thresholds.labels("abc")
    clock.move(days=8)

    (found,) = sampled.thresholds.labels("abc")

    assert at_once == ()
    assert (found.check, found.version, found.clause, found.side) == ("rules", "1", VIOLENCE, "prompt")
    assert sorted((one.score, one.is_right) for one in found.texts if one.is_right is not None) == [
        (score, is_right) for score, is_right in zip((0.7, 0.8, 0.9), (False, False, True), strict=True)
    ]
    assert [one.score for one in found.texts if one.is_right is None] == [0.6]
    assert sampled.thresholds.labels("another policy") == ()


def test_of_several_findings_in_a_text_the_surest_counts(sampled, ann, verdict, clock):
    one = scored(verdict, 0.6, Action.FLAG)
    both = (replace(one.findings[0], score=0.9), one.findings[0])
    record(sampled, ann, policy_of(replace(one, findings=both)))
    clock.move(days=8)

    (found,) = sampled.thresholds.labels("abc")

    assert found.texts == (Labelled(0.9, None),)


def test_a_text_that_was_not_drawn_gives_no_label(store, ann, verdict, clock):
    for _ in range(30):
        record(store, ann, policy_of(scored(verdict, 0.9, Action.FLAG)))
    blind = sum(case.is_blind for case in store.desk.queue(limit=100).cases)
    clock.move(days=8)

    found = store.thresholds.labels("abc")

    assert sum(len(one.texts) for one in found) == blind < 30


def test_a_replay_tells_nothing_of_the_blind_slice_until_it_is_decided(sampled, ann, verdict, terms):
    opal = sampled.moderators.add("Opal", "hash").id
    record(sampled, ann, scored(verdict, 0.85, Action.FLAG))
    before = sampled.thresholds.replay(terms, Action.BLOCK)
    decide(sampled, opal, "misuse", VIOLENCE)
    sampled.desk.settle()

    assert before == ()
    assert len(sampled.thresholds.replay(terms, Action.BLOCK)) == 1
