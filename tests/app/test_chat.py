import asyncio
from contextlib import aclosing, suppress
from dataclasses import replace
from threading import Event

import gradio as gr
import pytest

from app.pages.chat import ChatPage
from app.pages.my_data import MyDataPage
from app.pages.view import NEW_TEMPORARY, figures_of
from app.steps import Step
from app.turn import Turns
from app.wording import notices
from app.wording import page as words
from model.fake import FAKE, FakeModel
from model.progress import Progress
from model.starting import StartingModel
from model.types import Checkpoint, Ending, GenerationSettings
from safety.types import Text
from storage.types import NotFound


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
def page_over(parts):
    """The chat page over this model."""

    def made(model):
        starting = model if isinstance(model, StartingModel) else None
        turns = Turns(model, parts.guard, parts.store, parts.turns._limits)
        page = ChatPage(replace(parts, model=model, turns=turns, starting=starting))
        with gr.Blocks(analytics_enabled=False) as blocks:
            page.build(blocks)
        return page

    return made


def given(page, text, open_id="", **sampling):
    """What a browser sends with an event: the composer, the open conversation, the settings for replies."""
    on = page._on
    values = {component: component.value for component in on.sampling.inputs}
    values |= {getattr(on.sampling, name): value for name, value in sampling.items()}
    return {on.composer: text, on.open_id: open_id} | values


async def all_of(updates):
    async with aclosing(updates) as shown:
        return [update async for update in shown]


def last_bubble(page, update):
    chat = update.get(page._on.chat)
    if chat is None:  # the list alone changed
        return ""
    return (chat if isinstance(chat, list) else chat.value)[-1]["content"]


async def test_a_reply_comes_with_its_length_and_speed(page_over, ann):
    page = page_over(FakeModel(["A reply that is fine."]))

    shown = await all_of(page.send(given(page, "Hello"), ann))

    assert last_bubble(page, shown[-1]) == "A reply that is fine."
    assert shown[-1][page._on.figures].startswith("6 tokens, ")


async def test_a_conversation_is_named_as_its_first_reply_begins_and_later_ones_leave_its_name_alone(
    page_over, ann
):
    page = page_over(FakeModel(["A reply that is fine.", "Another."]))
    title = page._on.history.title

    first = await all_of(page.send(given(page, "Hello"), ann))
    second = await all_of(page.send(given(page, "And now?", first[-1][page._on.open_id]), ann))

    named = next(at for at, update in enumerate(first) if title in update)
    assert first[named][title].value == "Hello"
    assert named < next(at for at, update in enumerate(first) if last_bubble(page, update).startswith("A"))
    assert not any(title in update for update in second)


async def test_what_a_person_sets_is_how_their_reply_is_sampled(page_over, ann):
    model = FakeModel(["A reply that is fine."])
    page = page_over(model)

    await all_of(page.send(given(page, "Hello", temperature=0, longest=3, seed=7), ann))

    assert model.settings == [replace(GenerationSettings(), temperature=0, max_tokens=3, seed=7)]


@pytest.mark.parametrize(
    ("forged", "words"),
    [({"temperature": 99}, "temperature is 99"), ({"top_k": "many"}, "Top-k is 'many'; it must be a number")],
)
async def test_a_forged_setting_is_refused_and_nothing_is_stored(page_over, ann, owner, store, forged, words):
    model = FakeModel(["unused"])
    page = page_over(model)

    with pytest.raises(gr.Error, match=words):
        await all_of(page.send(given(page, "Hello", **forged), ann))

    assert store.conversations(owner) == ()
    assert model.calls == []


async def test_a_reply_set_longer_than_the_host_allows_is_refused_and_the_text_given_back(page_over, ann):
    page = page_over(FakeModel(["unused"]))

    with pytest.warns(UserWarning, match="8,000 tokens; it can be at most 512"):
        shown = await all_of(page.send(given(page, "Hello", longest=8_000), ann))

    assert shown[-1][page._on.composer].value == "Hello"


