"""The moderators' desk: the queue with its filters, and the open case; every handler asks who is calling."""

import asyncio

import gradio as gr

from app.edge import answering
from app.pages import case as panels
from app.pages import evidence, filters
from app.pages.deciding import Deciding
from app.pages.insights import InsightsPanel
from app.pages.lean import Page
from app.pages.queue import build_queue
from app.pages.quiet import QUIET
from app.pages.showing import Layout, Showing, Updates, open_id, refused
from app.pages.thresholds import ThresholdsPanel
from app.parts import Parts
from app.wording import deciding as ruled
from app.wording import desk, insights, thresholds
from app.wording import filters as filtering
from storage.types import Barred, Case, CaseTaken, Filters, IllegalMove, Moderator, NotFound

SIGN_OUT = (
    '<form method="post" action="/sign-out"><button type="submit">Sign out</button></form>'
    '<form method="post" action="/sign-out-everywhere">'
    '<button type="submit">Sign out everywhere</button></form>'
)


class ReviewPage:
    """The desk's components and handlers; built empty, since the page's description is open to any reader."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._desk = parts.store.desk
        self._clauses = {clause.id: clause for clause in parts.guard.clauses()}

    def build(self) -> gr.Blocks:
        """Lay the desk out and wire its events."""
        blocks: gr.Blocks
        with Page(title="Bezel desk", analytics_enabled=False, fill_width=True) as blocks:
            with gr.Column(elem_classes="bezel-desk"):
                waiting, who = self._build_head()
                with gr.Tabs(elem_id="desk-tabs"):
                    with gr.Tab(desk.queue_tab()):
                        self.layout = self._build_body(waiting, who)
                    self.insights = InsightsPanel(self._parts, self.layout.filters)
                    with gr.Tab(insights.title()) as figures:
                        self.insights.build()
                    self.thresholds = ThresholdsPanel(self._parts)
                    with gr.Tab(thresholds.title()) as learned:
                        self.thresholds.build()
            figures.select(self.insights.load, self.insights.period, self.insights.shown, **QUIET)
            learned.select(self.thresholds.load, None, self.thresholds.shown, **QUIET)
            self.showing = Showing(self._parts, self._clauses, self.layout)
            self.deciding = Deciding(self._parts, self._clauses, self.layout, self.showing)
            self.deciding.wire()
            self._wire(blocks)
        return blocks

    def _build_head(self) -> tuple[gr.Markdown, gr.Markdown]:
        with gr.Row(elem_id="desk-head", equal_height=True):
            gr.Markdown(desk.title(), elem_classes="bezel-wordmark")
            waiting = gr.Markdown(elem_id="waiting")
            who = gr.Markdown(elem_id="who", elem_classes="bezel-quiet")
            # Ours, so unsanitised; gr.HTML would compile a script, which the content policy forbids.
            gr.Markdown(SIGN_OUT, sanitize_html=False, elem_id="sign-out")
        gr.Markdown(desk.keys(), sanitize_html=False, elem_id="keys")
        return waiting, who

    def _build_body(self, waiting: gr.Markdown, who: gr.Markdown) -> Layout:
        filtered = filters.build_filters(self._clauses, self._parts.guard.live_checks)
        listed = build_queue()
        with gr.Row(elem_id="done-row", equal_height=True):
            done = gr.Markdown(visible=False, elem_id="decided")
            undo = gr.Button(ruled.undo(), size="sm", visible=False, min_width=90, scale=0, elem_id="undo")
        done_case = gr.State(None)
        case = panels.build_case(self._clauses)
        return Layout(who, waiting, filtered, listed, done, undo, done_case, case)

    def _wire(self, blocks: gr.Blocks) -> None:
        layout, form = self.layout, self.layout.filters
        asked, listing, everything = layout.asked, layout.listing, layout.everything
        blocks.load(self.load, asked, listing, **QUIET)
        layout.listed.refresh.click(self.load, asked, listing, **QUIET)
        layout.listed.further.click(self.load_further, asked, listing, **QUIET)
        for field in form.fields:
            field.input(self.load, asked, listing, **QUIET)
        filled = [*listing, *form.fields]
        form.clear.click(self.clear_filters, asked, filled, **QUIET)
        form.view.input(self.open_view, {*asked, form.view}, filled, **QUIET)
        form.save.click(self.save_view, {*asked, form.name}, [*listing, form.name], **QUIET)
        form.drop.click(self.drop_view, {*asked, form.view}, filled, **QUIET)
        layout.listed.rows.select(self.open_row, asked, everything, **QUIET)
        layout.listed.next.click(self.open_next, asked, everything, **QUIET)
        layout.case.evidence.reveal.click(self.reveal, asked, layout.case.details, **QUIET)
        layout.case.care.keep.click(self.keep, asked, layout.case.details, **QUIET)
        layout.case.care.release.click(self.release, asked, everything, **QUIET)

    # The queue

    @answering
    async def load(self, filled: Updates, request: gr.Request) -> Updates:
        """Fill the head and the queue for the moderator who is asking, from its beginning."""
        moderator = self._parts.identity.require_moderator(request)
        return await self.showing.listed(moderator, filled)

    @answering
    async def load_further(self, filled: Updates, request: gr.Request) -> Updates:
        """Show the next page of the queue."""
        moderator = self._parts.identity.require_moderator(request)
        return await self.showing.listed(moderator, filled, filled[self.layout.listed.after])

    @answering
    async def clear_filters(self, filled: Updates, request: gr.Request) -> Updates:
        """List the whole queue again."""
        return await self._refiltered(Filters(), filled, request)

    @answering
    async def open_view(self, filled: Updates, request: gr.Request) -> Updates:
        """Fill in the filters that were saved under a name."""
        moderator = self._parts.identity.require_moderator(request)
        views = await asyncio.to_thread(self._desk.views, moderator.id)
        wanted = filled[self.layout.filters.view]
        chosen = next((view.filters for view in views if view.name == wanted), Filters())
        return await self._refiltered(chosen, filled, request)

    @answering
    async def save_view(self, filled: Updates, request: gr.Request) -> Updates:
        """Save the filters under the name that was typed."""
        moderator = self._parts.identity.require_moderator(request)
        form = self.layout.filters
        name = (filled[form.name] or "").strip()
        if not name:
            raise refused(filtering.name_the_view())
        chosen = filters.chosen(form, filled)
        await asyncio.to_thread(self._desk.save_view, moderator.id, name, chosen)
        return {**await self.showing.listed(moderator, filled), form.name: ""}

    @answering
    async def drop_view(self, filled: Updates, request: gr.Request) -> Updates:
        """Forget the saved filters that are chosen."""
        moderator = self._parts.identity.require_moderator(request)
        name = filled[self.layout.filters.view]
        if not name:
            raise refused(filtering.choose_a_view())
        await asyncio.to_thread(self._desk.drop_view, moderator.id, name)
        return await self._refiltered(Filters(), filled, request)

    async def _refiltered(self, wanted: Filters, filled: Updates, request: gr.Request) -> Updates:
        moderator = self._parts.identity.require_moderator(request)
        fields = filters.filling(self.layout.filters, wanted)
        return {**fields, **await self.showing.listed(moderator, {**filled, **fields})}

    @answering
    async def open_row(self, filled: Updates, chosen: gr.SelectData, request: gr.Request) -> Updates:
        """Claim and show the case of the chosen row; one that is taken or gone only refreshes the list."""
        moderator = self._parts.identity.require_moderator(request)
        wanted = str(chosen.row_value[-1]) if chosen.row_value else ""
        case_id = filled[self.layout.listed.ids].get(wanted)
        try:
            if case_id is None:
                raise NotFound(desk.no_such_case())
            if filters.chosen(self.layout.filters, filled).states == ("decided",):
                case = await asyncio.to_thread(self._desk.case, case_id, moderator.id)
            else:
                case = await asyncio.to_thread(self._desk.claim, case_id, moderator.id)
        except (CaseTaken, Barred) as taken:
            return await self._only_listed(moderator, filled, str(taken))
        except (IllegalMove, NotFound):
            return await self._only_listed(moderator, filled, desk.no_such_case())
        return await self.showing.opened(moderator, case, filled)

    async def _only_listed(self, moderator: Moderator, filled: Updates, why: str) -> Updates:
        gr.Warning(why, title="")
        return await self.showing.listed(moderator, filled)

    @answering
    async def open_next(self, filled: Updates, request: gr.Request) -> Updates:
        """Claim and show the first case, of those that the filters leave, that nobody holds."""
        moderator = self._parts.identity.require_moderator(request)
        wanted = filters.chosen(self.layout.filters, filled)
        case = await asyncio.to_thread(self._desk.next_case, moderator.id, wanted)
        if case is None:
            updates = await self.showing.listed(moderator, filled)
            if self.layout.listed.has_rows(updates):
                gr.Info(desk.nothing_left(), title="")
            return updates
        return await self.showing.opened(moderator, case, filled)

    # The open case

    @answering
    async def reveal(self, filled: Updates, request: gr.Request) -> Updates:
        """Show the text of a grave case that this moderator holds; that they did is noted first."""
        moderator = self._parts.identity.require_moderator(request)
        case_id = open_id(filled[self.layout.case.about][0])
        if filters.chosen(self.layout.filters, filled).states != ("decided",):
            await self.showing.claimed(case_id, moderator)
        case: Case = await asyncio.to_thread(self._desk.reveal, case_id, moderator.id)
        return await self.showing.details(moderator, case, is_revealed=True)

    @answering
    async def keep(self, filled: Updates, request: gr.Request) -> Updates:
        """Hold the open case for ten more minutes and show it as it is now; the form stays as it is."""
        moderator = self._parts.identity.require_moderator(request)
        case = await self.showing.claimed(filled[self.layout.case.about][0], moderator)
        if case.summary.claim_expires_at is not None:
            gr.Info(ruled.kept(evidence.clock(case.summary.claim_expires_at)), title="")
        return await self.showing.details(moderator, case)

    @answering
    async def release(self, filled: Updates, request: gr.Request) -> Updates:
        """Give the open case back, undecided."""
        moderator = self._parts.identity.require_moderator(request)
        await self.showing.let_go(filled[self.layout.case.about][0], moderator)
        return await self.showing.closed(moderator, filled, ruled.released())
