from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.context import TITLE_LIMIT, context_before, given_title, readable, title_of
from storage.types import StoredMessage


def message(key, parent, role, state, text):
    return StoredMessage(
        id=key,
        conversation_id="c",
        parent_id=parent,
        role=role,
        state=state,
        text=text,
        created_at=datetime.now(UTC),
        checkpoint=None,
        verdict=None,
        end_reason=None,
        versions=(key,),
    )


def texts(path, prompt):
    return [(said.role, said.text) for said in context_before(tuple(path), prompt)]


def test_only_turns_that_passed_are_read_again():
    path = [
        message("1", None, "user", "accepted", "a"),
        message("2", "1", "assistant", "complete", "A"),
        message("3", "2", "user", "blocked", "bad"),
        message("4", "3", "user", "accepted", "b"),
        message("5", "4", "assistant", "withheld", ""),
        message("6", "5", "user", "accepted", "c"),
        message("7", "6", "assistant", "removed", ""),
        message("8", "7", "user", "restored", "d"),
        message("9", "8", "assistant", "stopped", "D"),
        message("10", "9", "user", "pending", "e"),
    ]

    assert texts(path, path[-1]) == [("user", "a"), ("assistant", "A"), ("user", "d"), ("assistant", "D")]


def test_an_empty_reply_takes_its_prompt_with_it():
    path = [
        message("1", None, "user", "accepted", "a"),
        message("2", "1", "assistant", "stopped", " "),
        message("3", "2", "user", "pending", "b"),
    ]

    assert texts(path, path[-1]) == []


def test_a_reply_whose_prompt_was_removed_is_not_read():
    path = [
        message("1", None, "user", "removed", ""),
        message("2", "1", "assistant", "complete", "A"),
        message("3", "2", "user", "pending", "b"),
    ]

    assert texts(path, path[-1]) == []


@given(st.lists(st.sampled_from(["accepted", "blocked", "restored", "pending"]), max_size=12), st.data())
def test_the_context_always_alternates_and_begins_with_the_person(states, data):
    path, parent = [], None
    for number, state in enumerate(states):
        prompt = message(f"u{number}", parent, "user", state, f"p{number}")
        path.append(prompt)
        parent = prompt.id
        if state in ("accepted", "restored") and data.draw(st.booleans()):
            ended = data.draw(st.sampled_from(["complete", "withheld", "stopped", "failed", "interrupted"]))
            path.append(
                message(f"a{number}", parent, "assistant", ended, data.draw(st.sampled_from(["", "x"])))
            )
            parent = path[-1].id
    last = message("last", parent, "user", "pending", "now")

    roles = [role for role, _ in texts([*path, last], last)]

    assert roles == ["user", "assistant"] * (len(roles) // 2)


@given(st.text())
def test_readable_text_can_be_stored_anywhere(text):
    clean = readable(text)

    clean.encode("utf-8")
    assert "\x00" not in clean
    assert clean == clean.strip()


def test_a_given_title_is_one_line_without_controls_and_within_its_bound():
    assert given_title("  one\ntwo\x00\x1b three ") == "one two three"
    assert given_title("x" * 500) == "x" * TITLE_LIMIT


def test_a_long_title_ends_at_a_word():
    assert title_of("one two\nthree " * 20) == "one two three one two three one two three one…"
