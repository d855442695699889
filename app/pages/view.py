"""What of a conversation stands on the page: the open one as the store has it, and a turn as it goes."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import gradio as gr

from app.pages.chat_layout import ChatLayout
from app.pages.history import LISTED, listing, place_of
from app.pages.transcript import Line, Transcript, language_of
from app.pages.versions import versions_of
from app.parts import Parts
from app.steps import Step
from app.turn import TurnRefused
from app.wording import notices, page
from storage.temporary import is_temporary
from storage.types import Conversation, StoredMessage

Updates = dict[Any, Any]
Path = tuple[StoredMessage, ...]
Listed = Sequence[Conversation]
NEW_TEMPORARY = "temporary"
"""What `open_id` holds before the first message of a temporary chat has given it an id."""


class ChatView:
    """Gives the updates that show a conversation; nothing about one person is kept here."""

    def __init__(self, parts: Parts, transcript: Transcript, on: ChatLayout) -> None:
        self._parts = parts
        self._transcript = transcript
        self._on = on

    async def opened(
        self, owner: str, conversation_id: str, about: str = "", *, is_found: bool = False
    ) -> Updates:
        """The conversation as it stands; `about` names the message whose versions are offered first.

        One that was found is gone to as well.
        """
        path, listed = await asyncio.to_thread(self._read, owner, conversation_id)
        return self._standing(conversation_id, path, listed, about, is_found=is_found)

    async def newest(self, owner: str) -> Updates:
        """The conversation in which they wrote last, or an empty chat."""
        open_id, path, listed = await asyncio.to_thread(self._read_newest, owner)
        return self._standing(open_id, path, listed)

    # Each is one visit to a thread: where many write, waiting for one takes longer than a question.

    def _read(self, owner: str, open_id: str) -> tuple[Path, Listed]:
        path: Path = ()
        if open_id not in ("", NEW_TEMPORARY):
            path = self._parts.store.path(owner, open_id)
        return path, self._parts.store.conversations(owner, LISTED)

    def _read_newest(self, owner: str) -> tuple[str, Path, Listed]:
        listed = self._parts.store.conversations(owner, LISTED)
        open_id = listed[0].id if listed else ""
        return open_id, self._parts.store.path(owner, open_id) if open_id else (), listed

    def _standing(
        self, conversation_id: str, path: Path, listed: Listed, about: str = "", *, is_found: bool = False
    ) -> Updates:
        lines = self._transcript.lines(path)
        return {
            self._on.open_id: conversation_id,
            self._on.chat: self._transcript.shown(path),
            self._on.composer: gr.Textbox(submit_btn=True, stop_btn=False),
            self._on.actions: gr.Row(visible=bool(lines) and lines[-1].can_be_reviewed),
            self._on.figures: "",
            self._on.temporary: gr.Markdown(
                visible=conversation_id == NEW_TEMPORARY or is_temporary(conversation_id)
            ),
            self._on.history.place: place_of(lines, about) if is_found else "",
            **versions_of(self._on.versions, path, about),
            **listing(self._on.history, listed, conversation_id),
        }

    async def line(self, owner: str, open_id: str, index: int | tuple[int, int] | list[int]) -> Line:
        """The line behind a bubble, -1 being the last; raises TurnRefused where there is none."""
        at = index if isinstance(index, int) else index[0]
        path = await asyncio.to_thread(self._parts.store.path, owner, open_id)
        lines = self._transcript.lines(path)
        if not -1 <= at < len(lines) or not lines:
            raise TurnRefused(page.no_such_message())
        return lines[at]

    async def following(
        self, owner: str, steps: AsyncGenerator[Step, None], typed: str, back_to: str = ""
    ) -> AsyncGenerator[Updates, None]:
        """Show a turn as it goes; one refused before it began gives the typed text back.

        `back_to` is the conversation to show again then, where the page shows what was not saved.
        """
        conversation_id = ""
        before: Path = ()
        said = ""
        try:
            async with aclosing(steps):
                async for step in steps:
                    if not conversation_id:
                        conversation_id, before = step.prompt.conversation_id, step.path
                        yield self._writing(conversation_id, before)
                    elif step.stage == "accepted" and len(before) == 1:
                        listed = await asyncio.to_thread(self._parts.store.conversations, owner, LISTED)
                        yield listing(self._on.history, listed, conversation_id)
                    elif step.stage == "writing":
                        yield {self._on.chat: self._growing(before, step)}
                    said = figures_of(step)
        except TurnRefused as refused:
            gr.Warning(str(refused), title="")
            if not conversation_id:
                shown = await self.opened(owner, back_to) if back_to else {}
                yield shown | {self._on.composer: gr.Textbox(value=typed)}
                return
        ended = {**await self.opened(owner, conversation_id), self._on.figures: said}
        yield ended if len(before) == 1 else self._without_name(ended)

    def _without_name(self, updates: Updates) -> Updates:
        """Leave alone what a turn does not change: somebody may be typing another title by now."""
        history = self._on.history
        return {on: update for on, update in updates.items() if on not in (history.manage, history.title)}

    def _growing(self, before: Path, step: Step) -> list[dict[str, Any]]:
        """The chat with the reply so far, or with what it is still waiting for."""
        language = language_of(step.prompt)
        progress = self._parts.starting.progress if self._parts.starting is not None else None
        waiting = ""
        if progress is not None:
            waiting = notices.still_loading(language, progress.fraction)
        elif step.place is not None:
            waiting = notices.in_line(language, step.place)
        return self._transcript.shown(before, writing=step.text or waiting)

    def _writing(self, conversation_id: str, before: Path) -> Updates:
        return {
            self._on.open_id: conversation_id,
            self._on.chat: self._transcript.shown(before, writing=""),
            self._on.composer: gr.Textbox(value="", submit_btn=False, stop_btn=True),
            self._on.actions: gr.Row(visible=False),
            self._on.figures: "",
            **versions_of(self._on.versions, ()),
        }


def figures_of(step: Step) -> str:
    """What is said under a finished reply: how much of the chat was read, its length and its speed."""
    ending = step.ending
    if ending is None or step.reply is None or step.reply.state != "complete":
        return ""
    said = page.figures(ending)
    if ending.remembered < step.messages:
        kept = notices.remembered(language_of(step.prompt), ending.remembered, step.messages)
        said = f"{kept} {said}"
    return said
