"""The desk's figures, their plot, and the export of cases that takes two people."""

import csv
import io
import json
from datetime import date

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.pages import plots
from app.pages.case_export import TAKE, export_route, forms_of
from app.pages.review import ReviewPage
from app.wording import insights as words
from safety.types import Text
from storage.types import DayCount


@pytest.fixture
def page(parts):
    built = ReviewPage(parts)
    built.build()
    return built


@pytest.fixture
def decided(store, guard, mia):
    """A blocked prompt that a moderator let pass."""

    def made(owner):
        conversation = store.start_conversation(owner)
        prompt = store.save_prompt(owner, conversation.id, "zzz =1+1")
        store.record_prompt(owner, prompt.id, guard.judge_now(Text("zzz", "prompt")), severity=2)
        case = store.desk.next_case(mia.id)
        store.desk.decide(
            case.summary.id,
            mia.id,
            ruling="no_violation",
            clause=None,
            note="=cmd()",
            public_note="",
            row_version=case.row_version,
        )

    return made


def rows(updates, table):
    return updates[table].value["data"]


def filters_of(page):
    form = page.layout.filters
    return {**{field: "" for field in form.fields}, form.mine: False, page.insights.period: 30}


async def test_an_empty_desk_has_figures_that_say_so(page, mia):
    updates = await page.insights.load(30, mia.request)

    assert not updates[page.insights.waits].visible and not updates[page.insights.precision].visible
    assert words.agreement("nothing to go by yet") in updates[page.insights.said]
    assert "<svg" in updates[page.insights.inflow] and "<script" not in updates[page.insights.inflow]


async def test_what_is_still_open_counts_in_the_waits(page, mia, ann, store, decided, clock):
    decided(ann)
    prompt = store.save_prompt(ann, store.start_conversation(ann).id, "zzz")
    store.record_prompt(ann, prompt.id, page._parts.guard.judge_now(Text("zzz", "prompt")), severity=2)
    clock.move(hours=30)

    updates = await page.insights.load(7, mia.request)

    [line] = rows(updates, page.insights.waits)
    assert line[1:4] == ["1", "1", "1"] and line[5:] == ["30 h", "30 h"]
    assert rows(updates, page.insights.precision)[0][:2] == ["banned", "0% (0% to 79%, of 1)"]


async def test_a_moderator_sees_what_they_were_shown_and_a_lead_sees_all_by_name(
    page, mia, store, ann, decided
):
    decided(ann)
    own = rows(await page.insights.load(30, mia.request), page.insights.exposure)

    assert [line[0] for line in own] == ["mia"] and own[0][2:4] == ["1", "1"]


@pytest.mark.parametrize("period", [None, 0, -1, 10**9, "x"])
async def test_a_period_that_is_none_of_the_choices_is_a_month(page, mia, period):
    updates = await page.insights.load(period, mia.request)

    assert updates[page.insights.inflow].count("<rect") == 2 * 31


async def test_an_export_takes_a_second_person_and_holds_no_text(page, mia, noa, ann, decided, parts, store):
    decided(ann)
    panel = page.insights
    asked = await panel.ask_export({**filters_of(page), page.layout.filters.state: "decided"}, mia.request)
    assert not asked[panel.waiting].visible, "who asked cannot agree"
    with TestClient(Starlette(routes=[export_route(parts)])) as browser:
        wanted = store.exports.waiting()[0].id
        browser.cookies.update(mia.cookies)
        assert browser.post(TAKE, data={"id": wanted}).status_code == 409

        theirs = await panel.load(30, noa.request)
        await panel.agree_export({panel.period: 30, panel.waiting: theirs[panel.waiting].value}, noa.request)
        ready = await panel.load(30, mia.request)
        assert forms_of([wanted]) in ready[panel.ready]
        taken = browser.post(TAKE, data={"id": wanted, "as": "csv"})
        again = browser.post(TAKE, data={"id": wanted, "as": "json"})

    assert taken.status_code == 200 and again.status_code == 404
    assert "attachment" in taken.headers["content-disposition"]
    [line] = list(csv.DictReader(io.StringIO(taken.text)))
    assert line["ruling"] == "no_violation" and "zzz" not in taken.text and "cmd" not in taken.text


async def test_an_export_can_be_json(mia, noa, ann, decided, parts, store, page):
    decided(ann)
    await page.insights.ask_export({**filters_of(page), page.layout.filters.state: "decided"}, mia.request)
    wanted = store.exports.waiting()[0].id
    store.exports.agree(wanted, noa.id)

    with TestClient(Starlette(routes=[export_route(parts)])) as browser:
        browser.cookies.update(mia.cookies)
        taken = browser.post(TAKE, data={"id": wanted, "as": "json"})

    assert json.loads(taken.text)[0]["severity"] == 2


async def test_agreeing_with_nothing_says_so(page, mia):
    with pytest.raises(gr.Error, match="Choose the export"):
        await page.insights.agree_export({page.insights.period: 30, page.insights.waiting: None}, mia.request)


def test_nobody_else_can_take_an_export(parts, visitor_cookies):
    with TestClient(Starlette(routes=[export_route(parts)])) as browser:
        assert browser.post(TAKE, data={"id": "x"}).status_code == 403
        browser.cookies.update(visitor_cookies())
        assert browser.post(TAKE, data={"id": "x"}).status_code == 403


def test_a_plot_of_one_day_and_of_none_is_drawn():
    one = plots.inflow([DayCount(date(2026, 11, 2), 3, 0)], "Cases", "in", "out")
    assert one.count("<rect") == 2 and "02 Nov" in one and ">3<" in one
    assert plots.inflow([], "Cases", "in", "out").count("<rect") == 0
