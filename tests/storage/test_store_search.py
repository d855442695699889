from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import storage
from safety.types import Action
from storage.tokens import owner_mark
from storage.types import StorageError


@pytest.fixture
def said(store, chat, ann):
    """Save this as a reply of Ann's that passed; gives the message."""

    def save(text, owner=ann):
        return chat.reply(owner, text, prompt="-")

    return save


def texts(store, owner, asked):
    return [store.message(owner, found.message_id).text for found in store.search(owner, asked)]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("The Quick brown fox", "quick"),
        ("The quick brown fox", "brown QUI"),
        ("the cafe\u0301 is open", "CAFÉ"),
        ("東京都に行く人は多い", "行く"),
        ("東京都に行く人は多い", "東京都に行く"),
        ("東京都に行く人は多い", "都"),
        ("机器学习很有意思。", "学习"),
        ("机器学习很有意思。", "习"),
        ("我在学Python编程", "python编程"),
        ("고등학교에서 배웠다", "학교"),
        ("고등학교에서 배웠다", "학교 배"),
        ("고등학교에서 배웠다", "교"),
        ("ﾃﾞｰﾀを消す", "データ"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af을 쓴다", "한글"),
        ("हिन्दी में लिखो", "हिन्दी"),
        ("ฉันเรียนภาษาไทย", "ภาษา"),
        ("x = f(y_2)", "y 2"),
    ],
)
def test_what_stands_in_a_message_is_found(store, said, ann, text, asked):
    said(text)
    said("something else, 他の話, 다른 것")

    assert texts(store, ann, asked) == [text]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("The quick brown fox", "uick"),
        ("The quick brown fox", "qui fox"),
        ("The quick brown fox", "quick cat"),
        ("東京と京都", "東京都"),
        ("東京、都", "東京都"),
        ("東京", "京東"),
        ("학교", "학생"),
        ("The quick brown fox", "… ! 🙂"),
        ("The quick brown fox", ""),
        ('OR NOT quick* "fox" \' : -', "dog OR quick"),
    ],
)
def test_what_does_not_stand_in_it_is_not(store, said, ann, text, asked):
    said(text)

    assert store.search(ann, asked) == ()


@pytest.mark.parametrize(
    "asked", ['"', "'", "*", "quick*", "NEAR(quick fox)", "words:quick", "a' | 'b", "\x00q", "\ud800"]
)
def test_no_question_is_taken_for_a_command(store, said, ann, bob, asked):
    said("The quick brown fox", bob)

    assert store.search(ann, asked) == ()


def test_the_newest_comes_first_and_not_more_than_are_asked_for(store, said, ann):
    for number in range(5):
        said(f"word {number}")

    assert [found.excerpt for found in store.search(ann, "word", 3)] == ["word 4", "word 3", "word 2"]


def test_a_search_leads_to_nobody_elses_words(store, said, ann, bob):
    said("a secret of Ann's", ann)
    mine = said("a secret of Bob's", bob)

    assert [found.message_id for found in store.search(bob, "secret")] == [mine.id]
    assert store.search("nobody", "secret") == ()


def test_an_excerpt_shows_where_the_words_stand(store, said, ann):
    reply = said(f"{'before ' * 30}\nthe Found word{' after' * 60}")

    (found,) = store.search(ann, "found wor")

    assert [found.excerpt[mark.start : mark.end] for mark in found.marks] == ["Found", "word"]
    assert len(found.excerpt) == 160
    assert "\n" not in found.excerpt
    assert (found.message_id, found.conversation_id, found.role) == (
        reply.id,
        reply.conversation_id,
        "assistant",
    )


def test_prompts_are_found_too_with_the_title_of_their_conversation(store, chat, ann):
    prompt = chat.prompt(ann, "where is the harbour")
    store.rename_conversation(ann, prompt.conversation_id, "Travels")

    assert [(found.message_id, found.title) for found in store.search(ann, "harbour")] == [
        (prompt.id, "Travels")
    ]


def test_only_what_passed_is_found(store, chat, ann):
    chat.prompt(ann, "harbour blocked", action=Action.BLOCK)
    chat.withheld(ann, shown="harbour shown", generated="harbour generated")
    streaming = chat.streaming(ann, "-")
    store.save_reply(ann, streaming.id, "harbour streaming")
    store.save_prompt(ann, streaming.conversation_id, "harbour pending")

    assert store.search(ann, "harbour") == ()


