import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.identity import VISITOR_COOKIE
from app.pages.export import CONVERSATIONS, IMPORT, export_routes, markdown


@pytest.fixture
def browser(parts, identity, store):
    """The browser of somebody new who has accepted the terms, and their owner id."""

    def opened():
        cookie = identity.new_visitor()
        owner = identity.visitor({VISITOR_COOKIE: cookie})
        store.accept_terms(owner, "v1")
        client = TestClient(Starlette(routes=export_routes(parts)), cookies={VISITOR_COOKIE: cookie})
        return client, owner

    return opened


async def talk(parts, owner, text, **options):
    async for step in parts.turns.send(owner, None, text, **options):
        last = step
    return last.prompt.conversation_id


async def test_a_download_can_be_brought_back_by_its_person_and_by_another(browser, parts, store):
    client, ann = browser()
    other, bob = browser()
    await talk(parts, ann, "Hello")

    given = client.get(CONVERSATIONS)
    brought = other.post(IMPORT, files={"file": ("bezel.json", given.content)})

    assert given.headers["content-disposition"].endswith('.json"')
    assert (brought.status_code, "1 conversation is back" in brought.text) == (200, True)
    (conversation,) = store.conversations(bob)
    assert [said.text for said in store.path(bob, conversation.id)] == ["Hello", "A reply that is fine."]


async def test_one_conversation_is_given_as_markdown_and_as_json(browser, parts):
    client, ann = browser()
    wanted = await talk(parts, ann, "Hello")
    await talk(parts, ann, "Not this one")

    read = client.get(CONVERSATIONS, params={"of": wanted, "as": "markdown"})
    file = client.get(CONVERSATIONS, params={"of": wanted}).json()

    assert read.text.startswith("# Hello\n\n**You** (")
    assert read.text.endswith("\n\nA reply that is fine.\n")
    assert "Not this one" not in read.text
    assert len(file["conversations"]) == 1
    assert read.headers["content-type"].startswith("text/markdown")


async def test_all_are_given_as_markdown(browser, parts, store):
    _, ann = browser()
    for text in ("One", "Two"):
        await talk(parts, ann, text)

    assert [part for part in markdown(store, ann, None).split("\n") if part.startswith("# ")] == [
        "# Two",
        "# One",
    ]


async def test_nobody_gets_anothers_conversation_and_no_temporary_one_is_given(browser, parts):
    _, ann = browser()
    client, bob = browser()
    theirs = await talk(parts, ann, "Anns secret")
    passing = await talk(parts, bob, "A passing word", temporary=True)

    for wanted in (theirs, passing, "nothing", "\x00"):
        for kind in ("markdown", "json"):
            answer = client.get(CONVERSATIONS, params={"of": wanted, "as": kind})
            assert (answer.status_code, "secret" in answer.text) == (404, False)
    assert client.get(CONVERSATIONS).json()["conversations"] == []


def test_without_a_cookie_nothing_is_given(parts):
    client = TestClient(Starlette(routes=export_routes(parts)))

    assert client.get(CONVERSATIONS).status_code == 403
    assert client.post(IMPORT, files={"file": b"{}"}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("files", "language", "words"),
    [
        ({"file": b"{}"}, "en", "The file is of another program"),
        ({"file": b""}, "ko", "먼저 파일을 선택하세요"),
        ({"other": b"x"}, "ja", "先にファイルを選んでください"),
        ({"file": b"x" * 2_000_001}, "en", "it can have at most 2,000,000"),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_sentence_on_the_page(browser, files, language, words, store):
    client, owner = browser()

    answer = client.post(IMPORT, files=files, headers={"accept-language": language})

    assert answer.status_code == 400
    assert words in answer.text
    assert 'type="file"' in client.get(IMPORT).text
    assert store.conversations(owner) == ()


def test_a_file_is_taken_apart_by_json_alone(browser, store):
    client, owner = browser()
    line = {
        "id": "1",
        "parent": None,
        "role": "user",
        "state": "x",
        "text": "<b>hi</b>",
        "said_at": "",
        "checkpoint": None,
    }
    talk = {"title": "<script>", "leaf": "1", "messages": [line]}
    file = {"format": "bezel-conversations", "version": 1, "conversations": [talk]}

    answer = client.post(IMPORT, files={"file": json.dumps(file).encode()})

    assert answer.status_code == 200
    assert "<script>" not in answer.text
    assert store.conversations(owner)[0].title == "<script>"
