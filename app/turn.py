"""One turn: save, judge the prompt, stream, judge the response, record. It knows no Gradio."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import asdict, dataclass, field
from typing import Literal

from app.context import READABLE_PROMPTS, context_before, readable, title_of
from app.reply import Generated, ReplyRecord
from model.types import ChatModel, Ending, GenerationSettings, Message, ModelError
from safety.hold_back import hold_back
from safety.types import Judge, Text, Verdict
from storage.store import Store
from storage.types import Conversation, StoredMessage

log = logging.getLogger("bezel.turn")

Stage = Literal["saved", "accepted", "writing", "done"]

FLUSH_SECONDS = 0.05
REMEMBERED_PROMPTS = 6
STOPPED = {"blocked": "stopped", "removed": "removed by a moderator"}


class TurnRefused(Exception):
    """A turn that does not start; the message is for the person, and nothing of theirs was lost."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a turn is: the prompt as stored and, once there is one, the reply as far as it may be shown."""

    stage: Stage
    prompt: StoredMessage
    reply: StoredMessage | None = None
    text: str = ""
    ending: Ending | None = None


@dataclass(slots=True)
class LiveTurn:
    """A turn under way; `stop` is set by the Stop button of the person whose turn it is."""

    owner: str
    stop: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one prompt may be, and how replies are sampled."""

    prompt_characters: int
    sampling: GenerationSettings
    terms: str | None
    """Version of the terms a person must have accepted; None on the host's own command line."""


