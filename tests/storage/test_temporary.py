from datetime import timedelta

import pytest

from safety.types import Action
from storage import temporary
from storage.temporary import is_temporary
from storage.types import NotFound, StorageError


@pytest.fixture
def passing(store, ann):
    """A temporary conversation of Ann's."""
    return store.start_conversation(ann, temporary=True)


def rows(raw, table):
    return raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_a_temporary_conversation_goes_as_any_other(store, chat, ann, passing):
    reply = chat.reply(ann, "Good day", prompt="Good morning", conversation_id=passing.id)
    edited = store.save_prompt(ann, passing.id, "Good evening", instead_of=reply.parent_id)
    store.choose_version(ann, reply.id)

    assert [said.text for said in store.path(ann, passing.id)] == ["Good morning", "Good day"]
    assert store.message(ann, edited.id).versions == (reply.parent_id, edited.id)
    assert store.message_count(ann, passing.id) == 3
    assert all(map(is_temporary, (passing.id, reply.id, edited.id)))
    store.rename_conversation(ann, passing.id, "Greetings")
    assert store.conversation(ann, passing.id).title == "Greetings"
    assert store.temporary_conversations(ann) == (passing.id,)
    store.delete_conversation(ann, passing.id)
    with pytest.raises(NotFound):
        store.path(ann, passing.id)


def test_nothing_of_it_is_in_the_database_in_a_list_or_in_a_search(store, chat, ann, raw, passing):
    chat.reply(ann, "harbour lights", conversation_id=passing.id)

    assert [
        rows(raw, table) for table in ("conversation", "message", "verdict", "review_case", "searchable")
    ] == [0] * 5
    assert store.conversations(ann) == ()
    assert store.conversation_count(ann) == 0
    assert store.search(ann, "harbour") == ()
    assert store.export_person(ann)["conversations"] == []


@pytest.mark.sqlite
def test_no_word_of_it_reaches_the_disk(store, chat, ann, passing, database):
    chat.reply(ann, "Qopalesce", conversation_id=passing.id)

    assert b"Qopalesce" not in b"".join(path.read_bytes() for path in database.parent.glob("bezel.db*"))


def test_it_is_gone_with_the_store(store, opened, chat, ann, passing):
    chat.reply(ann, conversation_id=passing.id)
    store.close()

    with pytest.raises(NotFound):
        opened().path(ann, passing.id)


def test_nobody_else_reaches_it(store, chat, ann, bob, passing):
    reply = chat.reply(ann, conversation_id=passing.id)

    for ask in (
        lambda: store.path(bob, passing.id),
        lambda: store.message(bob, reply.id),
        lambda: store.save_prompt(bob, passing.id, "hello"),
        lambda: store.report(bob, reply.id, reason="other", note=""),
        lambda: store.delete_conversation(bob, passing.id),
    ):
        with pytest.raises(NotFound):
            ask()
    assert store.temporary_conversations(bob) == ()


def test_a_blocked_prompt_leaves_a_case_with_its_evidence_and_no_message(
    store, chat, ann, moderator, raw, passing
):
    chat.reply(ann, "Good day", prompt="Good morning", conversation_id=passing.id)
    blocked = chat.prompt(ann, "my own words", conversation_id=passing.id, action=Action.BLOCK)

    (case,) = store.desk.cases()
    lines = store.desk.case(case.id, moderator).evidence

    assert [line.text for line in lines] == ["Good morning", "Good day", "my own words"]
    assert store.message(ann, blocked.id).state == "blocked"
    assert [rows(raw, table) for table in ("conversation", "message", "searchable")] == [0, 0, 0]
    assert rows(raw, "flag") == 1


@pytest.mark.sqlite
def test_a_flagged_reply_leaves_a_case_and_no_word_in_the_file(
    store, chat, ann, moderator, passing, database
):
    chat.reply(ann, "Qopalesce rising", prompt="Why", conversation_id=passing.id, action=Action.FLAG)

    (case,) = store.desk.cases()
    store.check_writable()

    assert store.desk.case(case.id, moderator).evidence[-1].text == "Qopalesce rising"
    left = b"".join(path.read_bytes() for path in database.parent.glob("bezel.db*"))
    assert b"qopalesce" not in left.lower()


def test_a_report_is_kept_with_its_evidence(store, chat, ann, moderator, passing):
    reply = chat.reply(ann, "Good day", conversation_id=passing.id)

    made = store.report(ann, reply.id, reason="other", note="look")
    again = store.report(ann, reply.id, reason="other", note="look again")

    assert again == made
    assert store.reports(ann) == (made,)
    (case,) = store.desk.cases()
    assert store.desk.case(case.id, moderator).evidence[-1].text == "Good day"


def test_what_a_moderator_removes_is_shown_no_more(store, chat, ann, moderator, rule, passing):
    reply = chat.reply(ann, "Good day", conversation_id=passing.id)
    store.report(ann, reply.id, reason="other", note="")

    rule(store.desk.cases()[0].id, moderator, "misuse")

    assert [(said.state, said.text) for said in store.path(ann, passing.id)][-1] == ("removed", "")


def test_a_blocked_prompt_that_a_moderator_restores_can_be_answered(
    store, chat, ann, moderator, rule, passing
):
    blocked = chat.prompt(ann, "my own words", conversation_id=passing.id, action=Action.BLOCK)

    rule(store.desk.cases()[0].id, moderator, "no_violation")

    assert (store.message(ann, blocked.id).state, store.message(ann, blocked.id).text) == (
        "restored",
        "my own words",
    )
    store.start_reply(ann, blocked.id, checkpoint="bezel-demo@1", settings={})


def test_erasing_a_person_ends_theirs_and_nobody_elses(store, chat, ann, bob, passing):
    theirs = store.start_conversation(bob, temporary=True)

    store.erase_person(ann)

    assert store.temporary_conversations(ann) == ()
    assert store.temporary_conversations(bob) == (theirs.id,)


def test_one_person_has_few_and_idle_ones_end(store, ann, bob, clock):
    for _ in range(5):
        store.start_conversation(ann, temporary=True)
    assert len(store.temporary_conversations(ann)) == temporary.MOST_OF_ONE

    clock.move(hours=24, seconds=1)
    store.start_conversation(bob, temporary=True)

    assert store.temporary_conversations(ann) == ()


def test_memory_is_bounded_and_the_oldest_go_first(store, chat, ann, bob, clock, monkeypatch):
    first = store.start_conversation(ann, temporary=True)
    chat.prompt(ann, "x" * 1_000_000, conversation_id=first.id)
    clock.move(minutes=1)
    second = store.start_conversation(bob, temporary=True)
    monkeypatch.setattr(temporary, "MOST_BYTES", 3_000_000)

    chat.prompt(bob, "y" * 1_000_000, conversation_id=second.id)
    chat.prompt(bob, "z" * 1_000_000, conversation_id=second.id)

    assert store.temporary_conversations(ann) == ()
    assert len(store.path(bob, second.id)) == 2
    assert timedelta(hours=1) < temporary.LONGEST_IDLE
    assert issubclass(NotFound, StorageError)
