"""One answer: the model's stream, held back until it has passed, recorded as it grows. It knows no Gradio."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import asdict

from app.live import LiveTurn
from app.reply import Generated, ReplyRecord
from app.steps import Asked, Step
from model.types import ChatModel, ModelError
from safety.hold_back import hold_back
from safety.types import Judge, Text, Verdict
from storage.store import Store
from storage.types import MessageState, StoredMessage

FLUSH_SECONDS = 0.05


class Answers:
    """Lets the model answer prompts that were accepted, for `Turns` alone."""

    def __init__(
        self, model: ChatModel, judge: Judge, store: Store, ended: Callable[[MessageState], None]
    ) -> None:
        """`ended` hears the last state of each reply."""
        self._model = model
        self._judge = judge
        self._store = store
        self._ended = ended

    async def steps(self, live: LiveTurn, asked: Asked) -> AsyncGenerator[Step, None]:
        """Wait for the model, then answer; the reply has its row from when the model begins.

        Raises ModelError where there is no answer, or none to its end; what had passed is kept.
        """
        chunks = self._model.stream(asked.messages, asked.sampling, conversation=live.conversation_id)
        async with aclosing(Generated(chunks, live.stop)) as source:
            yield Step("writing", asked.prompt)
            async for place in source.places():
                yield Step("writing", asked.prompt, place=place)
            record = ReplyRecord(self._store, live.owner, await self._started(live.owner, asked))
            async with aclosing(self._answer(live, asked, record, source)) as steps:
                async for step in steps:
                    yield step

    async def _answer(
        self, live: LiveTurn, asked: Asked, record: ReplyRecord, source: Generated
    ) -> AsyncGenerator[Step, None]:
        try:
            async with aclosing(self._passing(live.owner, asked, record, source)) as passed:
                async for text in passed:
                    yield Step("writing", asked.prompt, record.reply, text)
            ended = await asyncio.to_thread(record.end, source, severity(self._judge, record.verdict))
            read = len(asked.messages)
            yield Step("done", asked.prompt, ended, ended.text, ending=source.ending, messages=read)
        except ModelError:
            yield Step("done", asked.prompt, record.close("failed", "error"), record.passed)
            raise
        finally:
            # What was said may still lie in the model's cache; it goes as soon as the turn has ended.
            live.leaves_nothing |= record.is_withheld or record.is_redacted
            record.close("interrupted", "interrupted")
            self._ended(record.reply.state)

    async def _passing(
        self, owner: str, asked: Asked, record: ReplyRecord, source: Generated
    ) -> AsyncGenerator[str, None]:
        """Yield the reply as far as it may be shown, each time stored before; the record keeps the rest."""

        earlier = tuple(said.text for said in asked.messages[:-1] if said.role == "user")

        async def judge(so_far: str) -> Verdict:
            text = Text(so_far, "response", prompt=asked.prompt.text, history=earlier)
            return await self._judge.judge(text)

        shown_at = float("-inf")
        async with aclosing(hold_back(source.texts(), judge)) as passages:
            async for passed in passages:
                record.verdict = passed.verdict
                record.passed, record.judged = passed.text, passed.judged
                if passed.is_final or time.monotonic() - shown_at < FLUSH_SECONDS:
                    continue
                await asyncio.to_thread(self._store.save_reply, owner, record.reply.id, passed.text)
                yield passed.text
                shown_at = time.monotonic()

    async def _started(self, owner: str, asked: Asked) -> StoredMessage:
        checkpoint = self._model.checkpoint
        starting = asyncio.ensure_future(
            asyncio.to_thread(
                self._store.start_reply,
                owner,
                asked.prompt.id,
                checkpoint=f"{checkpoint.id}@{checkpoint.revision}",
                settings=asdict(asked.sampling),
            )
        )
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # Its row may be written already, and must not stay open with nobody to close it.
            ReplyRecord(self._store, owner, await starting).close("interrupted", "interrupted")
            raise


def severity(judge: Judge, verdict: Verdict | None) -> int:
    """How grave what a verdict found is, by its clause; 1 where it names none."""
    if verdict is None or verdict.clause is None:
        return 1
    return judge.clause(verdict.clause).severity
