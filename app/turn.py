"""One turn: save, judge the prompt, stream, judge the response, record. It knows no Gradio."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass

from app.admits import Admits, AdmitsAll
from app.admits import Limits as Limits
from app.admits import TurnRefused as TurnRefused
from app.answer import Answers, severity
from app.context import READABLE_PROMPTS, context_before, given_title, path_to, readable, title_of
from app.live import LiveTurn, LiveTurns
from app.standing import require_standing
from app.steps import Asked, Step
from model.types import ChatModel, GenerationSettings, Message, ModelError
from safety.types import Judge, Text, Verdict
from storage.store import Store
from storage.temporary import is_temporary
from storage.titles import JudgedTitle
from storage.types import Conversation, MessageState, NotFound, StoredMessage

log = logging.getLogger("bezel.turn")

REMEMBERED_PROMPTS = 6
WIND_DOWN_BEAT = 0.05
CHARACTERS_A_TOKEN = 4
"""For a reply that was cut off, whose tokens nobody counted."""
EVERY = 1_000_000
"""More conversations than one person has."""
STOPPED = {"blocked": "stopped", "removed": "removed by a moderator"}


@dataclass(frozen=True, slots=True)
class Begun:
    """A turn that may go on, and its conversation."""

    live: LiveTurn
    conversation: Conversation


class Turns:
    """Runs turns for everybody: the one way from a person to the model and back."""

    def __init__(  # noqa: PLR0913
        self,
        model: ChatModel,
        judge: Judge,
        store: Store,
        limits: Limits,
        ended: Callable[[MessageState], None] = lambda state: None,
        *,
        admission: Admits | None = None,
    ) -> None:
        """`ended` hears the last state of each prompt that was stopped and of each reply."""
        self._judge = judge
        self._store = store
        self._limits = limits
        self._admission = admission or AdmitsAll()
        self._ended = ended
        self._answers = Answers(model, judge, store, ended)
        self._live = LiveTurns(model.forget)

    async def send(  # noqa: PLR0913
        self,
        owner: str,
        conversation_id: str | None,
        text: str,
        *,
        sampling: GenerationSettings | None = None,
        temporary: bool = False,
    ) -> AsyncGenerator[Step, None]:
        """Save a new prompt at the end of a conversation (a new one where the id is None) and answer it.

        A new one that is `temporary` is kept in memory alone. Raises TurnRefused before anything is saved,
        NotFound for another's conversation.
        """
        await self._require_standing(owner)
        chosen = self._allowed(sampling)
        clean = self._readable(text)
        async with self._begun(owner, conversation_id, temporary=temporary) as begun:
            prompt = await asyncio.to_thread(self._store.save_prompt, owner, begun.conversation.id, clean)
            async with aclosing(self._run(begun.live, begun.conversation, prompt, chosen)) as steps:
                async for step in steps:
                    yield step

    async def edit(
        self, owner: str, prompt_id: str, text: str, *, sampling: GenerationSettings | None = None
    ) -> AsyncGenerator[Step, None]:
        """Save a prompt beside an earlier one and answer it; the earlier stays, with all that followed.

        Raises TurnRefused before anything is saved, NotFound for another's message.
        """
        await self._require_standing(owner)
        chosen = self._allowed(sampling)
        clean = self._readable(text)
        earlier = await asyncio.to_thread(self._store.message, owner, prompt_id)
        if earlier.role != "user":
            raise TurnRefused("Only a message of your own can be edited.")
        async with self._begun(owner, earlier.conversation_id) as begun:
            prompt = await asyncio.to_thread(
                self._store.save_prompt, owner, begun.conversation.id, clean, instead_of=earlier.id
            )
            async with aclosing(self._run(begun.live, begun.conversation, prompt, chosen)) as steps:
                async for step in steps:
                    yield step

    async def retry(
        self, owner: str, prompt_id: str, *, sampling: GenerationSettings | None = None
    ) -> AsyncGenerator[Step, None]:
        """Answer a prompt once more; the earlier reply stays as a version beside the new one."""
        await self._require_standing(owner)
        chosen = self._allowed(sampling)
        prompt = await asyncio.to_thread(self._store.message, owner, prompt_id)
        if prompt.role != "user":
            raise TurnRefused("Only a prompt can be answered again.")
        if prompt.state in ("blocked", "removed"):
            raise TurnRefused(f"This message was {STOPPED[prompt.state]}; a person can look at it, if asked.")
        async with (
            self._begun(owner, prompt.conversation_id) as begun,
            aclosing(self._run(begun.live, begun.conversation, prompt, chosen)) as steps,
        ):
            async for step in steps:
                yield step

    @property
    def sampling(self) -> GenerationSettings:
        """How replies are sampled here where a person chose nothing else."""
        return self._limits.sampling

    def stop(self, owner: str, conversation_id: str) -> bool:
        """End the reply that is being written in a conversation of this owner; False where there is none."""
        return self._live.stop(owner, conversation_id)

    def is_live(self, conversation_id: str) -> bool:
        """Whether a reply is being written in this conversation."""
        return self._live.is_live(conversation_id)

    async def choose(self, owner: str, message_id: str) -> str:
        """Go on from another version of a message; gives the id of its conversation.

        Raises TurnRefused while that is being answered.
        """
        chosen = await asyncio.to_thread(self._store.message, owner, message_id)
        with self._live.claimed(owner, chosen.conversation_id):
            await asyncio.to_thread(self._store.choose_version, owner, message_id)
        return chosen.conversation_id

    async def rename(self, owner: str, conversation_id: str, title: str) -> Verdict | None:
        """Give a conversation a title that passes as a prompt does, and counts as one; else the verdict."""
        await self._require_standing(owner)
        conversation = await asyncio.to_thread(self._store.conversation, owner, conversation_id)
        clean = given_title(title)
        if clean in ("", conversation.title):
            return None
        self._admission.require_prompt(owner)
        verdict = await self._judge.judge(Text(clean, "prompt"))
        judged = JudgedTitle(clean, verdict, severity(self._judge, verdict))
        given = await asyncio.to_thread(self._store.name_conversation, owner, conversation_id, judged)
        return None if given else verdict

    async def delete(self, owner: str, conversation_id: str) -> None:
        """Delete a conversation for good, in the model too. Raises TurnRefused while it is being answered."""
        if self.is_live(conversation_id):
            raise TurnRefused("A reply is still being written here. Stop it first, then delete.")
        await asyncio.to_thread(self._store.delete_conversation, owner, conversation_id)
        self.forget(conversation_id)

    async def delete_all(self, owner: str) -> int:
        """Delete all conversations of a person, as `delete` does one; gives how many those were."""
        if self._live.of(owner):
            raise TurnRefused("A reply to you is still being written. Stop it first, then delete.")
        gone = await asyncio.to_thread(self._store.delete_conversations, owner)
        for conversation_id in gone:
            self.forget(conversation_id)
        return len(gone)

    async def leave(self, owner: str, conversation_id: str) -> None:
        """End a temporary conversation that its person turns away from; any other stays."""
        if not is_temporary(conversation_id):
            return
        self.stop(owner, conversation_id)
        await self._live.ended(conversation_id)
        with suppress(NotFound):
            await self.delete(owner, conversation_id)

    async def erase(self, owner: str) -> None:
        """Erase everything of a person; replies under way end, and the model forgets every conversation."""
        kept = await asyncio.to_thread(self._store.conversations, owner, EVERY)
        passing = await asyncio.to_thread(self._store.temporary_conversations, owner)
        await asyncio.to_thread(self._store.erase_person, owner)
        live = self._live.of(owner)
        for turn in live:
            turn.stop.set()
        theirs = {*passing, *(found.id for found in kept), *(turn.conversation_id for turn in live)}
        for conversation_id in theirs:
            self.forget(conversation_id)

    def forget(self, conversation_id: str) -> None:
        """Make the model drop what it keeps of a conversation some of whose text was withdrawn."""
        self._live.forget(conversation_id)

    def wind_down(self, seconds: float) -> int:
        """Begin no more turns and wait, at most so long, for those under way; gives how many are left."""
        self._live.is_closing = True
        deadline = time.monotonic() + seconds
        while self._live.count and time.monotonic() < deadline:
            time.sleep(WIND_DOWN_BEAT)
        return self._live.count

    @asynccontextmanager
    async def _begun(
        self, owner: str, conversation_id: str | None, *, temporary: bool = False
    ) -> AsyncIterator[Begun]:
        """Begin a turn of somebody who may have one now, in a new conversation where the id is None.

        Raises TurnRefused before anything is saved.
        """
        if conversation_id is None:
            kept = await asyncio.to_thread(self._store.conversation_count, owner)
            start = self._store.start_conversation
            with self._admission.turn(owner, conversations=0 if temporary else kept):
                conversation = await asyncio.to_thread(start, owner, temporary=temporary)
                with self._live.claimed(owner, conversation.id) as live:
                    yield Begun(live, conversation)
            return
        conversation = await asyncio.to_thread(self._store.conversation, owner, conversation_id)
        held = await asyncio.to_thread(self._store.message_count, owner, conversation_id)
        with self._admission.turn(owner, messages=held), self._live.claimed(owner, conversation.id) as live:
            yield Begun(live, conversation)

    async def _run(
        self, live: LiveTurn, conversation: Conversation, prompt: StoredMessage, chosen: GenerationSettings
    ) -> AsyncGenerator[Step, None]:
        path = await asyncio.to_thread(self._store.path, live.owner, conversation.id)
        yield Step("saved", prompt, path=path_to(path, prompt))
        context = context_before(path, prompt)
        prompt = await self._judged(live.owner, conversation, prompt, context)
        if prompt.state not in READABLE_PROMPTS:
            self._ended(prompt.state)
            yield Step("done", prompt)
            return
        yield Step("accepted", prompt)
        asked = Asked(prompt, (*context, Message("user", prompt.text)), chosen)
        spent = 0
        try:
            async with aclosing(self._answers.steps(live, asked)) as steps:
                async for step in steps:
                    spent = step.ending.tokens if step.ending else len(step.text) // CHARACTERS_A_TOKEN
                    yield step
        except ModelError as error:
            log.warning("prompt %s was not answered: %s", prompt.id, type(error).__name__)
            raise TurnRefused(str(error)) from None
        finally:
            self._admission.spent(live.owner, spent)

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
            if verdict.redactions:
                raise TurnRefused(
                    "By now something in this message has to be taken out; please send it anew."
                )
            return prompt
        judged = await asyncio.to_thread(
            self._store.record_prompt, owner, prompt.id, verdict, severity=severity(self._judge, verdict)
        )
        if judged.state == "accepted" and not conversation.title:
            title = title_of(judged.text)
            await asyncio.to_thread(self._store.rename_conversation, owner, conversation.id, title)
        return judged

    async def _require_standing(self, owner: str) -> None:
        seen = self._admission.seen(owner)
        await require_standing(self._store, owner, self._limits.terms, seen)

    def _allowed(self, chosen: GenerationSettings | None) -> GenerationSettings:
        host = self._limits.sampling
        if chosen is not None and chosen.max_tokens > host.max_tokens:
            limit = f"it can be at most {host.max_tokens:,}"
            raise TurnRefused(f"The longest reply is set to {chosen.max_tokens:,} tokens; {limit}.")
        return chosen or host

    def _readable(self, text: str) -> str:
        clean = readable(text)
        if not clean:
            raise TurnRefused("The message is empty; write something first.")
        limit = self._limits.prompt_characters
        if len(clean) > limit:
            raise TurnRefused(f"The message is {len(clean):,} characters long; it can be at most {limit:,}.")
        return clean
