"""What goes wrong at a model's server, each in one sentence for the person who waits for the reply.

What the server wrote is never part of a sentence: it may hold anything, a piece of someone's text included.
"""

import re
from collections.abc import Mapping

import httpx2
from huggingface_hub.errors import InferenceTimeoutError, TextGenerationError

from model.types import ModelBusy, ModelError, PromptTooLong

_TOKENS = re.compile(
    r"([\d,]{1,12}) in the messages|([\d,]{1,12}) input tokens|request \(([\d,]{1,12}) tokens"
    r"|Given: ([\d,]{1,12})|would use ~?([\d,]{1,12})"
)
_LIMIT = re.compile(
    r"maximum context length is ([\d,]{1,12})|context size \(([\d,]{1,12})"
    r"|must be <= ([\d,]{1,12})|must have less than ([\d,]{1,12})"
)
"""How vLLM, llama.cpp's server, TGI and OpenAI word a prompt that is too long, in their sources of 2026."""

UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What reading an answer raises that is not what the protocol says."""


class Unavailable(Exception):
    """Nothing was generated, and another server, or this one in `wait` seconds, may still answer."""

    def __init__(self, error: ModelError, wait: float = 0.0) -> None:
        super().__init__(str(error))
        self.error = error
        """What to raise when nobody answers."""
        self.wait = wait


class Refused(ModelError):
    """The server understood the request and does not take it."""

    def __init__(self) -> None:
        super().__init__("The model's server does not take this prompt.")


def of_status(status: int, headers: Mapping[str, str], body: bytes) -> Exception:
    """Say what an answer that is no reply means: Unavailable, or a ModelError such as Refused."""
    if status == 429:
        busy = ModelBusy("The model's server is busy; please try again in a moment.")
        return Unavailable(busy, _retry_after(headers))
    if status in (502, 503):
        away = ModelError("The model's server is not ready; please try again in a moment.")
        return Unavailable(away, _retry_after(headers))
    if status in (401, 403):
        return ModelError(
            "The model's server does not accept the key of this site; its host has to mend that."
        )
    if status == 404:
        return ModelError("The model's server does not serve this model; its host has to mend that.")
    if status in (400, 413, 422):
        return too_long(body.decode("utf-8", "replace")) or Refused()
    return ModelError("The model's server failed; please try again.")


def of_fault(fault: Exception) -> Exception:
    """Say what a fault of the connection, or of what came over it, means."""
    if isinstance(fault, TextGenerationError):
        return ModelError("The model's server failed during this reply; please try again.")
    if isinstance(fault, InferenceTimeoutError | httpx2.TransportError):
        return Unavailable(ModelError("The model's server cannot be reached; please try again in a moment."))
    return ModelError("The model's server gave an answer that cannot be read; please try again.")


def too_long(said: str) -> PromptTooLong | None:
    """Read the count and the limit from what a server says of a prompt that is too long."""
    tokens, limit = _TOKENS.search(said), _LIMIT.search(said)
    return PromptTooLong(_number(tokens), _number(limit)) if tokens and limit else None


def _number(found: re.Match[str]) -> int:
    return int("".join(filter(None, found.groups())).replace(",", "") or 0)


def _retry_after(headers: Mapping[str, str]) -> float:
    """The seconds of a Retry-After header; 0 without one, and for a date."""
    value = headers.get("retry-after", "").strip()
    return float(value) if re.fullmatch(r"\d{1,6}", value) else 0.0
