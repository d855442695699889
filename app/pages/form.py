"""Where a moderator rules on a case, seconds a colleague's ruling, or keeps the case for later."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.pages import evidence
from app.pages.evidence import Clauses, Reader
from app.wording import deciding as ruled
from app.wording.prepared import fitting
from storage.judging import ACTIONS, USUAL
from storage.types import Case, Decision, Ruling

NOTE_CHARACTERS = 2_000
REASON_CHARACTERS = 200
HOLDS = (1, 4, 24)
DAYS = 7
Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """Where a moderator rules."""

    group: gr.Column
    ruling: gr.Radio
    clause: gr.Dropdown
    action: gr.Dropdown
    days: gr.Number
    reason: gr.Dropdown
    right: gr.CheckboxGroup
    note: gr.Textbox
    public_note: gr.Textbox
    decide: gr.Button
    alike: gr.Button

    @property
    def fields(self) -> list[Any]:
        """What is filled in."""
        chosen = [self.ruling, self.clause, self.action, self.days, self.reason, self.right]
        return [*chosen, self.note, self.public_note]

    @property
    def shown(self) -> list[Any]:
        """Everything that another case changes."""
        return [self.group, *self.fields, self.alike]


@dataclass(frozen=True, slots=True)
class Second:
    """Where a colleague's ruling is agreed with, or is not."""

    group: gr.Column
    proposal: gr.Markdown
    note: gr.Textbox
    agree: gr.Button
    disagree: gr.Button

    @property
    def shown(self) -> list[Any]:
        """Everything that another case changes."""
        return [self.group, self.proposal, self.note]


@dataclass(frozen=True, slots=True)
class Care:
    """Who has the case, and for how long."""

    row: gr.Row
    keep: gr.Button
    release: gr.Button
    fold: gr.Accordion
    hours: gr.Dropdown
    to: gr.Dropdown
    why: gr.Textbox
    hold: gr.Button
    hand_over: gr.Button
    again: gr.Button

    @property
    def shown(self) -> list[Any]:
        """Everything that another case changes."""
        return [self.row, self.fold, self.to, self.why, self.again]


def build_form(clauses: Clauses) -> Form:
    """Lay the form out, empty."""
    choices = [(evidence.clause_name(one, clauses), one) for one in clauses]
    with gr.Column(elem_id="case-form") as group:
        with gr.Group():
            ruling = gr.Radio(ruled.rulings(), label="What did you find?", elem_id="ruling")
            clause = gr.Dropdown(choices, value=None, label="Clause it violates", elem_id="ruling-clause")
            with gr.Row():
                action = gr.Dropdown([], value=None, label=ruled.what_follows(), elem_id="ruling-action")
                days = gr.Number(
                    DAYS, label=ruled.for_days(), precision=0, visible=False, elem_id="ruling-days"
                )
            reason = gr.Dropdown([], value=None, label=ruled.prepared_reason(), elem_id="ruling-reason")
            right = gr.CheckboxGroup(
                [], label=ruled.which_were_right(), visible=False, elem_id="right-findings"
            )
            public_note = _note(ruled.public_note_label(), "public-note")
            note = _note(ruled.private_note_label(), "private-note")
        with gr.Row():
            alike = gr.Button("", size="md", visible=False, min_width=160, elem_id="decide-alike")
            decide = gr.Button("Decide", variant="primary", size="md", min_width=110, elem_id="decide")
    return Form(group, ruling, clause, action, days, reason, right, note, public_note, decide, alike)


def build_second() -> Second:
    """Lay out what a second person sees in the form's place."""
    with gr.Column(visible=False, elem_id="second") as group:
        proposal = gr.Markdown(elem_id="proposal")
        note = _note(ruled.private_note_label(), "second-note")
        with gr.Row():
            disagree = gr.Button(ruled.do_not_agree(), size="md", min_width=140, elem_id="disagree")
            agree = gr.Button(ruled.agree(), variant="primary", size="md", min_width=140, elem_id="agree")
    return Second(group, proposal, note, agree, disagree)


