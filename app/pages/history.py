"""The sidebar: past conversations to open, rename and delete."""

import asyncio
from dataclasses import dataclass

import gradio as gr

from app.parts import Parts
from app.wording import page

UNTITLED = "New conversation"
LISTED = 100


@dataclass(frozen=True, slots=True)
class History:
    """The components of the sidebar that handlers read and write."""

    sidebar: gr.Sidebar
    new: gr.Button
    listed: gr.Radio
    empty: gr.Markdown
    manage: gr.Accordion
    title: gr.Textbox
    rename: gr.Button
    delete: gr.Button


def build_history() -> History:
    """Lay the sidebar out, empty; it is filled for its owner when the page loads."""
    with gr.Sidebar(open=False, width=280) as sidebar:
        gr.Markdown("# Bezel", elem_classes="bezel-wordmark")
        new = gr.Button("New conversation", variant="primary", elem_id="new-conversation")
        listed = gr.Radio(
            choices=[], label="Conversations", show_label=False, container=False, elem_id="conversation-list"
        )
        empty = gr.Markdown(page.no_conversations(), elem_classes="bezel-quiet")
        with gr.Accordion(
            "This conversation", open=False, visible=False, elem_id="manage-conversation"
        ) as manage:
            title = gr.Textbox(label="Title", max_lines=1, max_length=120, elem_id="conversation-title")
            rename = gr.Button("Rename", size="sm", elem_id="rename-conversation")
            delete = gr.Button("Delete", size="sm", variant="stop", elem_id="delete-conversation")
    return History(sidebar, new, listed, empty, manage, title, rename, delete)


async def listing(parts: Parts, owner: str, history: History, open_id: str | None) -> dict[object, object]:
    """Updates that show the owner's conversations, newest first, with the open one marked."""
    conversations = await asyncio.to_thread(parts.store.conversations, owner, LISTED)
    choices = [(found.title or UNTITLED, found.id) for found in conversations]
    titles = dict((key, title) for title, key in choices)
    return {
        history.listed: gr.Radio(choices=choices, value=open_id if open_id in titles else None),
        history.empty: gr.Markdown(visible=not choices),
        history.manage: gr.Accordion(visible=open_id in titles, open=False),
        history.title: gr.Textbox(value=titles.get(open_id or "", "")),
    }
