"""The moderators' desk: the queue, one open case, and a decision; every handler asks who is calling."""

import asyncio
from pathlib import Path
from typing import Any, cast

import gradio as gr
from fastapi import Request
from gradio.routes import App
from starlette.responses import JSONResponse
from starlette.routing import Mount

from app.context import readable
from app.edge import answering
from app.open_routes import DESK
from app.pages import case as panels
from app.pages import evidence
from app.pages.case import NOTE_CHARACTERS, Updates
from app.pages.evidence import Reader
from app.pages.look import STYLE, theme
from app.pages.queue import build_queue, listing
from app.pages.quiet import QUIET
from app.parts import Parts
from app.wording import desk, page
from storage.types import Case, CaseState, CaseTaken, IllegalMove, Moderator, NotFound, StaleCase

LISTED = 100
LISTED_STATES: tuple[CaseState, ...] = ("open", "claimed", "escalated")
QUEUED = 200
START_SECONDS = 10
DESK_STYLE = (Path(__file__).parent / "desk.css").read_text(encoding="utf-8")
SIGN_OUT = (
    '<form method="post" action="/sign-out"><button type="submit">Sign out</button></form>'
    '<form method="post" action="/sign-out-everywhere">'
    '<button type="submit">Sign out everywhere</button></form>'
)