def test_a_reply_that_was_cut_off_is_found_once_it_is_closed(store, chat, ann):
    streaming = chat.streaming(ann, "-")
    store.save_reply(ann, streaming.id, "harbour lights")

    assert store.runs.end() == 1

    assert [found.message_id for found in store.search(ann, "harbour")] == [streaming.id]


def test_what_a_moderator_removes_is_found_no_more_and_restored_again(store, chat, ann, moderator, rule):
    reply = chat.reply(ann, "harbour lights", prompt="-")
    store.report(ann, reply.id, reason="other", note="")
    rule(store.desk.cases()[0].id, moderator, "misuse")
    removed = store.search(ann, "harbour")
    chat.prompt(ann, "harbour blocked", action=Action.BLOCK)
    rule(store.desk.cases()[0].id, moderator, "no_violation")

    assert removed == ()
    assert texts(store, ann, "harbour") == ["harbour blocked"]


def test_what_is_deleted_is_found_no_more(store, said, ann):
    reply, kept = said("harbour one"), said("harbour two")

    store.delete_conversation(ann, reply.conversation_id)

    assert [found.message_id for found in store.search(ann, "harbour")] == [kept.id]


def test_a_question_that_is_too_long_is_refused(store, ann):
    with pytest.raises(StorageError, match="search is 201 characters long; it can be at most 200"):
        store.search(ann, "x" * 201)


def test_a_transaction_that_fails_leaves_the_index_as_it_was(store, chat, ann, verdict):
    pending = store.save_prompt(ann, store.start_conversation(ann).id, "harbour")

    with pytest.raises(AttributeError):
        store.record_prompt(ann, pending.id, None)

    assert store.search(ann, "harbour") == ()
    store.record_prompt(ann, pending.id, verdict())
    assert len(store.search(ann, "harbour")) == 1


@pytest.fixture
def named(store):
    """Give a new conversation of Ann's this title; gives its id."""

    def start(title, owner="visitor-ann"):
        return store.start_conversation(owner, title).id

    return start


@pytest.mark.parametrize(
    ("title", "asked", "marked"),
    [
        ("Winter Travels", "trav", "Travels"),
        ("東京都への旅", "京都", "京都"),
        ("서울 여행 계획", "행 계획", "행 계획"),
        ("旅行计划", "计划", "计划"),
    ],
)
def test_a_conversation_is_found_by_words_of_its_title(store, named, ann, title, asked, marked):
    conversation_id = named(title)
    named("Another one, 他の話, 다른 것, 其他")

    (found,) = store.search(ann, asked)

    assert (found.message_id, found.conversation_id, found.title) == (None, conversation_id, title)
    assert " ".join(found.excerpt[mark.start : mark.end] for mark in found.marks) == marked


def test_titles_stand_before_messages_that_do_not_lead_to_them_and_are_few(store, named, chat, ann):
    prompt = chat.prompt(ann, "where is the harbour")
    store.rename_conversation(ann, prompt.conversation_id, "The harbour")
    titles = [named(f"Harbour {number}") for number in range(7)]

    found = store.search(ann, "harbour")

    assert [one.conversation_id for one in found] == [*titles[:1:-1], prompt.conversation_id]
    assert [one.message_id for one in found] == [None] * 5 + [prompt.id]
    assert len(store.search(ann, "harbour", 3)) == 3


def test_a_title_is_found_as_it_is_now_and_by_nobody_else(store, named, ann, bob):
    renamed, deleted, cleared = named("harbour one"), named("harbour two"), named("harbour three")
    named("harbour of Bob's", bob)

    store.rename_conversation(ann, renamed, "lighthouse")
    store.rename_conversation(ann, cleared, "")
    store.delete_conversation(ann, deleted)

    assert store.search(ann, "harbour") == ()
    assert [found.conversation_id for found in store.search(ann, "light")] == [renamed]
    assert [found.title for found in store.search(bob, "harbour")] == ["harbour of Bob's"]


