"""The downloads of one's own data, and the page that brings conversations back: plain routes, since Gradio's
file cache would serve them to anybody."""

import json
from datetime import UTC, datetime
from html import escape
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from app.edge import in_words
from app.entrance import language_of
from app.identity import Identity, NotSignedIn
from app.importing import Importing
from app.pages.door import Note, Page, link
from app.pages.my_data import EXPORT
from app.parts import Parts
from app.wording import archive, entrance
from storage.archive import LARGEST
from storage.store import Store
from storage.temporary import is_temporary
from storage.types import NotFound

CONVERSATIONS, IMPORT = "/conversations/export", "/conversations/import"
YOU, MODEL = "You", "Reply"


class Downloads:
    """The handlers; each asks who is calling, and gives nothing of anybody else."""

    def __init__(self, identity: Identity, store: Store, importing: Importing) -> None:
        self._identity = identity
        self._store = store
        self._importing = importing

    async def everything(self, request: Request) -> Response:
        """All that is kept of whoever asks."""
        try:
            owner = self._identity.require_visitor(request)
        except NotSignedIn as error:
            return PlainTextResponse(str(error), 403)
        return _download(await run_in_threadpool(self._store.export_person, owner))

    async def conversations(self, request: Request) -> Response:
        """One conversation of theirs, or all, as JSON that can be brought back, or as Markdown to read."""
        asked = request.query_params.get("of")
        try:
            owner = self._identity.require_visitor(request)
            if asked is not None and is_temporary(asked):
                raise NotFound("A temporary chat is in no download.")
            if request.query_params.get("as") == "markdown":
                return _download(await run_in_threadpool(markdown, self._store, owner, asked))
            return _download(await run_in_threadpool(self._store.archive.write, owner, asked))
        except NotSignedIn as error:
            return PlainTextResponse(str(error), 403)
        except NotFound as error:
            return PlainTextResponse(in_words(error), 404)

    async def show(self, request: Request) -> Response:
        """The form that takes a file."""
        return _page(request)

    async def bring(self, request: Request) -> Response:
        """Take a file in, all of it or nothing."""
        try:
            owner = self._identity.require_visitor(request)
        except NotSignedIn:
            return RedirectResponse(IMPORT, 303)
        language = language_of(request)
        async with request.form() as sent:
            given = sent.get("file")
            content = await given.read(LARGEST + 1) if isinstance(given, UploadFile) else b""
        if not content:
            return _page(request, Note(archive.no_file(language)), 400)
        try:
            count = await self._importing.bring(owner, content)
        except Exception as error:  # noqa: BLE001  the edge of a handler
            return _page(request, Note(in_words(error)), 400)
        return _page(request, Note(archive.brought(language, count), is_error=False))


def export_routes(parts: Parts) -> list[Route]:
    """The routes that give whoever asks what is theirs, and nobody else's."""
    importing = Importing(parts.guard, parts.store, parts.admission, parts.terms.version)
    pages = Downloads(parts.identity, parts.store, importing)
    return [
        Route(EXPORT, pages.everything, methods=["GET"]),
        Route(CONVERSATIONS, pages.conversations, methods=["GET"]),
        Route(IMPORT, pages.show, methods=["GET"]),
        Route(IMPORT, pages.bring, methods=["POST"]),
    ]


def markdown(store: Store, owner: str, conversation_id: str | None) -> str:
    """One conversation, or all, to read: each along the path that the page shows."""
    found = (
        store.conversations(owner, 1_000_000)
        if conversation_id is None
        else (store.conversation(owner, conversation_id),)
    )
    parts: list[str] = []
    for conversation in found:
        parts.append(f"# {conversation.title or 'New conversation'}")
        for said in store.path(owner, conversation.id):
            who = YOU if said.role == "user" else MODEL
            parts.append(f"**{who}** ({said.created_at:%Y-%m-%d %H:%M} UTC)\n\n{said.text or '—'}")
    return "\n\n".join(parts) + "\n"


def _download(content: dict[str, Any] | str) -> Response:
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    is_text = isinstance(content, str)
    body = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1)
    return Response(
        body.encode("utf-8", "replace"),
        media_type="text/markdown" if is_text else "application/json",
        headers={"content-disposition": f'attachment; filename="bezel-{day}.{"md" if is_text else "json"}"'},
    )


def _page(request: Request, note: Note | None = None, status: int = 200) -> Response:
    language = language_of(request)
    form = (
        f'<form method="post" action="{IMPORT}" enctype="multipart/form-data">\n'
        f'<label for="file">{escape(archive.file(language))}</label>\n'
        '<input id="file" name="file" type="file" accept=".json,application/json" required>\n'
        f'<button type="submit">{escape(archive.bring(language))}</button>\n</form>'
    )
    return Page(
        archive.title(language),
        archive.lead(language),
        form,
        note=note,
        foot=link("/", entrance.back(language)),
        language=language,
    ).answer(status)
