"""The panel of one open case: evidence on one side, clause, checks and what can be done on the other."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.pages import evidence
from app.pages import form as forms
from app.pages.evidence import Clauses, Reader
from app.pages.form import Care, Form, Second
from app.pages.table import text_table
from app.wording import desk
from storage.types import Case

MASKED_FROM = 2
HEIGHT = 420
NO_CASE = ("", 0)

Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The side that shows what people and the model said: inert components only."""

    mask: gr.Column
    mask_line: gr.Markdown
    reveal: gr.Button
    text: gr.Column
    subject: gr.HighlightedText
    shown: gr.Textbox
    context: gr.Dataframe
    appeal: gr.Textbox
    reports: gr.Dataframe
    decisions: gr.Dataframe
    prior: gr.Dataframe


@dataclass(frozen=True, slots=True)
class Grounds:
    """The side that shows the clause and what the checks found; nothing a person wrote."""

    clause: gr.Markdown
    checks: gr.Dataframe
    policy: gr.Markdown
    why: gr.Accordion
    priority: gr.Dataframe


@dataclass(frozen=True, slots=True)
class CasePanel:
    """All components of an open case; `about` holds its id and row version, which the store checks again."""

    panel: gr.Column
    head: gr.Markdown
    evidence: Evidence
    grounds: Grounds
    form: Form
    second: Second
    care: Care
    about: gr.State
    found: gr.State
    """The findings that a ruling labels: their ids with the clause of each."""

    @property
    def details(self) -> list[Any]:
        """Every component that shows the case, but not the form."""
        seen, grounds = self.evidence, self.grounds
        return [
            *(self.panel, self.head, self.about, self.found),
            *(seen.mask, seen.mask_line, seen.reveal, seen.text, seen.subject, seen.shown, seen.context),
            *(seen.appeal, seen.reports, seen.decisions, seen.prior),
            *(grounds.clause, grounds.checks, grounds.policy, grounds.why, grounds.priority),
        ]

    @property
    def everything(self) -> list[Any]:
        """Every component that opening or closing a case changes."""
        return [*self.details, *self.form.shown, *self.second.shown, *self.care.shown]


def build_case(clauses: Clauses) -> CasePanel:
    """Lay the panel out, hidden and empty until a moderator opens a case."""
    about, found = gr.State(NO_CASE), gr.State(())
    with gr.Column(visible=False, elem_id="case") as panel:
        head = gr.Markdown(elem_id="case-head")
        with gr.Row(equal_height=False, elem_id="case-columns"):
            with gr.Column(scale=6, min_width=340):
                seen = _build_evidence()
            with gr.Column(scale=5, min_width=320):
                grounds = _build_grounds()
                second = forms.build_second()
                form = forms.build_form(clauses)
                care = forms.build_care()
    return CasePanel(panel, head, seen, grounds, form, second, care, about, found)


def _build_evidence() -> Evidence:
    with gr.Column(visible=False, elem_id="case-mask") as mask:
        mask_line = gr.Markdown()
        reveal = gr.Button("Show text", size="md", elem_id="show-text")
    text, subject, shown, context = _build_text()
    appeal = gr.Textbox(
        label=desk.appeal_label(),
        lines=2,
        max_lines=12,
        interactive=False,
        visible=False,
        elem_id="case-appeal",
    )
    reports = text_table(
        evidence.REPORT_COLUMNS,
        "case-reports",
        label="Reports",
        widths=["20%", "20%", "25%", "35%"],
        height=HEIGHT,
    )
    decisions = text_table(
        evidence.DECISION_COLUMNS,
        "case-decisions",
        label="Earlier decisions",
        widths=["18%", "14%", "20%", "24%", "24%"],
        height=HEIGHT,
    )
    prior = text_table(
        evidence.PRIOR_COLUMNS,
        "case-prior",
        label=desk.prior_label(),
        widths=["24%", "16%", "32%", "28%"],
        height=HEIGHT,
    )
    return Evidence(mask, mask_line, reveal, text, subject, shown, context, appeal, reports, decisions, prior)


def _build_text() -> tuple[gr.Column, gr.HighlightedText, gr.Textbox, gr.Dataframe]:
    with gr.Column(visible=False, elem_id="case-text") as text:
        subject = gr.HighlightedText(
            label="Message", show_legend=False, combine_adjacent=False, elem_id="case-subject"
        )
        shown = gr.Textbox(
            label="What a reader had seen of it",
            lines=2,
            max_lines=12,
            interactive=False,
            elem_id="case-shown",
        )
        context = text_table(
            evidence.CONTEXT_COLUMNS,
            "case-context",
            label="In its conversation",
            widths=["28%", "72%"],
            height=HEIGHT,
            visible=True,
        )
    return text, subject, shown, context


def _build_grounds() -> Grounds:
    clause = gr.Markdown(elem_id="case-clause")
    checks = text_table(
        evidence.CHECK_COLUMNS,
        "case-checks",
        label="What the checks found",
        widths=["24%", "28%", "25%", "23%"],
        height=HEIGHT,
        visible=True,
    )
    policy = gr.Markdown(elem_classes="bezel-quiet", elem_id="case-policy")
    with gr.Accordion(desk.priority_label(), open=False, visible=False, elem_id="case-why") as why:
        priority = text_table(
            evidence.PRIORITY_COLUMNS,
            "case-priority",
            label="",
            widths=["34%", "18%", "18%", "30%"],
            height=HEIGHT,
            visible=True,
        )
    return Grounds(clause, checks, policy, why, priority)


