import pytest

from storage.types import NotFound, StorageError


def test_conversations_come_with_the_one_written_in_last_first(store, ann):
    first = store.start_conversation(ann)
    second = store.start_conversation(ann, "Second")
    store.save_prompt(ann, first.id, "Good morning")

    titles = [(found.id, found.title) for found in store.conversations(ann)]

    assert titles == [(first.id, ""), (second.id, "Second")]
    assert [found.id for found in store.conversations(ann, limit=1)] == [first.id]


def test_a_conversation_is_renamed(store, ann):
    conversation = store.start_conversation(ann)

    store.rename_conversation(ann, conversation.id, "早上好 🌅")

    assert store.conversation(ann, conversation.id).title == "早上好 🌅"


def test_a_title_that_is_too_long_is_refused(store, ann):
    conversation = store.start_conversation(ann, "kept")

    with pytest.raises(StorageError, match="title is 201 characters long; it can be at most 200"):
        store.rename_conversation(ann, conversation.id, "x" * 201)

    assert store.conversation(ann, conversation.id).title == "kept"


def test_times_come_back_in_utc(store, chat, ann, clock):
    reply = chat.reply(ann)

    assert reply.created_at.utcoffset().total_seconds() == 0
    assert abs((clock() - reply.created_at).total_seconds()) < 5


def test_the_path_goes_from_the_first_prompt_to_the_leaf(store, chat, ann):
    first = chat.reply(ann, "One", prompt="1")
    second = chat.reply(ann, "Two", prompt="2", conversation_id=first.conversation_id)

    path = store.path(ann, first.conversation_id)

    assert [(said.role, said.text) for said in path] == [
        ("user", "1"),
        ("assistant", "One"),
        ("user", "2"),
        ("assistant", "Two"),
    ]
    assert path[0].parent_id is None
    assert path[-1] == second
    assert store.message(ann, second.id) == second


def test_an_empty_conversation_has_an_empty_path(store, ann):
    assert store.path(ann, store.start_conversation(ann).id) == ()


def test_a_retry_makes_a_version_and_overwrites_nothing(store, chat, ann):
    first = chat.reply(ann, "One")
    again = store.start_reply(ann, first.parent_id, checkpoint="bezel-demo@1", settings={})
    again = store.end_reply(ann, again.id, state="stopped", text="Tw", end_reason="stopped", verdict=None)

    path = store.path(ann, first.conversation_id)

    assert [said.text for said in path] == ["Good morning", "Tw"]
    assert path[1].versions == (first.id, again.id)
    assert store.message(ann, first.id).text == "One"


def test_an_edit_makes_a_version_of_the_prompt_also_where_it_is_the_first(store, chat, ann):
    reply = chat.reply(ann, "One", prompt="Teh morning")
    edited = store.save_prompt(ann, reply.conversation_id, "The morning", instead_of=reply.parent_id)

    path = store.path(ann, reply.conversation_id)

    assert [said.text for said in path] == ["The morning"]
    assert edited.versions == (reply.parent_id, edited.id)
    assert edited.parent_id is None


def test_a_prompt_can_continue_from_an_earlier_message(store, chat, ann):
    first = chat.reply(ann, "One", prompt="1")
    chat.reply(ann, "Two", prompt="2", conversation_id=first.conversation_id)

    branch = store.save_prompt(ann, first.conversation_id, "other", parent_id=first.id)

    path = store.path(ann, first.conversation_id)
    assert [said.text for said in path] == ["1", "One", "other"]
    assert len(branch.versions) == 2


def test_a_prompt_cannot_continue_from_a_message_of_another_conversation(store, chat, ann):
    elsewhere, here = chat.reply(ann), store.start_conversation(ann)

    with pytest.raises(NotFound):
        store.save_prompt(ann, here.id, "hello", parent_id=elsewhere.id)
    with pytest.raises(NotFound):
        store.save_prompt(ann, here.id, "hello", instead_of=elsewhere.parent_id)

    assert store.path(ann, here.id) == ()


def test_choosing_a_version_brings_back_what_was_said_after_it(store, chat, ann):
    first = chat.reply(ann, "One", prompt="1")
    last = chat.reply(ann, "Two", prompt="2", conversation_id=first.conversation_id)
    store.start_reply(ann, first.parent_id, checkpoint="bezel-demo@1", settings={})

    store.choose_version(ann, first.id)

    assert store.path(ann, first.conversation_id)[-1].id == last.id
    assert store.conversation(ann, first.conversation_id).leaf_id == last.id


def test_a_deleted_conversation_is_gone_with_its_messages(store, chat, ann):
    reply = chat.reply(ann)
    kept = chat.reply(ann)

    store.delete_conversation(ann, reply.conversation_id)

    assert [found.id for found in store.conversations(ann)] == [kept.conversation_id]
    for gone in (
        lambda: store.path(ann, reply.conversation_id),
        lambda: store.message(ann, reply.id),
        lambda: store.delete_conversation(ann, reply.conversation_id),
    ):
        with pytest.raises(NotFound):
            gone()


def test_a_conversation_of_eleven_hundred_messages_can_be_read_and_deleted(store, ann):
    conversation = store.start_conversation(ann)
    for number in range(1100):
        store.save_prompt(ann, conversation.id, str(number))

    assert [said.text for said in store.path(ann, conversation.id)][-1] == "1099"
    store.delete_conversation(ann, conversation.id)

    assert store.conversations(ann) == ()


@pytest.mark.parametrize("strange", ["", "x" * 10_000, "\x00", "\ud800", "' OR 1=1 --", "../../etc"])
def test_a_strange_id_is_the_id_of_nothing(store, ann, strange):
    store.start_conversation(ann)

    with pytest.raises(NotFound) as refusal:
        store.path(ann, strange)

    assert len(str(refusal.value)) < 150


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\x00b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("안녕 👋🏽 مرحبا", "안녕 👋🏽 مرحبا"),
        ("  \n", "  \n"),
        ("x" * 1_000_000, "x" * 1_000_000),
    ],
)
def test_text_is_kept_as_typed_except_what_no_database_can_hold(store, ann, typed, kept):
    conversation = store.start_conversation(ann)

    saved = store.save_prompt(ann, conversation.id, typed)

    assert saved.text == kept
    assert store.message(ann, saved.id).text == kept
