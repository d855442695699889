import pytest

from safety.types import Action
from storage.types import IllegalMove, StorageError


def test_a_report_is_decided_and_its_author_sees_the_outcome(store, chat, ann, moderator, rule):
    reply = chat.reply(ann, "Good day")
    made = store.report(ann, reply.id, reason="PUP-2.b", note="this is unkind", severity=2)
    case = store.desk.next_case(moderator)

    before = store.reports(ann)
    rule(case.summary.id, moderator, "misuse", clause="PUP-2.b", public_note="You were right.")
    (after,) = store.reports(ann)

    assert before == (made,)
    assert (made.outcome, made.outcome_note, made.decided_at) == (None, None, None)
    assert case.reports == (made,)
    assert (case.summary.sources, case.summary.reports, case.summary.severity) == (("person",), 1, 2)
    assert (after.outcome, after.outcome_note) == ("misuse", "You were right.")
    assert after.decided_at is not None
    assert store.message(ann, reply.id).state == "removed"


def test_an_outcome_holds_nothing_of_the_private_note(store, chat, ann, moderator, rule):
    reply = chat.reply(ann)
    store.report(ann, reply.id, reason="other", note="")
    rule(store.desk.cases()[0].id, moderator, "no_violation", note="private", public_note="public")

    assert "private" not in repr(store.reports(ann))


def test_an_unsure_moderator_is_no_outcome(store, chat, ann, moderator, colleague, rule):
    reply = chat.reply(ann)
    store.report(ann, reply.id, reason="other", note="")

    rule(store.desk.cases()[0].id, moderator, "unsure", public_note="hm")
    between = store.reports(ann)[0].outcome
    rule(store.desk.cases()[0].id, colleague, "no_violation", public_note="It is fine.")

    assert between is None
    assert store.reports(ann)[0].outcome_note == "It is fine."


def test_a_report_made_twice_is_the_first_one(store, chat, ann):
    reply = chat.reply(ann)

    first = store.report(ann, reply.id, reason="PUP-2.b", note="first")
    second = store.report(ann, reply.id, reason="other", note="second")

    assert second == first
    assert store.reports(ann) == (first,)
    assert store.desk.cases()[0].reports == 1


def test_a_report_joins_the_case_that_a_check_opened(store, chat, ann, moderator):
    reply = chat.reply(ann, action=Action.FLAG, check="rules")

    store.report(ann, reply.id, reason="PUP-2.b", note="", severity=3)

    (summary,) = store.desk.cases()
    assert summary.sources == ("rules", "person")
    assert (summary.clause, summary.severity) == ("PUP-2.e.iii", 3)


def test_a_review_of_a_block_joins_its_case_and_restores_the_prompt(store, chat, ann, moderator, rule):
    blocked = chat.prompt(ann, "a fair question", action=Action.BLOCK)
    asked = store.report(ann, blocked.id, reason="other", note="I meant the film", kind="review")

    (before,) = store.notices(ann)
    rule(store.desk.cases()[0].id, moderator, "no_violation", public_note="Sorry.")

    assert (before.clause, before.automatic, before.action, before.review) == (
        "PUP-2.e.iii",
        True,
        "block",
        asked,
    )
    assert store.notices(ann) == ()
    assert store.reports(ann)[0].outcome == "no_violation"
    assert store.message(ann, blocked.id).state == "restored"


def test_a_report_and_a_review_of_one_message_are_two_reports_in_one_case(store, chat, ann):
    withheld = chat.withheld(ann)

    store.report(ann, withheld.id, reason="other", note="", kind="report")
    store.report(ann, withheld.id, reason="other", note="", kind="review")

    assert [made.kind for made in store.reports(ann)] == ["review", "report"]
    assert [found.reports for found in store.desk.cases()] == [2]


def test_a_message_that_was_cleared_is_not_queued_again_by_a_report(store, chat, ann, moderator, rule):
    reply = chat.reply(ann, action=Action.FLAG)
    rule(store.desk.cases()[0].id, moderator, "no_violation", public_note="It is fine.")

    made = store.report(ann, reply.id, reason="PUP-2.b", note="again")

    assert store.desk.cases() == ()
    assert (made.outcome, made.outcome_note) == ("no_violation", "It is fine.")


def test_a_message_that_has_not_ended_cannot_be_reported(store, chat, ann):
    begun = chat.streaming(ann)

    with pytest.raises(IllegalMove, match="still streaming"):
        store.report(ann, begun.id, reason="other", note="")

    assert store.desk.cases() == ()


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ({"reason": "other", "note": "x" * 4001}, "note is 4,001"),
        ({"reason": "x" * 101, "note": ""}, "reason is 101"),
        ({"reason": "other", "note": "", "kind": "praise"}, "praise"),
    ],
)
def test_a_report_that_is_out_of_bounds_is_refused(store, chat, ann, words, refusal):
    reply = chat.reply(ann)

    with pytest.raises(StorageError, match=refusal):
        store.report(ann, reply.id, **words)

    assert store.reports(ann) == ()
    assert store.desk.cases() == ()


def test_an_author_is_told_what_of_theirs_was_stopped_and_how(store, chat, ann, bob):
    chat.prompt(bob, action=Action.BLOCK)
    chat.reply(ann, action=Action.FLAG)
    withheld = chat.withheld(ann, clause="PUP-2.c")
    helped = chat.prompt(ann, action=Action.SUPPORT, clause="PUP-2.d")
    broken = chat.prompt(ann, action=Action.BLOCK, failed=True)

    told = [(notice.message_id, notice.clause, notice.action) for notice in store.notices(ann)]

    assert told == [
        (broken.id, None, "block"),
        (helped.id, "PUP-2.d", "support"),
        (withheld.id, "PUP-2.c", "block"),
    ]
    assert all(notice.automatic for notice in store.notices(ann))


def test_the_notice_of_a_removed_reply_names_the_clause_that_a_person_decided(
    store, chat, ann, moderator, rule
):
    reply = chat.reply(ann, "Good day")
    store.report(ann, reply.id, reason="other", note="")
    rule(store.desk.cases()[0].id, moderator, "misuse", clause="PUP-2.c")

    (notice,) = store.notices(ann)

    assert (notice.clause, notice.automatic, notice.action) == ("PUP-2.c", False, "removed")
