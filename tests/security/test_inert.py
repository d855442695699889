"""Text is inert: hundreds of hostile texts on the chat and on the desk, in a real browser, watched."""

import asyncio
import socket
import threading

import pytest
from hostile import HOST, corpus
from playwright.sync_api import expect, sync_playwright
from siege import MODERATOR, PASSWORD, RecordingModel, besieged

from app.identity import DESK_COOKIE, VISITOR_COOKIE

TEXTS = corpus()
AT_ONCE = 60
NOTE = 1_900
WATCH = "window.hits = []; window.pwned = number => window.hits.push(number);"

pytestmark = pytest.mark.browser


class Listener:
    """Stands where every foreign address leads, and counts who comes."""

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.visits = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()

    def close(self):
        self._socket.close()


@pytest.fixture(scope="module")
def foreign():
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def browser(browser_path, foreign, hostile_site):
    """A Chromium for which every other host is the listener; it begins after all that runs a loop."""
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    flags.append(
        f"--host-resolver-rules=MAP {HOST}:80 127.0.0.1:{foreign.port}, MAP {HOST} 127.0.0.1:{foreign.port}"
    )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser_path, args=flags)
        yield started
        started.close()


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory):
    """A Bezel in which one person typed the texts, the model said them, and reports repeat them."""
    model = RecordingModel(TEXTS, [], chunk=100_000)
    with besieged(tmp_path_factory.mktemp("hostile"), model=model) as siege:
        ann = siege.caller().accept_terms()
        siege.ann = ann
        siege.conversations = asyncio.run(say_all(siege, ann.owner))
        yield siege
        ann.close()


async def say_all(siege, owner):
    """Say every text and have it said back, in several conversations; report some with the rest."""
    conversations = []
    for first in range(0, len(TEXTS), AT_ONCE):
        conversation = None
        for text in TEXTS[first : first + AT_ONCE]:
            async for step in siege.parts.turns.send(owner, conversation, text):
                conversation = step.prompt.conversation_id
        conversations.append(conversation)
        path = siege.parts.store.path(owner, conversation)
        note = "\n".join(TEXTS[first : first + AT_ONCE])
        replies = [message for message in path if message.role == "assistant"]
        for place, reply in enumerate(replies[:: len(replies) // 8]):
            said = note[place * NOTE : (place + 1) * NOTE] or note[:NOTE]
            siege.parts.store.report(owner, reply.id, reason="PUP-2.e.iii", note=said)
    return conversations


@pytest.fixture
def page(browser, hostile_site, foreign):
    """A page of Ann's browser, who moderates too; it must stay where it is, run nothing and call nobody."""
    context = browser.new_context(locale="en-US", viewport={"width": 1200, "height": 900})
    desk = hostile_site.parts.identity.sign_in(MODERATOR, PASSWORD)
    cookies = {VISITOR_COOKIE: hostile_site.ann.cookies[VISITOR_COOKIE], DESK_COOKIE: desk}
    context.add_cookies(
        [{"name": name, "value": value, "url": hostile_site.url} for name, value in cookies.items()]
    )
    context.add_init_script(WATCH)
    opened = context.new_page()
    opened.dialogs, opened.went = [], []
    opened.on("dialog", lambda dialog: (opened.dialogs.append(dialog.message), dialog.dismiss()))
    opened.on("framenavigated", lambda frame: opened.went.append(frame.url))
    before = foreign.visits
    yield opened
    opened.wait_for_timeout(500)
    assert foreign.visits == before, "a text made the browser call a foreign host"
    context.close()


def is_inert(page, site):
    """Whether nothing ran, nothing opened and the page stayed on our own site."""
    return (
        page.evaluate("window.hits"),
        page.dialogs,
        [url for url in page.went if not url.startswith(site.url)],
    ) == (
        [],
        [],
        [],
    )


def test_there_are_hundreds_of_texts_and_the_watch_sees_what_they_would_do(browser, foreign):
    context = browser.new_context()
    context.add_init_script(WATCH)
    unprotected = context.new_page()
    before = foreign.visits

    unprotected.goto("data:text/html,<p>nothing forbids anything here</p>")
    unprotected.evaluate(
        f"document.body.innerHTML = `<img src=http://{HOST}/a.png><img src=x onerror='pwned(7)'>`"
    )
    unprotected.wait_for_timeout(1_000)

    assert len(TEXTS) >= 300 and len(set(TEXTS)) == len(TEXTS)
    assert unprotected.evaluate("window.hits") == [7]
    assert foreign.visits > before
    context.close()


def test_nothing_that_is_said_in_the_chat_runs_loads_or_leads_away(page, hostile_site):
    page.goto(hostile_site.url)
    choices = page.locator("#conversation-list input")
    expect(choices.first).to_be_attached(timeout=20_000)

    for number in range(choices.count()):
        choices.nth(number).check(force=True)
        wanted = len(
            hostile_site.parts.store.path(hostile_site.ann.owner, choices.nth(number).get_attribute("value"))
        )
        expect(page.locator("#chat .message-content")).to_have_count(wanted, timeout=20_000)
        page.wait_for_timeout(300)
        assert is_inert(page, hostile_site), page.evaluate("window.hits")
        assert nothing_is_laid_over_the_page(page)


def nothing_is_laid_over_the_page(page):
    """Whether every point outside the chat belongs to the page, and no text asks for a click or for input."""
    return page.evaluate(
        """() => {
            const chat = document.querySelector('#chat').getBoundingClientRect();
            for (let x = 5; x < innerWidth; x += 60) for (let y = 5; y < innerHeight; y += 60) {
                if (x >= chat.left && x <= chat.right && y >= chat.top && y <= chat.bottom) continue;
                if (document.elementFromPoint(x, y)?.closest('#chat .message')) return false;
            }
            const asks = '#chat .message-content :is(form, input, select, textarea)';
            const asking = document.querySelectorAll(asks);
            return [...asking].every(one => one.offsetParent === null);
        }"""
    )


def test_nothing_that_is_said_runs_on_the_desk(page, hostile_site):
    page.goto(hostile_site.url + "/moderation")
    expect(page.locator("#queue")).to_be_visible(timeout=20_000)

    for _ in range(8):
        page.locator("#next-case").click()
        expect(page.locator("#case-head")).to_contain_text("Case")
        page.wait_for_timeout(700)
        if page.locator("#show-text").is_visible():
            page.locator("#show-text").click()
            page.wait_for_timeout(300)
        assert is_inert(page, hostile_site)
        for panel in ("#case-subject", "#case-reports"):
            assert page.locator(f"{panel} :is(img, a, form, iframe, script)").count() == 0
        page.locator("#ruling input").first.check(force=True)
        page.locator("#public-note textarea").fill(TEXTS[6])
        page.locator("#decide").click()
        expect(page.locator("#case-head")).to_be_hidden()


def test_what_a_moderator_wrote_is_inert_where_a_person_reads_it(page, hostile_site):
    page.goto(hostile_site.url + "/my-data")
    expect(page.locator("#reports")).to_be_visible(timeout=20_000)
    page.wait_for_timeout(500)

    assert is_inert(page, hostile_site)
    assert page.locator("#reports :is(img, form, iframe, script)").count() == 0
