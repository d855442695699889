"""The servers that hold one checkpoint: their addresses, who is asked first, what they say they serve."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import httpx2

from model import catalog
from model.remote_faults import UNREADABLE
from model.types import Checkpoint, ModelError

log = logging.getLogger(__name__)

CONTEXT_LENGTH = 8_192
"""Taken where neither a setting nor the server nor the catalogue says how long the context is."""
REST_SECONDS = 10.0
"""How long a server that did not answer is asked last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where the servers are, what they serve, and how long they are waited for."""

    urls: tuple[str, ...]
    model: str | None = None
    """The name that requests carry; None takes the first that the servers list."""
    key: str | None = field(default=None, repr=False)
    tokenizer: str | None = None
    """A folder or Hugging Face id with the served tokenizer; it makes lengths and markers exact."""
    token: str | None = field(default=None, repr=False)
    """The Hugging Face token that reading that id may need; never sent to a server."""
    context_length: int | None = None
    connect_seconds: float = 5.0
    first_token_seconds: float = 60.0
    between_tokens_seconds: float = 30.0
    max_turns: int = 8
    max_waiting: int = 64


@dataclass(frozen=True, slots=True)
class Served:
    """What servers say that they serve: names, empty where they do not say, and the context length."""

    names: tuple[str, ...] = ()
    context_length: int | None = None


class Servers:
    """The addresses of replicas: a conversation stays with one, so that its prefix cache serves it."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = [_checked(url) for url in urls]
        if not self._urls:
            raise ModelError("No address of a model's server is given; it must be at least one.")
        self._turns = count()
        self._rests: dict[str, float] = {}

    @property
    def hosts(self) -> str:
        """Their hosts and ports, without anything else that stands in an address."""
        return ", ".join(map(_host, self._urls))

    def order(self, conversation: str | None) -> list[str]:
        """Give the addresses as they should be tried: those that failed just now come last."""
        first = crc32(conversation.encode()) if conversation else next(self._turns)
        at = first % len(self._urls)
        now = time.monotonic()
        rotated = self._urls[at:] + self._urls[:at]
        return sorted(rotated, key=lambda url: self._rests.get(url, 0.0) > now)

    def rest(self, url: str) -> None:
        """Ask this one last for a while."""
        self._rests[url] = time.monotonic() + REST_SECONDS
        log.warning("the model's server %s did not answer", _host(url))

    def greet(self, key: str | None, seconds: float) -> Served:
        """Ask each what it serves. Raises ModelError when none answers, or one does not accept the key."""
        # A server may end the connection on which it failed, so each question has its own.
        headers = {"connection": "close", **({"authorization": f"Bearer {key}"} if key else {})}
        with httpx2.Client(timeout=max(seconds, 10.0), headers=headers) as client:
            heard = [(url, _asked(client, url)) for url in self._urls]
        answers = [served for _, served in heard if served is not None]
        for url, served in heard:
            if served is None and answers:
                self.rest(url)
        if not answers:
            raise ModelError(f"No model's server answers at {self.hosts}; start one, or correct the address.")
        lengths = [served.context_length for served in answers if served.context_length]
        names = tuple(dict.fromkeys(name for served in answers for name in served.names))
        return Served(names, min(lengths, default=None))


def checkpoint_of(name: str, hosts: str, context_length: int | None) -> Checkpoint:
    """Say what answers: the catalogue's words for a known id, and never a path of the server's machine."""
    if name in catalog.known() and name != catalog.DEMO:
        known = catalog.describe(name)
        return replace(
            known, revision=f"served by {hosts}", context_length=context_length or known.context_length
        )
    short = name.rstrip("/").rpartition("/")[2] if name.startswith(("/", ".", "~")) else name
    return Checkpoint(
        id=short,
        revision=f"served by {hosts}",
        title=short,
        licence="as its model card says",
        context_length=context_length or CONTEXT_LENGTH,
    )


def _checked(url: str) -> str:
    """Give an address as the client wants it: ending in /v1."""
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_plain = False
    if not is_plain or "@" in url or parts.query or parts.fragment:
        # The address itself is not shown: it may hold a password.
        raise ModelError(
            "The address of a model's server must be like http://HOST:PORT or https://HOST/v1, without a "
            "name, password or query in it; a key has its own setting."
        )
    whole = url.rstrip("/")
    return whole if whole.endswith("/v1") else f"{whole}/v1"


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _asked(client: httpx2.Client, url: str) -> Served | None:
    """What this server says that it serves; None when it does not answer."""
    try:
        listed = client.get(f"{url}/models")
        if listed.status_code in (401, 403):
            raise ModelError(f"The model's server at {_host(url)} does not accept the key, or asks for one.")
        if listed.status_code == 200:
            return _read(listed.json())
        health = client.get(f"{url.removesuffix('/v1')}/health")
    except (httpx2.HTTPError, *UNREADABLE):
        return None
    return Served() if health.status_code == 200 else None


def _read(said: Any) -> Served:
    listed = [entry for entry in said["data"] if isinstance(entry["id"], str)]
    lengths = [entry.get("max_model_len") for entry in listed]
    known = [length for length in lengths if isinstance(length, int) and length > 0]
    return Served(tuple(entry["id"] for entry in listed), min(known, default=None))
