import random

import pytest
from sqlalchemy import event

from safety.types import Action
from storage import tables
from storage.queue import page
from storage.types import DeskRules, Filters, StorageError


def pages(store, limit, **asked):
    """Every page of the queue, one after the other."""
    after, found = None, []
    while True:
        one = store.desk.queue(filters=Filters(**asked), after=after, limit=limit)
        found.append([case.id for case in one.cases])
        after = one.after
        if after is None:
            return found


def test_pages_follow_each_other_without_a_gap_or_a_repetition(store, chat, ann, verdict):
    chance = random.Random(5)
    for number in range(23):
        saved = store.save_prompt(ann, store.start_conversation(ann).id, f"text {number}")
        store.record_prompt(ann, saved.id, verdict(Action.BLOCK), severity=chance.randrange(4))
    everything = [case.id for case in store.desk.queue(limit=200).cases]

    found = pages(store, 5)

    assert [len(ids) for ids in found] == [5, 5, 5, 5, 3]
    assert sum(found, []) == everything
    severities = [case.severity for case in store.desk.queue(limit=200).cases]
    assert severities == sorted(severities, reverse=True)


def test_a_case_that_comes_meanwhile_moves_no_other_off_the_next_page(store, chat, ann):
    for number in range(4):
        chat.prompt(ann, f"text {number}", action=Action.BLOCK)
    expected = [case.id for case in store.desk.queue().cases]
    first = store.desk.queue(limit=2)

    reply = chat.reply(ann)
    store.report(ann, reply.id, reason="PUP-2.b", note="", severity=3)
    rest = store.desk.queue(after=first.after, limit=10)

    assert [case.id for case in (*first.cases, *rest.cases)] == expected


@pytest.mark.parametrize("after", ["", "nothing", " x", "one two", "2026-13-01 x"])
def test_a_place_in_the_queue_that_is_none_is_refused(store, after):
    with pytest.raises(StorageError, match="start at its beginning"):
        store.desk.queue(after=after)


@pytest.fixture
def mixed(store, chat, ann, clock):
    """Cases that differ in what can be asked for, by what makes each of them special."""
    made = {}

    def keep(name):
        (made[name],) = {case.id for case in store.desk.queue().cases} - set(made.values())

    chat.prompt(ann, "old", action=Action.BLOCK, check="rules", clause="PUP-2.b")
    keep("old")
    clock.move(hours=30)
    chat.prompt(ann, "by rules", action=Action.BLOCK, check="rules", clause="PUP-2.b")
    keep("rules")
    chat.prompt(ann, "by another", action=Action.BLOCK, check="rules_of_thumb", clause="PUP-2.c")
    keep("another")
    store.report(ann, chat.reply(ann).id, reason="PUP-2.c", note="")
    keep("person")
    store.report(ann, chat.reply(ann, action=Action.FLAG, check="rules").id, reason="other", note="")
    keep("both")
    return made


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, {"old", "rules", "another", "person", "both"}),
        ({"clause": "PUP-2.c"}, {"another", "person"}),
        ({"check": "rules"}, {"old", "rules", "both"}),
        ({"check": "rules%"}, set()),
        ({"check": "rule"}, set()),
        ({"check": "rules_of_thumb"}, {"another"}),
        ({"source": "person"}, {"person", "both"}),
        ({"source": "machine"}, {"old", "rules", "another", "both"}),
        ({"older_than_hours": 24}, {"old"}),
        ({"language": "ko"}, set()),
        ({"check": "rules", "source": "person"}, {"both"}),
        ({"states": ("claimed",)}, set()),
        ({"states": ()}, set()),
    ],
)
def test_a_filter_leaves_what_fits(store, mixed, asked, names):
    assert set(sum(pages(store, 2, **asked), [])) == {mixed[name] for name in names}


def test_the_language_of_a_case_is_that_of_its_verdict(store, ann, verdict):
    saved = store.save_prompt(ann, store.start_conversation(ann).id, "안녕")
    from_verdict = verdict(Action.BLOCK)
    store.record_prompt(ann, saved.id, type(from_verdict)(**{**fields(from_verdict), "lang": "ko"}))

    (case,) = store.desk.queue(filters=Filters(language="ko")).cases

    assert case.language == "ko"


