"""Every handler of every page asks who is calling, also where a request had come past the middleware."""

import asyncio
import inspect
from collections import defaultdict
from types import SimpleNamespace

import gradio as gr

from app.identity import DESK_COOKIE, VISITOR_COOKIE

# What these give is the same for everybody and says nothing about anybody.
SAME_FOR_ALL = {"look", "reset_sampling", "close_complaint"}
NO_COOKIE = "This page needs its cookie"
NO_SIGN_IN = "Your sign-in has ended"


def handlers(blocks):
    """The handlers of a page by name, each once; a listener that only runs script has none."""
    return {listener.name: listener.fn for listener in blocks.fns.values() if callable(listener.fn)}


def asked(handler, cookies):
    """What a handler says when it is called itself, with these cookies and nothing else of sense."""
    event = SimpleNamespace(index=[0, 0], value={"text": "x"}, previous_value="x", liked="x", row_value=["x"])
    given = []
    for parameter in inspect.signature(handler).parameters.values():
        if parameter.annotation is gr.Request:
            given.append(SimpleNamespace(cookies=cookies, headers={}))
        elif inspect.isclass(parameter.annotation) and issubclass(parameter.annotation, gr.EventData):
            given.append(event)
        else:
            given.append(defaultdict(str))
    try:
        asyncio.run(ended(handler(*given)))
    except gr.Error as refused:
        return refused.message
    return "answered"


async def ended(called):
    """Await it, or take all that it yields."""
    if inspect.isasyncgen(called):
        async for _ in called:
            pass
    else:
        await called


def test_every_handler_of_the_pages_refuses_whoever_has_no_cookie(siege, mia):
    found = handlers(siege.bezel.chat)

    for cookies in ({}, {VISITOR_COOKIE: "ann.forged"}, {DESK_COOKIE: mia.cookies[DESK_COOKIE]}):
        said = {name: asked(one, cookies) for name, one in found.items() if name not in SAME_FOR_ALL}
        assert len(said) > 20 and set(found) >= SAME_FOR_ALL
        assert [name for name, words in said.items() if not words.startswith(NO_COOKIE)] == []


def test_every_handler_of_the_desk_refuses_whoever_is_no_moderator(siege, ann):
    found = handlers(siege.desk)

    for cookies in ({}, ann.cookies, {DESK_COOKIE: ann.cookies[VISITOR_COOKIE]}):
        said = {name: asked(one, cookies) for name, one in found.items()}
        assert len(said) > 20
        assert [name for name, words in said.items() if not words.startswith(NO_SIGN_IN)] == []
