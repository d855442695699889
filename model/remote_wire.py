"""One reply over the wire: a request to an OpenAI-compatible server, and what comes back piece by piece."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2
from huggingface_hub import AsyncInferenceClient, ChatCompletionInputStreamOptions
from huggingface_hub.errors import InferenceTimeoutError, TextGenerationError

from model.remote_faults import UNREADABLE, Unavailable, of_fault, of_status
from model.types import EndReason, ModelError

NO_KEY = "EMPTY"
"""Sent where no key is set: without one, the client would send the Hugging Face token of this machine."""
LONGEST_LINE = 1_000_000
"""A stream's line of more bytes is no piece of a reply; an answer in one line is far shorter too."""
LONGEST_REFUSAL = 20_000
USAGE_SECONDS = 2.0
"""How long the token counts may come after the reply's end; the end waits for no more."""
LINE_ENDS = str.maketrans({end: f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"})
"""What JSON may hold as it is, but what the client would take for the end of a line."""
WITH_COUNTS = ChatCompletionInputStreamOptions(include_usage=True)
FAULTS = (httpx2.TransportError, InferenceTimeoutError, TextGenerationError, *UNREADABLE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a reply's text; the last has the reason of the end, and the counts where the server says."""

    text: str = ""
    reason: EndReason | None = None
    prompt_tokens: int | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    """How to reach servers: the key that they ask for, and how long connecting may take."""

    key: str | None
    connect_seconds: float
    tls: ssl.SSLContext

    def client(self, url: str) -> AsyncInferenceClient:
        """A client of one request; closing it closes the connection, and so ends the generation."""
        patience = httpx2.Timeout(None, connect=self.connect_seconds, write=self.connect_seconds)
        http = httpx2.AsyncClient(
            verify=self.tls,
            follow_redirects=False,
            headers={"accept-encoding": "identity"},
            event_hooks={"response": [_checked]},
        )
        return _Client(http, base_url=url, api_key=self.key or NO_KEY, timeout=patience)


class Reply:
    """One streamed reply; `begin` once, then `next` until a piece has a reason, `close` in any case."""

    def __init__(self, client: AsyncInferenceClient) -> None:
        self._client = client
        self._chunks: AsyncIterator[Any]

    async def begin(self, request: dict[str, Any]) -> Piece:
        """Send the request and wait for the first text. Raises Unavailable where another try may do."""
        try:
            chunks = await self._client.chat_completion(stream=True, stream_options=WITH_COUNTS, **request)
            self._chunks = aiter(chunks)
        except FAULTS as fault:
            raise of_fault(fault) from fault
        return await self._text()

    async def next(self) -> Piece:
        """Wait for the next text, or the end. Raises ModelError."""
        try:
            return await self._text()
        except Unavailable:
            raise ModelError(
                "The connection to the model's server broke off during this reply; please try again."
            ) from None

    async def close(self) -> None:
        """Close the connection; safe to call twice."""
        with suppress(httpx2.HTTPError, OSError):
            await self._client.exit_stack.aclose()

    async def _text(self) -> Piece:
        while True:
            piece = await self._piece()
            if piece.reason is not None:
                return piece if piece.tokens is not None else await self._counted(piece)
            if piece.text:
                return piece

    async def _counted(self, end: Piece) -> Piece:
        """Wait a little for the counts, which most servers send behind the end."""
        with suppress(TimeoutError, ModelError, Unavailable):
            async with asyncio.timeout(USAGE_SECONDS):
                while (piece := await self._piece()).tokens is None:
                    continue
                return Piece(end.text, end.reason, piece.prompt_tokens, piece.tokens)
        return end

    async def _piece(self) -> Piece:
        try:
            return _read(await anext(self._chunks))
        except StopAsyncIteration:
            gone = ModelError("The model's server broke off this reply; please try again.")
            raise Unavailable(gone) from None
        except FAULTS as fault:
            raise of_fault(fault) from fault


class _Client(AsyncInferenceClient):
    """The client over an HTTP client of ours: also where the Hub is switched off, and never redirected."""

    def __init__(self, http: httpx2.AsyncClient, **options: Any) -> None:
        super().__init__(**options)
        self._async_client = http
        self.exit_stack.push_async_callback(http.aclose)


class _Lines(httpx2.AsyncByteStream):
    """A body in whole lines of UTF-8, none endless; raises ValueError for another."""

    def __init__(self, body: httpx2.AsyncByteStream) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        held = b""
        async for block in self._body:
            *lines, held = (held + block).split(b"\n")
            if len(held) > LONGEST_LINE:
                raise ValueError("A line is too long.")
            for line in lines:
                yield _plain(line)
        yield _plain(held)

    async def aclose(self) -> None:
        await self._body.aclose()


def _plain(line: bytes) -> bytes:
    return line.decode("utf-8").translate(LINE_ENDS).encode("utf-8") + b"\n"


async def _checked(response: httpx2.Response) -> None:
    """Raise what an answer means that is no reply; bound the lines of one that is."""
    body = response.stream
    if not isinstance(body, httpx2.AsyncByteStream) or "content-encoding" in response.headers:
        raise ValueError("The body cannot be read.")
    if response.status_code == 200:
        response.encoding = "utf-8"
        response.stream = _Lines(body)
        return
    said = b""
    async for block in body:
        said += block
        if len(said) > LONGEST_REFUSAL:
            break
    raise of_status(response.status_code, response.headers, said[:LONGEST_REFUSAL])


def _read(chunk: Any) -> Piece:
    """Read one chunk of a stream; raises one of UNREADABLE for what is none."""
    usage = getattr(chunk, "usage", None)
    counts = (_count(usage.prompt_tokens), _count(usage.completion_tokens)) if usage else (None, None)
    if not chunk.choices:
        return Piece("", None, *counts)
    choice = chunk.choices[0]
    text = getattr(choice.delta, "content", None) or ""
    if not isinstance(text, str):
        raise TypeError("A chunk's text is no text.")
    return Piece(_whole(text), _reason(getattr(choice, "finish_reason", None)), *counts)


def _whole(text: str) -> str:
    """Put U+FFFD for half a surrogate pair: no other place could store or send it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _reason(said: Any) -> EndReason | None:
    if said is None:
        return None
    if said in ("abort", "error"):
        raise ValueError("The server gave the reply up.")
    return "length" if said == "length" else "end"


def _count(said: Any) -> int | None:
    return said if isinstance(said, int) and said >= 0 else None
