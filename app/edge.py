"""The edge of a handler: what nobody expected is logged under a number, and the person reads that number."""

import functools
import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import ParamSpec, TypeVar

import gradio as gr

from app.identity import NotSignedIn
from app.logs import where
from app.turn import TurnRefused
from app.wording import page
from model.types import ModelError
from storage.types import NotFound, StorageError

P = ParamSpec("P")
R = TypeVar("R")
log = logging.getLogger("bezel.edge")


def in_words(error: Exception) -> str:
    """One sentence for the person; an error that nobody expected is logged, without any text of theirs."""
    if isinstance(error, NotFound):
        return page.not_yours()
    if isinstance(error, NotSignedIn | TurnRefused | ModelError | StorageError):
        return str(error)
    incident = secrets.token_hex(4)
    # The traceback's lines are ours; the exception's own words may quote a person, so they stay out.
    log.error("incident %s: %s at %s", incident, type(error).__name__, where(error))
    return page.something_went_wrong(incident)


def answering(handler: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Wrap a handler that returns: any error becomes one sentence on the page."""

    @functools.wraps(handler)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await handler(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:  # noqa: BLE001  the edge of a handler
            raise gr.Error(in_words(error), title="", print_exception=False) from None

    return guarded


def streaming(handler: Callable[P, AsyncGenerator[R, None]]) -> Callable[P, AsyncGenerator[R, None]]:
    """Wrap a handler that yields: any error becomes one sentence on the page, after what was yielded."""

    @functools.wraps(handler)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[R, None]:
        try:
            async with aclosing(handler(*args, **kwargs)) as shown:
                async for outputs in shown:
                    yield outputs
        except gr.Error:
            raise
        except Exception as error:  # noqa: BLE001  the edge of a handler
            raise gr.Error(in_words(error), title="", print_exception=False) from None

    return guarded
