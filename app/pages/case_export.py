"""The download of an export that two people agreed on: a plain route, and taken once, so a POST."""

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.edge import in_words
from app.identity import NotSignedIn
from app.parts import Parts
from app.wording import insights as words
from storage.case_exports import as_csv, as_json
from storage.types import NotFound, StorageError

TAKE = "/moderation-export"


def export_route(parts: Parts) -> Route:
    """The route that gives a moderator the export that they asked for."""

    async def take(request: Request) -> Response:
        try:
            moderator = parts.identity.require_moderator(request)
            async with request.form() as sent:
                wanted, form = str(sent.get("id", "")), str(sent.get("as", ""))
            rows = await run_in_threadpool(parts.store.exports.take, wanted, moderator.id)
        except NotSignedIn as error:
            return PlainTextResponse(str(error), 403)
        except NotFound as error:
            return PlainTextResponse(str(error), 404)
        except StorageError as error:
            return PlainTextResponse(in_words(error), 409)
        is_csv = form != "json"
        name = f"bezel-cases-{datetime.now(UTC):%Y-%m-%d}.{'csv' if is_csv else 'json'}"
        return Response(
            as_csv(rows) if is_csv else as_json(rows),
            media_type="text/csv" if is_csv else "application/json",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    return Route(TAKE, take, methods=["POST"])


def forms_of(request_ids: Iterable[str]) -> str:
    """Buttons that take these exports, as HTML of our own."""
    return "".join(
        f'<form method="post" action="{TAKE}"><input type="hidden" name="id" value="{escape(one)}">'
        f'<button name="as" value="csv">{escape(words.download("CSV"))}</button> '
        f'<button name="as" value="json">{escape(words.download("JSON"))}</button></form>'
        for one in request_ids
    )
