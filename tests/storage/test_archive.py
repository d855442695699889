import json

import pytest

from safety.types import Action
from storage.archive import LARGEST, MOST_MESSAGES, Judged, JudgedTalk, read
from storage.titles import JudgedTitle
from storage.types import NotFound, StorageError

LINE = {
    "id": "a",
    "parent": None,
    "role": "user",
    "state": "accepted",
    "text": "Good morning",
    "said_at": "2026-11-01T12:00:00+00:00",
    "checkpoint": None,
}
FILE = json.dumps(
    {
        "format": "bezel-conversations",
        "version": 1,
        "conversations": [{"title": "Mornings", "leaf": "a", "messages": [LINE]}],
    }
).encode()


@pytest.fixture
def written(store, chat, ann):
    """The file of a conversation in which the prompt was edited, as bytes; and that conversation."""
    reply = chat.reply(ann, "Good day", prompt="Good morning")
    store.rename_conversation(ann, reply.conversation_id, "早上好")
    edited = store.save_prompt(ann, reply.conversation_id, "Good evening", instead_of=reply.parent_id)
    store.choose_version(ann, reply.id)
    assert edited.id != reply.id
    content = json.dumps(store.archive.write(ann, reply.conversation_id)).encode()
    return content, reply.conversation_id


@pytest.fixture
def passed(verdict):
    """The conversations of a file, every message judged so."""

    def judged(content, **verdicts):
        return [
            JudgedTalk(
                JudgedTitle(talk.title, verdict(), 1),
                talk.leaf,
                tuple(
                    Judged(line, verdict(verdicts.get(line.role, Action.ALLOW)) if line.text else None, 1)
                    for line in talk.messages
                ),
            )
            for talk in read(content).conversations
        ]

    return judged


def said(store, owner, conversation_id):
    return [(message.role, message.state, message.text) for message in store.path(owner, conversation_id)]


def test_what_was_written_can_be_brought_in_again_with_its_versions(store, ann, bob, written, passed):
    content, original = written

    (brought,) = store.archive.bring(bob, passed(content))

    assert said(store, bob, brought.id) == said(store, ann, original)
    assert brought.title == "早上好"
    assert store.message_count(bob, brought.id) == 3
    assert len(store.path(bob, brought.id)[0].versions) == 2
    assert store.path(bob, brought.id)[1].checkpoint == "imported"
    assert [found.message_id for found in store.search(bob, "evening")] != []


def test_a_file_that_ends_in_the_midst_of_a_conversation_shows_it_to_its_end(store, chat, bob, passed):
    answered = LINE | {"id": "b", "parent": "a", "role": "assistant", "text": "Good day"}
    talk = {"title": "Mornings", "leaf": "a", "messages": [LINE, answered]}
    file = json.dumps({"format": "bezel-conversations", "version": 1, "conversations": [talk]}).encode()

    (brought,) = store.archive.bring(bob, passed(file))
    store.save_prompt(bob, brought.id, "And now?")

    path = store.path(bob, brought.id)
    assert [message.text for message in path] == ["Good morning", "Good day", "And now?"]
    assert [len(message.versions) for message in path] == [1, 1, 1]


def test_all_conversations_are_in_one_file_and_nobody_elses(store, chat, ann, bob):
    for text in ("one", "two"):
        chat.reply(ann, text)
    chat.reply(bob, "Bob's")

    file = store.archive.write(ann)

    texts = [line["text"] for talk in file["conversations"] for line in talk["messages"]]
    assert texts == ["Good morning", "one", "Good morning", "two"]
    assert "Bob" not in json.dumps(file) and ann not in json.dumps(file)


def test_nobody_gets_the_file_of_anothers_conversation(store, written, bob):
    with pytest.raises(NotFound):
        store.archive.write(bob, written[1])


def test_what_was_withheld_is_in_no_file(store, chat, ann):
    chat.withheld(ann, shown="The first step", generated="The first step is bad")

    assert "step" not in json.dumps(store.archive.write(ann))


