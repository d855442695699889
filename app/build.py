"""Join model, guard, store and pages; takes ready-made parts, so that tests can hand in fakes."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import gradio as gr
from fastapi import FastAPI
from gradio.components import Navbar
from starlette.middleware import Middleware
from starlette.routing import Route

from app.address import Addresses
from app.background import background
from app.crisis import crisis_lines
from app.entrance import Cookies, Entrance
from app.folder import data_folder, database_url, second_folder
from app.heartbeat import beating
from app.identity import Door, Identity
from app.judges import opened_guard
from app.keys import keys
from app.limits import Admission, Allowed
from app.logs import quiet_the_server
from app.metrics import Metrics
from app.models import load_model
from app.open_routes import DESK
from app.operations import operation_routes
from app.pages.case_export import export_route
from app.pages.chat import ChatPage
from app.pages.entrance import entrance_routes
from app.pages.export import export_routes
from app.pages.lean import Page
from app.pages.look import HEAD, STYLE, theme
from app.pages.mounting import DESK_HEAD, OFF, mount_desk
from app.pages.my_data import MyDataPage
from app.pages.recovery import recovery_routes
from app.pages.review import ReviewPage
from app.pages.sign_in import sign_in_routes
from app.pages.transparency import build_terms, build_transparency
from app.parts import Parts
from app.self_check import SelfCheck
from app.settings import Settings, SettingsError, believe_no_proxy
from app.shield import Shield, ShieldSettings
from app.terms import terms
from app.turn import Limits, Turns
from model.starting import StartingModel
from model.types import ChatModel, GenerationSettings
from safety.anonymise import anonymised
from safety.guard import Guard
from storage.store import Store
from storage.types import DeskRules

QUEUED = 1_000
ACTIONS_AT_ONCE = 500
"""Streams among them; Gradio lets 40 run and all others wait, the opening of a page included."""
SESSIONS = 2_000
"""Open pages that are remembered, some kilobytes each; those used longest ago are forgotten first."""
SWITCH_SECONDS = 0.0005
"""After which a thread that computes lets others go on: who writes to the disk keeps others waiting."""
MAIN_PAGE = "Chat"


@dataclass(frozen=True, slots=True)
class Bezel:
    """A running Bezel: where it answers, and how to end it."""

    url: str
    app: FastAPI
    chat: gr.Blocks
    turns: Turns
    check: SelfCheck

    def close(self, patience: float = 0.0) -> int:
        """Stop serving, once replies have ended or patience is over; gives how many were cut off."""
        self.check.is_stopping = True
        cut_off = self.turns.wind_down(patience)
        self.chat.close(verbose=False)
        return cut_off


def open_store(settings: Settings) -> tuple[Store, Identity]:
    """The store and who may ask it. Raises SettingsError or StorageError with a clear sentence."""
    folder = data_folder(settings.data_folder)
    entrance = door(settings)
    secrets = keys(folder, settings.secret, settings.old_secrets)
    store = Store.open(
        database_url(settings, folder),
        evidence_key=secrets.evidence,
        audit_key=secrets.audit,
        outside=(folder, *second_folder(settings.audit_anchor)),
        rules=desk_rules(settings),
    )
    return store, Identity(secrets.cookie, store, entrance)


def desk_rules(settings: Settings) -> DeskRules:
    """How the desk works, from the settings."""
    return DeskRules(
        undo=timedelta(seconds=settings.undo_seconds),
        blind_share=settings.blind_share,
        audit_share=settings.audit_share,
        redact=anonymised,
    )


def door(settings: Settings) -> Door:
    """Who may chat. Raises SettingsError for a passcode that nobody set."""
    if settings.who == "passcode" and not settings.passcode:
        raise SettingsError(
            "BEZEL_WHO is 'passcode'; BEZEL_PASSCODE must hold the code that people are given."
        )
    return Door(settings.who, settings.passcode or "")


def limits(settings: Settings, terms_version: str | None) -> Limits:
    """What one turn may be, from the settings."""
    sampling = GenerationSettings(
        temperature=settings.temperature,
        top_p=settings.top_p,
        top_k=settings.top_k,
        max_tokens=settings.max_tokens,
    )
    return Limits(settings.max_prompt_characters, sampling, terms_version)


def allowed(settings: Settings) -> Allowed:
    """How much one person and one address may do, from the settings."""
    return Allowed(
        prompts=settings.prompts_per_minute,
        tokens=settings.tokens_per_minute,
        turns=settings.turns_per_person,
        reports=settings.reports_per_hour,
        address_prompts=settings.address_prompts_per_minute,
        address_people=settings.address_people_per_hour,
        conversations=settings.max_conversations,
        messages=settings.max_messages,
    )


@contextmanager
def parts(
    settings: Settings, *, model: ChatModel | None = None, guard: Guard | None = None
) -> Iterator[Parts]:
    """Open every part, closing them in the opposite order; ready-made ones are used as they are."""
    agreed = terms(settings)
    lines = crisis_lines(settings.crisis_file, settings.country)
    store, identity = open_store(settings)
    try:
        with beating(store.runs):
            chat_model = model or load_model(settings)
            with closing(chat_model), guarded(settings, chat_model, guard) as judge:
                figures = Metrics()
                figures.count_cases_with(store.desk.waiting)
                watched, judged = figures.watch(chat_model), figures.watch_judge(judge)
                bounds = limits(settings, agreed.version)
                admission = Admission(allowed(settings))
                turns = Turns(watched, judged, store, bounds, figures.ended, admission=admission)
                starting = chat_model if isinstance(chat_model, StartingModel) else None
                with background(settings, store, turns, judge):
                    yield Parts(
                        chat_model, judge, store, turns, identity, agreed, lines, figures, admission, starting
                    )
    finally:
        store.close()


def guarded(settings: Settings, model: ChatModel, guard: Guard | None) -> AbstractContextManager[Guard]:
    """The Guard, closed at the end: this one where it is ready-made, else the settings' with their judges."""
    return opened_guard(settings, model) if guard is None else closing(guard)


