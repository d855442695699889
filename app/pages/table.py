"""Tables that show text and nothing else: what people wrote is inert in them."""

from collections.abc import Sequence

import gradio as gr


def text_table(  # noqa: PLR0913
    columns: list[str],
    name: str,
    *,
    label: str | None = None,
    shows_label: bool = True,
    widths: Sequence[str] | None = None,
    height: int = 360,
    visible: bool = False,
    classes: str | None = "bezel-table",
) -> gr.Dataframe:
    """Lay an empty table out; it is filled for whoever may read it. Widths are shares, as 20%."""
    return gr.Dataframe(
        value=[],
        headers=columns,
        column_count=len(columns),
        datatype="str",
        label=label,
        show_label=shows_label and label is not None,
        interactive=False,
        wrap=True,
        max_height=height,
        buttons=[],
        column_widths=list(widths) if widths else None,
        visible=visible,
        elem_id=name,
        elem_classes=classes,
    )