async def test_retry_answers_the_last_prompt_with_the_settings_of_now(page_over, ann, owner, store):
    model = FakeModel(["One.", "Two."])
    page = page_over(model)
    await all_of(page.send(given(page, "Hello"), ann))
    conversation = store.conversations(owner)[0].id

    shown = await all_of(page.retry(given(page, "", conversation, seed=3), ann))

    assert last_bubble(page, shown[-1]) == "Two."
    assert model.settings[-1].seed == 3


def edited(index, was, to):
    return gr.EditData(None, {"index": index, "previous_value": was, "value": to})


def bubbles(page, update):
    return [bubble["content"] for bubble in update[page._on.chat]]


@pytest.fixture
async def talked(page_over, ann, owner, store):
    """The page, with a conversation of two turns in which the first prompt was edited; and its id."""
    page = page_over(FakeModel(["One.", "Two.", "Three.", "Four."]))
    await all_of(page.send(given(page, "Hello"), ann))
    conversation = store.conversations(owner)[0].id
    await all_of(page.send(given(page, "And now?", conversation), ann))
    await all_of(page.edit(given(page, "", conversation), edited(0, "Hello", "Good day"), ann))
    return page, conversation


async def test_an_edited_prompt_is_answered_anew_and_the_earlier_turns_stay(talked, ann, owner, store):
    page, conversation = talked

    shown = await page.open(conversation, "", ann)

    assert bubbles(page, shown) == ["Good day", "Three."]
    assert shown[page._on.versions.row].visible
    assert shown[page._on.versions.which] == "2/2"
    first = store.path(owner, conversation)[0]
    earlier = await page.earlier(first.id, ann)
    assert bubbles(page, earlier) == ["Hello", "One.", "And now?", "Two."]
    assert earlier[page._on.versions.which] == "1/2"
    assert not earlier[page._on.versions.earlier].interactive
    later = await page.later(earlier[page._on.versions.about].value, ann)
    assert bubbles(page, later) == ["Good day", "Three."]


async def test_the_versions_of_each_message_that_has_some_can_be_chosen(talked, ann, owner, store):
    page, conversation = talked
    await all_of(page.retry(given(page, "", conversation), ann))
    prompt, reply = store.path(owner, conversation)

    shown = await page.switch(prompt.id, conversation, ann)

    assert [named for named, _ in shown[page._on.versions.about].choices] == [
        "Your message 1: Good day",
        "Reply 1: Four.",
    ]
    assert shown[page._on.versions.about].value == prompt.id
    other = await page.earlier(reply.id, ann)
    assert bubbles(page, other) == ["Good day", "Three."]
    assert other[page._on.versions.about].value == store.path(owner, conversation)[1].id


async def test_an_edit_is_judged_as_any_prompt_is(page_over, ann, owner, store):
    model = FakeModel(["One.", "unused"])
    page = page_over(model)
    await all_of(page.send(given(page, "Hello"), ann))
    conversation = store.conversations(owner)[0].id

    await all_of(page.edit(given(page, "", conversation), edited(0, "Hello", "a zzz"), ann))

    assert [said.state for said in store.path(owner, conversation)] == ["blocked"]
    assert len(model.calls) == 1


async def test_an_edit_that_is_refused_shows_what_is_stored_and_gives_the_text_back(
    page_over, ann, owner, store
):
    page = page_over(FakeModel(["One."]))
    await all_of(page.send(given(page, "Hello"), ann))
    conversation = store.conversations(owner)[0].id
    long = "x" * 1_001

    with pytest.warns(UserWarning, match="1,001 characters long; it can be at most 1,000"):
        shown = await all_of(page.edit(given(page, "", conversation), edited(0, "Hello", long), ann))

    assert bubbles(page, shown[-1]) == ["Hello", "One."]
    assert shown[-1][page._on.composer].value == long


@pytest.mark.parametrize(("index", "was"), [(0, "Something else"), (2, "Good day")])
async def test_an_edit_on_a_page_that_is_old_saves_nothing(talked, ann, owner, store, index, was):
    page, conversation = talked
    before = store.message_count(owner, conversation)

    if index == 0:
        with pytest.warns(UserWarning, match="has changed meanwhile"):
            shown = await all_of(
                page.edit(given(page, "", conversation), edited(index, was, "new words"), ann)
            )
        assert shown[-1][page._on.composer].value == "new words"
    else:
        with pytest.raises(gr.Error, match="no such message"):
            await all_of(page.edit(given(page, "", conversation), edited(index, was, "new words"), ann))

    assert store.message_count(owner, conversation) == before


