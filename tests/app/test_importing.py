import asyncio
import json
from dataclasses import replace

import pytest

from app.importing import Importing
from app.limits import Admission, Allowed
from app.turn import TurnRefused
from storage.types import StorageError


def line(number, role, text, parent=None, **more):
    return {
        "id": str(number),
        "parent": None if parent is None else str(parent),
        "role": role,
        "state": "accepted" if role == "user" else "complete",
        "text": text,
        "said_at": "2026-11-01T12:00:00+00:00",
        "checkpoint": None,
    } | more


def file_of(*lines, title="A title", leaf=None):
    talk = {"title": title, "leaf": leaf, "messages": list(lines)}
    return json.dumps({"format": "bezel-conversations", "version": 1, "conversations": [talk]}).encode()


@pytest.fixture
def importing(parts):
    return Importing(parts.guard, parts.store, parts.admission, "v1")


def path(store, owner):
    (conversation,) = store.conversations(owner)
    return [(said.role, said.state, said.text) for said in store.path(owner, conversation.id)]


async def test_a_file_becomes_a_conversation_of_whoever_brings_it(importing, store, ann):
    count = await importing.bring(
        ann, file_of(line(1, "user", "Hello"), line(2, "assistant", "Good day", 1), leaf="2")
    )

    assert count == 1
    assert path(store, ann) == [("user", "accepted", "Hello"), ("assistant", "complete", "Good day")]
    assert store.conversations(ann)[0].title == "A title"


async def test_everything_in_a_file_is_judged_before_it_can_be_shown(importing, store, ann):
    await importing.bring(
        ann,
        file_of(
            line(1, "user", "Hello"),
            line(2, "assistant", "a zzz", 1),
            line(3, "user", "more zzz", 2),
            line(4, "assistant", "unheard", 3),
            title="zzz",
            leaf="4",
        ),
    )

    assert path(store, ann) == [
        ("user", "accepted", "Hello"),
        ("assistant", "withheld", ""),
        ("user", "blocked", "more zzz"),
    ]
    assert store.conversations(ann)[0].title == ""
    assert len(store.desk.cases()) == 3, "the reply's, the prompt's and the title's"
    assert store.search(ann, "zzz") == ()


async def test_a_file_is_judged_with_what_stood_before_each_message(store, ann, parts):
    heard = []

    class Listening:
        async def judge(self, text):
            heard.append(text)
            return await parts.guard.judge(text)

        def clause(self, clause_id):
            return parts.guard.clause(clause_id)

    importing = Importing(Listening(), store, parts.admission, "v1")

    await importing.bring(
        ann,
        file_of(
            line(1, "user", "One"),
            line(2, "assistant", "Two", 1),
            line(3, "user", "Three", 2),
            line(4, "user", "Beside", 2),
            title="",
        ),
    )

    assert [(said.value, said.side, said.prompt, said.history) for said in heard] == [
        ("One", "prompt", None, ()),
        ("Two", "response", "One", ()),
        ("Three", "prompt", None, ("One",)),
        ("Beside", "prompt", None, ("One",)),
    ]


async def test_a_bad_file_and_terms_that_nobody_accepted_store_nothing(importing, store, ann):
    with pytest.raises(StorageError, match="of another program"):
        await importing.bring(ann, b"{}")
    with pytest.raises(TurnRefused, match="accept the terms"):
        await importing.bring("somebody", file_of(line(1, "user", "Hello")))

    assert store.conversations(ann) == store.conversations("somebody") == ()


async def test_a_person_brings_one_file_at_a_time_and_no_more_than_they_may_keep(parts, store, ann):
    begun = asyncio.Event()

    class Noticed:
        async def judge(self, text):
            begun.set()
            return await parts.guard.judge(text)

        def clause(self, clause_id):
            return parts.guard.clause(clause_id)

    importing = Importing(Noticed(), store, Admission(replace(Allowed(), conversations=1)), "v1")
    first = asyncio.ensure_future(importing.bring(ann, file_of(line(1, "user", "Hello"))))
    await begun.wait()

    with pytest.raises(TurnRefused, match="being read already"):
        await importing.bring(ann, file_of(line(1, "user", "Hello")))
    assert await first == 1
    with pytest.raises(TurnRefused):
        await importing.bring(ann, file_of(line(1, "user", "Hello")))

    assert len(store.conversations(ann)) == 1