def fields(verdict):
    return {name: getattr(verdict, name) for name in verdict.__dataclass_fields__}


def test_a_moderator_finds_what_they_hold(store, chat, ann, moderator, colleague):
    for number in range(3):
        chat.prompt(ann, f"text {number}", action=Action.BLOCK)
    mine = store.desk.next_case(moderator).summary.id
    store.desk.next_case(colleague)

    found = store.desk.queue(moderator, filters=Filters(mine=True)).cases

    assert [case.id for case in found] == [mine]


def test_the_next_case_is_the_first_that_fits(store, mixed, moderator):
    asked = Filters(source="person", clause="PUP-2.c")

    assert store.desk.next_case(moderator, asked).summary.id == mixed["person"]
    assert store.desk.next_case(moderator, asked) is None


def test_what_is_overdue_comes_before_what_is_not_of_the_same_severity(store, chat, ann, clock, verdict):
    chat.prompt(ann, "early", action=Action.BLOCK, check="weak")
    early = store.desk.cases()[0].id
    clock.move(days=6)
    reply = chat.reply(ann, action=Action.FLAG)
    store.report(ann, reply.id, reason="other", note="")
    before = [case.id for case in store.desk.cases()]

    clock.move(days=1, seconds=1)
    after = store.desk.cases()

    assert before[1] == early
    assert after[0].id == early
    assert [case.is_overdue for case in after] == [True, False]
    assert store.desk.load().overdue == 1


def test_the_load_counts_what_somebody_could_take(store, chat, ann, moderator, decide, clock):
    assert (store.desk.load().cases, store.desk.load().oldest_at) == (0, None)
    for number in range(3):
        chat.prompt(ann, f"text {number}", action=Action.BLOCK)
    oldest = store.desk.cases()[0]
    store.desk.claim(store.desk.cases()[1].id, moderator)
    decide(store.desk.cases()[2].id, moderator)

    load = store.desk.load()

    assert (load.cases, load.overdue, load.oldest_at) == (1, 0, oldest.opened_at)
    assert store.desk.waiting() == 1


def test_decided_cases_are_listed_the_newest_first(store, chat, ann, moderator, rule):
    for number in range(5):
        chat.prompt(ann, f"text {number}", action=Action.BLOCK)
    decided = []
    for _ in range(5):
        case_id = store.desk.next_case(moderator).summary.id
        rule(case_id, moderator, "misuse")
        decided.append(case_id)

    assert sum(pages(store, 2, states=("decided",)), []) == decided[::-1]
    with pytest.raises(StorageError, match="by themselves"):
        store.desk.queue(filters=Filters(states=("open", "decided")))


def test_a_page_is_never_longer_than_two_hundred(store, chat, ann):
    chat.prompt(ann, action=Action.BLOCK)

    assert len(store.desk.queue(limit=10**9).cases) == 1
    assert len(store.desk.queue(limit=0).cases) == 1


@pytest.mark.parametrize(
    "asked", [Filters(), Filters(check="rules"), Filters(states=("claimed",), language="ko")]
)
@pytest.mark.sqlite
def test_a_page_of_the_queue_is_read_off_its_index(store, raw, asked):
    def explain(work):
        statements = []
        event.listen(work.get_bind(), "before_cursor_execute", lambda *told: statements.append(told[2:4]))
        page(work, None, asked, None, 50)
        return statements

    statement, values = next(told for told in store._read(explain) if "review_case" in told[0])
    plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()]

    assert any("COVERING INDEX ix_review_case_queue" in step for step in plan), plan


# Blind slice


@pytest.fixture
def drawn(opened):
    return opened(rules=DeskRules(blind_share=1.0))