async def test_a_reply_cannot_be_edited(talked, ann, owner, store):
    page, conversation = talked

    with pytest.warns(UserWarning, match="Only a message of your own"):
        await all_of(page.edit(given(page, "", conversation), edited(1, "Three.", "I agree"), ann))

    assert [said.text for said in store.path(owner, conversation)] == ["Good day", "Three."]


async def test_nobody_edits_or_switches_what_is_anothers(
    talked, owner, store, request_of, visitor_cookies, identity
):
    page, conversation = talked
    cookies = visitor_cookies()
    store.accept_terms(identity.visitor(cookies), "v1")
    other = request_of(cookies)
    path = store.path(owner, conversation)

    with pytest.raises(gr.Error, match="does not exist"):
        await all_of(page.edit(given(page, "", conversation), edited(0, "Good day", "mine"), other))
    with pytest.raises(gr.Error, match="does not exist"):
        await page.earlier(path[0].id, other)

    assert store.path(owner, conversation) == path


async def test_a_temporary_chat_says_so_is_in_no_list_and_ends_when_it_is_left(page_over, ann, owner, store):
    model = FakeModel(["One.", "Two."])
    page = page_over(model)
    begun = await page.start_temporary("", ann)
    assert begun[page._on.temporary].visible

    shown = await all_of(page.send(given(page, "Hello", begun[page._on.open_id]), ann))
    here = shown[-1][page._on.open_id]
    shown = await all_of(page.send(given(page, "And now?", here), ann))

    assert bubbles(page, shown[-1]) == ["Hello", "One.", "And now?", "Two."]
    assert shown[-1][page._on.temporary].visible
    assert store.conversations(owner) == ()
    assert store.temporary_conversations(owner) == (here,)
    left = await page.start_new(here, ann)
    assert not left[page._on.temporary].visible
    assert store.temporary_conversations(owner) == ()
    assert model.forgotten == [here]


async def test_a_temporary_chat_is_judged_and_what_is_stopped_opens_a_case(page_over, ann, owner, store):
    model = FakeModel(["unused"])
    page = page_over(model)

    shown = await all_of(page.send(given(page, "a zzz", NEW_TEMPORARY), ann))

    assert store.path(owner, shown[-1][page._on.open_id])[0].state == "blocked"
    assert model.calls == []
    assert len(store.desk.cases()) == 1


async def test_leaving_a_temporary_chat_ends_a_reply_that_is_being_written(page_over, ann, owner, store):
    model = FakeModel(["A long reply. " * 50], pace=0.02)
    page = page_over(model)

    async with aclosing(page.send(given(page, "Hello", NEW_TEMPORARY), ann)) as updates:
        first = await anext(updates)
        here = first[page._on.open_id]
        await anext(updates)
        leaving = asyncio.ensure_future(page.start_new(here, ann))
        with suppress(gr.Error):  # it may be gone before its end can be shown
            async for _ in updates:
                pass
        await leaving

    assert store.temporary_conversations(owner) == ()
    assert model.closed == 1


async def test_all_conversations_are_deleted_once_the_word_is_typed(page_over, ann, owner, store, bob):
    model = FakeModel(["One.", "Two."])
    page = page_over(model)
    store.start_conversation(bob)
    for text in ("One", "Two"):
        await all_of(page.send(given(page, text), ann))
    theirs = [found.id for found in store.conversations(owner)]

    with pytest.warns(UserWarning, match="Nothing was deleted"):
        await page.delete_all("delete", ann)
    assert len(store.conversations(owner)) == 2
    shown = await page.delete_all(" DELETE ", ann)

    assert store.conversations(owner) == ()
    assert sorted(model.forgotten) == sorted(theirs)
    assert shown[page._on.open_id] == ""
    assert len(store.conversations(bob)) == 1


