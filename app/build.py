"""Join model, guard, store and pages; takes ready-made parts, so that tests can hand in fakes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from gradio.components import Navbar
from starlette.middleware import Middleware

from app.crisis import crisis_lines
from app.folder import data_folder
from app.identity import CookieShape, Identity
from app.keys import keys
from app.pages.chat import ChatPage
from app.pages.export import export_routes
from app.pages.look import HEAD, STYLE, theme
from app.pages.my_data import MyDataPage
from app.pages.review import ReviewPage, mount_desk
from app.pages.sign_in import sign_in_routes
from app.pages.transparency import build_terms, build_transparency
from app.parts import Parts
from app.settings import Settings
from app.shield import Shield, ShieldSettings
from app.terms import terms
from app.turn import Limits, Turns
from model.engine import Engine
from model.loading import load
from model.types import ChatModel, GenerationSettings
from safety.guard import Guard, default_guard
from storage.store import Store

QUEUED = 1_000
MAIN_PAGE = "Chat"


@dataclass(frozen=True, slots=True)
class Bezel:
    """A running Bezel: where it answers, and how to end it."""

    url: str
    app: FastAPI
    chat: gr.Blocks

    def close(self) -> None:
        """Stop serving; safe to call twice."""
        self.chat.close(verbose=False)


def open_store(settings: Settings) -> tuple[Store, Identity]:
    """The store and who may ask it. Raises SettingsError or StorageError with a clear sentence."""
    folder = data_folder(settings.data_folder)
    secrets = keys(folder, settings.secret)
    url = settings.database_url or f"sqlite:///{Path(folder / 'bezel.sqlite').as_posix()}"
    store = Store.open(url, evidence_key=secrets.evidence, audit_key=secrets.audit)
    return store, Identity(secrets.cookie, store)


def load_model(settings: Settings) -> ChatModel:
    """The engine over the chosen checkpoint. Raises ModelError with a clear sentence."""
    loaded = load(
        settings.model, device=settings.device, precision=settings.precision, token=settings.hf_token
    )
    return Engine(loaded, max_turns=settings.max_turns, max_waiting=settings.max_waiting)


def limits(settings: Settings, terms_version: str | None) -> Limits:
    """What one turn may be, from the settings."""
    sampling = GenerationSettings(
        temperature=settings.temperature,
        top_p=settings.top_p,
        top_k=settings.top_k,
        max_tokens=settings.max_tokens,
    )
    return Limits(settings.max_prompt_characters, sampling, terms_version)


@contextmanager
def parts(
    settings: Settings, *, model: ChatModel | None = None, guard: Guard | None = None
) -> Iterator[Parts]:
    """Open every part, closing them in the opposite order; ready-made ones are used as they are."""
    agreed = terms(settings)
    lines = crisis_lines(settings.crisis_file, settings.country)
    store, identity = open_store(settings)
    try:
        judge = guard or default_guard(settings.profile)
        chat_model = model or load_model(settings)
        try:
            turns = Turns(chat_model, judge, store, limits(settings, agreed.version))
            yield Parts(chat_model, judge, store, turns, identity, agreed, lines)
        finally:
            chat_model.close()
            judge.close()
    finally:
        store.close()


def build_pages(parts: Parts) -> gr.Blocks:
    """The pages that people see: chat, my data, how it is judged, terms."""
    demo: gr.Blocks
    with gr.Blocks(title="Bezel", analytics_enabled=False, fill_width=True) as demo:
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


def serve(parts: Parts, settings: Settings) -> Bezel:
    """Start serving in the background; returns once pages can be asked for."""
    shape = ShieldSettings(framed=settings.on_space, secure=settings.on_space)
    cookie = CookieShape(framed=shape.framed, secure=shape.secure)
    routes = sign_in_routes(parts.identity, cookie) + export_routes(parts.identity, parts.store)
    demo = build_pages(parts).queue(max_size=QUEUED, api_open=False, default_concurrency_limit=32)
    app, url, _ = demo.launch(
        server_name=settings.address,
        server_port=settings.port,
        prevent_thread_lock=True,
        quiet=True,
        show_error=False,
        share=False,
        inbrowser=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        run_history=False,
        enable_monitoring=False,
        footer_links=[],
        theme=theme(),
        css=STYLE,
        head=HEAD,
        app_kwargs={
            "routes": routes,
            "middleware": [Middleware(Shield, identity=parts.identity, settings=shape)],
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    )
    mount_desk(app, ReviewPage(parts).build(), parts)
    return Bezel(url, app, demo)
