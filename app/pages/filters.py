"""The filters over the queue, and the views that a moderator saved of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import gradio as gr

from app.pages.evidence import Clauses, clause_name
from app.wording import filters as words
from app.wording.languages import LANGUAGES
from storage.types import UNDECIDED, CaseState, Filters, SavedView

AGES = (1, 24, 72, 168)
LONGEST_NAME = 60
Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class FilterForm:
    """The components of the filters; `fields` in the order of `Filters`."""

    fold: gr.Accordion
    view: gr.Dropdown
    state: gr.Dropdown
    clause: gr.Dropdown
    check: gr.Dropdown
    source: gr.Dropdown
    language: gr.Dropdown
    age: gr.Dropdown
    mine: gr.Checkbox
    name: gr.Textbox
    save: gr.Button
    drop: gr.Button
    clear: gr.Button

    @property
    def fields(self) -> list[Any]:
        """What is filled in."""
        return [self.state, self.clause, self.check, self.source, self.language, self.age, self.mine]


def build_filters(clauses: Clauses, checks: tuple[str, ...]) -> FilterForm:
    """Lay the filters out, folded; without any the whole queue is listed."""
    with gr.Accordion(words.filters(), open=False, elem_id="filters") as fold:
        with gr.Row():
            state = _choice(words.filter_state(), words.states(), "filter-state")
            clause = _choice(
                words.filter_clause(),
                [(clause_name(one, clauses), one) for one in clauses],
                "filter-clause",
            )
            check = _choice(words.filter_check(), [(name, name) for name in checks], "filter-check")
            source = _choice(words.filter_source(), words.sources(), "filter-source")
        with gr.Row(elem_classes="bezel-line"):
            language = _choice(words.filter_language(), [(one, one) for one in LANGUAGES], "filter-language")
            age = _choice(
                words.filter_age(), [(words.older_than(hours), hours) for hours in AGES], "filter-age"
            )
            mine = gr.Checkbox(label=words.filter_mine(), elem_id="filter-mine", min_width=140)
            clear = gr.Button(words.clear_filters(), size="sm", min_width=110, elem_id="clear-filters")
        with gr.Row(elem_classes="bezel-line"):
            view = gr.Dropdown([], value=None, label=words.saved_views(), elem_id="saved-view", min_width=180)
            name = gr.Textbox(
                label=words.view_name(), max_length=LONGEST_NAME, elem_id="view-name", min_width=180
            )
            save = gr.Button(words.save_view(), size="sm", min_width=90, elem_id="save-view")
            drop = gr.Button(words.drop_view(), size="sm", min_width=90, elem_id="drop-view")
    return FilterForm(fold, view, state, clause, check, source, language, age, mine, name, save, drop, clear)


def _choice(label: str, choices: list[tuple[str, Any]], name: str) -> gr.Dropdown:
    return gr.Dropdown([(words.anything(), ""), *choices], value="", label=label, elem_id=name, min_width=150)


def chosen(form: FilterForm, filled: Mapping[Any, Any]) -> Filters:
    """The filters that are filled in; what is none of the choices is not asked for."""
    state, source, age = filled[form.state], filled[form.source], filled[form.age]
    known: tuple[CaseState, ...] = get_args(CaseState)
    return Filters(
        states=(state,) if state in known else UNDECIDED,
        clause=filled[form.clause] or None,
        check=filled[form.check] or None,
        source=source if source in ("machine", "person") else None,
        language=filled[form.language] or None,
        older_than_hours=age if age in AGES else None,
        mine=bool(filled[form.mine]),
    )


def filling(form: FilterForm, filters: Filters) -> Updates:
    """Updates that fill these filters in."""
    return {
        form.state: filters.states[0] if len(filters.states) == 1 else "",
        form.clause: filters.clause or "",
        form.check: filters.check or "",
        form.source: filters.source or "",
        form.language: filters.language or "",
        form.age: filters.older_than_hours or "",
        form.mine: filters.mine,
    }


def listing_views(form: FilterForm, views: tuple[SavedView, ...], open_name: str | None) -> Updates:
    """Updates that offer these views."""
    names = [view.name for view in views]
    return {form.view: gr.Dropdown(choices=names, value=open_name if open_name in names else None)}
