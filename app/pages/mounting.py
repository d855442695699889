"""How the desk comes under the chat's server: for moderators only, begun and ended with it."""

import asyncio
from pathlib import Path
from typing import Any, cast

import gradio as gr
from fastapi import Request
from gradio.routes import App
from starlette.responses import JSONResponse
from starlette.routing import Mount

from app.open_routes import DESK
from app.pages.look import STYLE, theme
from app.parts import Parts
from app.wording import desk

QUEUED = 200
START_SECONDS = 10
OFF: dict[str, Any] = dict.fromkeys(
    ("show_error", "ssr_mode", "pwa", "mcp_server", "run_history", "enable_monitoring"), False
)
"""What Gradio offers on every page, and Bezel on none."""
_FOLDER = Path(__file__).parent
DESK_STYLE = (_FOLDER / "desk.css").read_text(encoding="utf-8")
DESK_HEAD = f"<script>{(_FOLDER / 'desk.js').read_text(encoding='utf-8')}</script>"


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
        footer_links=[],
        **OFF,
        theme=theme(),
        css=STYLE + DESK_STYLE,
        head=DESK_HEAD,
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