def build_pages(parts: Parts) -> gr.Blocks:
    """The pages that people see: chat, my data, how it is judged, terms."""
    demo: gr.Blocks
    with Page(title="Bezel", analytics_enabled=False, fill_width=True) as demo:
        Navbar(main_page_name=MAIN_PAGE)
        ChatPage(parts).build(demo)
    with demo.route("My data", "my-data"):
        Navbar(main_page_name=MAIN_PAGE)
        MyDataPage(parts).build(demo)
    with demo.route("How it is judged", "judging"):
        Navbar(main_page_name=MAIN_PAGE)
        build_transparency(parts)
    with demo.route("Terms", "terms"):
        Navbar(main_page_name=MAIN_PAGE)
        build_terms(parts)
    return demo


def own_routes(parts: Parts, settings: Settings, cookies: Cookies, check: SelfCheck) -> list[Route]:
    """Every route that is Bezel's own, beside the pages that Gradio serves."""
    return [
        *sign_in_routes(parts.identity, cookies),
        *entrance_routes(parts.identity, parts.admission, cookies, settings.host_name),
        *recovery_routes(parts.identity, parts.store, cookies),
        *export_routes(parts),
        export_route(parts),
        *operation_routes(check, parts.metrics, settings),
    ]


def serve(parts: Parts, settings: Settings) -> Bezel:
    """Start serving in the background; returns once pages can be asked for."""
    cookies = Cookies(framed=settings.on_space, secure=settings.on_space)
    check = SelfCheck(parts, data_folder(settings.data_folder))
    routes = own_routes(parts, settings, cookies, check)
    desk = ReviewPage(parts).build()
    demo = build_pages(parts).queue(max_size=QUEUED, api_open=False, default_concurrency_limit=32)
    shape = ShieldSettings(
        framed=settings.on_space,
        pages=tuple(f"/{name}".rstrip("/") or "/" for name, *_ in demo.pages)
        + tuple(route.path for route in routes),
        head=HEAD + DESK_HEAD,
        behind_proxy=settings.is_behind_proxy,
        listeners={"": frozenset(demo.fns), DESK: frozenset(desk.fns)},
    )
    believe_no_proxy()
    sys.setswitchinterval(SWITCH_SECONDS)
    app, url, _ = demo.launch(
        server_name=settings.address,
        server_port=settings.port,
        prevent_thread_lock=True,
        quiet=True,
        max_threads=ACTIONS_AT_ONCE,
        state_session_capacity=SESSIONS,
        footer_links=[],
        share=False,
        inbrowser=False,
        **OFF,
        theme=theme(),
        css=STYLE,
        head=HEAD,
        app_kwargs={
            "routes": routes,
            "middleware": [
                Middleware(Addresses, hops=settings.proxy_hops),
                Middleware(Shield, identity=parts.identity, settings=shape),
                Middleware(Entrance, parts.identity, parts.admission, cookies),
            ],
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    )
    mount_desk(app, desk, parts)
    quiet_the_server()
    return Bezel(url, app, demo, parts.turns, check)
