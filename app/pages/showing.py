"""What the desk shows: its queue and its open case as updates, for the moderator who is asking."""

import asyncio
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.pages import case as panels
from app.pages import evidence, filters
from app.pages.case import CasePanel
from app.pages.evidence import Reader
from app.pages.filters import FilterForm
from app.pages.queue import QueueList, listing
from app.parts import Parts
from app.wording import deciding as ruled
from app.wording import desk
from safety.types import Clause
from storage.types import Case, CaseTaken, IllegalMove, Moderator, NotFound

LISTED = 50
Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """The components of the desk."""

    who: gr.Markdown
    waiting: gr.Markdown
    filters: FilterForm
    listed: QueueList
    done: gr.Markdown
    undo: gr.Button
    done_case: gr.State
    case: CasePanel

    @property
    def asked(self) -> set[Any]:
        """What tells every handler which case is open and which are listed."""
        return {self.case.about, self.done_case, self.listed.ids, self.listed.after, *self.filters.fields}

    @property
    def listing(self) -> list[Any]:
        """Every component that a fresh list changes."""
        return [self.who, self.waiting, *self.listed.shown, self.filters.view]

    @property
    def everything(self) -> list[Any]:
        """Every component that opening, deciding or closing a case changes."""
        return [*self.listing, *self.case.everything, self.done, self.undo, self.done_case]


class Showing:
    """Turns what the store says into updates of the desk's components."""

    def __init__(self, parts: Parts, clauses: dict[str, Clause], layout: Layout) -> None:
        self._parts, self._clauses, self._layout = parts, clauses, layout

    async def listed(self, moderator: Moderator, filled: Updates, after: str | None = None) -> Updates:
        """The head and a page of the queue, as the filters have it."""
        store, layout = self._parts.store, self._layout
        wanted = filters.chosen(layout.filters, filled)
        found = await asyncio.to_thread(
            store.desk.queue, moderator.id, filters=wanted, after=after, limit=LISTED
        )
        load = await asyncio.to_thread(store.desk.load)
        views = await asyncio.to_thread(store.desk.views, moderator.id)
        reader = await self.reader(moderator)
        rows = [evidence.queue_row(case, reader) for case in found.cases]
        is_history = wanted.states == ("decided",)
        label = desk.history(len(rows)) if is_history else desk.queue(len(rows))
        open_view = next((view.name for view in views if view.filters == wanted), None)
        return {
            layout.who: desk.signed_in_as(moderator.name, moderator.role),
            layout.waiting: desk.waiting(load.cases) + desk.overdue(load.overdue),
            **listing(layout.listed, rows, found.after, label),
            layout.listed.ids: {evidence.reference(case.id): case.id for case in found.cases},
            **filters.listing_views(layout.filters, views, open_view),
        }

    async def opened(self, moderator: Moderator, case: Case, filled: Updates) -> Updates:
        """Show a case that has just been claimed; the one that was open before goes back to the queue."""
        before = filled[self._layout.case.about][0]
        if before and before != case.summary.id:
            await self.let_go(before, moderator)
        reader = await self.reader(moderator)
        return {
            **await self.listed(moderator, filled),
            self._layout.listed.fold: gr.Accordion(open=False),
            self._layout.done: gr.Markdown(visible=False),
            self._layout.undo: gr.Button(visible=False),
            **panels.details(self._layout.case, case, reader, is_revealed=False),
            **panels.open_forms(self._layout.case, case, reader),
        }

    async def details(self, moderator: Moderator, case: Case, *, is_revealed: bool = False) -> Updates:
        """The case as it is now; the form stays as it is."""
        reader = await self.reader(moderator)
        return panels.details(self._layout.case, case, reader, is_revealed=is_revealed)

    async def closed(
        self, moderator: Moderator, filled: Updates, done: str, undo_of: str | None = None
    ) -> Updates:
        """The case put away, what was done said, and the queue as it is now."""
        return {
            **await self.listed(moderator, filled),
            self._layout.listed.fold: gr.Accordion(open=True),
            self._layout.done: gr.Markdown(done, visible=True),
            self._layout.undo: gr.Button(visible=undo_of is not None),
            self._layout.done_case: undo_of,
            **panels.closed(self._layout.case, self._clauses),
        }

    async def reader(self, moderator: Moderator) -> Reader:
        """Who reads, with the names of all."""
        accounts = await asyncio.to_thread(self._parts.store.moderators.everyone)
        return Reader(
            me=moderator,
            clauses=self._clauses,
            names={account.id: account.name for account in accounts},
            colleagues={account.id: account.name for account in accounts if account.ended_at is None},
        )

    async def claimed(self, case_id: str, moderator: Moderator) -> Case:
        """The open case with a fresh lease; raises a sentence where it is taken, decided or gone."""
        try:
            return await asyncio.to_thread(self._parts.store.desk.claim, open_id(case_id), moderator.id)
        except IllegalMove:
            raise refused(ruled.decided_already()) from None
        except NotFound:
            raise refused(desk.no_such_case()) from None

    async def let_go(self, case_id: str, moderator: Moderator) -> None:
        """Release a case; one that is not theirs any more needs no release."""
        try:
            await asyncio.to_thread(self._parts.store.desk.release, case_id, moderator.id)
        except (CaseTaken, IllegalMove, NotFound):
            return


def open_id(case_id: str) -> str:
    """The id of the open case; raises a sentence where none is open."""
    if not case_id:
        raise refused(ruled.no_case_open())
    return case_id


def refused(sentence: str) -> gr.Error:
    """A refusal as the page shows it."""
    return gr.Error(sentence, title="", print_exception=False)
