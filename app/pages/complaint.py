"""The panel where a person reports a reply, or asks a person to look at what was stopped."""

import asyncio
from dataclasses import dataclass

import gradio as gr

from app.context import readable
from app.parts import Parts
from app.turn import TurnRefused
from app.wording import page
from app.wording.reasons import OTHER, REASONS
from storage.types import ReportKind

NOTE_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Complaint:
    """The components of the panel; `about` holds message id and kind, which the store checks again."""

    panel: gr.Group
    head: gr.Markdown
    reason: gr.Radio
    note: gr.Textbox
    send: gr.Button
    cancel: gr.Button
    about: gr.State


def build_complaint() -> Complaint:
    """Lay the panel out, hidden until somebody opens it."""
    about = gr.State(("", "report"))
    with gr.Group(visible=False, elem_id="complaint") as panel:
        head = gr.Markdown()
        reason = gr.Radio(choices=list(REASONS), label="What is wrong with it?", elem_id="complaint-reason")
        note = gr.Textbox(
            label="Anything else (optional)", lines=2, max_length=NOTE_CHARACTERS, elem_id="complaint-note"
        )
        with gr.Row():
            cancel = gr.Button("Cancel", elem_id="complaint-cancel")
            send = gr.Button("Send", variant="primary", elem_id="complaint-send")
    return Complaint(panel, head, reason, note, send, cancel, about)


def opened(complaint: Complaint, message_id: str, kind: ReportKind) -> dict[object, object]:
    """Updates that open the panel about one message."""
    is_report = kind == "report"
    return {
        complaint.panel: gr.Group(visible=True),
        complaint.head: page.report_prompt() if is_report else page.review_prompt(),
        complaint.reason: gr.Radio(value=None, visible=is_report),
        complaint.note: gr.Textbox(value=""),
        complaint.send: gr.Button("Send report" if is_report else "Ask for a review"),
        complaint.about: (message_id, kind),
    }


def closed(complaint: Complaint) -> dict[object, object]:
    """Updates that close the panel."""
    return {complaint.panel: gr.Group(visible=False), complaint.about: ("", "report")}


async def file_complaint(
    parts: Parts, owner: str, about: tuple[str, ReportKind], reason: str | None, note: str
) -> None:
    """Store a report or a request for review. Raises TurnRefused without a reason, NotFound for another's."""
    message_id, kind = about
    if kind == "report" and reason not in {code for _, code in REASONS}:
        raise TurnRefused(page.choose_a_reason())
    clean = readable(note or "")
    if len(clean) > NOTE_CHARACTERS:
        raise TurnRefused(page.too_long_a_note(len(clean), NOTE_CHARACTERS))
    parts.admission.require_report(owner)
    chosen = reason if reason is not None and kind == "report" else OTHER
    severity = parts.guard.clause(chosen).severity if chosen != OTHER else 1
    await asyncio.to_thread(
        parts.store.report, owner, message_id, reason=chosen, note=clean, kind=kind, severity=severity
    )
