import pytest
from sqlalchemy import select

from safety.types import Action
from storage import tables


def talk(chat, owner, conversation_id, numbers):
    return [
        chat.reply(owner, f"reply {number}", prompt=f"prompt {number}", conversation_id=conversation_id)
        for number in numbers
    ]


def texts(case):
    return [line.text for line in case.evidence]


def test_a_report_that_comes_later_brings_three_turns_after(store, chat, ann, moderator):
    conversation_id = store.start_conversation(ann).id
    replies = talk(chat, ann, conversation_id, range(8))

    store.report(ann, replies[2].id, reason="other", note="")

    case = store.desk.next_case(moderator)
    assert texts(case) == [f"{who} {number}" for number in range(6) for who in ("prompt", "reply")]
    assert [line.text for line in case.evidence if line.is_subject] == ["reply 2"]


def test_a_report_on_what_a_check_flagged_adds_what_followed_and_changes_nothing(store, chat, ann, moderator):
    conversation_id = store.start_conversation(ann).id
    flagged = chat.reply(ann, "flagged", prompt="asked", action=Action.FLAG, conversation_id=conversation_id)
    (before,) = store.desk.cases()
    sealed = store._read(lambda work: work.scalar(select(tables.Evidence.sealed)))
    talk(chat, ann, conversation_id, range(2))

    store.report(ann, flagged.id, reason="other", note="")
    talk(chat, ann, conversation_id, range(2, 4))
    store.report(ann, flagged.id, reason="other", note="", kind="review")

    case = store.desk.case(before.id, moderator)
    assert texts(case) == ["asked", "flagged", "prompt 0", "reply 0", "prompt 1", "reply 1"]
    assert store._read(lambda work: work.scalar(select(tables.Evidence.sealed))) == sealed


def test_what_follows_on_another_path_is_no_evidence(store, chat, ann, moderator):
    conversation_id = store.start_conversation(ann).id
    first = chat.reply(ann, "first", prompt="asked", conversation_id=conversation_id)
    talk(chat, ann, conversation_id, [1])
    edited = store.save_prompt(ann, conversation_id, "edited", instead_of=first.parent_id)

    store.report(ann, first.id, reason="other", note="")

    assert store.conversation(ann, conversation_id).leaf_id == edited.id
    assert texts(store.desk.next_case(moderator)) == ["asked", "first"]


def test_the_evidence_says_which_model_was_asked_how(store, chat, ann, moderator):
    chat.reply(ann, action=Action.FLAG)

    case = store.desk.next_case(moderator)

    assert (case.checkpoint, case.settings) == ("bezel-demo@1", {"temperature": 0.0})


def test_an_edited_message_has_a_case_of_its_own(store, chat, ann, moderator, rule):
    reply = chat.reply(ann, action=Action.FLAG)
    rule(store.desk.cases()[0].id, moderator, "no_violation")
    again = store.start_reply(ann, reply.parent_id, checkpoint="bezel-demo@1", settings={})
    store.end_reply(ann, again.id, state="complete", text="Other words", end_reason="end", verdict=None)

    store.report(ann, reply.id, reason="other", note="")
    cleared = store.desk.cases()
    store.report(ann, again.id, reason="other", note="")

    assert cleared == ()
    assert len(store.desk.cases()) == 1


@pytest.mark.sqlite
def test_what_followed_is_erased_with_the_rest(store, chat, ann, moderator, rule, database):
    secret = "Qopalesce"
    conversation_id = store.start_conversation(ann).id
    flagged = chat.reply(ann, action=Action.FLAG, conversation_id=conversation_id)
    chat.reply(ann, secret, conversation_id=conversation_id)
    store.report(ann, flagged.id, reason="other", note="")
    case_id = store.desk.cases()[0].id
    rule(case_id, moderator, "misuse")

    store.erase_person(ann)

    written = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    assert secret.encode() not in written
    kept = store._read(
        lambda work: work.execute(select(tables.LaterEvidence.sealed, tables.LaterEvidence.erased_at)).one()
    )
    assert kept.sealed is None and kept.erased_at is not None
    assert store.desk.case(case_id, moderator).evidence == ()
