"""The notice above the chat while the model is being loaded; it asks again until that has ended."""

from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from app.wording import page
from model.starting import StartingModel

SECONDS = 1.0
"""How often a page asks how far loading is, while there is something to ask."""


@dataclass(frozen=True, slots=True)
class LoadingNotice:
    """The notice, and the timer that runs only while the model is being loaded."""

    notice: gr.Markdown
    timer: gr.Timer

    @property
    def both(self) -> list[Any]:
        """The outputs of whatever looks how far loading is."""
        return [self.notice, self.timer]


def build_loading() -> LoadingNotice:
    """Lay the notice out, hidden, its timer at rest."""
    # Its text is Bezel's own and escaped; Markdown's sanitiser would take the bar away.
    notice = gr.Markdown(visible=False, elem_id="loading", sanitize_html=False, container=False)
    return LoadingNotice(notice, gr.Timer(SECONDS, active=False))


def how_far(on: LoadingNotice, starting: StartingModel | None) -> dict[Any, Any]:
    """Updates that say how far the model is; without one that is being loaded, the notice goes."""
    progress = starting.progress if starting is not None else None
    if starting is None or (progress is None and not starting.has_failed):
        return {on.notice: gr.Markdown(visible=False), on.timer: gr.Timer(active=False)}
    if progress is None:
        return {on.notice: gr.Markdown(page.not_loaded(), visible=True), on.timer: gr.Timer(active=False)}
    said = page.loading(starting.checkpoint.title, progress)
    value = "" if progress.fraction is None else f'value="{progress.fraction:.3f}"'
    bar = f'<progress {value} aria-label="{escape(said)}"></progress>'
    return {
        on.notice: gr.Markdown(f"<p>{escape(said)}</p>{bar}", visible=True),
        on.timer: gr.Timer(active=True),
    }