class Turns:
    """Runs turns for everybody: the one way from a person to the model and back."""

    def __init__(self, model: ChatModel, judge: Judge, store: Store, limits: Limits) -> None:
        self._model = model
        self._judge = judge
        self._store = store
        self._limits = limits
        self._live: dict[str, LiveTurn] = {}

    async def send(self, owner: str, conversation_id: str | None, text: str) -> AsyncGenerator[Step, None]:
        """Save a new prompt at the end of a conversation (a new one where the id is None) and answer it.

        Raises TurnRefused before anything is saved, NotFound for another's conversation.
        """
        await self._require_terms(owner)
        clean = self._readable(text)
        if conversation_id is None:
            conversation = await asyncio.to_thread(self._store.start_conversation, owner)
        else:
            conversation = await asyncio.to_thread(self._store.conversation, owner, conversation_id)
        with self._claimed(owner, conversation.id) as live:
            prompt = await asyncio.to_thread(self._store.save_prompt, owner, conversation.id, clean)
            async with aclosing(self._run(live, conversation, prompt)) as steps:
                async for step in steps:
                    yield step

    async def retry(self, owner: str, prompt_id: str) -> AsyncGenerator[Step, None]:
        """Answer a prompt once more; the earlier reply stays as a version beside the new one."""
        await self._require_terms(owner)
        prompt = await asyncio.to_thread(self._store.message, owner, prompt_id)
        if prompt.role != "user":
            raise TurnRefused("Only a prompt can be answered again.")
        if prompt.state in ("blocked", "removed"):
            stopped = STOPPED[prompt.state]
            raise TurnRefused(f"This message was {stopped}; a person can be asked to look at it.")
        conversation = await asyncio.to_thread(self._store.conversation, owner, prompt.conversation_id)
        with self._claimed(owner, conversation.id) as live:
            async with aclosing(self._run(live, conversation, prompt)) as steps:
                async for step in steps:
                    yield step

    def stop(self, owner: str, conversation_id: str) -> bool:
        """End the reply that is being written in a conversation of this owner; False where there is none."""
        live = self._live.get(conversation_id)
        if live is None or live.owner != owner:
            return False
        live.stop.set()
        return True

    def is_live(self, conversation_id: str) -> bool:
        """Whether a reply is being written in this conversation."""
        return conversation_id in self._live

    @contextmanager
    def _claimed(self, owner: str, conversation_id: str) -> Iterator[LiveTurn]:
        """Hold a conversation for one turn at a time; taken without an await, so two cannot both pass."""
        if conversation_id in self._live:
            raise TurnRefused("A reply is still being written here. Stop it, or wait for its end.")
        live = self._live[conversation_id] = LiveTurn(owner)
        try:
            yield live
        finally:
            del self._live[conversation_id]

    async def _run(
        self, live: LiveTurn, conversation: Conversation, prompt: StoredMessage
    ) -> AsyncGenerator[Step, None]:
        yield Step("saved", prompt)
        path = await asyncio.to_thread(self._store.path, live.owner, conversation.id)
        context = context_before(path, prompt)
        prompt = await self._judged(live.owner, conversation, prompt, context)
        if prompt.state not in READABLE_PROMPTS:
            yield Step("done", prompt)
            return
        yield Step("accepted", prompt)
        messages = (*context, Message("user", prompt.text))
        async with aclosing(self._reply(live, prompt, messages)) as steps:
            async for step in steps:
                yield step

    async def _judged(
        self, owner: str, conversation: Conversation, prompt: StoredMessage, context: tuple[Message, ...]
    ) -> StoredMessage:
        if prompt.state == "restored":
            return prompt  # a moderator's decision outranks the machine's
        earlier = tuple(said.text for said in context if said.role == "user")[-REMEMBERED_PROMPTS:]
        verdict = await self._judge.judge(Text(prompt.text, "prompt", history=earlier))
        if prompt.state == "accepted":  # answered once more: judged again, by the policy of today
            if verdict.action.withholds:
                raise TurnRefused("This message does not pass the checks any more; write it differently.")
            return prompt
        judged = await asyncio.to_thread(
            self._store.record_prompt, owner, prompt.id, verdict, severity=self._severity(verdict)
        )
        if judged.state == "accepted" and not conversation.title:
            title = title_of(judged.text)
            await asyncio.to_thread(self._store.rename_conversation, owner, conversation.id, title)
        return judged

    async def _reply(
        self, live: LiveTurn, prompt: StoredMessage, messages: tuple[Message, ...]
    ) -> AsyncGenerator[Step, None]:
        reply = await self._started(live.owner, prompt)
        record = ReplyRecord(self._store, live.owner, reply)
        try:
            yield Step("writing", prompt, reply)
            source = Generated(self._model.stream(messages, self._limits.sampling), live.stop)

            async def judge(so_far: str) -> Verdict:
                return await self._judge.judge(Text(so_far, "response", prompt=prompt.text))

            shown_at = float("-inf")
            async with aclosing(hold_back(source.texts(), judge)) as passages:
                async for passed in passages:
                    record.verdict = passed.verdict
                    record.passed = passed.text
                    if passed.is_final or time.monotonic() - shown_at < FLUSH_SECONDS:
                        continue
                    await asyncio.to_thread(self._store.save_reply, live.owner, reply.id, passed.text)
                    yield Step("writing", prompt, reply, passed.text)
                    shown_at = time.monotonic()
            ended = await asyncio.to_thread(record.end, source, self._severity(record.verdict))
            yield Step("done", prompt, ended, ended.text, source.ending)
        except ModelError as error:
            log.warning("reply %s failed: %s", reply.id, type(error).__name__)
            yield Step("done", prompt, record.close("failed", "error"), record.passed)
            raise TurnRefused(str(error)) from None
        finally:
            record.close("interrupted", "interrupted")

    async def _started(self, owner: str, prompt: StoredMessage) -> StoredMessage:
        checkpoint = self._model.checkpoint
        starting = asyncio.ensure_future(
            asyncio.to_thread(
                self._store.start_reply,
                owner,
                prompt.id,
                checkpoint=f"{checkpoint.id}@{checkpoint.revision}",
                settings=asdict(self._limits.sampling),
            )
        )
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Its row may be written already, and must not stay open with nobody to close it.
            ReplyRecord(self._store, owner, await starting).close("interrupted", "interrupted")
            raise

    async def _require_terms(self, owner: str) -> None:
        wanted = self._limits.terms
        if wanted is not None and await asyncio.to_thread(self._store.terms_accepted, owner) != wanted:
            raise TurnRefused("Please read and accept the terms first.")

    def _readable(self, text: str) -> str:
        clean = readable(text)
        if not clean:
            raise TurnRefused("The message is empty; write something first.")
        limit = self._limits.prompt_characters
        if len(clean) > limit:
            raise TurnRefused(f"The message is {len(clean):,} characters long; it can be at most {limit:,}.")
        return clean

    def _severity(self, verdict: Verdict | None) -> int:
        if verdict is None or verdict.clause is None:
            return 1
        return self._judge.clause(verdict.clause).severity
