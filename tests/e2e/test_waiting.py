"""What a visitor sees while the model is being loaded or speaks to others, and how they set its replies."""

import contextlib
from threading import Event

import pytest
from e2e_site import Site, free_port
from playwright.sync_api import expect

from app.build import parts, serve
from app.settings import Settings
from model.fake import FAKE, FakeModel
from model.progress import Progress
from model.starting import StartingModel
from model.types import ModelError

pytestmark = pytest.mark.browser

REPLY = "A reply that is long enough for somebody else to wait for its end. " * 20


class Driven:
    """A load that goes as far as the test says, then ends as it says."""

    def __init__(self, model):
        self.model = model
        self.fault = None
        self.may_end = Event()

    def __call__(self, report):
        self.report = report
        report(Progress("downloading", 0.25, "1.3 of 5.2 GB"))
        self.may_end.wait(120)
        if self.fault is not None:
            raise self.fault
        return self.model


@contextlib.contextmanager
def serving(folder, model):
    settings = Settings(port=free_port(), data_folder=folder)
    with parts(settings, model=model) as joined:
        running = serve(joined, settings)
        site = Site(f"http://127.0.0.1:{settings.port}")
        yield site
        running.close()


@pytest.fixture
def starting(tmp_path):
    """A site whose model is still being loaded."""
    load = Driven(FakeModel(["Here I am."]))
    model = StartingModel(load, FAKE)
    model.begin()
    with serving(tmp_path, model) as site:
        site.load = load
        yield site
        load.may_end.set()


@pytest.fixture
def one_at_a_time(tmp_path):
    """A site whose model speaks to one person at a time, slowly."""
    model = FakeModel([REPLY], pace=0.02, at_once=1)
    with serving(tmp_path, model) as site:
        site.model = model
        yield site


def test_the_page_is_up_while_the_model_loads_says_how_far_it_is_and_answers_then(starting, visit):
    page = visit(starting, viewport={"width": 1280, "height": 800})
    page.accept_terms()
    expect(page.locator("#loading")).to_contain_text("is being downloaded: 25% (1.3 of 5.2 GB)")
    expect(page.locator("#loading progress")).to_have_attribute("value", "0.250")
    page.keep_screenshot("loading-light-1280")

    page.say("Hello")
    expect(page.reply).to_contain_text("still being loaded (25%)")
    starting.load.report(Progress("reading", 0.6))
    expect(page.locator("#loading")).to_contain_text("is being loaded: 60%")
    expect(page.reply).to_contain_text("(60%)")
    page.keep_screenshot("loading-waiting-1280")
    starting.load.may_end.set()

    expect(page.reply).to_have_text("Here I am.")
    expect(page.locator("#loading")).to_be_hidden()


def test_a_page_stops_asking_once_the_model_is_there(starting, visit):
    page = visit(starting)
    expect(page.locator("#loading")).to_be_visible()
    starting.load.may_end.set()
    expect(page.locator("#loading")).to_be_hidden()
    asked = []

    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(3_000)

    assert [url for url in asked if "queue/join" in url] == []


def test_a_model_that_cannot_be_loaded_leaves_the_page_up_and_keeps_the_reason_to_the_host(starting, visit):
    page = visit(starting, viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.accept_terms()
    page.say("Hello")
    expect(page.reply).to_contain_text("still being loaded")
    page.keep_screenshot("loading-dark-390")
    starting.load.fault = ModelError("/srv/weights is damaged")

    starting.load.may_end.set()

    expect(page.locator("#loading")).to_contain_text("could not be loaded")
    expect(page.locator("body")).not_to_contain_text("/srv/weights")
    expect(page.locator("#chat .user.message")).to_have_text("Hello")
    page.keep_screenshot("not-loaded-dark-390")


def test_a_second_visitor_sees_their_place_in_line_until_it_is_their_turn(one_at_a_time, visit):
    ann, bob = visit(one_at_a_time), visit(one_at_a_time, viewport={"width": 390, "height": 844})
    ann.accept_terms()
    bob.accept_terms()
    ann.say("Tell me something long.")
    expect(ann.reply).to_contain_text("A reply that is long")

    bob.say("Hello")
    expect(bob.reply).to_contain_text("number 1 in line")
    bob.keep_screenshot("in-line-light-390")
    ann.stop()

    expect(bob.reply).to_contain_text("A reply that is long")
    bob.await_end()
    expect(bob.locator("#figures")).to_contain_text("per second")


def set_to(page, name, value):
    """Fill a field until it keeps the value: Gradio fills one that was only just unfolded once more."""
    field = page.get_by_label(name)
    for _ in range(10):
        field.fill(value)
        field.blur()
        page.wait_for_timeout(300)
        if field.input_value() == value:
            return
    expect(field).to_have_value(value)


@pytest.mark.parametrize(("theme", "width", "height"), [("light", 1280, 800), ("dark", 390, 844)])
def test_the_settings_for_replies_reach_the_model_and_reset(one_at_a_time, visit, theme, width, height):
    page = visit(one_at_a_time, viewport={"width": width, "height": height}, color_scheme=theme)
    page.accept_terms()
    if width < 900:
        page.locator(".sidebar .toggle-button").click()
    page.locator("#sampling > button").click()
    for name, value in (
        ("number input for Temperature", "0"),
        ("number input for Longest reply", "30"),
        ("Seed", "7"),
        ("Stop texts", "END"),
    ):
        set_to(page, name, value)
    page.keep_screenshot(f"settings-{theme}-{width}")
    if width < 900:
        page.locator(".sidebar .toggle-button").click()

    page.say("Hello")
    page.await_end()

    chosen = one_at_a_time.model.settings[-1]
    assert (chosen.temperature, chosen.max_tokens, chosen.seed, chosen.stop) == (0, 30, 7, ("END",))
    expect(page.reply).to_contain_text("reached its longest length")
    expect(page.locator("#figures")).to_contain_text("30 tokens, ")
    page.keep_screenshot(f"figures-{theme}-{width}")
    if width < 900:
        page.locator(".sidebar .toggle-button").click()
    page.locator("#reset-sampling").click()
    expect(page.get_by_label("number input for Temperature")).to_have_value("0.7")
    expect(page.get_by_label("Seed")).to_have_value("")
