"""The list of cases that wait, or of those that were decided."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.pages.evidence import QUEUE_COLUMNS
from app.pages.table import text_table
from app.wording import desk

WIDTHS = ["10%", "25%", "14%", "8%", "14%", "18%", "11%"]


@dataclass(frozen=True, slots=True)
class QueueList:
    """The components of the queue: `ids` by what the rows call them, `after` where the next page begins."""

    fold: gr.Accordion
    empty: gr.Markdown
    how: gr.Markdown
    rows: gr.Dataframe
    ids: gr.State
    after: gr.State
    further: gr.Button
    refresh: gr.Button
    next: gr.Button

    @property
    def shown(self) -> list[Any]:
        """Every component that a fresh list changes."""
        return [self.fold, self.empty, self.how, self.rows, self.ids, self.after, self.further]

    def has_rows(self, updates: dict[Any, Any]) -> bool:
        """Whether these updates list any case."""
        return bool(updates[self.rows].visible)


def build_queue() -> QueueList:
    """Lay the queue out, empty; it is filled for a moderator when the page loads."""
    ids, after = gr.State({}), gr.State(None)
    with gr.Accordion("Queue", open=True, elem_id="queue-fold") as fold:
        empty = gr.Markdown(desk.nothing_waits(), visible=False, elem_id="nothing-waits")
        how = gr.Markdown(desk.how_to_start(), visible=False, elem_classes="bezel-quiet")
        rows = text_table(QUEUE_COLUMNS, "queue", label="Queue", shows_label=False, widths=WIDTHS)
    with gr.Row(elem_id="desk-actions"):
        further = gr.Button(desk.further(), size="md", visible=False, elem_id="further")
        refresh = gr.Button("Refresh", size="md", elem_id="refresh")
        following = gr.Button("Next case", variant="primary", size="md", elem_id="next-case")
    return QueueList(fold, empty, how, rows, ids, after, further, refresh, following)


def listing(listed: QueueList, rows: list[list[str]], after: str | None, label: str) -> dict[Any, Any]:
    """Updates that show these rows, or that nothing waits."""
    return {
        listed.fold: gr.Accordion(label=label),
        listed.empty: gr.Markdown(visible=not rows),
        listed.how: gr.Markdown(visible=bool(rows)),
        listed.rows: gr.Dataframe(value=rows, visible=bool(rows)),
        listed.after: after,
        listed.further: gr.Button(visible=after is not None),
    }
