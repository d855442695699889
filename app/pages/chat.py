"""The chat page's handlers: thin, each asking who is calling; what they show comes from the store."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import gradio as gr

from app.context import readable
from app.edge import answering, streaming
from app.pages.chat_layout import build_layout
from app.pages.complaint import closed, file_complaint, opened
from app.pages.history import listing
from app.pages.quiet import QUIET
from app.pages.transcript import Line, Transcript
from app.parts import Parts
from app.turn import Step, TurnRefused
from app.wording import page
from storage.types import ReportKind, StoredMessage

Updates = dict[Any, Any]
TITLE_LIMIT = 120


class ChatPage:
    """The page's handlers; nothing about one person is kept here."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._transcript = Transcript(parts.guard, parts.crisis)

    def build(self, demo: gr.Blocks) -> None:
        """Lay the page out inside the Blocks and wire its events."""
        self._on = build_layout(self._parts)
        self._wire_turns()
        self._wire_history()
        self._wire_complaints()
        demo.load(self.load, None, self._on.everything, **QUIET)

    def _wire_turns(self) -> None:
        on = self._on
        turn: dict[str, Any] = {"outputs": on.everything, "concurrency_limit": None, **QUIET}
        on.composer.submit(self.send, [on.composer, on.open_id], **turn)
        on.chat.example_select(self.send_example, [on.open_id], **turn)
        on.chat.retry(self.retry, [on.open_id], **turn)
        on.composer.stop(self.stop, [on.open_id], None, **QUIET)
        on.accept.click(self.accept_terms, None, [on.terms, on.composer], **QUIET)

    def _wire_history(self) -> None:
        on, history = self._on, self._on.history
        history.new.click(self.start_new, None, on.everything, **QUIET)
        history.listed.input(self.open, [history.listed], on.everything, **QUIET)
        history.rename.click(self.rename, [history.title, on.open_id], on.everything, **QUIET)
        history.title.submit(self.rename, [history.title, on.open_id], on.everything, **QUIET)
        history.delete.click(self.delete, [on.open_id], on.everything, **QUIET)

    def _wire_complaints(self) -> None:
        on, panel = self._on, self._on.complaint
        shown = [panel.panel, panel.head, panel.reason, panel.note, panel.send, panel.about]
        on.chat.like(self.open_complaint, [on.open_id], shown, **QUIET)
        on.review.click(self.open_review, [on.open_id], shown, **QUIET)
        panel.cancel.click(self.close_complaint, None, [panel.panel, panel.about], **QUIET)
        asked = [panel.about, panel.reason, panel.note]
        panel.send.click(self.send_complaint, asked, [panel.panel, panel.about], **QUIET)

    # Turns

    @streaming
    async def send(self, text: str, open_id: str, request: gr.Request) -> AsyncGenerator[Updates, None]:
        """Send what stands in the composer."""
        owner = self._parts.identity.require_visitor(request)
        steps = self._parts.turns.send(owner, open_id or None, text)
        async with aclosing(self._following(owner, steps, text)) as shown:
            async for updates in shown:
                yield updates

    @streaming
    async def send_example(
        self, open_id: str, chosen: gr.SelectData, request: gr.Request
    ) -> AsyncGenerator[Updates, None]:
        """Send one of the examples of an empty chat."""
        owner = self._parts.identity.require_visitor(request)
        text = str(chosen.value["text"])
        steps = self._parts.turns.send(owner, open_id or None, text)
        async with aclosing(self._following(owner, steps, text)) as shown:
            async for updates in shown:
                yield updates

    @streaming
    async def retry(self, open_id: str, request: gr.Request) -> AsyncGenerator[Updates, None]:
        """Answer the last prompt of the open conversation once more."""
        owner = self._parts.identity.require_visitor(request)
        path = await asyncio.to_thread(self._parts.store.path, owner, open_id)
        prompt = next((message for message in reversed(path) if message.role == "user"), None)
        if prompt is None:
            return
        steps = self._parts.turns.retry(owner, prompt.id)
        async with aclosing(self._following(owner, steps, "")) as shown:
            async for updates in shown:
                yield updates

    @answering
    async def stop(self, open_id: str, request: gr.Request) -> None:
        """End the reply that is being written in the open conversation."""
        self._parts.turns.stop(self._parts.identity.require_visitor(request), open_id)

    async def _following(
        self, owner: str, steps: AsyncGenerator[Step, None], typed: str
    ) -> AsyncGenerator[Updates, None]:
        """Show a turn as it goes; a refused one gives the typed text back."""
        conversation_id = ""
        before: tuple[StoredMessage, ...] = ()
        try:
            async with aclosing(steps):
                async for step in steps:
                    if not conversation_id:
                        conversation_id = step.prompt.conversation_id
                        before = await self._path_to(owner, step.prompt)
                        yield await self._writing(owner, conversation_id, before)
                    elif step.stage == "writing":
                        yield {self._on.chat: self._transcript.shown(before, writing=step.text)}
        except TurnRefused as refused:
            gr.Warning(str(refused), title="")
            if not conversation_id:
                yield {self._on.composer: gr.Textbox(value=typed)}
                return
        yield await self._opened(owner, conversation_id)

    async def _path_to(self, owner: str, prompt: StoredMessage) -> tuple[StoredMessage, ...]:
        path = await asyncio.to_thread(self._parts.store.path, owner, prompt.conversation_id)
        ids = [message.id for message in path]
        return path[: ids.index(prompt.id) + 1]

    async def _writing(self, owner: str, conversation_id: str, before: tuple[StoredMessage, ...]) -> Updates:
        return {
            self._on.open_id: conversation_id,
            self._on.chat: self._transcript.shown(before, writing=""),
            self._on.composer: gr.Textbox(value="", submit_btn=False, stop_btn=True),
            self._on.actions: gr.Row(visible=False),
            **await listing(self._parts, owner, self._on.history, conversation_id),
        }

    # Conversations

    @answering
    async def load(self, request: gr.Request) -> Updates:
        """Fill the page for whoever opened it: the terms, or their newest conversation."""
        owner = self._parts.identity.require_visitor(request)
        accepted = await asyncio.to_thread(self._parts.store.terms_accepted, owner)
        newest = await asyncio.to_thread(self._parts.store.conversations, owner, 1)
        has_accepted = accepted == self._parts.terms.version
        updates = await self._opened(owner, newest[0].id if newest else "")
        updates[self._on.terms] = gr.Group(visible=not has_accepted)
        updates[self._on.composer] = gr.Textbox(visible=has_accepted, submit_btn=True, stop_btn=False)
        return updates

    @answering
    async def accept_terms(self, request: gr.Request) -> Updates:
        """Store that this person accepted this version of the terms."""
        owner = self._parts.identity.require_visitor(request)
        await asyncio.to_thread(self._parts.store.accept_terms, owner, self._parts.terms.version)
        return {self._on.terms: gr.Group(visible=False), self._on.composer: gr.Textbox(visible=True)}

    @answering
    async def open(self, chosen: str, request: gr.Request) -> Updates:
        """Open a conversation from the list."""
        return await self._opened(self._parts.identity.require_visitor(request), chosen)

    @answering
    async def start_new(self, request: gr.Request) -> Updates:
        """Show an empty chat; the conversation begins with its first message."""
        return await self._opened(self._parts.identity.require_visitor(request), "")

    @answering
    async def rename(self, title: str, open_id: str, request: gr.Request) -> Updates:
        """Give the open conversation another title."""
        owner = self._parts.identity.require_visitor(request)
        clean = " ".join(readable(title).split())[:TITLE_LIMIT]
        if clean:
            await asyncio.to_thread(self._parts.store.rename_conversation, owner, open_id, clean)
        return await self._opened(owner, open_id)

    @answering
    async def delete(self, open_id: str, request: gr.Request) -> Updates:
        """Delete the open conversation for good; a reply still being written in it is stopped first."""
        owner = self._parts.identity.require_visitor(request)
        if self._parts.turns.is_live(open_id):
            raise TurnRefused("A reply is still being written here. Stop it first, then delete.")
        await asyncio.to_thread(self._parts.store.delete_conversation, owner, open_id)
        return await self._opened(owner, "")

    async def _opened(self, owner: str, conversation_id: str) -> Updates:
        path: tuple[StoredMessage, ...] = ()
        if conversation_id:
            path = await asyncio.to_thread(self._parts.store.path, owner, conversation_id)
        lines = self._transcript.lines(path)
        return {
            self._on.open_id: conversation_id,
            self._on.chat: self._transcript.shown(path),
            self._on.composer: gr.Textbox(submit_btn=True, stop_btn=False),
            self._on.actions: gr.Row(visible=bool(lines) and lines[-1].can_be_reviewed),
            **await listing(self._parts, owner, self._on.history, conversation_id),
        }

    # Reports and reviews

    @answering
    async def open_complaint(self, open_id: str, liked: gr.LikeData, request: gr.Request) -> Updates:
        """Open the panel about the bubble whose flag was pressed."""
        index = liked.index if isinstance(liked.index, int) else liked.index[0]
        line = await self._line(open_id, index, request)
        if line.can_be_reviewed:
            return opened(self._on.complaint, line.message.id, "review")
        if line.can_be_reported:
            return opened(self._on.complaint, line.message.id, "report")
        raise TurnRefused(page.nothing_to_report())

    @answering
    async def open_review(self, open_id: str, request: gr.Request) -> Updates:
        """Open the panel about the message that was stopped last."""
        line = await self._line(open_id, -1, request)
        if not line.can_be_reviewed:
            raise TurnRefused(page.nothing_to_report())
        return opened(self._on.complaint, line.message.id, "review")

    @answering
    async def close_complaint(self) -> Updates:
        """Close the panel without sending."""
        return closed(self._on.complaint)

    @answering
    async def send_complaint(
        self, about: tuple[str, ReportKind], reason: str | None, note: str, request: gr.Request
    ) -> Updates:
        """Store the report or the request, and thank for it."""
        owner = self._parts.identity.require_visitor(request)
        await file_complaint(self._parts, owner, about, reason, note)
        gr.Info(page.report_received(), title="")
        return closed(self._on.complaint)

    async def _line(self, open_id: str, index: int, request: gr.Request) -> Line:
        owner = self._parts.identity.require_visitor(request)
        path = await asyncio.to_thread(self._parts.store.path, owner, open_id)
        lines = self._transcript.lines(path)
        if not -1 <= index < len(lines) or not lines:
            raise TurnRefused(page.nothing_to_report())
        return lines[index]
