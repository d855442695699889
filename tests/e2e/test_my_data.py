"""The page where a person takes everything with them, or erases it."""

import json

import httpx
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_everything_of_mine_can_be_taken_along_and_nothing_of_others(bezel, visit):
    ann, bob = visit(bezel), visit(bezel)
    for page, text in ((ann, "Hello from the first person"), (bob, "Hello from the second person")):
        page.accept_terms()
        page.say(text)
        page.await_end()

    ann.goto(f"{bezel.url}/my-data")
    with ann.expect_download() as coming:
        ann.get_by_role("link", name="Download everything as JSON").click()
    taken = coming.value.path().read_text(encoding="utf-8")

    assert "Hello from the first person" in taken
    assert "Hello from the second person" not in taken
    assert json.loads(taken)


def test_everything_of_mine_can_be_erased_after_a_word_of_confirmation(bezel, visit):
    page = visit(bezel)
    page.accept_terms()
    page.say("Hello")
    page.await_end()

    page.goto(f"{bezel.url}/my-data")
    page.locator("#erase-everything").click()
    expect(page.get_by_text("Nothing was erased")).to_be_visible()
    page.locator("#erase-confirmation input, #erase-confirmation textarea").fill("ERASE")
    page.locator("#erase-everything").click()
    expect(page.get_by_text("Everything of yours has been erased")).to_be_visible()

    page.goto(bezel.url)
    expect(page.locator("#accept-terms")).to_be_visible()
    expect(page.locator("#conversation-list label")).to_have_count(0)


def test_nobody_can_take_anything_without_a_cookie(bezel):
    assert httpx.get(f"{bezel.url}/my-data/export").status_code == 403