def test_a_case_of_the_blind_slice_hides_what_the_checks_said_until_it_is_judged(
    drawn, chat, ann, moderator, rule, clock
):
    chat.prompt(ann, "my own words", action=Action.BLOCK, check="rules")
    chat_on = type(chat)(drawn)
    chat_on.prompt(ann, "drawn words", action=Action.BLOCK, check="rules")
    summary = next(case for case in drawn.desk.queue().cases if case.is_blind)

    case = drawn.desk.claim(summary.id, moderator)
    made = drawn.desk.decide(
        summary.id,
        moderator,
        ruling="misuse",
        clause="PUP-2.e.iii",
        note="",
        public_note="",
        row_version=case.row_version,
    )
    after = drawn.desk.case(summary.id, moderator)
    shown = next(case for case in drawn.desk.queue().cases if not case.is_blind)
    seen = drawn.desk.claim(shown.id, moderator)
    told = drawn.desk.decide(
        shown.id,
        moderator,
        ruling="unsure",
        clause=None,
        note="",
        public_note="",
        row_version=seen.row_version,
    )

    assert (summary.clause, summary.sources) == (None, ())
    assert (case.verdicts, case.grounds, case.priority) == ((), None, ())
    assert case.evidence[-1].text == "drawn words"
    assert (made.saw_model_output, told.saw_model_output) == (False, True)
    assert after.grounds.found[0].check == "rules"


@pytest.mark.parametrize("asked", [{"clause": "PUP-2.e.iii"}, {"check": "rules"}])
def test_a_filter_does_not_tell_what_the_checks_said_of_the_blind_slice(drawn, chat, ann, moderator, asked):
    chat.prompt(ann, action=Action.BLOCK, check="rules")
    type(chat)(drawn).prompt(ann, action=Action.BLOCK, check="rules")

    found = drawn.desk.queue(filters=Filters(**asked)).cases
    pulled = [drawn.desk.next_case(moderator, Filters(**asked)) for _ in range(2)]

    assert [case.is_blind for case in found] == [False]
    assert pulled[0].summary.id == found[0].id
    assert pulled[1] is None or not pulled[1].summary.is_blind


def test_who_undoes_a_blind_decision_has_seen_the_checks_by_then(drawn, ann, chat, moderator):
    type(chat)(drawn).prompt(ann, action=Action.BLOCK)
    case = drawn.desk.next_case(moderator)
    form = {"ruling": "no_violation", "clause": None, "note": "", "public_note": ""}
    first = drawn.desk.decide(case.summary.id, moderator, row_version=case.row_version, **form)

    held = drawn.desk.undo(case.summary.id, moderator)
    again = drawn.desk.decide(case.summary.id, moderator, row_version=held.row_version, **form)

    assert (first.saw_model_output, again.saw_model_output) == (False, True)


def test_a_share_of_the_cases_is_drawn_and_each_finding_keeps_its_probability(opened, chat, ann):
    store = opened(rules=DeskRules(blind_share=0.3))
    for number in range(100):
        type(chat)(store).prompt(ann, f"text {number}", action=Action.BLOCK)

    drawn = {case.id for case in store.desk.queue(limit=200).cases if case.is_blind}

    def probabilities(work):
        flag = tables.Flag
        return work.query(flag.case_id, flag.selection_prob).all()

    assert 15 <= len(drawn) <= 45
    assert {case_id for case_id, probability in store._read(probabilities) if probability == 0.3} == drawn
    assert {probability for _, probability in store._read(probabilities)} == {0.3, None}


# Saved views


def test_a_saved_view_is_found_again_by_its_moderator_alone(store, moderator, colleague):
    grave = Filters(states=("open", "escalated"), clause="PUP-2.b", source="person", older_than_hours=4)

    store.desk.save_view(moderator, " Grave ", Filters())
    store.desk.save_view(moderator, "Grave", grave)
    store.desk.save_view(moderator, "All", Filters())

    assert [(view.name, view.filters) for view in store.desk.views(moderator)] == [
        ("All", Filters()),
        ("Grave", grave),
    ]
    assert store.desk.views(colleague) == ()
    store.desk.drop_view(moderator, "Grave")
    store.desk.drop_view(moderator, "none")
    assert [view.name for view in store.desk.views(moderator)] == ["All"]


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "x" * 61])
def test_a_view_without_a_proper_name_is_refused(store, moderator, name):
    with pytest.raises(StorageError, match="name"):
        store.desk.save_view(moderator, name, Filters())


def test_a_moderator_has_at_most_thirty_views(store, moderator):
    for number in range(30):
        store.desk.save_view(moderator, f"View {number}", Filters())

    with pytest.raises(StorageError, match="30 saved views"):
        store.desk.save_view(moderator, "One more", Filters())
    store.desk.save_view(moderator, "View 3", Filters(mine=True))

    assert len(store.desk.views(moderator)) == 30
