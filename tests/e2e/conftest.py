"""A real Bezel in its own process, a second one with a slow fake model, and a real Chromium."""

import pytest
from e2e_site import SLOW_REPLY, Complaints, Site, Visitor, add_moderator, free_port, running
from playwright.sync_api import sync_playwright

from app.build import parts, serve
from app.settings import Settings
from model.fake import FakeModel


@pytest.fixture(scope="session")
def bezel(tmp_path_factory):
    """The product as it ships: bundled checkpoint, shipped policy, rules and weights."""
    folder = tmp_path_factory.mktemp("bezel")
    add_moderator(folder)
    with running(folder) as (site, _):
        yield site


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """The same, with a fake model that speaks slowly, so that a test can step in between."""
    settings = Settings(port=free_port(), data_folder=tmp_path_factory.mktemp("slow"))
    model = FakeModel([SLOW_REPLY], pace=0.02)
    with parts(settings, model=model) as joined:
        running_here = serve(joined, settings)
        site = Site(f"http://127.0.0.1:{settings.port}", model, SLOW_REPLY)
        yield site
        running_here.close()


@pytest.fixture(scope="module")
def browser(browser_path):
    """Ends with its file: Playwright keeps a loop running, beside which no async test can run."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture
def visit(browser):
    """Open a site as somebody new; every error and every foreign request on the page fails the test."""
    contexts, visited = [], []

    def open_as_somebody_new(site: Site, path: str = "/", **options) -> Visitor:
        context = browser.new_context(locale="en-US", **options)
        contexts.append(context)
        visited.append(site)
        page = context.new_page()
        complaints = Complaints(site)
        page.on("console", lambda said: said.type == "error" and complaints.add(said.text))
        page.on("pageerror", lambda error: complaints.add(str(error)))
        page.on("request", complaints.asked)
        page.goto(site.url + path)
        return Visitor(page)

    yield open_as_somebody_new
    complaints = [text for site in visited for text in site.errors]
    for site in visited:
        site.errors.clear()
    for context in contexts:
        context.close()
    for site in visited:
        site.errors.clear()
    assert complaints == []