def build_care() -> Care:
    """Lay out how a case is kept, held, handed over and given back."""
    with gr.Row(elem_id="case-care") as row:
        release = gr.Button("Give back", size="sm", min_width=110, elem_id="release")
        keep = gr.Button("Keep for 10 minutes", size="sm", min_width=170, elem_id="keep")
    with gr.Accordion(ruled.keep_longer(), open=False, elem_id="case-longer") as fold:
        why = gr.Textbox(label=ruled.why(), max_lines=1, max_length=REASON_CHARACTERS, elem_id="care-reason")
        with gr.Row(elem_classes="bezel-line"):
            hours = gr.Dropdown(
                [(ruled.hours(count), count) for count in HOLDS],
                value=1,
                label=ruled.hold_for(),
                min_width=120,
                elem_id="hold-hours",
            )
            hold = gr.Button(ruled.hold(), size="sm", min_width=90, elem_id="hold")
            to = gr.Dropdown(
                [], value=None, label=ruled.hand_over_to(), min_width=140, elem_id="hand-over-to"
            )
            hand_over = gr.Button(ruled.hand_over(), size="sm", min_width=90, elem_id="hand-over")
    again = gr.Button(ruled.look_again(), size="md", visible=False, elem_id="look-again")
    return Care(row, keep, release, fold, hours, to, why, hold, hand_over, again)


def _note(label: str, name: str) -> gr.Textbox:
    return gr.Textbox(label=label, lines=2, max_lines=6, max_length=NOTE_CHARACTERS, elem_id=name)


def blank(form: Form, case: Case | None, clauses: Clauses) -> Updates:
    """Updates that empty the form for this case; the clause that it names is filled in."""
    clause = case.summary.clause if case else None
    found = case.grounds.found if case and case.grounds else ()
    named = [(_finding(one.check, one.clause, one.score), one.flag_id) for one in found if one.clause]
    waiting = case.same_text_waiting if case else 0
    return {
        form.ruling: None,
        form.clause: clause if clause in clauses else None,
        **follows(form, None),
        form.right: gr.CheckboxGroup(choices=named, value=[], visible=bool(named)),
        form.note: "",
        form.public_note: "",
        form.alike: gr.Button(ruled.decide_alike(waiting + 1), visible=waiting > 0),
    }


def _finding(check: str, clause: str | None, score: float | None) -> str:
    return " ".join(filter(None, (check, clause, None if score is None else f"{score:.2f}")))


def follows(form: Form, ruling: Ruling | None) -> Updates:
    """Updates that offer what can follow from this ruling, the usual chosen."""
    fitting_actions = sorted(ACTIONS[ruling]) if ruling else []
    return {
        form.action: gr.Dropdown(
            choices=[(ruled.action(name), name) for name in fitting_actions],
            value=USUAL[ruling] if ruling else None,
        ),
        form.days: gr.Number(value=DAYS, visible=False),
        form.reason: gr.Dropdown(choices=fitting(ruling), value=None),
    }


def proposed(case: Case) -> Decision | None:
    """The decision of a colleague that waits for a second person; None where none does."""
    return case.proposal if case.proposal and case.proposal.state == "proposed" else None


def proposing(second: Second, case: Case, reader: Reader) -> Updates:
    """Updates that show what a colleague proposed, where the case waits for a second person."""
    proposal = proposed(case)
    if proposal is None:
        return {second.group: gr.Column(visible=False), second.proposal: "", second.note: ""}
    said = ruled.proposal(
        by=reader.name(proposal.moderator),
        ruling_name=ruled.ruling(proposal.ruling),
        clause=proposal.clause,
        action_name=ruled.action(proposal.action, proposal.days),
        why=[ruled.second_reason(reason) for reason in case.needs_second],
    )
    return {second.group: gr.Column(visible=True), second.proposal: said, second.note: ""}


def caring(care: Care, case: Case | None, reader: Reader | None) -> Updates:
    """Updates that offer to keep this case, or to look again at one that was decided."""
    is_decided = case is not None and case.summary.state == "decided"
    others = [
        (name, moderator_id)
        for moderator_id, name in (reader.colleagues.items() if reader else ())
        if reader and moderator_id != reader.me.id
    ]
    return {
        care.row: gr.Row(visible=not is_decided),
        care.fold: gr.Accordion(visible=not is_decided, open=False),
        care.to: gr.Dropdown(choices=others, value=None),
        care.why: "",
        care.again: gr.Button(visible=is_decided),
    }
