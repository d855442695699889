"""The desk's figures, and the exports of cases that two people agree on."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import gradio as gr

from app.edge import answering
from app.pages import filters, plots
from app.pages.case_export import forms_of
from app.pages.filters import FilterForm
from app.pages.quiet import QUIET
from app.pages.table import text_table
from app.parts import Parts
from app.wording import desk
from app.wording import insights as words
from storage.types import ExportRequest, Exposure, Insights, Moderator, Share

PERIODS = (7, 30, 90)
Updates = dict[Any, Any]


class InsightsPanel:
    """The panel's components and handlers; built empty, filled for a moderator when it is opened."""

    def __init__(self, parts: Parts, filtered: FilterForm) -> None:
        self._parts, self._filters = parts, filtered

    def build(self) -> None:
        """Lay the panel out inside the caller's tab and wire it; the tab's opening is to call `load`."""
        with gr.Row(elem_classes="bezel-line"):
            self.period = gr.Dropdown(
                [(words.days(count), count) for count in PERIODS],
                value=30,
                label=words.period(),
                elem_id="period",
                min_width=160,
                scale=0,
            )
        # Ours, of numbers and dates alone, so unsanitised.
        self.inflow = gr.Markdown(sanitize_html=False, elem_id="inflow")
        self.waits = text_table(words.wait_columns(), "waits", label=words.waits())
        self.precision = text_table(words.precision_columns(), "precision", label=words.precision())
        self.said = gr.Markdown(elem_id="shares")
        self.exposure = text_table(words.exposure_columns(), "exposure", label=words.exposure())
        gr.Markdown(words.exports(), elem_classes="bezel-quiet")
        with gr.Row(elem_classes="bezel-line"):
            self.ask = gr.Button(words.ask(), size="sm", min_width=180, elem_id="ask-export")
            self.waiting = gr.Dropdown(
                [], value=None, label=words.waiting(), visible=False, elem_id="exports"
            )
            self.agree = gr.Button(
                words.agree(), size="sm", visible=False, min_width=90, elem_id="agree-export"
            )
        self.ready = gr.Markdown(sanitize_html=False, elem_id="ready-exports")
        self._wire()

    def _wire(self) -> None:
        self.period.input(self.load, self.period, self.shown, **QUIET)
        wanted: set[Any] = {self.period, *self._filters.fields}
        self.ask.click(self.ask_export, wanted, self.shown, **QUIET)
        self.agree.click(self.agree_export, {self.period, self.waiting}, self.shown, **QUIET)

    @property
    def shown(self) -> list[Any]:
        """Every component that a handler changes."""
        figures = [self.inflow, self.waits, self.precision, self.said, self.exposure]
        return [*figures, self.waiting, self.agree, self.ready]

    @answering
    async def load(self, period: int, request: gr.Request) -> Updates:
        """Fill the figures of this many days."""
        moderator = self._parts.identity.require_moderator(request)
        return await self._filled(moderator, period)

    @answering
    async def ask_export(self, filled: Updates, request: gr.Request) -> Updates:
        """Ask for the cases that the queue's filters leave; somebody else has to agree."""
        moderator = self._parts.identity.require_moderator(request)
        wanted = filters.chosen(self._filters, filled)
        await asyncio.to_thread(self._parts.store.exports.ask, moderator.id, wanted)
        gr.Info(words.asked(), title="")
        return await self._filled(moderator, filled[self.period])

    @answering
    async def agree_export(self, filled: Updates, request: gr.Request) -> Updates:
        """Agree with a colleague's export."""
        moderator = self._parts.identity.require_moderator(request)
        if not filled[self.waiting]:
            raise gr.Error(words.choose_an_export(), title="", print_exception=False)
        await asyncio.to_thread(self._parts.store.exports.agree, filled[self.waiting], moderator.id)
        return await self._filled(moderator, filled[self.period])

    async def _filled(self, moderator: Moderator, period: int) -> Updates:
        store, days = self._parts.store, period if period in PERIODS else 30
        found = await asyncio.to_thread(store.insights.over, days)
        own = None if moderator.role == "lead" else moderator.id
        exposed = await asyncio.to_thread(store.insights.exposure, days, own)
        exports = await asyncio.to_thread(store.exports.waiting)
        accounts = await asyncio.to_thread(store.moderators.everyone)
        names = {account.id: account.name for account in accounts}
        return {
            **self._figures(found),
            self.exposure: _filled_table(_exposure_rows(exposed, names)),
            **self._exports(exports, moderator, names.get),
        }

    def _figures(self, found: Insights) -> Updates:
        waits = [
            [
                desk.severity(one.severity),
                f"{one.decided:,}",
                f"{one.waiting:,}",
                f"{one.overdue:,}",
                _lasting(one.p50),
                _lasting(one.p90),
                _lasting(one.oldest) if one.oldest else "",
            ]
            for one in found.waits
        ]
        right = [[one.check, _percent(one.right), f"{one.unsure:,}"] for one in found.precision]
        said = (words.agreement(_percent(found.agreement)), words.overturned(_percent(found.overturned)))
        return {
            self.inflow: plots.inflow(found.inflow, words.inflow(), words.opened(), words.decided()),
            self.waits: _filled_table(waits),
            self.precision: _filled_table(right),
            self.said: "\n\n".join(said),
        }

    def _exports(
        self, waiting: Iterable[ExportRequest], moderator: Moderator, name: Callable[[str], str | None]
    ) -> Updates:
        requests = tuple(waiting)
        mine = [one for one in requests if one.asked_by == moderator.id]
        theirs = [one for one in requests if one.asked_by != moderator.id and one.agreed_by is None]
        choices = [
            (words.of(name(one.asked_by) or desk.UNKNOWN, f"{one.asked_at:%Y-%m-%d %H:%M}"), one.id)
            for one in theirs
        ]
        agreed = [one.id for one in mine if one.agreed_by is not None]
        return {
            self.waiting: gr.Dropdown(
                choices=choices, value=choices[0][1] if choices else None, visible=bool(choices)
            ),
            self.agree: gr.Button(visible=bool(choices)),
            self.ready: words.state_of(len(mine) - len(agreed)) + forms_of(agreed),
        }


def _exposure_rows(exposed: Iterable[Exposure], names: dict[str, str]) -> list[list[str]]:
    """A line for each moderator and day, by name: this is no ranking."""
    opened: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in exposed:
        counts = opened[names.get(one.moderator_id, desk.UNKNOWN), f"{one.day:%Y-%m-%d}"]
        counts[0] += one.opened
        counts[1] += one.opened if one.severity >= 2 else 0
        counts[2] += one.revealed
    return [
        [name, day, *(f"{count:,}" for count in counts)] for (name, day), counts in sorted(opened.items())
    ]


def _percent(one: Share) -> str:
    return words.share(one.share, one.low, one.high, one.total)


def _lasting(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 2 * 24 * 60 else f"{minutes // (24 * 60)} days"


def _filled_table(rows: list[list[str]]) -> gr.Dataframe:
    return gr.Dataframe(value=rows, visible=bool(rows))
