"""The list of cases that wait, and the buttons beside it."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.pages.evidence import QUEUE_COLUMNS
from app.wording import desk

WIDTHS = ["11%", "28%", "13%", "8%", "14%", "16%", "10%"]


@dataclass(frozen=True, slots=True)
class QueueList:
    """The components of the queue."""

    fold: gr.Accordion
    empty: gr.Markdown
    how: gr.Markdown
    rows: gr.Dataframe
    refresh: gr.Button
    next: gr.Button

    @property
    def shown(self) -> list[Any]:
        """Every component that a fresh list changes."""
        return [self.fold, self.empty, self.how, self.rows]

    def has_rows(self, updates: dict[Any, Any]) -> bool:
        """Whether these updates list any case."""
        return bool(updates[self.rows].visible)


def build_queue() -> QueueList:
    """Lay the queue out, empty; it is filled for a moderator when the page loads."""
    with gr.Accordion("Queue", open=True, elem_id="queue-fold") as fold:
        empty = gr.Markdown(desk.nothing_waits(), visible=False, elem_id="nothing-waits")
        how = gr.Markdown(desk.how_to_start(), visible=False, elem_classes="bezel-quiet")
        rows = gr.Dataframe(
            value=[],
            headers=QUEUE_COLUMNS,
            column_count=len(QUEUE_COLUMNS),
            datatype="str",
            interactive=False,
            label="Queue",
            show_label=False,
            wrap=True,
            max_height=360,
            buttons=[],
            column_widths=list(WIDTHS),
            visible=False,
            elem_id="queue",
            elem_classes="bezel-table",
        )
    with gr.Row(elem_id="desk-actions"):
        refresh = gr.Button("Refresh", size="md", elem_id="refresh")
        following = gr.Button("Next case", variant="primary", size="md", elem_id="next-case")
    return QueueList(fold, empty, how, rows, refresh, following)


def listing(listed: QueueList, rows: list[list[str]]) -> dict[Any, Any]:
    """Updates that show these rows, or that nothing waits."""
    return {
        listed.fold: gr.Accordion(label=desk.queue(len(rows))),
        listed.empty: gr.Markdown(visible=not rows),
        listed.how: gr.Markdown(visible=bool(rows)),
        listed.rows: gr.Dataframe(value=rows, visible=bool(rows)),
    }
