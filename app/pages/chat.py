"""The chat page's handlers: thin, each asking who is calling; what they show comes from the store."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import gradio as gr

from app.edge import answering, streaming
from app.pages.chat_layout import build_layout
from app.pages.complaint import closed, file_complaint, opened
from app.pages.history import listing
from app.pages.loading import how_far
from app.pages.quiet import QUIET
from app.pages.sampling import as_the_host_set, chosen
from app.pages.transcript import Line, Transcript, language_of
from app.parts import Parts
from app.steps import Step
from app.turn import TurnRefused
from app.wording import notices, page
from model.types import GenerationSettings
from storage.types import ReportKind, StoredMessage

Updates = dict[Any, Any]
Given = dict[Any, Any]
"""What stands in the components that an event sends along; a browser can send anything."""


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
        demo.load(self.load, None, [*self._on.everything, *self._on.loading.both], **QUIET)

    def _wire_turns(self) -> None:
        on = self._on
        turn: dict[str, Any] = {"outputs": on.everything, "concurrency_limit": None, **QUIET}
        given = {on.composer, on.open_id, *on.sampling.inputs}
        on.composer.submit(self.send, given, **turn)
        on.chat.example_select(self.send_example, given, **turn)
        on.chat.retry(self.retry, given, **turn)
        on.composer.stop(self.stop, [on.open_id], None, **QUIET)
        on.accept.click(self.accept_terms, None, [on.terms, on.composer], **QUIET)
        on.loading.timer.tick(self.look, None, on.loading.both, concurrency_limit=None, **QUIET)
        on.sampling.reset.click(self.reset_sampling, None, on.sampling.inputs, **QUIET)

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
    def send(self, given: Given, request: gr.Request) -> AsyncGenerator[Updates, None]:
        """Send what stands in the composer."""
        return self._sent(given, str(given[self._on.composer]), request)

    @streaming
    def send_example(
        self, given: Given, example: gr.SelectData, request: gr.Request
    ) -> AsyncGenerator[Updates, None]:
        """Send one of the examples of an empty chat."""
        return self._sent(given, str(example.value["text"]), request)

    def _sent(self, given: Given, text: str, request: gr.Request) -> AsyncGenerator[Updates, None]:
        owner = self._parts.identity.require_visitor(request)
        open_id = given[self._on.open_id] or None
        steps = self._parts.turns.send(owner, open_id, text, sampling=self._sampling(given))
        return self._following(owner, steps, text)

    @streaming
    async def retry(self, given: Given, request: gr.Request) -> AsyncGenerator[Updates, None]:
        """Answer the last prompt of the open conversation once more."""
        owner = self._parts.identity.require_visitor(request)
        path = await asyncio.to_thread(self._parts.store.path, owner, given[self._on.open_id])
        prompt = next((message for message in reversed(path) if message.role == "user"), None)
        if prompt is None:
            return
        steps = self._parts.turns.retry(owner, prompt.id, sampling=self._sampling(given))
        async with aclosing(self._following(owner, steps, "")) as shown:
            async for updates in shown:
                yield updates

    def _sampling(self, given: Given) -> GenerationSettings:
        return chosen(self._on.sampling, given)

    @answering
    async def reset_sampling(self) -> Updates:
        """Fill in how the host lets replies be made."""
        return as_the_host_set(self._on.sampling, self._parts.turns.sampling)

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
        said = ""
        try:
            async with aclosing(steps):
                async for step in steps:
                    if not conversation_id:
                        conversation_id = step.prompt.conversation_id
                        before = await self._path_to(owner, step.prompt)
                        yield await self._writing(owner, conversation_id, before)
                    elif step.stage == "writing":
                        yield {self._on.chat: self._growing(before, step)}
                    said = figures_of(step)
        except TurnRefused as refused:
            gr.Warning(str(refused), title="")
            if not conversation_id:
                yield {self._on.composer: gr.Textbox(value=typed)}
                return
        yield {**await self._opened(owner, conversation_id), self._on.figures: said}

    def _growing(self, before: tuple[StoredMessage, ...], step: Step) -> list[dict[str, Any]]:
        """The chat with the reply so far, or with what it is still waiting for."""
        language = language_of(step.prompt)
        progress = self._parts.starting.progress if self._parts.starting is not None else None
        waiting = ""
        if progress is not None:
            waiting = notices.still_loading(language, progress.fraction)
        elif step.place is not None:
            waiting = notices.in_line(language, step.place)
        return self._transcript.shown(before, writing=step.text or waiting)

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
            self._on.figures: "",
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
        return updates | how_far(self._on.loading, self._parts.starting)

    @answering
    async def look(self) -> Updates:
        """Say how far the model is; it is the same for everybody."""
        return how_far(self._on.loading, self._parts.starting)

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
        refused = await self._parts.turns.rename(owner, open_id, title)
        if refused is not None:
            raise gr.Error(self._transcript.refused_title(refused), title="", print_exception=False)
        return await self._opened(owner, open_id)

    @answering
    async def delete(self, open_id: str, request: gr.Request) -> Updates:
        """Delete the open conversation for good."""
        owner = self._parts.identity.require_visitor(request)
        await self._parts.turns.delete(owner, open_id)
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
            self._on.figures: "",
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
