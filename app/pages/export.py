"""The download of one's own data: a plain route, since Gradio's file cache would serve it to anybody."""

import json
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.identity import Identity, NotSignedIn
from app.pages.my_data import EXPORT
from storage.store import Store


def export_routes(identity: Identity, store: Store) -> list[Route]:
    """The route that gives whoever asks everything of theirs, and nobody else's."""

    async def export(request: Request) -> Response:
        try:
            owner = identity.require_visitor(request)
        except NotSignedIn as error:
            return PlainTextResponse(str(error), 403)
        everything = await run_in_threadpool(store.export_person, owner)
        day = datetime.now(UTC).strftime("%Y-%m-%d")
        return Response(
            json.dumps(everything, ensure_ascii=False, indent=1),
            media_type="application/json",
            headers={"content-disposition": f'attachment; filename="bezel-{day}.json"'},
        )

    return [Route(EXPORT, export, methods=["GET"])]
