"""The page where a person says whether texts of theirs may be kept to try the checks on."""

import gradio as gr
import pytest

from app.pages.my_data import MyDataPage


@pytest.fixture
def page(parts):
    built = MyDataPage(parts)
    with gr.Blocks(analytics_enabled=False) as blocks:
        built.build(blocks)
    return built


@pytest.fixture
def visitor(visitor_cookies, request_of):
    return request_of(visitor_cookies())


async def test_nobody_lets_their_texts_be_kept_until_they_say_so_and_may_take_it_back(page, store, visitor):
    owner = page._parts.identity.require_visitor(visitor)
    shown = [(await page.load(visitor))[page.helps]]
    for helps in (True, False):
        await page.choose_help(helps, visitor)
        shown.append((await page.load(visitor))[page.helps])
        assert store.regressions.is_allowed(owner) is helps

    assert shown == [False, True, False]


async def test_nobody_chooses_without_a_cookie(page, request_of):
    with pytest.raises(gr.Error):
        await page.choose_help(True, request_of({}))
