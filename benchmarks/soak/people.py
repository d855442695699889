"""People who chat over HTTP as Gradio's page does, think in between, and sometimes leave in the middle."""

import asyncio
import json
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

THINKING = 18.5
"""Seconds between a reply and the next message, in the mean."""
ARRIVING = 60.0
"""Seconds in which all come."""
LEAVES = 1 / 3
MOST_PIECES = 8
"""As many as a reply has at least: it is shown as far as it has passed, a line at a time."""
SEARCHES = 1 / 4
QUESTIONS = (
    "What can you tell me about bridges?",
    "How long does rice take to boil?",
    "Could you explain what a noun is?",
    "Which planet is the largest?",
    "Why is the sky blue in the daytime?",
    "What is a good name for a cat?",
)
NAME = re.compile(r"person\d{4}")


@dataclass
class Seen:
    """What all people together saw."""

    actions: list[float] = field(default_factory=list)
    """Seconds of each page action: opening the page, filling it, accepting the terms, searching."""
    first: list[float] = field(default_factory=list)
    """Seconds from sending a message to the first piece of its reply."""
    turns: int = 0
    left: int = 0
    refused: list[str] = field(default_factory=list)
    """Why each message that was given back unsent was not taken, in the page's own sentence."""
    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    """The messages that each person saw as sent."""
    crossed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Person:
    """One browser: a cookie, a session, and what the page's description says of its listeners."""

    def __init__(self, url: str, number: int, seen: Seen) -> None:
        self.name = f"person{number:04d}"
        self._http = httpx.AsyncClient(base_url=url, timeout=60, headers={"origin": url})
        self._session = f"soak{number}x{random.getrandbits(40):x}"
        self._seen = seen
        self._config: dict[str, Any] = {}

    async def live(self, until: float) -> None:
        """Open the page, then send, think and send again until the time is up."""
        try:
            await asyncio.sleep(random.random() * ARRIVING)
            await self._open()
            number = 0
            while time.monotonic() < until:
                number += 1
                question = QUESTIONS[number % len(QUESTIONS)]
                await self._send(f"{question} I am {self.name}, and this is question {number}.")
                await asyncio.sleep(random.expovariate(1 / THINKING))
                await self._timed(self._event("load"))
                if random.random() < SEARCHES:
                    await self._timed(self._event("search", "this is question"))
            await self._look_back()
        except (httpx.HTTPError, KeyError, ValueError) as error:
            self._seen.errors.append(f"{self.name}: {type(error).__name__} {error}")
        finally:
            await self._http.aclose()

    async def _open(self) -> None:
        started = time.perf_counter()
        page = await self._http.get("/", headers={"accept": "text/html"})
        page.raise_for_status()
        self._seen.actions.append(time.perf_counter() - started)
        self._config = (await self._http.get("/config")).json()
        await self._timed(self._event("load"))
        await self._timed(self._event("accept_terms"))

    async def _timed(self, event: Any) -> None:
        started = time.perf_counter()
        await event
        self._seen.actions.append(time.perf_counter() - started)

    async def _send(self, text: str) -> None:
        self._seen.turns += 1
        is_leaving = random.random() < LEAVES
        pieces = random.randint(2, MOST_PIECES) if is_leaving else None
        await self._event("send", text, leave_after=pieces)

    async def _event(self, name: str, text: str = "", *, leave_after: int | None = None) -> None:
        """Queue a listener's event and follow its stream to the end, or leave it after some pieces."""
        listener = next(one for one in self._config["dependencies"] if one["api_name"] == name)
        sent = {
            "data": self._values(listener, text),
            "fn_index": listener["id"],
            "session_hash": self._session,
        }
        started = time.perf_counter()
        joined = await self._http.post("/gradio_api/queue/join", json=sent)
        if joined.status_code != 200:
            self._seen.errors.append(f"{self.name}: {name} answered {joined.status_code}")
            return
        pieces, told = 0, ""
        path = f"/gradio_api/queue/data?session_hash={self._session}"
        async with self._http.stream("GET", path) as stream:
            async for line in stream.aiter_lines():
                self._check(line)
                if '"msg":"log"' in line:
                    told = json.loads(line.removeprefix("data:"))["log"]
                if name == "send" and "process_generating" in line:
                    pieces += 1
                    self._acknowledge(text, pieces, started, line=line, told=told)
                    if leave_after is not None and pieces >= leave_after:
                        self._seen.left += 1
                        break
                if "process_completed" in line:
                    break
        if leave_after is not None:
            # A new page has a new session; the old one's stream has been closed.
            self._session = f"soak{random.getrandbits(48):x}"

    def _values(self, listener: dict[str, Any], text: str) -> list[Any]:
        components = {one["id"]: one for one in self._config["components"]}
        values = []
        for number in listener["inputs"]:
            kind, props = components[number]["type"], components[number]["props"]
            values.append(text if kind == "textbox" else None if kind == "state" else props.get("value"))
        return values

    def _acknowledge(self, text: str, pieces: int, started: float, *, line: str, told: str) -> None:
        """A message counts as sent once it stands in the chat; a refused one goes back to the composer."""
        if pieces == 1 and '"role"' in line and text in line:
            self._seen.acknowledged.setdefault(self.name, []).append(text)
        elif pieces == 1 and told:
            self._seen.refused.append(told)
        elif pieces == 1:
            self._seen.errors.append(f"{self.name}: a message was neither shown nor refused")
        if pieces == 2:
            self._seen.first.append(time.perf_counter() - started)

    def _check(self, line: str) -> None:
        """Note a line that speaks of somebody else, or of an error."""
        others = set(NAME.findall(line)) - {self.name}
        if others:
            self._seen.crossed.append(f"{self.name} read of {sorted(others)[0]}")
        if '"success": false' in line or '"success":false' in line:
            self._seen.errors.append(f"{self.name}: {line[:200]}")

    async def _look_back(self) -> None:
        """Whether everything that was shown as sent is still there."""
        everything = (await self._http.get("/my-data/export")).json()
        kept = {said["text"] for one in everything["conversations"] for said in one["messages"]}
        for text in self._seen.acknowledged.get(self.name, []):
            if text not in kept:
                self._seen.lost.append(text)
