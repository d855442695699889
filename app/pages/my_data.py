"""The page where a person sees the outcome of their reports, takes everything with them, or erases it."""

import asyncio
from typing import Any

import gradio as gr

from app.edge import answering
from app.entrance import language_of
from app.pages.quiet import QUIET
from app.pages.sanctions import SanctionNotice
from app.pages.statements import StatementsPanel
from app.pages.table import text_table
from app.parts import Parts
from app.wording import outcomes, page
from app.wording.reasons import reason
from storage.judging import is_violation
from storage.types import Notice, Report

EXPORT = "/my-data/export"
CONFIRMATION = "ERASE"
HEIGHT = 500


class MyDataPage:
    """The page's components and handlers; filled for its owner on load."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def build(self, demo: gr.Blocks) -> None:
        """Lay the page out and wire its events."""
        with gr.Column(elem_classes="bezel-main"):
            has_account = self._parts.identity.door.who == "accounts"
            gr.Markdown(page.my_data(has_account))
            self.sanctions = SanctionNotice(self._parts)
            self.sanctions.build()
            self._build_outcomes()
            gr.Markdown(f"### Take it with you\n\n[Download everything as JSON]({EXPORT})")
            gr.Markdown(page.account() if has_account else page.keep_it(), elem_id="keep-it")
            gr.Markdown(page.help_the_checks())
            self.helps = gr.Checkbox(label=page.may_use_mistakes(), elem_id="may-use-mistakes")
            with gr.Group(elem_id="erase"):
                gr.Markdown(f"### Erase everything\n\n{page.erase_warning()}")
                self.confirmation = gr.Textbox(label=page.type_erase(), elem_id="erase-confirmation")
                self.erase_button = gr.Button("Erase everything", variant="stop", elem_id="erase-everything")
        shown = [*self.listed, self.helps, self.confirmation]
        self.helps.input(self.choose_help, self.helps, self.helps, **QUIET)
        self.erase_button.click(self.erase, [self.confirmation], shown, **QUIET)
        # One after the other: the first notes as heard what both then show.
        loaded = demo.load(self.load, None, shown, **QUIET)
        loaded.then(self.decided.load, None, self.decided.shown, **QUIET)
        demo.load(self.sanctions.load, None, self.sanctions.shown, **QUIET)

    def _build_outcomes(self) -> None:
        self.reports_head, self.no_reports = gr.Markdown(), gr.Markdown(elem_classes="bezel-quiet")
        widths = ["18%", "18%", "22%", "24%", "18%"]
        columns = outcomes.report_columns("en")
        self.reports = text_table(columns, "reports", widths=widths, height=HEIGHT, classes=None)
        self.decided = StatementsPanel(self._parts)
        self.decided.build()
        self.notices_head, self.no_notices = gr.Markdown(), gr.Markdown(elem_classes="bezel-quiet")
        self.notices = text_table(outcomes.stop_columns("en"), "notices", height=HEIGHT, classes=None)

    @property
    def listed(self) -> list[Any]:
        """Both tables with what stands above them."""
        reports = [self.reports_head, self.no_reports, self.reports]
        return [*reports, self.notices_head, self.no_notices, self.notices]

    @answering
    async def load(self, request: gr.Request) -> dict[Any, Any]:
        """Fill both tables for whoever opened the page, who has heard then what was decided."""
        owner = self._parts.identity.require_visitor(request)
        await asyncio.to_thread(self._parts.store.outcomes.hear, owner)
        return await self._filled(owner, language_of(request))

    @answering
    async def erase(self, confirmation: str, request: gr.Request) -> dict[Any, Any]:
        """Erase everything of this person, if they typed the word."""
        owner = self._parts.identity.require_visitor(request)
        if confirmation.strip() != CONFIRMATION:
            gr.Warning(page.nothing_erased(), title="")
        else:
            await self._parts.turns.erase(owner)
            gr.Info(page.erased(), title="")
        return await self._filled(owner, language_of(request))

    @answering
    async def choose_help(self, helps: bool, request: gr.Request) -> dict[Any, Any]:
        """Let redacted texts of this person be used to try the checks on, or no longer."""
        owner = self._parts.identity.require_visitor(request)
        regressions = self._parts.store.regressions
        await asyncio.to_thread(regressions.allow if helps else regressions.forbid, owner)
        gr.Info(page.uses_mistakes(bool(helps)), title="")
        return {self.helps: bool(helps)}

    async def _filled(self, owner: str, language: str) -> dict[Any, Any]:
        reports = await asyncio.to_thread(self._parts.store.reports, owner)
        notices = await asyncio.to_thread(self._parts.store.notices, owner)
        return {
            self.reports_head: outcomes.reports(language),
            self.no_reports: gr.Markdown(outcomes.no_reports(language), visible=not reports),
            self.reports: gr.Dataframe(
                [_report_row(found, language) for found in reports],
                headers=outcomes.report_columns(language),
                visible=bool(reports),
            ),
            self.notices_head: outcomes.stops(language),
            self.no_notices: gr.Markdown(outcomes.no_stops(language), visible=not notices),
            self.notices: gr.Dataframe(
                [self._notice_row(found, language) for found in notices],
                headers=outcomes.stop_columns(language),
                visible=bool(notices),
            ),
            self.helps: await asyncio.to_thread(self._parts.store.regressions.is_allowed, owner),
            self.confirmation: "",
        }

    def _notice_row(self, notice: Notice, language: str) -> list[str]:
        clause = outcomes.check_failed(language)
        if notice.clause:
            clause = f"{notice.clause} {self._parts.guard.clause(notice.clause).title}"
        return [
            outcomes.stopped(language, notice.role),
            clause,
            outcomes.decided_by(language, automatic=notice.automatic),
            _outcome(notice.review, language) if notice.review else outcomes.not_asked_for(language),
        ]


def _report_row(report: Report, language: str) -> list[str]:
    when = f"{report.created_at:%Y-%m-%d %H:%M} UTC"
    # Whoever asks for a review gives no reason.
    why = reason(report.reason, language) if report.kind == "report" else ""
    what, found = outcomes.asked(language, report.kind), _outcome(report, language)
    return [when, what, why, found, report.outcome_note or ""]


def _outcome(report: Report, language: str) -> str:
    violates = None if report.outcome is None else is_violation(report.outcome)
    return outcomes.outcome(language, violates=violates)
