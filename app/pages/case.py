"""The panel of one open case: evidence on one side, clause, checks and the form on the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.pages import evidence
from app.pages.evidence import Clauses, Reader
from app.wording import desk
from storage.types import Case

NOTE_CHARACTERS = 2_000
MASKED_FROM = 2
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
    reports: gr.Dataframe
    decisions: gr.Dataframe


@dataclass(frozen=True, slots=True)
class Grounds:
    """The side that shows the clause and what the checks found; nothing a person wrote."""

    clause: gr.Markdown
    checks: gr.Dataframe
    policy: gr.Markdown


@dataclass(frozen=True, slots=True)
class Form:
    """Where a moderator rules."""

    ruling: gr.Radio
    clause: gr.Dropdown
    note: gr.Textbox
    public_note: gr.Textbox
    decide: gr.Button
    keep: gr.Button
    release: gr.Button


@dataclass(frozen=True, slots=True)
class CasePanel:
    """All components of an open case; `about` holds its id and row version, which the store checks again."""

    panel: gr.Column
    head: gr.Markdown
    evidence: Evidence
    grounds: Grounds
    form: Form
    about: gr.State

    @property
    def details(self) -> list[Any]:
        """Every component that shows the case, but not the form."""
        seen, grounds = self.evidence, self.grounds
        return [
            *(self.panel, self.head, self.about),
            *(seen.mask, seen.mask_line, seen.reveal, seen.text, seen.subject, seen.shown, seen.context),
            *(seen.reports, seen.decisions, grounds.clause, grounds.checks, grounds.policy),
        ]

    @property
    def fields(self) -> list[Any]:
        """The fields of the form."""
        form = self.form
        return [form.ruling, form.clause, form.note, form.public_note]


def build_case(clauses: Clauses) -> CasePanel:
    """Lay the panel out, hidden and empty until a moderator opens a case."""
    about = gr.State(NO_CASE)
    with gr.Column(visible=False, elem_id="case") as panel:
        head = gr.Markdown(elem_id="case-head")
        with gr.Row(equal_height=False, elem_id="case-columns"):
            with gr.Column(scale=6, min_width=340):
                seen = _build_evidence()
            with gr.Column(scale=5, min_width=320):
                grounds = _build_grounds()
                form = _build_form(clauses)
    return CasePanel(panel, head, seen, grounds, form, about)


def _build_evidence() -> Evidence:
    with gr.Column(visible=False, elem_id="case-mask") as mask:
        mask_line = gr.Markdown()
        reveal = gr.Button("Show text", size="md", elem_id="show-text")
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
        context = _table("In its conversation", evidence.CONTEXT_COLUMNS, "case-context", ["28%", "72%"])
    reports = _table(
        "Reports", evidence.REPORT_COLUMNS, "case-reports", ["20%", "20%", "25%", "35%"], visible=False
    )
    decisions = _table(
        "Earlier decisions",
        evidence.DECISION_COLUMNS,
        "case-decisions",
        ["18%", "14%", "20%", "24%", "24%"],
        visible=False,
    )
    return Evidence(mask, mask_line, reveal, text, subject, shown, context, reports, decisions)


def _build_grounds() -> Grounds:
    clause = gr.Markdown(elem_id="case-clause")
    checks = _table(
        "What the checks found", evidence.CHECK_COLUMNS, "case-checks", ["24%", "28%", "25%", "23%"]
    )
    policy = gr.Markdown(elem_classes="bezel-quiet", elem_id="case-policy")
    return Grounds(clause, checks, policy)


def _build_form(clauses: Clauses) -> Form:
    choices = [(evidence.clause_name(one, clauses), one) for one in clauses]
    with gr.Group(elem_id="case-form"):
        ruling = gr.Radio(desk.rulings(), label="What did you find?", elem_id="ruling")
        clause = gr.Dropdown(choices, value=None, label="Clause it violates", elem_id="ruling-clause")
        public_note = _note(desk.public_note_label(), "public-note")
        note = _note(desk.private_note_label(), "private-note")
    with gr.Row():
        release = gr.Button("Give back", size="md", scale=2, min_width=110, elem_id="release")
        keep = gr.Button("Keep for 10 minutes", size="md", scale=4, min_width=190, elem_id="keep")
        decide = gr.Button("Decide", variant="primary", size="md", scale=3, min_width=110, elem_id="decide")
    return Form(ruling, clause, note, public_note, decide, keep, release)


def _note(label: str, name: str) -> gr.Textbox:
    return gr.Textbox(label=label, lines=2, max_lines=6, max_length=NOTE_CHARACTERS, elem_id=name)


def _table(
    label: str, columns: list[str], name: str, widths: Sequence[str], *, visible: bool = True
) -> gr.Dataframe:
    return gr.Dataframe(
        value=[],
        headers=columns,
        column_count=len(columns),
        datatype="str",
        label=label,
        interactive=False,
        wrap=True,
        max_height=420,
        buttons=[],
        column_widths=list(widths),
        visible=visible,
        elem_id=name,
        elem_classes="bezel-table",
    )


def details(panel: CasePanel, case: Case, reader: Reader, *, is_revealed: bool) -> Updates:
    """Updates that show a case; without `is_revealed`, a grave one without any text of a person."""
    is_masked = case.summary.severity >= MASKED_FROM and not is_revealed
    level = desk.severity(case.summary.severity)
    state = evidence.state(case.summary, reader)
    return {
        panel.panel: gr.Column(visible=True),
        panel.head: desk.case_head(evidence.reference(case.summary.id), level, state),
        panel.about: (case.summary.id, case.row_version),
        panel.evidence.mask: gr.Column(visible=is_masked or not case.evidence),
        panel.evidence.mask_line: desk.masked(level) if case.evidence else desk.evidence_gone(),
        panel.evidence.reveal: gr.Button(visible=bool(case.evidence)),
        panel.evidence.reports: gr.Dataframe(
            value=evidence.report_rows(case.reports, is_masked=is_masked), visible=bool(case.reports)
        ),
        panel.evidence.decisions: gr.Dataframe(
            value=evidence.decision_rows(case.decisions, reader), visible=bool(case.decisions)
        ),
        **_texts(panel.evidence, None if is_masked else case),
        **_grounds(panel.grounds, case, reader.clauses),
    }


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
    return {
        grounds.clause: _clause_text(case.summary.clause, clauses),
        grounds.checks: gr.Dataframe(value=evidence.check_rows(case.verdicts), visible=bool(case.verdicts)),
        grounds.policy: desk.policy_line(newest.get("policy"), case.checkpoint, newest.get("lang")),
    }


def _clause_text(clause_id: str | None, clauses: Clauses) -> str:
    if clause_id is None:
        return desk.no_clause_text()
    known = clauses.get(clause_id)
    return desk.clause_text(known.id, known.title, known.forbids) if known else desk.clause_unknown(clause_id)


def blank_form(form: Form, clause: str | None, clauses: Clauses) -> Updates:
    """Updates that empty the form; the clause that the case names is filled in."""
    return {
        form.ruling: None,
        form.clause: clause if clause in clauses else None,
        form.note: "",
        form.public_note: "",
    }


def closed(panel: CasePanel, clauses: Clauses) -> Updates:
    """Updates that close the case and take its text off the page."""
    return {
        panel.panel: gr.Column(visible=False),
        panel.about: NO_CASE,
        panel.evidence.reports: gr.Dataframe(value=[], visible=False),
        panel.evidence.decisions: gr.Dataframe(value=[], visible=False),
        **_texts(panel.evidence, None),
        **blank_form(panel.form, None, clauses),
    }
