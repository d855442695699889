"""The handlers that report a reply, or ask a person to look at what was stopped."""

import gradio as gr

from app.edge import answering
from app.pages.chat_layout import ChatLayout
from app.pages.complaint import closed, file_complaint, opened
from app.pages.quiet import QUIET
from app.pages.view import ChatView, Updates
from app.parts import Parts
from app.turn import TurnRefused
from app.wording import page
from storage.types import ReportKind


class Reporting:
    """Opens the panel about a bubble and files what is sent; nothing about one person is kept here."""

    def __init__(self, parts: Parts, view: ChatView, on: ChatLayout) -> None:
        self._parts = parts
        self._view = view
        self._on = on

    def wire(self) -> None:
        """Let the buttons open the panel, and the panel send."""
        on, panel = self._on, self._on.complaint
        shown = [panel.panel, panel.head, panel.reason, panel.note, panel.send, panel.about]
        on.chat.like(self.open_complaint, [on.open_id], shown, **QUIET)
        on.review.click(self.open_review, [on.open_id], shown, **QUIET)
        panel.cancel.click(self.close_complaint, None, [panel.panel, panel.about], **QUIET)
        asked = [panel.about, panel.reason, panel.note]
        panel.send.click(self.send_complaint, asked, [panel.panel, panel.about], **QUIET)

    @answering
    async def open_complaint(self, open_id: str, liked: gr.LikeData, request: gr.Request) -> Updates:
        """Open the panel about the bubble whose flag was pressed."""
        line = await self._view.line(self._parts.identity.require_visitor(request), open_id, liked.index)
        if line.can_be_reviewed:
            return opened(self._on.complaint, line.message.id, "review")
        if line.can_be_reported:
            return opened(self._on.complaint, line.message.id, "report")
        raise TurnRefused(page.nothing_to_report())

    @answering
    async def open_review(self, open_id: str, request: gr.Request) -> Updates:
        """Open the panel about the message that was stopped last."""
        line = await self._view.line(self._parts.identity.require_visitor(request), open_id, -1)
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