class ReviewPage:
    """The desk's components and handlers; built empty, since the page's description is open to any reader."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._clauses = {clause.id: clause for clause in parts.guard.clauses()}

    def build(self) -> gr.Blocks:
        """Lay the desk out and wire its events."""
        blocks: gr.Blocks
        with gr.Blocks(title="Bezel desk", analytics_enabled=False, fill_width=True) as blocks:
            with gr.Column(elem_classes="bezel-desk"):
                self._build_head()
                self.listed = build_queue()
                self.done = gr.Markdown(visible=False, elem_id="decided")
                self.case = panels.build_case(self._clauses)
            self._wire(blocks)
        return blocks

    def _build_head(self) -> None:
        with gr.Row(elem_id="desk-head", equal_height=True):
            gr.Markdown(desk.title(), elem_classes="bezel-wordmark")
            self.waiting = gr.Markdown(elem_id="waiting")
            self.who = gr.Markdown(elem_id="who", elem_classes="bezel-quiet")
            # Ours, so unsanitised; gr.HTML would compile a script, which the content policy forbids.
            gr.Markdown(SIGN_OUT, sanitize_html=False, elem_id="sign-out")

    def _wire(self, blocks: gr.Blocks) -> None:
        about, form = self.case.about, self.case.form
        everything = [*self._listing, *self.case.details, *self.case.fields, self.done]
        self.listed.rows.select(self.open_row, about, everything, **QUIET)
        self.listed.next.click(self.open_next, about, everything, **QUIET)
        self.listed.refresh.click(self.load, None, self._listing, **QUIET)
        self.case.evidence.reveal.click(self.reveal, about, self.case.details, **QUIET)
        form.keep.click(self.keep, about, self.case.details, **QUIET)
        form.release.click(self.release, about, everything, **QUIET)
        form.decide.click(self.decide, {self.case.about, *self.case.fields}, everything, **QUIET)
        blocks.load(self.load, None, self._listing, **QUIET)

    @property
    def _listing(self) -> list[Any]:
        return [self.who, self.waiting, *self.listed.shown]

    # The queue

    @answering
    async def load(self, request: gr.Request) -> Updates:
        """Fill the head and the queue for the moderator who opened the page."""
        moderator = self._parts.identity.require_moderator(request)
        return await self._listed(moderator)

    @answering
    async def open_row(self, about: tuple[str, int], chosen: gr.SelectData, request: gr.Request) -> Updates:
        """Claim and show the case of the chosen row; one that is taken or gone only refreshes the list."""
        moderator = self._parts.identity.require_moderator(request)
        wanted = str(chosen.row_value[-1]) if chosen.row_value else ""
        listed = await asyncio.to_thread(self._parts.store.desk.cases, states=LISTED_STATES, limit=LISTED)
        case_id = next((case.id for case in listed if evidence.reference(case.id) == wanted), None)
        if case_id is None:
            gr.Warning(desk.no_such_case(), title="")
            return await self._listed(moderator)
        try:
            case = await asyncio.to_thread(self._parts.store.desk.claim, case_id, moderator.id)
        except CaseTaken as taken:
            gr.Warning(str(taken), title="")
            return await self._listed(moderator)
        except IllegalMove:
            gr.Warning(desk.decided_already(), title="")
            return await self._listed(moderator)
        return await self._opened(moderator, case, about[0])

    @answering
    async def open_next(self, about: tuple[str, int], request: gr.Request) -> Updates:
        """Claim and show the gravest, oldest case that nobody holds."""
        moderator = self._parts.identity.require_moderator(request)
        case = await asyncio.to_thread(self._parts.store.desk.next_case, moderator.id)
        if case is None:
            updates = await self._listed(moderator)
            if self.listed.has_rows(updates):
                gr.Info(desk.nothing_left(), title="")
            return updates
        return await self._opened(moderator, case, about[0])

    # The open case

    @answering
    async def reveal(self, about: tuple[str, int], request: gr.Request) -> Updates:
        """Show the text of a grave case that this moderator holds; that they did is noted first."""
        moderator = self._parts.identity.require_moderator(request)
        case = await self._claimed(about[0], moderator)
        await asyncio.to_thread(self._parts.store.audit.record, moderator.id, "revealed", case.summary.id)
        return await self._details(moderator, case, is_revealed=True)

    @answering
    async def keep(self, about: tuple[str, int], request: gr.Request) -> Updates:
        """Hold the open case for ten more minutes and show it as it is now; the form stays as it is."""
        moderator = self._parts.identity.require_moderator(request)
        case = await self._claimed(about[0], moderator)
        if case.summary.claim_expires_at is not None:
            gr.Info(desk.kept(evidence.clock(case.summary.claim_expires_at)), title="")
        return await self._details(moderator, case)

    @answering
    async def release(self, about: tuple[str, int], request: gr.Request) -> Updates:
        """Give the open case back, undecided."""
        moderator = self._parts.identity.require_moderator(request)
        await self._let_go(about[0], moderator)
        return await self._closed(moderator, desk.released())

    @answering
    async def decide(self, filled: Updates, request: gr.Request) -> Updates:
        """Rule on the open case, say what follows, and close it; a form that is not complete stays open."""
        moderator = self._parts.identity.require_moderator(request)
        form = self.case.form
        case_id, row_version = filled[self.case.about]
        ruling, clause = filled[form.ruling], filled[form.clause]
        if ruling not in {code for _, code in desk.rulings()}:
            raise _refused(desk.choose_a_ruling())
        if ruling == "violates" and clause not in self._clauses:
            raise _refused(desk.choose_a_clause())
        named = clause if ruling == "violates" else None
        await self._decided(
            _open(case_id),
            moderator.id,
            ruling=ruling,
            clause=named,
            note=_note(filled[form.note]),
            public_note=_note(filled[form.public_note]),
            row_version=row_version,
        )
        return await self._closed(moderator, desk.decided(evidence.reference(case_id), ruling, named))

    async def _decided(self, case_id: str, moderator_id: str, **judgement: Any) -> None:
        try:
            made = await asyncio.to_thread(self._parts.store.desk.decide, case_id, moderator_id, **judgement)
            if made.conversation_id is not None:
                self._parts.turns.forget(made.conversation_id)
        except StaleCase:
            raise _refused(desk.stale()) from None
        except IllegalMove:
            raise _refused(desk.lease_ended()) from None
        except NotFound:
            raise _refused(desk.no_such_case()) from None

    async def _claimed(self, case_id: str, moderator: Moderator) -> Case:
        """The open case with a fresh lease; raises a sentence where it is taken, decided or gone."""
        try:
            return await asyncio.to_thread(self._parts.store.desk.claim, _open(case_id), moderator.id)
        except IllegalMove:
            raise _refused(desk.decided_already()) from None
        except NotFound:
            raise _refused(desk.no_such_case()) from None

    async def _let_go(self, case_id: str, moderator: Moderator) -> None:
        """Release a case; one that is not theirs any more needs no release."""
        try:
            await asyncio.to_thread(self._parts.store.desk.release, case_id, moderator.id)
        except (CaseTaken, IllegalMove, NotFound):
            return

    # What is shown

    async def _listed(self, moderator: Moderator) -> Updates:
        store = self._parts.store
        listed = await asyncio.to_thread(store.desk.cases, states=LISTED_STATES, limit=LISTED)
        count = await asyncio.to_thread(store.desk.waiting)
        reader = await self._reader(moderator)
        rows = [evidence.queue_row(case, reader) for case in listed]
        return {
            self.who: desk.signed_in_as(moderator.name, moderator.role),
            self.waiting: desk.waiting(count),
            **listing(self.listed, rows),
        }

    async def _opened(self, moderator: Moderator, case: Case, before: str) -> Updates:
        """Show a case that has just been claimed; the one that was open before goes back to the queue."""
        if before and before != case.summary.id:
            await self._let_go(before, moderator)
        return {
            **await self._listed(moderator),
            self.listed.fold: gr.Accordion(open=False),
            self.done: gr.Markdown(visible=False),
            **await self._details(moderator, case),
            **panels.blank_form(self.case.form, case.summary.clause, self._clauses),
        }

    async def _details(self, moderator: Moderator, case: Case, *, is_revealed: bool = False) -> Updates:
        return panels.details(self.case, case, await self._reader(moderator), is_revealed=is_revealed)

    async def _closed(self, moderator: Moderator, done: str) -> Updates:
        return {
            **await self._listed(moderator),
            self.listed.fold: gr.Accordion(open=True),
            self.done: gr.Markdown(done, visible=True),
            **panels.closed(self.case, self._clauses),
        }

    async def _reader(self, moderator: Moderator) -> Reader:
        accounts = await asyncio.to_thread(self._parts.store.moderators.everyone)
        return Reader(moderator, self._clauses, {account.id: account.name for account in accounts})


def mount_desk(app: App, desk_page: gr.Blocks, parts: Parts) -> None:
    """Serve the desk under a Gradio app that is running already, for moderators only; both end together."""

    async def who(request: Request) -> str | None:
        account = await asyncio.to_thread(parts.identity.moderator, request.cookies)
        return account.id if account is not None else None

    desk_page.queue(max_size=QUEUED, api_open=False, default_concurrency_limit=16)
    gr.mount_gradio_app(
        app,
        desk_page,
        DESK,
        auth_dependency=who,
        app_kwargs={"exception_handlers": {401: _signed_out}},
        show_error=False,
        run_history=False,
        footer_links=[],
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=theme(),
        css=STYLE + DESK_STYLE,
    )
    # A mounted page starts with its parent's lifespan; that has begun, so it is started on the server's loop.
    loop = app.get_blocks().server.servers[0].get_loop()
    asyncio.run_coroutine_threadsafe(_begin(desk_page), loop).result(START_SECONDS)
    # Closing the parent would wait for the open pages of the desk, unless they hear of it too.
    mounted = next(route.app for route in app.routes if isinstance(route, Mount) and route.path == DESK)
    cast(App, mounted).stop_event = app.stop_event


async def _signed_out(_request: Request, _error: Exception) -> JSONResponse:
    """Gradio shows a refusal's detail to the person only where it is a plain sentence."""
    return JSONResponse({"detail": desk.signed_out()}, 401)


async def _begin(blocks: gr.Blocks) -> None:
    blocks.run_startup_events()  # type: ignore[no-untyped-call]
    await blocks.run_extra_startup_events()  # type: ignore[no-untyped-call]


def _open(case_id: str) -> str:
    if not case_id:
        raise _refused(desk.no_case_open())
    return case_id


def _note(text: str | None) -> str:
    clean = readable(text or "")
    if len(clean) > NOTE_CHARACTERS:
        raise _refused(page.too_long_a_note(len(clean), NOTE_CHARACTERS))
    return clean


def _refused(sentence: str) -> gr.Error:
    return gr.Error(sentence, title="", print_exception=False)
