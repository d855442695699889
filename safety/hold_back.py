"""Releases a streamed response only as far as it has passed, judged with all that came before."""

import re
import time
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from safety.checks.identifiers import settled
from safety.types import Verdict

FIRST = 24
"""Characters that are worth a first judgement, as a sentence is: a short reply is not to feel stuck."""

GROWTH = 16
"""A long reply is judged anew when it has grown by a sixteenth, so all judging is linear in its length."""

_MOST_WAIT = 0.25
"""Seconds after which a slow model's few new characters are judged, if judging takes little of that time."""

_SHARE_OF_TIME = 20
_LONGEST_WORD = 32
_LONGEST_CLUSTER = 64
_SENTENCE_END = re.compile(r"[.!?…]\s|[。！？\n]")


@dataclass(frozen=True, slots=True)
class Passed:
    """The response so far as it has passed, from its start; the last one says how the whole was judged."""

    text: str
    verdict: Verdict
    is_final: bool
    judged: str = ""
    """All that was judged, what is taken out replaced as in `text`; what evidence may hold."""


async def hold_back(
    chunks: AsyncIterator[str],
    judge: Callable[[str], Awaitable[Verdict]],
    *,
    window: int = 48,
    step: int = 80,
) -> AsyncGenerator[Passed, None]:
    """Yield the response so far as it has passed, less the last `window` characters; end at a block.

    What a verdict takes out is replaced, and what may yet be an identifier waits for its end. Before its own
    end a reply is judged anew when it has grown by `step` characters or a sixteenth, whichever is more; a
    slow one sooner. It is always judged from its start, less a word that may still be going on. `chunks` is
    closed in every case, at a withholding verdict before that last `Passed` is yielded.
    """
    reply = _Reply(window, step)
    try:
        async for chunk in chunks:
            reply.add(chunk)
            if not reply.is_due():
                continue
            verdict = await reply.judged(judge)
            if verdict.action.withholds:
                await _close(chunks)
                yield Passed(reply.released, verdict, is_final=True, judged=reply.readable(verdict))
                return
            if reply.release(verdict):
                yield Passed(reply.released, verdict, is_final=False)
        verdict = await judge(reply.text)
        whole = verdict.redacted(reply.text)
        yield Passed(
            reply.released if verdict.action.withholds else whole, verdict, is_final=True, judged=whole
        )
    finally:
        await _close(chunks)


class _Reply:
    """What has come of a response, how far it was judged, and how far it has been released."""

    def __init__(self, window: int, step: int) -> None:
        self.released = ""
        self._window = window
        self._step = step
        self._text = ""
        self._pieces: list[str] = []
        self._length = 0
        self._judged = 0
        self._end = 0
        self._next = window + FIRST
        self._judge_after = 0.0

    @property
    def text(self) -> str:
        """Everything that has come."""
        if self._pieces:
            self._text += "".join(self._pieces)
            self._pieces.clear()
        return self._text

    def add(self, chunk: str) -> None:
        self._pieces.append(chunk)
        self._length += len(chunk)

    def is_due(self) -> bool:
        """Whether enough has come to be judged anew."""
        if self._length >= self._next:
            return True
        if self._length <= self._judged or self._length <= self._window:
            return False
        return self._has_first_sentence() or self._has_waited()

    async def judged(self, judge: Callable[[str], Awaitable[Verdict]]) -> Verdict:
        """The verdict on what has come, without the word that may still be going on."""
        started = time.monotonic()
        text = self.text[: _last_word_start(self.text)]
        verdict = await judge(text)
        taken = time.monotonic() - started
        self._judge_after = started + taken + max(_MOST_WAIT, _SHARE_OF_TIME * taken)
        self._next = self._length + max(self._step, self._length // GROWTH)
        self._judged = len(text)
        return verdict

    def readable(self, verdict: Verdict) -> str:
        """All that was judged, with placeholders."""
        return verdict.redacted(self.text[: self._judged])

    def release(self, verdict: Verdict) -> bool:
        """Release what was judged and passed, less the window and what may yet be an identifier.

        Gives whether that changes what the reader sees.
        """
        judged = self.text[: self._judged]
        end = _cluster_start(judged, min(self._judged - self._window, settled(judged)))
        self._end = max(self._end, end)
        released = verdict.redacted(judged, self._end)
        if released == self.released:
            return False
        self.released = released
        return True

    def _has_first_sentence(self) -> bool:
        return self._judged == 0 and bool(_SENTENCE_END.search(self.text, 0, self._length - self._window))

    def _has_waited(self) -> bool:
        return self._judged > 0 and time.monotonic() >= self._judge_after


def _last_word_start(text: str) -> int:
    """Where the word begins that may go on in the next chunk; the end, where no space is near."""
    at = len(text)
    if text[-1:].isspace():
        return at
    for start in range(at, max(0, at - _LONGEST_WORD), -1):
        if text[start - 1].isspace():
            return start
    return at


def _cluster_start(text: str, end: int) -> int:
    """The nearest place at or before `end` that does not part an emoji or a letter from its marks."""
    for place in range(end, max(0, end - _LONGEST_CLUSTER), -1):
        if place >= len(text) or not _belongs_together(text[place - 1], text[place]):
            return place
    return end


def _belongs_together(before: str, after: str) -> bool:
    if unicodedata.combining(after) or unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return True
    if before == "\u200d" or after == "\u200d":
        return True
    is_flag = "\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff"
    is_skin_tone = "\U0001f3fb" <= after <= "\U0001f3ff"
    is_tag = "\U000e0020" <= after <= "\U000e007f"
    is_pair = "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff"
    return is_flag or is_skin_tone or is_tag or is_pair


async def _close(chunks: AsyncIterator[str]) -> None:
    close = getattr(chunks, "aclose", None)
    if close is not None:
        await close()