def details(panel: CasePanel, case: Case, reader: Reader, *, is_revealed: bool) -> Updates:
    """Updates that show a case; without `is_revealed`, a grave one without any text of a person."""
    is_masked = case.summary.severity >= MASKED_FROM and not is_revealed
    level = desk.severity(case.summary.severity)
    state = evidence.state(case.summary, reader)
    return {
        panel.panel: gr.Column(visible=True),
        panel.head: desk.case_head(evidence.reference(case.summary.id), level, state),
        panel.about: (case.summary.id, case.row_version),
        panel.found: _findings(case),
        panel.evidence.mask: gr.Column(visible=is_masked or not case.evidence),
        panel.evidence.mask_line: desk.masked(level) if case.evidence else desk.evidence_gone(),
        panel.evidence.reveal: gr.Button(visible=bool(case.evidence)),
        panel.evidence.reports: gr.Dataframe(
            value=evidence.report_rows(case.reports, is_masked=is_masked), visible=bool(case.reports)
        ),
        panel.evidence.decisions: gr.Dataframe(
            value=evidence.decision_rows(case.decisions, reader), visible=bool(case.decisions)
        ),
        panel.evidence.appeal: gr.Textbox(
            value=desk.hidden_note() if is_masked and case.appeal_text else case.appeal_text or "",
            visible=bool(case.appeal_text),
        ),
        panel.evidence.prior: gr.Dataframe(
            value=evidence.prior_rows(case.same_text), visible=bool(case.same_text)
        ),
        **_texts(panel.evidence, None if is_masked else case),
        **_grounds(panel.grounds, case, reader.clauses),
    }


def _findings(case: Case) -> tuple[tuple[str, str], ...]:
    found = case.grounds.found if case.grounds else ()
    return tuple((one.flag_id, one.clause) for one in found if one.clause)


def _texts(seen: Evidence, case: Case | None) -> Updates:
    """Updates that show the text of a case, or that empty it everywhere."""
    message = evidence.subject(case) if case else None
    if case is None or message is None:
        return {
            seen.text: gr.Column(visible=False),
            seen.subject: gr.HighlightedText(value=[]),
            seen.shown: gr.Textbox(value="", visible=False),
            seen.context: gr.Dataframe(value=[], visible=False),
        }
    is_partly_shown = bool(case.shown) and case.shown != message.text
    return {
        seen.text: gr.Column(visible=True),
        seen.subject: gr.HighlightedText(
            value=evidence.highlighted(message.text, case.verdicts[-1:]),
            label=desk.subject(message.role, message.state),
        ),
        seen.shown: gr.Textbox(value=case.shown, visible=is_partly_shown),
        seen.context: gr.Dataframe(value=evidence.context_rows(case), visible=len(case.evidence) > 1),
    }


def _grounds(grounds: Grounds, case: Case, clauses: Clauses) -> Updates:
    newest = case.verdicts[-1] if case.verdicts else {}
    is_blind = case.summary.is_blind and case.grounds is None
    return {
        grounds.clause: desk.judged_blind() if is_blind else _clause_text(case.summary.clause, clauses),
        grounds.checks: gr.Dataframe(value=evidence.check_rows(case.verdicts), visible=bool(case.verdicts)),
        grounds.policy: desk.policy_line(newest.get("policy"), case.checkpoint, newest.get("lang")),
        grounds.why: gr.Accordion(visible=bool(case.priority), open=False),
        grounds.priority: gr.Dataframe(value=evidence.priority_rows(case.priority)),
    }


def _clause_text(clause_id: str | None, clauses: Clauses) -> str:
    if clause_id is None:
        return desk.no_clause_text()
    known = clauses.get(clause_id)
    return desk.clause_text(known.id, known.title, known.forbids) if known else desk.clause_unknown(clause_id)


def open_forms(panel: CasePanel, case: Case, reader: Reader) -> Updates:
    """Updates that put what the reader can do with this case beside it: rule, second, or look again."""
    rules = forms.proposed(case) is None and case.summary.state != "decided"
    return {
        panel.form.group: gr.Column(visible=rules),
        **forms.blank(panel.form, case, reader.clauses),
        **forms.proposing(panel.second, case, reader),
        **forms.caring(panel.care, case, reader),
    }


def closed(panel: CasePanel, clauses: Clauses) -> Updates:
    """Updates that close the case and take its text off the page."""
    seen = panel.evidence
    return {
        panel.panel: gr.Column(visible=False),
        panel.about: NO_CASE,
        panel.found: (),
        seen.reports: gr.Dataframe(value=[], visible=False),
        seen.decisions: gr.Dataframe(value=[], visible=False),
        seen.appeal: gr.Textbox(value="", visible=False),
        seen.prior: gr.Dataframe(value=[], visible=False),
        **_texts(seen, None),
        **forms.blank(panel.form, None, clauses),
        panel.second.group: gr.Column(visible=False),
        panel.second.proposal: "",
        **forms.caring(panel.care, None, None),
    }
