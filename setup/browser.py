"""Find a Chromium that Playwright can drive, or get one, and write its path to a file for the tests."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome")
DOWNLOAD_SECONDS = 60
PACKAGE_SECONDS = 300


def say(sentence: str) -> None:
    """Write one sentence for the person who waits."""
    sys.stderr.write(sentence + "\n")


def starts(path: str) -> bool:
    """Tell whether this browser opens a page; a packaged stand-in or one without its libraries does not."""
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, timeout=30_000)
            browser.new_page().goto("about:blank")
            browser.close()
    except Error:
        return False
    return True


def playwrights_own() -> str:
    """Give the path where Playwright keeps, or would keep, its own Chromium."""
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def on_this_machine(wanted: str) -> Iterator[str]:
    """Yield the browsers that are here, the one that was asked for first."""
    paths = [wanted, *(shutil.which(name) or "" for name in SYSTEM_NAMES), playwrights_own()]
    yield from (path for path in paths if path and Path(path).exists())


def run_within(seconds: int, command: Sequence[str], log: Path) -> bool:
    """Run a command with everything it starts; end them all when the time is up. True when it succeeded."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            command, start_new_session=True, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
    try:
        return process.wait(timeout=seconds) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        # Also when the person presses Ctrl-C: the command is in a session of its own and would not hear it.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def downloaded(log: Path) -> str:
    """Let Playwright download its own Chromium; an empty string when that fails or takes over a minute."""
    say(f"No usable Chromium is here: downloading Playwright's own, for at most {DOWNLOAD_SECONDS} seconds.")
    command = [sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"]
    if not run_within(DOWNLOAD_SECONDS, command, log):
        say(f"Playwright's Chromium could not be downloaded; {log} holds what was said.")
        return ""
    return playwrights_own()


def packaged(log: Path) -> str:
    """Install the distribution's Chromium where we may (root, apt); an empty string where we may not."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return ""
    say("Installing the packages chromium and fonts-noto-cjk with apt.")
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    steps = ([*apt, "update"], [*apt, "install", "-y", "chromium", "fonts-noto-cjk"])
    if not all(run_within(PACKAGE_SECONDS, step, log) for step in steps):
        say(f"The package chromium could not be installed; {log} holds what was said.")
        return ""
    return shutil.which("chromium") or ""


def find(wanted: str, *, may_fetch: bool, log: Path) -> str:
    """Give the path of a browser that starts: one that is here, else a fetched one, else an empty string."""
    for path in on_this_machine(wanted):
        if starts(path):
            return path
    if may_fetch:
        for fetch in (downloaded, packaged):
            path = fetch(log)
            if path and starts(path):
                return path
    return ""


def main() -> None:
    """Keep a path found earlier while it is there; fetch once only, so that later runs stay quick."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wanted", default="", help="a browser to prefer")
    parser.add_argument("--found", type=Path, required=True, help="the file to write the path to")
    asked = parser.parse_args()
    earlier = asked.found.read_text() if asked.found.exists() else None
    if earlier and Path(earlier).exists() and asked.wanted in ("", earlier):
        return
    path = find(asked.wanted, may_fetch=earlier is None, log=asked.found.with_suffix(".log"))
    asked.found.write_text(path)
    if asked.wanted and path != asked.wanted:
        say(f"BEZEL_TEST_BROWSER is {asked.wanted!r}; it must be the path of a Chromium that starts.")
    if not path:
        say("No Chromium starts here, so the browser tests are skipped; install the package chromium.")


if __name__ == "__main__":
    main()
