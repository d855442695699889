"""Bringing conversations back from a file: everything in it is judged before any of it is stored."""

import asyncio
from collections.abc import Mapping, Sequence

from app.admits import Admits, TurnRefused
from app.answer import severity
from app.context import given_title
from app.standing import require_standing
from safety.types import Judge, Text
from storage.archive import Judged, JudgedTalk, Line, Talk, read
from storage.store import Store
from storage.titles import JudgedTitle

REMEMBERED_PROMPTS = 6


class Importing:
    """Takes a person's file in; one at a time for each of them."""

    def __init__(self, judge: Judge, store: Store, admission: Admits, terms: str) -> None:
        self._judge = judge
        self._store = store
        self._admission = admission
        self._terms = terms
        self._busy: set[str] = set()

    async def bring(self, owner: str, content: bytes) -> int:
        """Judge and store what a file holds; gives how many conversations that were.

        Raises TurnRefused or StorageError with a sentence, and then nothing of it is stored.
        """
        await require_standing(self._store, owner, self._terms, self._admission.seen(owner))
        archive = await asyncio.to_thread(read, content)
        if owner in self._busy:
            raise TurnRefused("A file of yours is being read already. Wait for its end.")
        self._busy.add(owner)
        try:
            kept = await asyncio.to_thread(self._store.conversation_count, owner)
            with self._admission.turn(owner, conversations=kept + max(len(archive.conversations) - 1, 0)):
                talks = [await self._judged(talk) for talk in archive.conversations]
                return len(await asyncio.to_thread(self._store.archive.bring, owner, talks))
        finally:
            self._busy.discard(owner)

    async def _judged(self, talk: Talk) -> JudgedTalk:
        by_id = {line.id: line for line in talk.messages}
        messages = [await self._judged_line(line, by_id) for line in talk.messages]
        return JudgedTalk(await self._judged_title(talk.title, messages), talk.leaf, tuple(messages))

    async def _judged_line(self, line: Line, by_id: Mapping[str, Line]) -> Judged:
        if not line.text.strip():
            return Judged(line, None, 1)  # what was withheld or removed left no words in the file
        lineage = tuple(_before(line, by_id))
        if line.role == "user":
            earlier = tuple(said.text for said in lineage if said.role == "user")[-REMEMBERED_PROMPTS:]
            text = Text(line.text, "prompt", history=earlier)
        else:
            text = Text(line.text, "response", prompt=lineage[-1].text if lineage else "")
        verdict = await self._judge.judge(text)
        return Judged(line, verdict, severity(self._judge, verdict))

    async def _judged_title(self, title: str, messages: Sequence[Judged]) -> JudgedTitle | None:
        """A title with its verdict; None where the file has none, or a stopped prompt begins with it."""
        clean = given_title(title)
        if not clean:
            return None
        verdict = await self._judge.judge(Text(clean, "prompt"))
        if verdict.action.withholds and any(_is_stopped_start(clean, judged) for judged in messages):
            return None  # that prompt's own case shows these words
        return JudgedTitle(clean, verdict, severity(self._judge, verdict))


def _is_stopped_start(title: str, judged: Judged) -> bool:
    """Whether this is the first words of a prompt that did not pass."""
    line, verdict = judged.line, judged.verdict
    if line.role != "user" or verdict is None or not verdict.action.withholds:
        return False
    return " ".join(line.text.split()).startswith(title.removesuffix("…"))


def _before(line: Line, by_id: Mapping[str, Line]) -> list[Line]:
    """The messages above this one, the first of the conversation first."""
    found: list[Line] = []
    while line.parent is not None:
        line = by_id[line.parent]
        found.append(line)
    return found[::-1]
