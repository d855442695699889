"""The decisions about a person's own messages, each with its reasons, and the appeal against it."""

import asyncio
from typing import Any

import gradio as gr

from app.context import readable
from app.edge import answering
from app.entrance import language_of
from app.pages.quiet import QUIET
from app.pages.sanctions import ASKED
from app.pages.table import text_table
from app.parts import Parts
from app.wording import statements as words
from app.wording.prepared import prepared
from storage.appeals import LONGEST_TEXT
from storage.judging import is_violation
from storage.titles import is_title
from storage.types import Statement

Updates = dict[Any, Any]
HEIGHT = 500


class StatementsPanel:
    """The panel's components and handlers; filled for its owner when the page loads."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def build(self) -> None:
        """Lay the panel out inside the caller's page and wire it; the page's load is to call `load`."""
        self.ids, self.chosen = gr.State(()), gr.State(None)
        self.title = gr.Markdown()
        self.lead = gr.Markdown(elem_classes="bezel-quiet")
        widths = ["15%", "25%", "45%", "15%"]
        self.rows = text_table(words.columns("en"), "statements", widths=widths, height=HEIGHT, classes=None)
        with gr.Column(visible=False, elem_id="statement") as self.detail:
            self.reasons = gr.Markdown(elem_id="statement-reasons")
            self.note = _said("statement-note")
            self.answer = _said("appeal-note")
            self.text = gr.Textbox(lines=3, max_length=LONGEST_TEXT, elem_id="appeal-text")
            self.send = gr.Button("", size="sm", elem_id="appeal")
        self.rows.select(self.open_row, self.ids, self.shown, **QUIET)
        self.send.click(self.appeal, {self.chosen, self.text}, self.shown, **QUIET)

    @property
    def shown(self) -> list[Any]:
        """Every component that a handler changes."""
        listed = [self.title, self.lead, self.rows, self.ids, self.chosen]
        return [*listed, self.detail, self.reasons, self.note, self.answer, self.text, self.send]

    @answering
    async def load(self, request: gr.Request) -> Updates:
        """List the decisions for whoever opened the page, and open the one that its address names."""
        owner = self._parts.identity.require_visitor(request)
        return await self._filled(owner, language_of(request), request.query_params.get(ASKED))

    @answering
    async def open_row(self, ids: tuple[str, ...], chosen: gr.SelectData, request: gr.Request) -> Updates:
        """Show the reasons for the chosen decision."""
        owner = self._parts.identity.require_visitor(request)
        number = chosen.index[0]
        if number >= len(ids):
            return await self._filled(owner, language_of(request))
        return await self._filled(owner, language_of(request), ids[number])

    @answering
    async def appeal(self, filled: Updates, request: gr.Request) -> Updates:
        """Ask for the chosen decision to be made again by somebody else."""
        owner, language = self._parts.identity.require_visitor(request), language_of(request)
        if not filled[self.chosen]:
            raise gr.Error(words.choose_first(language), title="", print_exception=False)
        text = readable(filled[self.text] or "")
        await asyncio.to_thread(self._parts.store.appeals.appeal, owner, filled[self.chosen], text)
        gr.Info(words.appealed(language), title="")
        return await self._filled(owner, language, filled[self.chosen])

    async def _filled(self, owner: str, language: str, open_id: str | None = None) -> Updates:
        found = await asyncio.to_thread(self._parts.store.appeals.statements, owner)
        opened = next((one for one in found if one.decision_id == open_id), None)
        return {
            self.title: words.title(language),
            self.lead: words.choose_one(language) if found else words.none_yet(language),
            self.rows: gr.Dataframe(
                [self._row(one, language) for one in found],
                headers=words.columns(language),
                visible=bool(found),
            ),
            self.ids: tuple(one.decision_id for one in found),
            self.chosen: opened.decision_id if opened else None,
            **(self._detail(opened, language) if opened else {self.detail: gr.Column(visible=False)}),
        }

    def _row(self, one: Statement, language: str) -> list[str]:
        appeal = words.possible(language) if one.appeal_until else ""
        if one.appeal:
            appeal = words.appeal_state(language, one.appeal.outcome)
        when = f"{one.decided_at:%Y-%m-%d %H:%M} UTC"
        return [when, _about(one, language), self._ruling(one, language), appeal]

    def _ruling(self, one: Statement, language: str) -> str:
        known = {clause.id: clause.title for clause in self._parts.guard.clauses()}
        name = known.get(one.clause or "", "")
        return words.ruling(language, violates=is_violation(one.ruling), clause=one.clause, name=name)

    def _detail(self, one: Statement, language: str) -> Updates:
        until = f"{one.suspended_until:%Y-%m-%d %H:%M} UTC" if one.suspended_until else None
        checks = sorted({finding.check for finding in one.grounds.found})
        lines = [
            f"**{_about(one, language)}: {self._ruling(one, language)}**",
            words.found(language, checks=checks, reports=sum(one.grounds.reasons.values())),
            words.follows(language, one.action, until),
            prepared(one.reason_key, language),
        ]
        if one.appeal_until:
            lines.append(words.can_appeal(language, f"{one.appeal_until:%Y-%m-%d}"))
        if one.appeal:
            state = words.appeal_state(language, one.appeal.outcome)
            lines.append(f"{words.send_appeal(language)}: {state}")
        answer = one.appeal.outcome_note if one.appeal else None
        return {
            self.detail: gr.Column(visible=True),
            self.reasons: "\n\n".join(filter(None, lines)),
            self.note: gr.Textbox(one.note, label=words.note_label(language), visible=bool(one.note)),
            self.answer: gr.Textbox(answer or "", label=words.answer_label(language), visible=bool(answer)),
            self.text: gr.Textbox(
                "", label=words.appeal_label(language), visible=one.appeal_until is not None
            ),
            self.send: gr.Button(words.send_appeal(language), visible=one.appeal_until is not None),
        }


def _about(one: Statement, language: str) -> str:
    """What was decided on, and when that was said where it still stands."""
    about = words.a_title(language) if is_title(one.message_id) else words.about(language, one.role)
    return words.said_at(language, about, f"{one.said_at:%Y-%m-%d %H:%M} UTC") if one.said_at else about


def _said(name: str) -> gr.Textbox:
    """A moderator's words, as plain text."""
    return gr.Textbox(lines=1, max_lines=10, interactive=False, visible=False, elem_id=name)
