"""The chat page's components: terms, conversation, panel, composer; laid out here, filled by its handlers."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.pages.complaint import Complaint, build_complaint
from app.pages.history import History, build_history
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
    terms: gr.Group
    accept: gr.Button
    chat: gr.Chatbot
    complaint: Complaint
    actions: gr.Row
    review: gr.Button
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
            self.terms,
            history.listed,
            history.empty,
            history.manage,
            history.title,
        ]


def build_layout(parts: Parts) -> ChatLayout:
    """Lay the page out inside the open Blocks."""
    open_id = gr.State("")
    history = build_history()
    with gr.Column(elem_classes="bezel-main"):
        with gr.Group(visible=False, elem_id="terms") as terms:
            gr.Markdown(parts.terms.text)
            accept = gr.Button("I accept", variant="primary", elem_id="accept-terms")
        chat = _chat(parts.model.checkpoint.title)
        complaint = build_complaint()
        with gr.Row(visible=False) as actions:
            review = gr.Button("Ask for a review", size="sm", scale=0, elem_id="ask-review")
        composer = _composer()
        checkpoint = parts.model.checkpoint
        line = page.model_line(checkpoint.title, checkpoint.is_demo, parts.guard.live_checks)
        gr.Markdown(f"{page.can_be_wrong()}<br>{line}", elem_classes="bezel-quiet")
    return ChatLayout(open_id, history, terms, accept, chat, complaint, actions, review, composer)


def _chat(model_title: str) -> gr.Chatbot:
    return gr.Chatbot(
        label="Conversation",
        show_label=False,
        elem_id="chat",
        height="calc(100dvh - 14.5rem)",
        min_height=260,
        layout="bubble",
        buttons=["copy"],
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
