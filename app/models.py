"""The model that answers people, as the settings choose it: an engine here, or servers that hold it."""

from functools import partial

from app.settings import Settings
from model.catalog import describe, require_chat
from model.engine import Engine
from model.loading import load
from model.progress import OnProgress
from model.remote import connect
from model.remote_servers import ServerSettings
from model.starting import StartingModel
from model.types import ChatModel


def start_model(settings: Settings) -> StartingModel | None:
    """The chosen checkpoint, to be loaded while pages are served already; None where servers hold it.

    Raises ModelError for a checkpoint that is none.
    """
    if settings.server_url:
        return None
    load = partial(load_model, settings)
    return StartingModel(load, describe(settings.model, is_hashed=False), max_waiting=settings.max_waiting)


def load_model(settings: Settings, report: OnProgress = lambda progress: None) -> ChatModel:
    """The engine over the chosen checkpoint, or the servers that hold it. Raises ModelError."""
    if settings.server_url:
        return connect(_servers(settings))
    require_chat(describe(settings.model, is_hashed=False))
    loaded = load(
        settings.model,
        device=settings.device,
        precision=settings.precision,
        token=settings.hf_token,
        preset=settings.preset,
        attention=settings.attention,
        compile=settings.compile,
        adapter=settings.adapter,
        on_progress=report,
    )
    return Engine(
        loaded,
        max_turns=settings.max_turns,
        max_waiting=settings.max_waiting,
        kv_budget=None if settings.kv_memory is None else settings.kv_memory << 20,
    )


def _servers(settings: Settings) -> ServerSettings:
    urls = (settings.server_url or "").split(",")
    return ServerSettings(
        urls=tuple(url.strip() for url in urls if url.strip()),
        model=settings.server_model,
        key=settings.server_key,
        tokenizer=settings.server_tokenizer,
        token=settings.hf_token,
        context_length=settings.server_context,
        connect_seconds=settings.server_connect_seconds,
        first_token_seconds=settings.server_first_seconds,
        between_tokens_seconds=settings.server_between_seconds,
        max_turns=settings.max_turns,
        max_waiting=settings.max_waiting,
    )