def test_a_message_that_does_not_pass_any_more_is_withheld_and_opens_its_case(store, written, passed, bob):
    (brought,) = store.archive.bring(bob, passed(written[0], assistant=Action.BLOCK))

    assert said(store, bob, brought.id) == [
        ("user", "accepted", "Good morning"),
        ("assistant", "withheld", ""),
    ]
    assert len(store.desk.cases()) == 1


def test_the_reply_to_a_prompt_that_is_blocked_is_left_out(store, written, passed, bob):
    (brought,) = store.archive.bring(bob, passed(written[0], user=Action.BLOCK))

    assert [state for _, state, _ in said(store, bob, brought.id)] == ["blocked"]
    assert store.message_count(bob, brought.id) == 2


def test_a_reply_that_streamed_or_was_removed_comes_back_as_one_that_ended(store, chat, ann, bob, passed):
    streaming = chat.streaming(ann)
    store.save_reply(ann, streaming.id, "as far as it had come")
    content = json.dumps(store.archive.write(ann)).encode()

    (brought,) = store.archive.bring(bob, passed(content))

    assert said(store, bob, brought.id)[1] == ("assistant", "complete", "as far as it had come")


def test_nothing_is_stored_where_one_title_cannot_be(store, written, passed, verdict, bob):
    talks = passed(written[0])
    broken = JudgedTalk(JudgedTitle("x" * 1_000, verdict(), 1), None, ())

    with pytest.raises(StorageError, match="title is 1,000 characters long"):
        store.archive.bring(bob, [*talks, broken])

    assert store.conversations(bob) == ()


def test_a_file_is_read_as_it_was_written():
    (talk,) = read(FILE).conversations

    assert (talk.title, talk.leaf, talk.messages[0].text) == ("Mornings", "a", "Good morning")


def changed(content, **changes):
    return json.dumps(json.loads(content) | changes).encode()


def with_line(content, **changes):
    file = json.loads(content)
    file["conversations"][0]["messages"][0] |= changes
    return json.dumps(file).encode()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda file: b"", "is not JSON"),
        (lambda file: b"\xff\xfe", "is not JSON"),
        (lambda file: file[:-10], "is not JSON"),
        (lambda file: b"[" * 100_000, "is not JSON"),
        (lambda file: b"[]", "of another program"),
        (lambda file: b'[{"mapping": {}, "title": "from elsewhere"}]', "of another program"),
        (lambda file: changed(file, format="recipes"), "of another program"),
        (lambda file: changed(file, version=2), "version '2'; this Bezel reads 1"),
        (lambda file: changed(file, owner="visitor-bob"), "not as Bezel writes one: owner: extra inputs"),
        (lambda file: with_line(file, owner="visitor-bob"), "messages.0.owner: extra inputs"),
        (lambda file: with_line(file, role="system"), "messages.0.role"),
        (lambda file: with_line(file, text=7), "messages.0.text"),
        (lambda file: with_line(file, text="x" * 200_001), "messages.0.text"),
        (lambda file: with_line(file, text="a\x00b"), "control characters"),
        (lambda file: with_line(file, text="a\x1b[31m"), "control characters"),
        (lambda file: with_line(file, text="\ud800"), "control characters|not as Bezel writes one"),
        (lambda file: with_line(file, parent="nowhere"), "do not follow one another"),
        (lambda file: with_line(file, id="same", parent="same"), "do not follow one another"),
        (lambda file: file + b" " * LARGEST, "can have at most 2,000,000"),
    ],
)
def test_a_file_that_is_not_ones_own_export_is_refused_with_a_sentence(made, words):
    with pytest.raises(StorageError, match=words) as refused:
        read(made(FILE))

    assert len(str(refused.value)) < 250
    assert "visitor-bob" not in str(refused.value)


def test_a_file_with_too_many_messages_is_refused():
    file = json.loads(FILE)
    line = file["conversations"][0]["messages"][0]
    file["conversations"][0] |= {
        "leaf": None,
        "messages": [line | {"id": str(number), "text": ""} for number in range(MOST_MESSAGES + 1)],
    }

    with pytest.raises(StorageError, match="401 messages; at most 400"):
        read(json.dumps(file).encode())
