"""The ChatModel of many machines: OpenAI-compatible servers that hold the weights and render the template."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2

from model.line import Line, Place
from model.remote_answer import Answer
from model.remote_faults import Refused, Unavailable
from model.remote_patience import Patience
from model.remote_prompt import Fit, RemotePrompt, RemotePrompts, read_tokenizer
from model.remote_score import listed, probabilities
from model.remote_servers import Servers, ServerSettings, checkpoint_of
from model.remote_wire import Piece, Reply, Wire
from model.types import Checkpoint, Chunk, GenerationSettings, Message, ModelError, PromptTooLong

log = logging.getLogger(__name__)
T = TypeVar("T")

ROUNDS = 3
"""How often all servers are tried before the first token; nothing is tried again after it."""
PAUSE_SECONDS = 0.25
"""The pause behind the first round; each later one is twice as long."""
LONGEST_PAUSE = 5.0
"""A server that asks for more patience than this is busy."""
REFITS = 6
"""How often a prompt that a server finds too long is made shorter."""


def connect(settings: ServerSettings) -> "RemoteModel":
    """Ask the servers what they serve and give the model over them. Raises ModelError in one sentence."""
    servers = Servers(settings.urls)
    served = servers.greet(settings.key, settings.connect_seconds)
    name = settings.model or next(iter(served.names), None)
    if name is None:
        raise ModelError(
            f"The model's server at {servers.hosts} does not say what it serves; name its model."
        )
    if served.names and name not in served.names:
        listed_names = ", ".join(served.names[:5])
        raise ModelError(f"The model's server at {servers.hosts} serves {listed_names}, not {name!r}.")
    tokenizer = read_tokenizer(settings.tokenizer, settings.token) if settings.tokenizer else None
    checkpoint = checkpoint_of(name, servers.hosts, settings.context_length or served.context_length)
    return RemoteModel(settings, servers, name, checkpoint, RemotePrompts(tokenizer))


@dataclass(frozen=True, slots=True)
class _Begun:
    """A reply whose first piece has come, and the prompt that it answers."""

    reply: Reply
    first: Piece
    prompt: RemotePrompt


class RemoteModel:
    """A ChatModel and Scorer over servers that speak OpenAI's chat protocol; see `connect`."""

    def __init__(
        self,
        settings: ServerSettings,
        servers: Servers,
        name: str,
        checkpoint: Checkpoint,
        prompts: RemotePrompts,
    ) -> None:
        self.settings = settings
        """How the servers are reached; its repr holds no key."""
        self._servers = servers
        self._name = name
        self._checkpoint = checkpoint
        self._prompts = prompts
        self._wire = Wire(settings.key, settings.connect_seconds, httpx2.create_ssl_context())
        self._line = Line(settings.max_turns, settings.max_waiting)
        self._patience = Patience()
        self._takes_extras = True

    @property
    def checkpoint(self) -> Checkpoint:
        """What answers, and where."""
        return self._checkpoint

    @property
    def active(self) -> int:
        """How many turns hold a place now."""
        return self._line.active

    @property
    def waiting(self) -> int:
        """How many turns wait for a place now."""
        return self._line.waiting

    async def stream(
        self, prompt: Sequence[Message], settings: GenerationSettings, *, conversation: str | None = None
    ) -> AsyncGenerator[Chunk, None]:
        """Yield the reply as it comes; see ChatModel. Closing the generator closes the connection."""
        answer = Answer(settings)
        written = await self._written(prompt, settings.max_tokens, Fit(self._checkpoint.context_length))
        place = self._line.join()
        try:
            async with aclosing(self._places(place)) as places:
                async for number in places:
                    yield Chunk("", place=number)
            begun = await self._begun(prompt, written, settings, conversation)
            try:
                async with aclosing(self._texts(begun, answer)) as texts:
                    async for text in texts:
                        yield Chunk(text)
            finally:
                await begun.reply.close()
        finally:
            place.leave()
        yield Chunk(answer.rest, answer.ending(begun.prompt))

    async def score(self, prompt: Sequence[Message], choices: Sequence[str]) -> tuple[float, ...]:
        """Give each choice's probability from the server's log probabilities; see Scorer.

        Of the 20 likeliest tokens, which is what servers tell: a choice that is not among them counts as 0.
        Without the served tokenizer a choice's first token is any listed beginning of it.
        """
        begins = [self._prompts.begin_of(choice) for choice in choices]
        written = await self._written(prompt, 1, Fit(self._checkpoint.context_length))
        request = self._request(written, GenerationSettings(temperature=1.0, top_p=1.0, max_tokens=1))
        place = self._line.join()
        try:
            async with aclosing(self._places(place)) as places:
                async for _ in places:
                    continue
            said = await self._served(None, lambda url: listed(self._wire.client(url), request))
        finally:
            place.leave()
        return probabilities(said, begins)

    def forget(self, conversation: str) -> None:
        """Do nothing: no text of a conversation is kept here, and no server can be told to drop its cache.

        Servers keep prefixes for speed alone; none can be read back, and they go as others come.
        """

    def close(self) -> None:
        """End every turn with a ModelError; the servers go on. Safe to call twice."""
        self._patience.end()

    async def _written(self, prompt: Sequence[Message], max_tokens: int, fit: Fit) -> RemotePrompt:
        if self._patience.is_over:
            raise ModelError("The model has been closed; it takes no more prompts.")
        return await asyncio.to_thread(self._prompts.write, prompt, max_tokens, fit)

    async def _places(self, place: Place) -> AsyncGenerator[int, None]:
        """Yield the number in line whenever it changes, until it is this turn's time."""
        shown = 0
        while number := await self._patience.within(None, place.number(), ""):
            if number != shown:
                yield number
            shown = number

    async def _begun(
        self,
        prompt: Sequence[Message],
        written: RemotePrompt,
        settings: GenerationSettings,
        conversation: str | None,
    ) -> _Begun:
        """Begin the reply; where the server finds the prompt too long, with fewer of the oldest turns."""
        fit = Fit(self._checkpoint.context_length)
        for _ in range(REFITS):
            try:
                return await self._begun_as_written(written, settings, conversation)
            except PromptTooLong as refusal:
                fit = fit.told(refusal, written)
                written = await self._written(prompt, settings.max_tokens, fit)
        return await self._begun_as_written(written, settings, conversation)

    async def _begun_as_written(
        self, written: RemotePrompt, settings: GenerationSettings, conversation: str | None
    ) -> _Begun:
        extras = _extras(settings) if self._takes_extras else {}
        request = self._request(written, settings)

        async def begin(url: str, extra_body: dict[str, Any]) -> _Begun:
            reply = Reply(self._wire.client(url))
            try:
                return _Begun(reply, await reply.begin({**request, "extra_body": extra_body}), written)
            except BaseException:
                await reply.close()
                raise

        try:
            return await self._served(conversation, lambda url: begin(url, extras))
        except Refused:
            if not extras:
                raise
            begun = await self._served(conversation, lambda url: begin(url, {}))
        self._takes_extras = False
        log.warning("the model's server takes no %s; it samples without", " or ".join(extras))
        return begun

    async def _served(self, conversation: str | None, ask: Callable[[str], Coroutine[Any, Any, T]]) -> T:
        """Ask one server after the other until one answers, within the time for the first token."""
        seconds = self.settings.first_token_seconds
        late = f"The model's server did not begin its reply within {seconds:g} seconds; please try again."
        return await self._patience.within(seconds, self._tried(conversation, ask), late)

    async def _tried(self, conversation: str | None, ask: Callable[[str], Coroutine[Any, Any, T]]) -> T:
        for again in range(ROUNDS):
            faults = []
            for url in self._servers.order(conversation):
                try:
                    return await ask(url)
                except Unavailable as fault:
                    self._servers.rest(url)
                    faults.append(fault)
            pause = min(fault.wait for fault in faults)
            if again == ROUNDS - 1 or pause > LONGEST_PAUSE:
                break
            await asyncio.sleep(max(pause, PAUSE_SECONDS * 2**again))
        raise faults[-1].error

    async def _texts(self, begun: _Begun, answer: Answer) -> AsyncGenerator[str, None]:
        """Yield the texts to show until the reply ends, whoever ends it."""
        seconds = self.settings.between_tokens_seconds
        late = f"The model's server fell silent for {seconds:g} seconds during this reply; please try again."
        piece = begun.first
        while True:
            if text := answer.take(piece):
                yield text
            if answer.reason is not None:
                return
            piece = await self._patience.within(seconds, begun.reply.next(), late)

    def _request(self, written: RemotePrompt, settings: GenerationSettings) -> dict[str, Any]:
        """Give the request's fields that every server knows; greedy replies need no top_p."""
        return {
            "model": self._name,
            "messages": list(written.messages),
            "max_tokens": written.room,
            "temperature": settings.temperature,
            "top_p": settings.top_p if settings.temperature else None,
            "seed": settings.seed,
            "stop": list(settings.stop) or None,
        }


def _extras(settings: GenerationSettings) -> dict[str, Any]:
    """Give what OpenAI's protocol lacks and vLLM takes, as far as it changes anything."""
    extras: dict[str, Any] = {"top_k": settings.top_k} if settings.temperature else {}
    if settings.repetition_penalty != 1.0:
        extras["repetition_penalty"] = settings.repetition_penalty
    return extras
