"""Text is inert: hundreds of hostile texts on the chat and on the desk, in a real browser, watched."""

import asyncio
import re
import socket
import threading

import pytest
from hostile import HOST, corpus
from playwright.sync_api import expect, sync_playwright
from siege import CLAUSE, MODERATOR, PASSWORD, SECOND, RecordingModel, besieged

from app.identity import DESK_COOKIE, VISITOR_COOKIE
from storage.types import Filters

TEXTS = corpus()
AT_ONCE = 60
NOTE = 1_900
LINES = [text for text in TEXTS if len(text) <= 60 and "\n" not in text]
APPEALS = 4
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
    with besieged(tmp_path_factory.mktemp("hostile"), model=model, undo_seconds=0, blind_share=0) as siege:
        ann = siege.caller().accept_terms()
        siege.ann = ann
        asyncio.run(say_all(siege, ann.owner))
        asyncio.run(say_another_way(siege, ann.owner))
        yield siege
        ann.close()


async def say_all(siege, owner):
    """Say every text and have it said back, in several conversations; report some with the rest."""
    for first in range(0, len(TEXTS), AT_ONCE):
        conversation = None
        for text in TEXTS[first : first + AT_ONCE]:
            async for step in siege.parts.turns.send(owner, conversation, text):
                conversation = step.prompt.conversation_id
        path = siege.parts.store.path(owner, conversation)
        note = "\n".join(TEXTS[first : first + AT_ONCE])
        replies = [message for message in path if message.role == "assistant"]
        for place, reply in enumerate(replies[:: len(replies) // 8]):
            said = note[place * NOTE : (place + 1) * NOTE] or note[:NOTE]
            siege.parts.store.report(owner, reply.id, reason="PUP-2.e.iii", note=said)


async def say_another_way(siege, owner):
    """Say one text in the newest conversation, and put another in its place."""
    turns = siege.parts.turns
    first = [step async for step in turns.send(owner, None, TEXTS[0])][-1].prompt
    assert [step async for step in turns.edit(owner, first.id, TEXTS[20])]


@pytest.fixture(scope="module")
def appeals(hostile_site):
    """Replies are removed with hostile notes, then appealed against in such words; the appeals' cases."""
    store, mia = hostile_site.parts.store, hostile_site.moderator_id(MODERATOR)
    before = {case.id for case in store.desk.cases()}
    for text in TEXTS[: APPEALS * 5 : 5]:
        case = store.desk.next_case(mia)
        words = {"note": text, "public_note": text}
        ruled = {"ruling": "misuse", "clause": CLAUSE, "row_version": case.row_version, **words}
        made = store.desk.decide(case.summary.id, mia, **ruled)
        store.appeals.appeal(hostile_site.ann.owner, made.id, "\n".join(TEXTS)[:NOTE])
    return [case.id for case in store.desk.cases() if case.id not in before]


@pytest.fixture
def page(visit):
    """A page of Ann's browser, who moderates too."""
    return visit(MODERATOR)


@pytest.fixture
def visit(browser, hostile_site, foreign):
    """Open a page; it must stay where it is, run nothing and call nobody."""
    contexts = []

    def opened(moderator):
        context = browser.new_context(locale="en-US", viewport={"width": 1200, "height": 900})
        desk = hostile_site.parts.identity.sign_in(moderator, PASSWORD)
        cookies = {VISITOR_COOKIE: hostile_site.ann.cookies[VISITOR_COOKIE], DESK_COOKIE: desk}
        context.add_cookies(
            [{"name": name, "value": value, "url": hostile_site.url} for name, value in cookies.items()]
        )
        context.add_init_script(WATCH)
        page = context.new_page()
        page.dialogs, page.went = [], []
        page.on("dialog", lambda dialog: (page.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("framenavigated", lambda frame: page.went.append(frame.url))
        contexts.append((context, page))
        return page

    before = foreign.visits
    yield opened
    for context, page in contexts:
        page.wait_for_timeout(500)
        context.close()
    assert foreign.visits == before, "a text made the browser call a foreign host"


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
        page.locator("#ruling input[value=no_violation]").check(force=True)
        page.locator("#public-note textarea").fill(TEXTS[6])
        page.locator("#decide").click()
        expect(page.locator("#case-head")).to_be_hidden()


def test_what_a_moderator_wrote_is_inert_where_a_person_reads_it(page, hostile_site):
    page.goto(hostile_site.url + "/my-data")
    expect(page.locator("#reports")).to_be_visible(timeout=20_000)
    page.wait_for_timeout(500)

    assert is_inert(page, hostile_site)
    assert page.locator("#reports :is(img, form, iframe, script)").count() == 0


def test_what_is_found_is_inert(page, hostile_site):
    page.goto(hostile_site.url)
    expect(page.locator("#conversation-list input").first).to_be_attached(timeout=20_000)
    search = page.locator("#search input")
    search.evaluate("one => one.scrollIntoView()")

    for words in ("evil", "pwned", "script", "mermaid"):
        search.fill(words, force=True)
        expect(page.locator("#found mark").first).to_have_text(re.compile(words, re.IGNORECASE))
        page.wait_for_timeout(300)
        assert is_inert(page, hostile_site)
        names = page.locator("#found ol").evaluate_all(
            "found => [...new Set(found.flatMap(one => [...one.querySelectorAll('*')].map(x => x.tagName)))]"
        )
        assert set(names) == {"LI", "BUTTON", "B", "SPAN", "MARK"}


def test_the_versions_of_a_hostile_prompt_are_offered_as_text(page, hostile_site):
    page.goto(hostile_site.url)
    expect(page.locator("#versions")).to_be_visible(timeout=20_000)

    page.locator("#version-of input").click()
    page.locator("#earlier-version").click()
    expect(page.locator("#which-version")).to_contain_text("1/2")

    assert is_inert(page, hostile_site)
    assert page.locator("#versions :is(img, a, form, iframe, script)").count() == 0


def test_the_reasons_of_a_decision_and_its_notes_are_inert_where_a_person_reads_them(
    page, hostile_site, appeals
):
    page.goto(hostile_site.url + "/my-data")
    rows = page.locator("#statements").get_by_role("gridcell", name="waits")
    expect(rows.first).to_be_visible(timeout=20_000)

    for number in range(APPEALS):
        rows.nth(number).click()
        expect(page.locator("#statement-note")).to_be_visible()
        page.wait_for_timeout(300)
        assert is_inert(page, hostile_site)
        assert page.locator("#statement :is(img, a, form, iframe, script, svg image)").count() == 0


def test_an_appeal_and_the_notes_of_colleagues_are_inert_on_the_desk(visit, hostile_site, appeals):
    store, noa = hostile_site.parts.store, hostile_site.moderator_id(SECOND)
    for case_id in appeals:
        store.desk.claim(case_id, noa)
    page = visit(SECOND)
    page.goto(hostile_site.url + "/moderation")
    expect(page.locator("#queue")).to_be_visible(timeout=20_000)
    page.locator("#filters button").first.click()
    page.locator("#filter-mine input").check()

    page.locator("#queue").get_by_role("gridcell", name="appeal", exact=False).first.click()
    expect(page.locator("#case-head")).to_contain_text("Case")
    if page.locator("#show-text").is_visible():
        page.locator("#show-text").click()
    expect(page.locator("#case-appeal textarea")).to_have_value(re.compile("pwned"))
    expect(page.locator("#case-decisions")).to_be_visible()
    page.wait_for_timeout(300)

    assert len(appeals) == APPEALS
    assert is_inert(page, hostile_site)
    for panel in ("#case-appeal", "#case-decisions", "#case-prior"):
        assert page.locator(f"{panel} :is(img, a, form, iframe, script)").count() == 0


def test_the_names_of_saved_views_are_inert(page, hostile_site):
    store, mia = hostile_site.parts.store, hostile_site.moderator_id(MODERATOR)
    for hours, name in enumerate(LINES[:30:3], 1):
        store.desk.save_view(mia, name, Filters(older_than_hours=hours))
    page.goto(hostile_site.url + "/moderation")
    expect(page.locator("#waiting")).to_be_visible(timeout=20_000)
    page.locator("#filters button").first.click()

    page.locator("#saved-view input").click()
    expect(page.get_by_role("option")).to_have_count(10)
    page.get_by_role("option").first.click()
    page.wait_for_timeout(500)

    assert is_inert(page, hostile_site)
    assert page.locator("#filters :is(img, a, form, iframe, script)").count() == 0
