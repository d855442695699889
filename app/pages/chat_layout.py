"""The chat page's components: terms, conversation, panel, composer; laid out here, filled by its handlers."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.pages.complaint import Complaint, build_complaint
from app.pages.history import History, build_history
from app.pages.loading import LoadingNotice, build_loading
from app.pages.sampling import Sampling, build_sampling
from app.pages.sanctions import SanctionNotice
from app.pages.versions import Versions, build_versions
from app.parts import Parts
from app.wording import page

REPORT = "Report this reply"
MATHS: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "\\[", "right": "\\]", "display": True},
    {"left": "\\(", "right": "\\)", "display": False},
    {"left": "$", "right": "$", "display": False},
]
EXAMPLES = (
    "Who are you?",
    "How does the brain work?",
    "Write me a poem about Machine Learning.",
    "マシーンラーニングについての詩を書いてください。",
)


@dataclass(frozen=True, slots=True)
class ChatLayout:
    """Every component that a handler reads or writes; `open_id` holds the id of the open conversation."""

    open_id: gr.State
    history: History
    sampling: Sampling
    loading: LoadingNotice
    outcomes: gr.Markdown
    temporary: gr.Markdown
    terms: gr.Group
    accept: gr.Button
    chat: gr.Chatbot
    complaint: Complaint
    versions: Versions
    actions: gr.Row
    review: gr.Button
    figures: gr.Markdown
    composer: gr.Textbox

    @property
    def everything(self) -> list[Any]:
        """The outputs of whatever opens or changes a conversation."""
        history = self.history
        return [
            self.open_id,
            self.chat,
            self.composer,
            self.actions,
            self.figures,
            self.temporary,
            self.terms,
            *self.versions.everything,
            history.listed,
            history.empty,
            history.manage,
            history.title,
            history.take,
            history.place,
        ]


def build_layout(parts: Parts, sanctions: SanctionNotice) -> ChatLayout:
    """Lay the page out inside the open Blocks, under this notice."""
    open_id = gr.State("")
    history = build_history()
    with history.sidebar:
        sampling = build_sampling(parts.turns.sampling)
    with gr.Column(elem_classes="bezel-main", elem_id="chat-page"):
        sanctions.build()
        # Its words and its link are Bezel's own, as those of the notice above it.
        outcomes = gr.Markdown(
            visible=False, sanitize_html=False, elem_id="outcomes", elem_classes="bezel-quiet"
        )
        loading = build_loading()
        with gr.Group(visible=False, elem_id="terms") as terms:
            gr.Markdown(parts.terms.text)
            accept = gr.Button("I accept", variant="primary", elem_id="accept-terms")
        temporary = gr.Markdown(page.temporary(), visible=False, elem_id="temporary")
        chat = _chat(parts.model.checkpoint.title)
        complaint = build_complaint()
        versions = build_versions()
        with gr.Row(visible=False) as actions:
            review = gr.Button("Ask for a review", size="sm", scale=0, elem_id="ask-review")
        figures = gr.Markdown(elem_id="figures", elem_classes="bezel-quiet")
        composer = _composer()
        line = page.model_line(parts.model.checkpoint, parts.guard.live_checks)
        gr.Markdown(f"{page.can_be_wrong()}<br>{line}", elem_classes="bezel-quiet")
    return ChatLayout(
        open_id=open_id,
        history=history,
        sampling=sampling,
        loading=loading,
        outcomes=outcomes,
        temporary=temporary,
        terms=terms,
        accept=accept,
        chat=chat,
        complaint=complaint,
        versions=versions,
        actions=actions,
        review=review,
        figures=figures,
        composer=composer,
    )


def _chat(model_title: str) -> gr.Chatbot:
    return gr.Chatbot(
        label="Conversation",
        show_label=False,
        elem_id="chat",
        layout="bubble",
        buttons=["copy"],
        editable="user",
        feedback_options=[REPORT],
        latex_delimiters=MATHS,
        placeholder=page.greeting(model_title),
        examples=[{"text": text} for text in EXAMPLES],
        group_consecutive_messages=False,
        allow_tags=False,
        allow_file_downloads=False,
    )


def _composer() -> gr.Textbox:
    return gr.Textbox(
        label="Message",
        show_label=False,
        placeholder=page.prompt_placeholder(),
        lines=1,
        max_lines=8,
        submit_btn=True,
        visible=False,
        autofocus=True,
        elem_id="composer",
    )
