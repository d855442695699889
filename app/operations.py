"""What a host's machines ask: /healthz, /readyz and /metrics; a plain answer, nothing about anybody."""

import asyncio
import hmac
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.metrics import Metrics
from app.self_check import SelfCheck
from app.settings import Settings

HEALTH = "/healthz"
READY = "/readyz"
METRICS = "/metrics"
METRICS_TYPE = "text/plain; version=1.0.0; charset=utf-8"


@dataclass(frozen=True, slots=True)
class MetricsAccess:
    """Who may read the figures: whoever has the token; without one, this machine, asking directly."""

    token: str | None
    is_direct: bool
    """Whether no proxy stands before Bezel, so that the connection's address is the asker's."""

    def allows(self, request: Request) -> bool:
        """Whether this request may read them."""
        if self.token is not None:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            return hmac.compare_digest(given.encode(), self.token.encode())
        if not self.is_direct or request.client is None:
            return False
        # A proxy that nobody configured connects from this machine too, but names the site it serves.
        named = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        return _is_loopback(request.client.host) and (named == "localhost" or _is_loopback(named))


def operation_routes(check: SelfCheck, metrics: Metrics, settings: Settings) -> list[Route]:
    """The three routes."""
    access = MetricsAccess(settings.metrics_token, is_direct=not settings.is_behind_proxy)

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(_request: Request) -> Response:
        missing = await check.missing()
        return JSONResponse({"ready": not missing, "missing": list(missing)}, 503 if missing else 200)

    async def figures(request: Request) -> Response:
        if not access.allows(request):
            return PlainTextResponse("Not found", 404)
        return Response(await asyncio.to_thread(metrics.text), media_type=METRICS_TYPE)

    return [Route(HEALTH, health), Route(READY, ready), Route(METRICS, figures)]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
