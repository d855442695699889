"""What was found of Gradio 6.31 and Bezel builds on: each as a test that fails once it is true no more."""

import json
import time
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright
from siege import TYPES, RecordingModel, besieged, plausible

from app.identity import VISITOR_COOKIE

MARK = "words-for-no-address"
REPLY = "The sun is shining on the green hills. " * 60
PHONE = {"width": 393, "height": 851}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A Bezel whose model says much, and slowly."""
    model = RecordingModel([REPLY], [], chunk=8, pace=0.02)
    with besieged(tmp_path_factory.mktemp("still"), model=model) as running:
        yield running


@pytest.fixture
def ann(site):
    caller = site.caller().accept_terms()
    yield caller
    caller.close()


def ended(site, owner):
    """Their last message, once nobody writes it any more."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = site.parts.store.conversations(owner)
        reply = site.parts.store.path(owner, found[0].id)[-1] if found else None
        if reply is not None and reply.state not in ("pending", "streaming", "accepted"):
            return reply
        time.sleep(0.05)
    raise AssertionError("the turn goes on")


@pytest.mark.parametrize(
    ("text", "why"), [("", "is empty"), (" \n ", "is empty"), ("x" * 16_001, "is 16,001 characters long")]
)
def test_p9_a_refusal_comes_before_anything_is_stored_judged_or_asked(site, ann, text, why):
    send, before = ann.function("send"), (len(site.journal), len(site.model.calls))

    said = ann.call(send, plausible(site, send, text=text))

    assert why in said
    assert (len(site.journal), len(site.model.calls)) == before
    assert site.parts.store.conversations(ann.owner) == ()


@pytest.mark.parametrize("way", ["the tab is closed", "its event is cancelled"])
def test_p19_a_reply_that_nobody_reads_any_more_ends_at_once_and_is_kept_as_far_as_shown(site, ann, way):
    send, closed = ann.function("send"), site.model.closed
    joined = ann.join(send, plausible(site, send, text="Tell me of hills"))
    body = {"session_hash": ann.session, "fn_index": send, "event_id": joined.json()["event_id"]}

    with ann.http.stream("GET", f"/gradio_api/queue/data?session_hash={ann.session}") as stream:
        lines = stream.iter_lines()
        assert any("green hills" in line for line in lines)
        if way == "its event is cancelled":
            ann.ask("POST", "/gradio_api/cancel", content=json.dumps(body), headers=TYPES)
            reply = ended(site, ann.owner)
    reply = ended(site, ann.owner)

    assert reply.state == "interrupted"
    assert reply.text and REPLY.startswith(reply.text) and len(reply.text) < len(REPLY) // 2
    assert site.model.closed == closed + 1
    assert not site.parts.turns.is_live(reply.conversation_id)


# What a browser shows


@pytest.fixture(scope="module")
def browser(browser_path, site):
    """A Chromium."""
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser_path, args=flags)
        yield started
        started.close()


@pytest.fixture
def visit(browser, site, ann):
    """Open Ann's chat; what the page asks for is noted."""
    contexts = []

    def opened(path="/", **options):
        context = browser.new_context(locale="en-US", **options)
        context.add_cookies([{"name": VISITOR_COOKIE, "value": ann.cookies[VISITOR_COOKIE], "url": site.url}])
        page = context.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request))
        contexts.append(context)
        page.goto(site.url + path)
        expect(page.locator("#composer textarea")).to_be_visible(timeout=20_000)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.browser
def test_p17_the_chat_is_a_log_that_is_read_aloud_and_no_request_leaves_the_site(visit, site):
    page = visit()

    log = page.get_by_role("log", name="chatbot conversation")

    expect(log).to_have_attribute("aria-live", "polite")
    expect(page.locator("main")).to_have_count(1)
    assert len(page.asked) > 10
    assert {urlsplit(one.url).netloc for one in page.asked if one.url.startswith("http")} == {
        urlsplit(site.url).netloc
    }


@pytest.mark.browser
def test_p18_a_phone_in_the_dark_is_not_scrolled_sideways_and_has_the_sidebar(visit):
    page = visit("/?__theme=dark", viewport=PHONE, has_touch=True, is_mobile=True)

    assert page.evaluate("document.body.classList.contains('dark')")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("button", name="Toggle Sidebar")).to_be_visible()


@pytest.mark.browser
def test_what_is_typed_stands_in_no_address_and_in_no_referrer(visit):
    page = visit()

    page.locator("#composer textarea").fill(f"Tell me of {MARK}")
    page.keyboard.press("Enter")
    expect(page.locator("#chat .bot").last).to_contain_text("green hills", timeout=20_000)
    page.locator("#search input").fill(MARK, force=True)
    expect(page.locator("#found mark").first).to_be_attached(timeout=20_000)

    sent = [one for one in page.asked if one.post_data and MARK in one.post_data]
    assert sent, "it was sent, in the body of a request"
    assert not [one.url for one in page.asked if MARK in one.url or MARK in one.headers.get("referer", "")]
    assert MARK not in page.url
