from datetime import UTC, datetime
from html.parser import HTMLParser

import gradio as gr
import pytest

from app.pages.chat import ChatPage
from app.pages.history import found_list, inert
from safety.types import Span
from storage.types import Found


@pytest.fixture
def ann(identity, store, visitor_cookies, request_of):
    """The request of somebody who has accepted the terms."""
    cookies = visitor_cookies()
    store.accept_terms(identity.visitor(cookies), "v1")
    return request_of(cookies)


@pytest.fixture
def owner(identity, ann):
    return identity.visitor(ann.cookies)


@pytest.fixture
def chat_page(parts):
    page = ChatPage(parts)
    with gr.Blocks(analytics_enabled=False) as blocks:
        page.build(blocks)
    return page


@pytest.fixture
async def said(parts):
    """Save a turn of this person as the page would; gives its prompt."""

    async def save(owner, text, conversation_id=None):
        async for step in parts.turns.send(owner, conversation_id, text):
            last = step
        return last.prompt

    return save


class Tags(HTMLParser):
    """What a browser would make of a fragment: its tags, and the text in them."""

    def __init__(self, fragment):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(fragment)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)

    def handle_data(self, text):
        self.texts.append(text)


def found(excerpt, *marks, title="A title", message_id="m1"):
    spans = tuple(Span(*mark) for mark in marks)
    return Found(message_id, "c1", title, "user", datetime.now(UTC), excerpt, spans)


def test_what_was_asked_for_is_marked_in_the_excerpt():
    shown = Tags(found_list([found("the harbour at night", (4, 11))]))

    assert shown.tags == ["ol", "li", "button", "b", "span", "mark"]
    assert shown.texts == ["A title", "the ", "harbour", " at night"]


@pytest.mark.parametrize(
    "words",
    [
        "<img src=x onerror=alert(1)>",
        '"><script>alert(1)</script>',
        "</button><b>bold</b>",
        "$$x^2$$ and \\(y\\)",
        "[link](javascript:alert(1)) ![i](/x.png) **b** `c`",
        "&lt;b&gt; &amp;",
        "# head\n\n* item\r\n<p>",
    ],
)
def test_words_of_people_are_inert_in_title_and_excerpt(words):
    shown = found_list([found(words, (0, 3), title=words)])

    assert set(Tags(shown).tags) == {"ol", "li", "button", "b", "span", "mark"}
    assert "".join(Tags(shown).texts) == " ".join((words + words).replace("\r", " ").split("\n"))
    assert not set("$*`[]()#!\\\n") & set(inert(words).replace("&#", ""))


def test_a_conversation_that_its_title_led_to_is_one_marked_line_that_opens_it():
    shown = found_list([found("Harbour <at> night", (0, 7), title="Harbour <at> night", message_id=None)])

    assert Tags(shown).tags == ["ol", "li", "button", "b", "mark"]
    assert Tags(shown).texts == ["Harbour", " <at> night"]
    assert f'value="{inert("conversation:c1")}"' in shown


async def test_a_search_lists_what_was_found_and_an_empty_one_nothing(chat_page, said, ann, owner):
    await said(owner, "Where is the harbour?")

    listed = (await chat_page.search("harb", ann))[chat_page._on.history.found]
    nothing = (await chat_page.search("castle", ann))[chat_page._on.history.found]
    empty = (await chat_page.search("  ", ann))[chat_page._on.history.found]

    assert "<mark>harbour</mark>" in listed.value
    assert nothing.value.startswith("Nothing found.")
    assert (listed.visible, nothing.visible, empty.visible) == (True, True, False)


async def test_what_was_found_is_opened_on_the_path_that_it_is_on(chat_page, said, parts, ann, owner):
    first = await said(owner, "Where is the harbour?")
    async for _ in parts.turns.edit(owner, first.id, "Where is the castle?"):
        pass
    await said(owner, "Something else")

    shown = await chat_page.open_found(first.id, "", ann)

    assert shown[chat_page._on.open_id] == first.conversation_id
    assert shown[chat_page._on.chat][0]["content"] == "Where is the harbour?"
    assert shown[chat_page._on.history.chosen] == ""
    assert 'data-bubble="0"' in shown[chat_page._on.history.place]
    assert parts.store.path(owner, first.conversation_id)[0].id == first.id


async def test_the_page_is_told_each_time_which_bubble_was_found_and_nothing_when_another_is_opened(
    chat_page, said, ann, owner
):
    await said(owner, "a zzz")
    first = await said(owner, "Where is the harbour?")
    second = await said(owner, "And the castle?", first.conversation_id)
    place = chat_page._on.history.place

    found = [(await chat_page.open_found(second.id, "", ann))[place] for _ in range(2)]
    other = await chat_page.open(first.conversation_id, "", ann)

    assert all('data-bubble="2"' in one for one in found)
    assert found[0] != found[1] and other[place] == ""


async def test_a_conversation_that_its_title_led_to_is_opened(chat_page, said, parts, ann, owner, bob):
    first = await said(owner, "Where is the harbour?")
    await parts.turns.rename(owner, first.conversation_id, "Lighthouses")
    theirs = await said(bob, "Something else")
    listed = (await chat_page.search("lighth", ann))[chat_page._on.history.found]

    shown = await chat_page.open_found(f"conversation:{first.conversation_id}", "", ann)
    with pytest.raises(gr.Error, match="does not exist"):
        await chat_page.open_found(f"conversation:{theirs.conversation_id}", "", ann)

    assert "<mark>Lighthouses</mark>" in listed.value
    assert shown[chat_page._on.open_id] == first.conversation_id
    assert shown[chat_page._on.history.place] == shown[chat_page._on.history.chosen] == ""


async def test_opening_what_is_found_on_the_present_path_leaves_the_leaf(chat_page, said, parts, ann, owner):
    first = await said(owner, "Where is the harbour?")
    await said(owner, "And the castle?", first.conversation_id)
    before = parts.store.conversation(owner, first.conversation_id).leaf_id

    await chat_page.open_found(first.id, "", ann)

    assert parts.store.conversation(owner, first.conversation_id).leaf_id == before


async def test_nobody_finds_or_opens_what_is_anothers(chat_page, said, bob, ann):
    theirs = await said(bob, "Where is the harbour?")

    listed = (await chat_page.search("harbour", ann))[chat_page._on.history.found]
    with pytest.raises(gr.Error, match="does not exist"):
        await chat_page.open_found(theirs.id, "", ann)

    assert listed.value.startswith("Nothing found.")
