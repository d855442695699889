"""The notice at the head of a page: a warning until its person has read it, a suspension until it ends."""

import asyncio
from collections.abc import Iterator
from typing import Any

import gradio as gr

from app.edge import answering
from app.entrance import language_of
from app.pages.quiet import QUIET
from app.parts import Parts
from app.wording import sanctions as words
from storage.types import Statement, Suspension, Warned

Updates = dict[Any, Any]
ASKED = "decision"
"""The part of the address of My data that names the decision to open there."""


class SanctionNotice:
    """The notice's components and handlers; filled for its owner when the page loads."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def build(self) -> None:
        """Lay the notice out inside the caller's page, hidden; the page is to call `load`."""
        self.ids = gr.State(())
        with gr.Column(scale=0, visible=False, elem_id="sanctions") as self.panel:
            # Its words are Bezel's own; links that Gradio writes or cleans open beside the page.
            self.said = gr.Markdown(sanitize_html=False)
            self.read = gr.Button("", size="sm", visible=False, scale=0, elem_id="warning-read")
        self.read.click(self.confirm, self.ids, self.shown, **QUIET)

    @property
    def shown(self) -> list[Any]:
        """Every component that a handler changes."""
        return [self.ids, self.panel, self.said, self.read]

    @answering
    async def load(self, request: gr.Request) -> Updates:
        """Say what stands against whoever opened the page."""
        return await self._filled(self._parts.identity.require_visitor(request), language_of(request))

    @answering
    async def confirm(self, ids: tuple[str, ...], request: gr.Request) -> Updates:
        """Note that this person has read the warnings that were shown."""
        owner = self._parts.identity.require_visitor(request)
        for warning_id in ids:
            await asyncio.to_thread(self._parts.store.sanctions.read_warning, owner, warning_id)
        return await self._filled(owner, language_of(request))

    async def _filled(self, owner: str, language: str) -> Updates:
        sanctions = self._parts.store.sanctions
        warnings = await asyncio.to_thread(sanctions.warnings, owner)
        suspension = await asyncio.to_thread(sanctions.of, owner)
        said = "\n\n".join(_lines(language, suspension, warnings))
        return {
            self.ids: tuple(warning.id for warning in warnings),
            self.panel: gr.Column(visible=bool(said)),
            self.said: said,
            self.read: gr.Button(words.i_have_read_it(language), visible=bool(warnings)),
        }


def _lines(language: str, suspension: Suspension | None, warnings: tuple[Warned, ...]) -> Iterator[str]:
    if suspension is not None:
        yield _reasoned(language, words.no_writing(language, suspension.until), suspension.statement)
    for warning in warnings:
        yield _reasoned(language, words.warned(language, warning.at), warning.statement)


def _reasoned(language: str, said: str, statement: Statement | None) -> str:
    """What was done, with the way to its reasons where they are still known."""
    if statement is None:
        return said
    reasons = f"/my-data?{ASKED}={statement.decision_id}"
    return f'{said} <a href="{reasons}">{words.read_why(language)}</a>'