async def test_a_prompt_sent_while_the_model_loads_says_so_and_is_answered(page_over, ann):
    may_end = Event()

    def load(report):
        report(Progress("reading", 0.4))
        may_end.wait(20)
        return FakeModel(["Here I am."])

    model = StartingModel(load, FAKE)
    model.begin()
    page = page_over(model)
    loaded = await page.load(ann)
    assert loaded[page._on.loading.timer].active
    bubbles = []

    async with aclosing(page.send(given(page, "Hello"), ann)) as shown:
        async for update in shown:
            bubbles.append(last_bubble(page, update))
            if "40%" in bubbles[-1]:
                may_end.set()

    assert notices.still_loading("en", 0.4) in bubbles
    assert bubbles[-1] == "Here I am."
    looked = await page.look()
    assert not looked[page._on.loading.timer].active
    assert not looked[page._on.loading.notice].visible


async def test_who_waits_in_line_sees_their_place(page_over, ann):
    model = FakeModel(["Somebody else's.", "Yours."], at_once=1)
    page = page_over(model)
    others = model.stream((), GenerationSettings())
    await anext(others)
    bubbles = []

    async with aclosing(page.send(given(page, "Hello"), ann)) as shown:
        async for update in shown:
            bubbles.append(last_bubble(page, update))
            if bubbles[-1] == notices.in_line("en", 1):
                await others.aclose()

    assert notices.in_line("en", 1) in bubbles
    assert bubbles[-1] == "Yours."


async def test_deleting_a_conversation_and_erasing_a_person_reach_the_model(page_over, ann, owner, store):
    model = FakeModel(["Hello."])
    page = page_over(model)
    for text in ("One", "Two"):
        await all_of(page.send(given(page, text), ann))
    second, first = (found.id for found in store.conversations(owner))

    await page.delete(first, ann)
    assert model.forgotten == [first]
    my_data = MyDataPage(page._parts)
    with gr.Blocks(analytics_enabled=False) as blocks:
        my_data.build(blocks)
    await my_data.erase("ERASE", ann)

    assert model.forgotten == [first, second]
    with pytest.raises(NotFound):
        store.conversation(owner, second)


@pytest.fixture
def done(store, guard):
    """The last step of a turn that ended so, for a prompt in this language."""

    def made(ending, *, messages=1, state="complete"):
        conversation = store.start_conversation("ann")
        prompt = store.save_prompt("ann", conversation.id, "Hello")
        store.record_prompt("ann", prompt.id, guard.judge_now(Text("Hello", "prompt", lang="ko")))
        reply = store.start_reply("ann", prompt.id, checkpoint="fake@0", settings={})
        ended = store.end_reply("ann", reply.id, state=state, text="Hi", end_reason="end", verdict=None)
        prompt = store.message("ann", prompt.id)
        return Step("done", prompt, ended, "Hi", ending=ending, messages=messages)

    return made


def ending(remembered, *, tokens=248, first=0.4):
    return Ending("end", 10, tokens, seconds=4.4, first_token_seconds=first, remembered=remembered)


def test_a_conversation_that_fits_is_not_spoken_of(done):
    assert figures_of(done(ending(1))) == "248 tokens, 62 per second, the first after 0.4 s"


def test_how_much_is_remembered_is_said_in_the_language_of_the_prompt(done):
    said = figures_of(done(ending(4), messages=11))

    assert said.startswith("모델은 메시지 11개 중 최근 4개를 읽었습니다.")


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_a_reply_that_did_not_reach_its_end_has_no_figures(done, state):
    assert figures_of(done(ending(1), state=state)) == ""


def test_figures_that_cannot_be_told_are_left_out():
    assert words.figures(ending(1, tokens=1, first=None)) == "1 token"


def test_a_base_model_is_said_to_be_one():
    base = Checkpoint("a/b", "0", "Gemma 2B", "Gemma", 8_192, kind="base")

    assert "completes text; it is not tuned to chat" in words.model_line(base, ["rules"])
    assert "not tuned" not in words.model_line(replace(base, kind="chat"), ["rules"])
