"""The chat page's handlers: thin, each asking who is calling; what they show comes from the store."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import gradio as gr

from app.edge import answering, streaming
from app.entrance import language_of
from app.pages.chat_layout import build_layout
from app.pages.history import CONVERSATION, results
from app.pages.loading import how_far
from app.pages.quiet import QUIET
from app.pages.reporting import Reporting
from app.pages.sampling import as_the_host_set, chosen
from app.pages.sanctions import SanctionNotice
from app.pages.transcript import Transcript
from app.pages.versions import beside
from app.pages.view import NEW_TEMPORARY, ChatView, Updates
from app.parts import Parts
from app.wording import outcomes, page
from model.types import GenerationSettings

CONFIRMATION = "DELETE"
Given = dict[Any, Any]
"""What stands in the components that an event sends along; a browser can send anything."""


class ChatPage:
    """The page's handlers; nothing about one person is kept here."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._transcript = Transcript(parts.guard, parts.crisis)

    def build(self, demo: gr.Blocks) -> None:
        """Lay the page out inside the Blocks and wire its events."""
        self._sanctions = SanctionNotice(self._parts)
        self._on = build_layout(self._parts, self._sanctions)
        self._view = ChatView(self._parts, self._transcript, self._on)
        self._wire_turns()
        self._wire_history()
        self._wire_versions()
        Reporting(self._parts, self._view, self._on).wire()
        demo.load(self.load, None, [*self._on.everything, *self._on.loading.both], **QUIET)
        told = [*self._sanctions.shown, self._on.outcomes]
        gr.on([demo.load, self._on.composer.submit], self.tell, None, told, **QUIET)

    def _wire_turns(self) -> None:
        on = self._on
        turn: dict[str, Any] = {"outputs": on.everything, "concurrency_limit": None, **QUIET}
        given = {on.composer, on.open_id, *on.sampling.inputs}
        on.composer.submit(self.send, given, **turn)
        on.chat.example_select(self.send_example, given, **turn)
        on.chat.retry(self.retry, given, **turn)
        on.chat.edit(self.edit, given, **turn)
        on.composer.stop(self.stop, [on.open_id], None, **QUIET)
        on.accept.click(self.accept_terms, None, [on.terms, on.composer], **QUIET)
        on.loading.timer.tick(self.look, None, on.loading.both, concurrency_limit=None, **QUIET)
        on.sampling.reset.click(self.reset_sampling, None, on.sampling.inputs, **QUIET)

    def _wire_history(self) -> None:
        on, history = self._on, self._on.history
        history.new.click(self.start_new, [on.open_id], on.everything, **QUIET)
        history.passing.click(self.start_temporary, [on.open_id], on.everything, **QUIET)
        history.listed.input(self.open, [history.listed, on.open_id], on.everything, **QUIET)
        emptied = [*on.everything, history.confirmation]
        history.delete_all.click(self.delete_all, [history.confirmation], emptied, **QUIET)
        history.asked.change(
            self.search, [history.asked], [history.found], trigger_mode="always_last", **QUIET
        )
        found = [history.chosen, on.open_id]
        history.chosen.change(self.open_found, found, [*on.everything, history.chosen], **QUIET)
        history.rename.click(self.rename, [history.title, on.open_id], on.everything, **QUIET)
        history.title.submit(self.rename, [history.title, on.open_id], on.everything, **QUIET)
        history.delete.click(self.delete, [on.open_id], on.everything, **QUIET)

    def _wire_versions(self) -> None:
        on, versions = self._on, self._on.versions
        versions.earlier.click(self.earlier, [versions.about], on.everything, **QUIET)
        versions.later.click(self.later, [versions.about], on.everything, **QUIET)
        versions.about.input(self.switch, [versions.about, on.open_id], on.everything, **QUIET)

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
        open_id = given[self._on.open_id]
        is_new = open_id in ("", NEW_TEMPORARY)
        steps = self._parts.turns.send(
            owner,
            None if is_new else open_id,
            text,
            sampling=self._sampling(given),
            temporary=open_id == NEW_TEMPORARY,
        )
        return self._view.following(owner, steps, text)

    @streaming
    async def retry(self, given: Given, request: gr.Request) -> AsyncGenerator[Updates, None]:
        """Answer the last prompt of the open conversation once more."""
        owner = self._parts.identity.require_visitor(request)
        path = await asyncio.to_thread(self._parts.store.path, owner, given[self._on.open_id])
        prompt = next((message for message in reversed(path) if message.role == "user"), None)
        if prompt is None:
            return
        steps = self._parts.turns.retry(owner, prompt.id, sampling=self._sampling(given))
        async with aclosing(self._view.following(owner, steps, "")) as shown:
            async for updates in shown:
                yield updates

    @streaming
    async def edit(
        self, given: Given, edited: gr.EditData, request: gr.Request
    ) -> AsyncGenerator[Updates, None]:
        """Send another text in the place of an earlier prompt; both stay, as versions."""
        owner = self._parts.identity.require_visitor(request)
        open_id = given[self._on.open_id]
        line = await self._view.line(owner, open_id, edited.index)
        if _letters(edited.previous_value) != _letters(line.text):
            gr.Warning(page.page_is_old(), title="")
            yield await self._view.opened(owner, open_id) | {self._on.composer: gr.Textbox(str(edited.value))}
            return
        text = str(edited.value)
        steps = self._parts.turns.edit(owner, line.message.id, text, sampling=self._sampling(given))
        async with aclosing(self._view.following(owner, steps, text, back_to=open_id)) as shown:
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

    # Conversations

    @answering
    async def load(self, request: gr.Request) -> Updates:
        """Fill the page for whoever opened it: the terms, or their newest conversation."""
        owner = self._parts.identity.require_visitor(request)
        accepted = await asyncio.to_thread(self._parts.store.terms_accepted, owner)
        has_accepted = accepted == self._parts.terms.version
        updates = await self._view.newest(owner)
        updates[self._on.terms] = gr.Group(visible=not has_accepted)
        updates[self._on.composer] = gr.Textbox(visible=has_accepted, submit_btn=True, stop_btn=False)
        return updates | how_far(self._on.loading, self._parts.starting)

    @answering
    async def tell(self, request: gr.Request) -> Updates:
        """Say what stands against whoever writes, and whether something they asked for was decided."""
        owner, language = self._parts.identity.require_visitor(request), language_of(request)
        fresh = await asyncio.to_thread(self._parts.store.outcomes.unheard, owner)
        line = f'{outcomes.decided(language, fresh)} <a href="/my-data">{outcomes.see(language)}</a>'
        news = {self._on.outcomes: gr.Markdown(line, visible=bool(fresh))}
        return await self._sanctions.load(request) | news

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
    async def open(self, chosen: str, open_id: str, request: gr.Request) -> Updates:
        """Open a conversation from the list."""
        return await self._moved(chosen, open_id, request)

    @answering
    async def search(self, asked: str, request: gr.Request) -> Updates:
        """List what of theirs holds the words that were typed."""
        owner = self._parts.identity.require_visitor(request)
        return await results(self._parts, owner, self._on.history, asked)

    @answering
    async def open_found(self, chosen: str, open_id: str, request: gr.Request) -> Updates:
        """Open a conversation that was found, or that of a found message, on the path that this is on."""
        owner, history = self._parts.identity.require_visitor(request), self._on.history
        if not chosen:
            return {history.chosen: ""}
        if chosen.startswith(CONVERSATION):
            shown = await self._moved(chosen.removeprefix(CONVERSATION), open_id, request)
        else:
            shown = await self._at_message(owner, chosen, open_id)
        return shown | {history.chosen: ""}

    async def _at_message(self, owner: str, message_id: str, open_id: str) -> Updates:
        message = await asyncio.to_thread(self._parts.store.message, owner, message_id)
        path = await asyncio.to_thread(self._parts.store.path, owner, message.conversation_id)
        if message_id not in (said.id for said in path):
            await self._parts.turns.choose(owner, message_id)
        await self._parts.turns.leave(owner, open_id)
        return await self._view.opened(owner, message.conversation_id, message_id, is_found=True)

    @answering
    async def start_new(self, open_id: str, request: gr.Request) -> Updates:
        """Show an empty chat; the conversation begins with its first message."""
        return await self._moved("", open_id, request)

    @answering
    async def start_temporary(self, open_id: str, request: gr.Request) -> Updates:
        """Show an empty chat whose conversation will be kept in memory alone."""
        return await self._moved(NEW_TEMPORARY, open_id, request)

    async def _moved(self, to: str, open_id: str, request: gr.Request) -> Updates:
        """Turn to another conversation; a temporary one that was open ends."""
        owner = self._parts.identity.require_visitor(request)
        await self._parts.turns.leave(owner, open_id)
        return await self._view.opened(owner, to)

    @answering
    async def rename(self, title: str, open_id: str, request: gr.Request) -> Updates:
        """Give the open conversation another title."""
        owner = self._parts.identity.require_visitor(request)
        refused = await self._parts.turns.rename(owner, open_id, title)
        if refused is not None:
            raise gr.Error(self._transcript.refused_title(refused), title="", print_exception=False)
        return await self._view.opened(owner, open_id)

    @answering
    async def delete(self, open_id: str, request: gr.Request) -> Updates:
        """Delete the open conversation for good."""
        owner = self._parts.identity.require_visitor(request)
        await self._parts.turns.delete(owner, open_id)
        return await self._view.opened(owner, "")

    @answering
    async def delete_all(self, confirmation: str, request: gr.Request) -> Updates:
        """Delete every conversation of this person, if they typed the word."""
        owner = self._parts.identity.require_visitor(request)
        if confirmation.strip() != CONFIRMATION:
            gr.Warning(page.nothing_deleted(), title="")
            return {self._on.history.confirmation: ""}
        gr.Info(page.deleted(await self._parts.turns.delete_all(owner)), title="")
        return await self._view.opened(owner, "") | {self._on.history.confirmation: ""}

    # Versions

    @answering
    async def earlier(self, about: str, request: gr.Request) -> Updates:
        """Show the version before this one, and what followed it."""
        return await self._chosen(about, -1, request)

    @answering
    async def later(self, about: str, request: gr.Request) -> Updates:
        """Show the version after this one, and what followed it."""
        return await self._chosen(about, 1, request)

    @answering
    async def switch(self, about: str, open_id: str, request: gr.Request) -> Updates:
        """Offer the versions of another message of the open conversation."""
        return await self._view.opened(self._parts.identity.require_visitor(request), open_id, about)

    async def _chosen(self, about: str, step: int, request: gr.Request) -> Updates:
        owner = self._parts.identity.require_visitor(request)
        message = await asyncio.to_thread(self._parts.store.message, owner, about)
        chosen = beside(message, step)
        return await self._view.opened(owner, await self._parts.turns.choose(owner, chosen), chosen)


def _letters(text: object) -> str:
    """A bubble's text as far as a browser gives it back: it does not keep every space."""
    return "".join(str(text).split())
