"""Where a request comes from: the other end of its connection, or what configured proxies say; no guess."""

import ipaddress
import logging

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("bezel.address")
UNKNOWN = ""
_ADDRESS, _TLS = "bezel.address", "bezel.tls"


def address_of(request: HTTPConnection, hops: int | None) -> str:
    """The address to count a request under: an IPv4 address, or the /64 of an IPv6 one; "" where unknown.

    `hops` is the number of the host's own proxies: each adds one entry to X-Forwarded-For, so the entry that
    the outermost of them wrote stands that far from the right; what stands before it anybody can write. With
    None nobody said how many there are: then the address is unknown where a proxy is evident.
    """
    peer = request.client.host if request.client is not None else UNKNOWN
    named = _forwarded(request)
    if hops and len(named) >= hops:
        return _counted(named[-hops]) or _counted(peer) or peer
    if hops is None and named and _is_near(peer):
        return UNKNOWN
    return _counted(peer) or peer


def comes_over_tls(request: HTTPConnection, hops: int | None) -> bool:
    """Whether the person's browser speaks TLS, to us or to a configured proxy."""
    said = request.headers.getlist("x-forwarded-proto")
    if hops and said:
        return said[-1].split(",")[-1].strip() == "https"
    return bool(request.scope.get("scheme") == "https")


class Addresses:
    """The outermost middleware: notes the address and TLS of each request, before headers are taken away."""

    def __init__(self, app: ASGIApp, hops: int | None) -> None:
        self._app = app
        self._hops = hops
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request with both notes in its scope."""
        if scope["type"] == "http":
            request = HTTPConnection(scope)
            address = address_of(request, self._hops)
            scope = {**scope, _ADDRESS: address, _TLS: comes_over_tls(request, self._hops)}
            if self._hops is None and not self._has_warned and _forwarded(request):
                self._has_warned = True
                log.warning(
                    "requests come through a proxy, but BEZEL_PROXY_HOPS does not say how many there are; "
                    "until it does, limits per address are off for them (0 says that there is none)"
                )
        await self._app(scope, receive, send)


def noted_address(request: HTTPConnection) -> str:
    """The address that `Addresses` noted; "" where it is unknown."""
    return str(request.scope.get(_ADDRESS, UNKNOWN))


def noted_tls(request: HTTPConnection) -> bool:
    """Whether `Addresses` found that the person's browser speaks TLS."""
    return bool(request.scope.get(_TLS, False))


def _forwarded(request: HTTPConnection) -> list[str]:
    lines = request.headers.getlist("x-forwarded-for")
    return [entry.strip() for line in lines for entry in line.split(",")]


def _counted(said: str) -> str:
    """An address, as a proxy or a socket writes it, as limits count it; "" where it is none."""
    bare = said.removeprefix("[").partition("]")[0] if said.startswith("[") else said
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _is_near(peer: str) -> bool:
    """Whether the other end is on this machine or its own network, as a proxy is and a visitor seldom."""
    try:
        return not ipaddress.ip_address(peer.partition("%")[0]).is_global
    except ValueError:
        return True
