"""The sidebar: past conversations to search, open, rename and delete."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import gradio as gr

from app.pages.transcript import Line
from app.parts import Parts
from app.wording import page
from storage.types import Conversation, Found

UNTITLED = "New conversation"
LISTED = 100
LONGEST_QUESTION = 200
CONVERSATION = "conversation:"
"""What stands before the id where a conversation was found by its title, and no message in it."""
_SIGN = re.compile(r"[^\w]")


@dataclass(frozen=True, slots=True)
class History:
    """The components of the sidebar; `chosen` gets which found thing was pressed, `place` where it stands."""

    sidebar: gr.Sidebar
    new: gr.Button
    passing: gr.Button
    asked: gr.Textbox
    found: gr.Markdown
    chosen: gr.Textbox
    place: gr.Markdown
    listed: gr.Radio
    empty: gr.Markdown
    manage: gr.Accordion
    title: gr.Textbox
    rename: gr.Button
    take: gr.Markdown
    delete: gr.Button
    confirmation: gr.Textbox
    delete_all: gr.Button


def build_history() -> History:
    """Lay the sidebar out, empty; it is filled for its owner when the page loads."""
    with gr.Sidebar(open=False, width=280) as sidebar:
        gr.Markdown("# Bezel", elem_classes="bezel-wordmark")
        new = gr.Button("New conversation", variant="primary", elem_id="new-conversation")
        passing = gr.Button("Temporary chat", size="sm", elem_id="temporary-chat")
        asked, found, chosen, place = _build_search()
        listed = gr.Radio(
            choices=[], label="Conversations", show_label=False, container=False, elem_id="conversation-list"
        )
        empty = gr.Markdown(page.no_conversations(), elem_classes="bezel-quiet")
        with gr.Accordion(
            "This conversation", open=False, visible=False, elem_id="manage-conversation"
        ) as manage:
            title = gr.Textbox(label="Title", max_lines=1, max_length=120, elem_id="conversation-title")
            rename = gr.Button("Rename", size="sm", elem_id="rename-conversation")
            take = gr.Markdown(elem_classes="bezel-quiet")
            delete = gr.Button("Delete", size="sm", variant="stop", elem_id="delete-conversation")
        with gr.Accordion("All conversations", open=False, elem_id="all-conversations"):
            gr.Markdown(page.take_all(), elem_classes="bezel-quiet")
            confirmation = gr.Textbox(label=page.type_delete(), max_lines=1, elem_id="delete-confirmation")
            delete_all = gr.Button("Delete all", size="sm", variant="stop", elem_id="delete-all")
    return History(
        sidebar=sidebar,
        new=new,
        passing=passing,
        asked=asked,
        found=found,
        chosen=chosen,
        place=place,
        listed=listed,
        empty=empty,
        manage=manage,
        title=title,
        rename=rename,
        take=take,
        delete=delete,
        confirmation=confirmation,
        delete_all=delete_all,
    )


def _build_search() -> tuple[gr.Textbox, gr.Markdown, gr.Textbox, gr.Markdown]:
    asked = gr.Textbox(
        label="Search your conversations",
        show_label=False,
        container=False,
        placeholder="Search your conversations",
        max_lines=1,
        max_length=LONGEST_QUESTION,
        type="text",
        elem_id="search",
    )
    # Its words are inert, see below; Markdown's sanitiser would take the buttons away.
    found = gr.Markdown(
        visible=False, sanitize_html=False, latex_delimiters=[], container=False, elem_id="found"
    )
    chosen = gr.Textbox(visible="hidden", elem_id="found-chosen")
    return asked, found, chosen, gr.Markdown(visible="hidden", sanitize_html=False, elem_id="found-place")


def listing(
    history: History, conversations: Sequence[Conversation], open_id: str | None
) -> dict[object, object]:
    """Updates that show these conversations, newest first, with the open one marked."""
    choices = [(found.title or UNTITLED, found.id) for found in conversations]
    titles = dict((key, title) for title, key in choices)
    return {
        history.listed: gr.Radio(choices=choices, value=open_id if open_id in titles else None),
        history.empty: gr.Markdown(visible=not choices),
        history.manage: gr.Accordion(visible=open_id in titles, open=False),
        history.title: gr.Textbox(value=titles.get(open_id or "", "")),
        history.take: page.take_this(open_id) if open_id in titles and open_id else "",
    }


async def results(parts: Parts, owner: str, history: History, asked: str) -> dict[Any, Any]:
    """Updates that list what of the owner's has these words, to be opened; none for an empty question."""
    if not asked.strip():
        return {history.found: gr.Markdown("", visible=False)}
    found = await asyncio.to_thread(parts.store.search, owner, asked)
    return {history.found: gr.Markdown(found_list(found) or page.nothing_found(), visible=True)}


def found_list(found: Sequence[Found]) -> str:
    """The list of what was found, in which every word of a person or of the model is inert text."""
    rows = "".join(
        f'<li><button type="button" value="{_key(hit)}">{_row(hit)}</button></li>' for hit in found
    )
    return f"<ol>{rows}</ol>" if rows else ""


def place_of(lines: Sequence[Line], message_id: str) -> str:
    """Which bubble the page is to go to, for its script; never twice the same, so that it hears each time."""
    at = next((number for number, line in enumerate(lines) if line.message.id == message_id), None)
    return "" if at is None else f'<i data-bubble="{at}" data-time="{token_hex(4)}"></i>'


def _key(hit: Found) -> str:
    """What the page says of a found thing that was pressed."""
    return inert(f"{CONVERSATION}{hit.conversation_id}" if hit.message_id is None else hit.message_id)


def _row(hit: Found) -> str:
    marked = "".join(_marked(hit))
    if hit.message_id is None:
        return f"<b>{marked}</b>"
    return f"<b>{inert(hit.title or UNTITLED)}</b><span>{marked}</span>"


def _marked(hit: Found) -> Iterator[str]:
    at = 0
    for mark in hit.marks:
        yield inert(hit.excerpt[at : mark.start])
        yield f"<mark>{inert(hit.excerpt[mark.start : mark.end])}</mark>"
        at = mark.end
    yield inert(hit.excerpt[at:])


def inert(text: str) -> str:
    """Text that neither HTML nor Markdown nor LaTeX can read anything into."""
    return _SIGN.sub(lambda sign: " " if sign[0].isspace() else f"&#{ord(sign[0])};", text)