def test_a_title_that_leaves_with_a_removed_message_is_found_no_more(store, chat, ann, moderator, rule):
    prompt = chat.prompt(ann, "harbour lights", action=Action.FLAG)
    store.rename_conversation(ann, prompt.conversation_id, "harbour lights")

    rule(store.desk.cases()[0].id, moderator, "misuse")

    assert store.search(ann, "harbour") == ()


def test_the_title_of_a_temporary_conversation_is_not_found(store, ann):
    store.start_conversation(ann, "harbour", temporary=True)

    assert store.search(ann, "harbour") == ()


@pytest.mark.sqlite
def test_the_only_message_of_a_file_leaves_no_token_either(store, chat, ann, database):
    store.rename_conversation(ann, chat.prompt(ann, "Qopalesce").conversation_id, "Qopalesce too")

    store.erase_person(ann)

    left = b"".join(path.read_bytes() for path in database.parent.glob("bezel.db*"))
    assert b"qopalesce" not in left.lower()


@pytest.mark.sqlite
def test_the_index_of_sqlite_is_whole_after_every_kind_of_change(
    store, said, chat, ann, bob, raw, moderator, rule
):
    kept = [said(f"harbour {number} 東京都", owner) for number in range(6) for owner in (ann, bob)]
    for reply, owner in zip(kept, (ann, bob) * 6, strict=True):
        store.rename_conversation(owner, reply.conversation_id, f"harbour {reply.id}")
        store.rename_conversation(owner, reply.conversation_id, f"quay {reply.id}")
    store.report(ann, kept[0].id, reason="other", note="")
    rule(store.desk.cases()[0].id, moderator, "misuse")
    store.delete_conversation(bob, kept[1].conversation_id)
    store.erase_person(ann)

    for words in ("searchable_words", "searchable_title_words"):
        raw.execute(f"INSERT INTO {words}({words}, rank) VALUES('integrity-check', 1)")

    assert len(store.search(bob, "harbour")) == 5


@pytest.fixture
def older(tmp_path, ann):
    """A SQLite file of the schema before the search, with a blocked and an accepted prompt of Ann's."""
    path = tmp_path / "older.db"
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        at = "2026-11-01 12:00:00.000000"
        connection.exec_driver_sql(f"INSERT INTO person VALUES ('{ann}', '{at}', 0)")
        connection.exec_driver_sql(
            f"INSERT INTO conversation VALUES ('{ann}', 'c', 'Plans for 港町', 'm2', '{at}', '{at}')"
        )
        for name, parent, state, text in (
            ("m1", "NULL", "blocked", "harbour blocked"),
            ("m2", "'m1'", "accepted", "港の harbour"),
        ):
            connection.exec_driver_sql(
                "INSERT INTO message (owner, id, conversation_id, parent_id, place, role, state, text, "
                "created_at) "
                f"VALUES ('{ann}', '{name}', 'c', {parent}, 1, 'user', '{state}', '{text}', '{at}')"
            )
    engine.dispose()
    return path


@pytest.mark.sqlite
def test_the_messages_and_titles_of_an_older_schema_are_found(opened, older, ann):
    store = opened(older)

    assert [found.message_id for found in store.search(ann, "harb")] == ["m2"]
    assert [found.message_id for found in store.search(ann, "港の")] == ["m2"]
    assert [found.message_id for found in store.search(ann, "港町")] == [None]


@pytest.mark.sqlite
def test_no_token_of_an_erased_person_is_left_in_the_file(store, said, ann, bob, database):
    for number in range(40):
        reply = said(f"Qopalesce{number} 珪孔雀石 " * 20, ann)
        store.rename_conversation(ann, reply.conversation_id, f"Qopalesce{number} 孔雀 " * 8)
        said(f"something else {number} " * 20, bob)
    was_there = b"qopalesce" in b"".join(path.read_bytes() for path in database.parent.glob("bezel.db*"))

    store.erase_person(ann)

    left = b"".join(path.read_bytes() for path in database.parent.glob("bezel.db*"))
    assert was_there
    assert b"qopalesce" not in left.lower()
    assert "孔雀".encode() not in left
    assert owner_mark(ann).encode() not in left
    assert len(store.search(bob, "some", 100)) == 40
