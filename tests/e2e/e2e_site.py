"""What the browser tests share: a Bezel in its own process, and a visitor's page."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from model.fake import FakeModel

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
MODERATOR, PASSWORD = "mia", "a long enough password"
SLOW_REPLY = " ".join(f"This is sentence number {number} of a long reply." for number in range(1, 200))
expect.set_options(timeout=20_000)


@dataclass
class Site:
    """A Bezel that answers; `errors` collects what its pages complained about."""

    url: str
    model: FakeModel | None = None
    said: str = ""
    child: subprocess.Popen | None = None
    errors: list[str] = field(default_factory=list)
    expected: str = "nothing is expected"
    """A complaint with these words is none."""

    def wait_for(self, claim, seconds=10):
        """Whether the claim becomes true in time."""
        deadline = time.monotonic() + seconds
        while not claim() and time.monotonic() < deadline:
            time.sleep(0.05)
        return claim()


class Visitor:
    """A page of somebody's browser, with what a visitor does on it; all else is Playwright's."""

    def __init__(self, page: Page):
        self.page = page

    def __getattr__(self, name):
        return getattr(self.page, name)

    @property
    def reply(self):
        """The newest bubble that is not the person's own."""
        return self.page.locator("#chat .bot.message").last

    def accept_terms(self):
        """Accept the terms, as a first visitor does."""
        self.page.locator("#accept-terms").click()
        expect(self.page.locator("#composer textarea")).to_be_visible()

    def say(self, text):
        """Type and send a message."""
        self.page.locator("#composer textarea").fill(text)
        self.page.locator("#composer textarea").press("Enter")

    def stop(self):
        """Press Stop."""
        self.page.locator("#composer .stop-button").click()

    def await_end(self):
        """Wait until a turn has ended: something was answered, and the composer offers to send again."""
        expect(self.reply).to_be_visible()
        expect(self.reply).not_to_have_text("…")
        expect(self.page.locator("#composer .submit-button")).to_be_visible()

    def report(self, reason, note):
        """Report the newest reply."""
        self.page.locator("#chat button[aria-label='Feedback']").last.hover()
        self.page.locator("#chat .extra-feedback-option").last.click()
        self.page.locator("#complaint-reason").get_by_text(reason, exact=True).click()
        self.page.locator("#complaint-note textarea").fill(note)
        self.page.locator("#complaint-send").click()
        expect(self.page.get_by_text("A moderator will look at it")).to_be_visible()

    def sign_in(self, name, password):
        """Fill the sign-in form and send it."""
        self.page.locator("#name").fill(name)
        self.page.locator("#password").fill(password)
        self.page.locator("#password").press("Enter")

    def take_case_with(self, note):
        """Pull cases until the one that a reporter wrote this note about is open; hand the others on."""
        for _ in range(8):
            self.page.locator("#next-case").click()
            expect(self.page.locator("#case-head")).to_contain_text("Case")
            self.page.wait_for_timeout(1_000)
            if self.page.locator("#show-text").is_visible():
                self.page.locator("#show-text").click()
                expect(self.page.locator("#case-subject")).to_be_visible()
            if self.page.locator("#case-reports", has_text=note).count():
                return
            self.decide("Unsure", public_note="")
        raise AssertionError("no case has this note")

    def decide(self, ruling, *, public_note):
        """Rule on the open case."""
        self.page.locator("#ruling").get_by_text(ruling).click()
        self.page.locator("#public-note textarea").fill(public_note)
        self.page.locator("#decide").click()
        expect(self.page.locator("#decided")).to_be_visible()
        expect(self.page.locator("#case-head")).to_be_hidden()

    def keep_screenshot(self, name):
        """Keep a picture for whoever looks at the build."""
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(folder: Path, **variables: str):
    """`python app.py` with these settings, until it answers; stopped by SIGTERM."""
    port = free_port()
    environment = os.environ | {
        "BEZEL_PORT": str(port),
        "BEZEL_DATA_FOLDER": str(folder),
        "BEZEL_HOST_NAME": "Hill School",
        "BEZEL_UNDO_SECONDS": "0",
        "BEZEL_BLIND_SHARE": "0",
        "HF_HUB_OFFLINE": "1",
    }
    log = folder / "said.log"
    folder.mkdir(parents=True, exist_ok=True)
    with log.open("w") as said:
        child = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, stdout=said, stderr=said, env=environment | variables
        )
    try:
        await_answer(f"http://127.0.0.1:{port}/", child, log)
        yield Site(f"http://127.0.0.1:{port}", child=child), log
    finally:
        child.terminate()
        child.wait(timeout=30)


def await_answer(url, child, log, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if child.poll() is not None:
            pytest.fail(f"Bezel ended at once:\n{log.read_text()}")
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url).status_code == 200 and "Bezel answers at" in log.read_text():
                return
        time.sleep(0.2)
    pytest.fail(f"Bezel did not answer within {seconds} s:\n{log.read_text()}")


def add_moderator(folder: Path):
    subprocess.run(
        [sys.executable, "app.py", "moderators", "add", MODERATOR, "--password-stdin"],
        cwd=ROOT,
        input=PASSWORD + "\n",
        text=True,
        check=True,
        capture_output=True,
        env=os.environ | {"BEZEL_DATA_FOLDER": str(folder)},
    )


def is_foreign(url, site):
    """Whether a request leaves the site."""
    return not url.startswith((site.url, "data:", "blob:"))


class Complaints:
    """What one page complains about, except that it was left: Gradio's client then drops its own stream."""

    def __init__(self, site):
        self._site = site
        self._visits = 0
        self._is_closing = False

    def asked(self, request):
        """Note a request: a second page in the place of the first, or one that leaves the site."""
        self._visits += request.is_navigation_request()
        if is_foreign(request.url, self._site):
            self._site.errors.append(request.url)

    def add(self, text):
        """Note a complaint; an aborted stream never counts, a lost one only where no page was left."""
        is_abort = text.startswith("AbortError: signal is aborted without reason")
        # It closes its streams before the next page is asked for, and may say of each that it was lost.
        self._is_closing |= is_abort
        is_left = self._visits > 1 or self._is_closing
        is_lost = text.strip().endswith("Connection errored out.") and is_left
        if not is_lost and not is_abort and self._site.expected not in text:
            self._site.errors.append(text)
