"""How a person hears what became of their reports and requests: a line on the chat page, and My data."""

import re

import gradio as gr
import pytest

from app.pages.chat import ChatPage
from app.pages.my_data import MyDataPage
from app.wording import outcomes as words
from app.wording.languages import LANGUAGES
from app.wording.reasons import REASONS, reason
from safety.types import Text


@pytest.fixture
def chat(parts):
    page = ChatPage(parts)
    with gr.Blocks(analytics_enabled=False) as blocks:
        page.build(blocks)
    return page


@pytest.fixture
def my_data(parts):
    page = MyDataPage(parts)
    with gr.Blocks(analytics_enabled=False) as blocks:
        page.build(blocks)
    return page


@pytest.fixture
def ann(visitor_cookies, identity, request_of):
    """The owner id of a visitor, and the request of their browser in a language."""
    cookies = visitor_cookies()
    return identity.visitor(cookies), lambda language="en": request_of(cookies, {"accept-language": language})


@pytest.fixture
def stopped(store, guard):
    """A prompt of this person that the Guard stopped, and that they want looked at."""

    def made(owner):
        prompt = store.save_prompt(owner, store.start_conversation(owner).id, "a word about zzz")
        store.record_prompt(owner, prompt.id, guard.judge_now(Text("zzz", "prompt")), severity=2)
        return store.report(owner, prompt.id, reason="other", note="my own words", kind="review")

    return made


@pytest.fixture
def reported(store, guard):
    """A reply to this person that they report for this reason."""

    def made(owner, why="PUP-4"):
        prompt = store.save_prompt(owner, store.start_conversation(owner).id, "Hello")
        store.record_prompt(owner, prompt.id, guard.judge_now(Text("Hello", "prompt")))
        reply = store.start_reply(owner, prompt.id, checkpoint="fake@0", settings={})
        verdict = guard.judge_now(Text("Hi", "response"))
        store.end_reply(owner, reply.id, state="complete", text="Hi", end_reason="end", verdict=verdict)
        return store.report(owner, reply.id, reason=why, note="my own words")

    return made


@pytest.fixture
def decide(store, mia):
    """Mia decides the next case, with these words for the person."""

    def decided(ruling="no_violation", clause=None):
        case = store.desk.next_case(mia.id)
        form = {"ruling": ruling, "clause": clause, "note": "a note", "public_note": "Said to you."}
        store.desk.decide(case.summary.id, mia.id, row_version=case.row_version, **form)

    return decided


def cells(updates, table):
    return updates[table].value["data"]


async def test_whoever_asked_for_nothing_or_still_waits_is_told_nothing(chat, ann, reported):
    owner, request = ann
    before = await chat.tell(request())
    reported(owner)
    waits = await chat.tell(request())

    assert not before[chat._on.outcomes].visible and not waits[chat._on.outcomes].visible


async def test_a_decision_is_one_line_with_the_way_to_my_data_and_gone_once_that_was_opened(
    chat, my_data, ann, reported, decide
):
    owner, request = ann
    reported(owner)
    decide()

    told = await chat.tell(request())
    again = await chat.tell(request())
    opened = await my_data.load(request())
    after = await chat.tell(request())

    line = told[chat._on.outcomes]
    assert line.visible and again[chat._on.outcomes].visible
    assert line.value.startswith("1 new decision on your") and '<a href="/my-data">' in line.value
    assert words.outcome("en", violates=False) in cells(opened, my_data.reports)[0]
    assert not after[chat._on.outcomes].visible


async def test_the_line_counts_the_decisions_and_says_nothing_of_what_was_written(
    chat, ann, reported, stopped, decide
):
    owner, request = ann
    reported(owner)
    stopped(owner)
    for _ in range(2):
        decide()

    line = (await chat.tell(request()))[chat._on.outcomes].value

    assert line.startswith("2 new decisions")
    assert not [said for said in ("zzz", "Hello", "Hi", "my own", "note", "Said") if f" {said} " in line]


async def test_nobody_is_told_of_somebody_elses_outcome(chat, ann, reported, decide, store, request_of):
    owner, request = ann
    reported("somebody else")
    decide()

    assert not (await chat.tell(request()))[chat._on.outcomes].visible
    with pytest.raises(gr.Error):
        await chat.tell(request_of({}))


async def test_my_data_shows_both_tables_in_the_language_of_the_browser(
    chat, my_data, ann, reported, stopped, decide
):
    owner, request = ann
    reported(owner)
    stopped(owner)
    decide("misuse", "PUP-2.e.iii")

    line, tables = {}, {}
    for language in LANGUAGES:
        line[language] = (await chat.tell(request(language)))[chat._on.outcomes].value
    for language in LANGUAGES:
        shown = await my_data.load(request(language))
        rows = cells(shown, my_data.reports) + cells(shown, my_data.notices)
        heads = shown[my_data.reports].headers + shown[my_data.notices].headers
        tables[language] = f"{shown[my_data.reports_head]} {shown[my_data.notices_head]} {heads} {rows}"

    for said in (line, tables):
        assert len(set(said.values())) == 4
        assert re.search("[가-힣]", said["ko"]) and re.search("[ぁ-ん]", said["ja"])
        assert "决定" in said["zh"] or "审核员" in said["zh"]
    for language in LANGUAGES:
        assert words.outcome(language, violates=True) in tables[language]
        assert words.outcome(language, violates=None) in tables[language]
        assert reason("PUP-4", language) in tables[language]


SENTENCES = {
    "decided": lambda language: words.decided(language, 3),
    "reported": lambda language: words.asked(language, "report"),
    "asked for a review": lambda language: words.asked(language, "review"),
    "waits": lambda language: words.outcome(language, violates=None),
    "violates": lambda language: words.outcome(language, violates=True),
    "does not": lambda language: words.outcome(language, violates=False),
    "a prompt": lambda language: words.stopped(language, "user"),
    "a reply": lambda language: words.stopped(language, "assistant"),
    "a check": lambda language: words.decided_by(language, automatic=True),
    "a person": lambda language: words.decided_by(language, automatic=False),
    **{
        one.__name__: one
        for one in (words.see, words.no_reports, words.no_stops, words.check_failed, words.not_asked_for)
    },
}


def test_each_sentence_and_each_reason_has_words_of_its_own_in_each_language():
    said = {name: {one(language) for language in LANGUAGES} for name, one in SENTENCES.items()}
    said |= {code: {reason(code, language) for language in LANGUAGES} for _, code in REASONS}

    assert {name: texts for name, texts in said.items() if len(texts) != len(LANGUAGES)} == {}


@pytest.mark.parametrize("columns", [words.report_columns, words.stop_columns])
def test_each_language_heads_as_many_columns(columns):
    assert len({len(columns(language)) for language in LANGUAGES}) == 1


def test_a_clause_that_nobody_can_choose_as_a_reason_stands_for_itself():
    assert reason("PUP-2.b", "ko") == "PUP-2.b"


def test_one_decision_is_no_decisions():
    assert "1 new decision on" in words.decided("en", 1) and "1,200 new decisions" in words.decided(
        "en", 1_200
    )
