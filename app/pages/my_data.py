"""The page where a person sees the outcome of their reports, takes everything with them, or erases it."""

import asyncio
from typing import Any

import gradio as gr

from app.edge import answering
from app.pages.quiet import QUIET
from app.pages.sanctions import SanctionNotice
from app.pages.statements import StatementsPanel
from app.pages.table import text_table
from app.parts import Parts
from app.wording import page
from app.wording.reasons import reason
from storage.types import Notice, Report

EXPORT = "/my-data/export"
CONFIRMATION = "ERASE"
HEIGHT = 500
REPORT_COLUMNS = ["When", "What", "Reason", "Outcome", "The moderator's note"]
NOTICE_COLUMNS = ["What was stopped", "Clause", "Decided", "Review"]


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
            gr.Markdown("### Your reports and requests")
            self.no_reports = gr.Markdown(page.no_reports(), elem_classes="bezel-quiet")
            widths = ["18%", "18%", "22%", "24%", "18%"]
            self.reports = text_table(REPORT_COLUMNS, "reports", widths=widths, height=HEIGHT, classes=None)
            self.decided = StatementsPanel(self._parts)
            self.decided.build()
            gr.Markdown("### What was stopped")
            self.no_notices = gr.Markdown(page.no_notices(), elem_classes="bezel-quiet")
            self.notices = text_table(NOTICE_COLUMNS, "notices", height=HEIGHT, classes=None)
            gr.Markdown(f"### Take it with you\n\n[Download everything as JSON]({EXPORT})")
            gr.Markdown(page.account() if has_account else page.keep_it(), elem_id="keep-it")
            gr.Markdown(page.help_the_checks())
            self.helps = gr.Checkbox(label=page.may_use_mistakes(), elem_id="may-use-mistakes")
            with gr.Group(elem_id="erase"):
                gr.Markdown(f"### Erase everything\n\n{page.erase_warning()}")
                self.confirmation = gr.Textbox(label=page.type_erase(), elem_id="erase-confirmation")
                self.erase_button = gr.Button("Erase everything", variant="stop", elem_id="erase-everything")
        shown = [self.no_reports, self.reports, self.no_notices, self.notices, self.helps, self.confirmation]
        self.helps.input(self.choose_help, self.helps, self.helps, **QUIET)
        self.erase_button.click(self.erase, [self.confirmation], shown, **QUIET)
        demo.load(self.load, None, shown, **QUIET)
        demo.load(self.decided.load, None, self.decided.shown, **QUIET)
        demo.load(self.sanctions.load, None, self.sanctions.shown, **QUIET)

    @answering
    async def load(self, request: gr.Request) -> dict[Any, Any]:
        """Fill both tables for whoever opened the page."""
        return await self._filled(self._parts.identity.require_visitor(request))

    @answering
    async def erase(self, confirmation: str, request: gr.Request) -> dict[Any, Any]:
        """Erase everything of this person, if they typed the word."""
        owner = self._parts.identity.require_visitor(request)
        if confirmation.strip() != CONFIRMATION:
            gr.Warning(page.nothing_erased(), title="")
        else:
            await self._parts.turns.erase(owner)
            gr.Info(page.erased(), title="")
        return await self._filled(owner)

    @answering
    async def choose_help(self, helps: bool, request: gr.Request) -> dict[Any, Any]:
        """Let redacted texts of this person be used to try the checks on, or no longer."""
        owner = self._parts.identity.require_visitor(request)
        regressions = self._parts.store.regressions
        await asyncio.to_thread(regressions.allow if helps else regressions.forbid, owner)
        gr.Info(page.uses_mistakes(bool(helps)), title="")
        return {self.helps: bool(helps)}

    async def _filled(self, owner: str) -> dict[Any, Any]:
        reports = await asyncio.to_thread(self._parts.store.reports, owner)
        notices = await asyncio.to_thread(self._parts.store.notices, owner)
        return {
            self.no_reports: gr.Markdown(visible=not reports),
            self.reports: gr.Dataframe([_report_row(found) for found in reports], visible=bool(reports)),
            self.no_notices: gr.Markdown(visible=not notices),
            self.notices: gr.Dataframe([self._notice_row(found) for found in notices], visible=bool(notices)),
            self.helps: await asyncio.to_thread(self._parts.store.regressions.is_allowed, owner),
            self.confirmation: "",
        }

    def _notice_row(self, notice: Notice) -> list[str]:
        title = self._parts.guard.clause(notice.clause).title if notice.clause else "a check failed"
        clause = f"{notice.clause} {title}" if notice.clause else title
        review = "not asked for" if notice.review is None else _outcome(notice.review)
        return [
            page.stopped(notice.role),
            clause,
            "automatically" if notice.automatic else "by a moderator",
            review,
        ]


def _report_row(report: Report) -> list[str]:
    what = "You reported a reply" if report.kind == "report" else "You asked for a review"
    when = report.created_at.strftime("%Y-%m-%d %H:%M UTC")
    return [when, what, reason(report.reason), _outcome(report), report.outcome_note or ""]


def _outcome(report: Report) -> str:
    return page.waiting() if report.outcome is None else page.ruling(report.outcome)
