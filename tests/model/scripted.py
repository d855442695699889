"""A tiny real HTTP server that answers as a test says: the faults that a good server does not show."""

import asyncio
import json
from contextlib import suppress


def chunk(text="", **more):
    """One event of a stream, as vLLM words it."""
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
    finish = more.pop("finish", None)
    choices = [choice | {"finish_reason": finish}] if text or finish else []
    return f"data: {json.dumps({'id': '1', 'choices': choices, **more})}\n\n".encode()


USAGE = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
WELL = [chunk("Hello"), chunk(" you"), chunk(finish="stop"), chunk(usage=USAGE), b"data: [DONE]\n\n"]


class Scripted:
    """Answers each chat request with the next of `scripts`, the last again and again; records what it got."""

    def __init__(self):
        self.scripts = [streams(*WELL)]
        self.requests = []
        self.headers = []
        self.asked = asyncio.Event()
        self.hung_up = asyncio.Event()
        """Set once a client closed its connection before the script was over."""
        self.models = {"data": [{"id": "gemma", "max_model_len": 4096}]}

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def close(self):
        self._server.close()

    async def _serve(self, reader, writer):
        try:
            # A connection that breaks off before it has asked anything is no request.
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        except HungUp:
            self.hung_up.set()
        finally:
            writer.close()

    async def _answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if "/chat/completions" in head[0]:
            self.headers.append(headers)
            self.requests.append(json.loads(body))
            self.asked.set()
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
            await script(writer, asyncio.ensure_future(reader.read()))
        else:
            writer.write(_head(200, "application/json") + json.dumps(self.models).encode())
            await writer.drain()


class HungUp(Exception):
    """The client went away."""


def _head(status, kind="text/event-stream", **headers):
    lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def streams(*pieces):
    """Send these one after the other; a number waits so many seconds, None until the client goes."""

    async def script(writer, gone):
        writer.write(_head(200))
        for piece in pieces:
            if piece is None or isinstance(piece, float):
                await asyncio.wait([gone], timeout=piece)
            else:
                writer.write(piece)
                await writer.drain()
            if gone.done():
                raise HungUp

    return script


def resets(*pieces):
    """Send these, then break the connection off as a crash does."""

    async def script(writer, gone):
        writer.write(_head(200) if pieces else b"")
        for piece in pieces:
            writer.write(piece)
        await writer.drain()
        if pieces:
            await asyncio.wait([gone], timeout=0.05)
        writer.transport.abort()

    return script


def answers(status, body="", kind="application/json", **headers):
    """Answer with this status and body."""

    async def script(writer, gone):
        said = body if isinstance(body, bytes) else body.encode()
        writer.write(_head(status, kind, content_length=len(said), **headers) + said)
        await writer.drain()

    return script
