"""The row under the chat that switches versions: of a prompt that was edited, of a reply made again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.wording import page
from storage.types import StoredMessage

LABEL_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Versions:
    """The components of the row; `about` holds the id of the message whose versions are switched."""

    row: gr.Row
    about: gr.Dropdown
    earlier: gr.Button
    which: gr.Markdown
    later: gr.Button

    @property
    def everything(self) -> list[Any]:
        """The outputs of whatever opens or changes a conversation."""
        return [self.row, self.about, self.earlier, self.which, self.later]


def build_versions() -> Versions:
    """Lay the row out, hidden until something has more than one version."""
    with gr.Row(visible=False, elem_id="versions") as row:
        about = gr.Dropdown(
            choices=[], label="Versions of", show_label=False, container=False, elem_id="version-of"
        )
        earlier = gr.Button("‹", size="sm", scale=0, min_width=40, elem_id="earlier-version")
        which = gr.Markdown(elem_id="which-version", container=False)
        later = gr.Button("›", size="sm", scale=0, min_width=40, elem_id="later-version")
    return Versions(row, about, earlier, which, later)


def versions_of(versions: Versions, path: Sequence[StoredMessage], about: str = "") -> dict[Any, Any]:
    """Updates that offer the versions of what has some, first those of `about`, or of the last that has."""
    several = {message.id: message for message in path if len(message.versions) > 1}
    if not several:
        return {versions.row: gr.Row(visible=False), versions.about: gr.Dropdown(choices=[], value=None)}
    chosen = several[about] if about in several else [*several.values()][-1]
    choices = [(_label(path.index(message) + 1, message), message.id) for message in several.values()]
    place, total = chosen.versions.index(chosen.id) + 1, len(chosen.versions)
    return {
        versions.row: gr.Row(visible=True),
        versions.about: gr.Dropdown(choices=choices, value=chosen.id),
        versions.earlier: gr.Button(interactive=place > 1),
        versions.which: f"{place}/{total}",
        versions.later: gr.Button(interactive=place < total),
    }


def beside(message: StoredMessage, step: int) -> str:
    """The id of the version so many steps after this one, or before it; the last one where there is none."""
    place = message.versions.index(message.id) + step
    return message.versions[min(max(place, 0), len(message.versions) - 1)]


def _label(number: int, message: StoredMessage) -> str:
    line = " ".join(message.text.split())
    cut = line if len(line) <= LABEL_CHARACTERS else line[: LABEL_CHARACTERS - 1] + "…"
    return page.version_of(message.role, number, cut)
