"""How likely a server finds each of a few answers, read from the log probabilities of one token."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import exp
from typing import Any

import httpx2
from huggingface_hub import AsyncInferenceClient

from model.remote_faults import of_fault
from model.remote_wire import FAULTS
from model.types import ModelError

LISTED = 20
"""How many of the likeliest tokens are asked for: the most that OpenAI's protocol and vLLM's default give."""


@dataclass(frozen=True, slots=True)
class Likely:
    """A token that may come next, with its probability."""

    text: str
    probability: float


async def listed(client: AsyncInferenceClient, request: dict[str, Any]) -> list[Likely]:
    """Ask for the likeliest next tokens. Raises Unavailable or ModelError."""
    try:
        said = await client.chat_completion(stream=False, logprobs=True, top_logprobs=LISTED, **request)
        logprobs = said.choices[0].logprobs
        if logprobs is None or not logprobs.content:
            raise ModelError("The model's server gives no log probabilities, so it cannot judge.")
        return [
            Likely(str(top.token), exp(min(top.logprob, 0.0))) for top in logprobs.content[0].top_logprobs
        ]
    except FAULTS as fault:
        raise of_fault(fault) from fault
    finally:
        with suppress(httpx2.HTTPError, OSError):
            await client.exit_stack.aclose()


def probabilities(likely: Sequence[Likely], begins: Sequence[str]) -> tuple[float, ...]:
    """Share the probability among choices, by the beginning of each; together 1.

    Raises ModelError where a token begins two choices, and where none of them is among the listed.
    """
    sums = [0.0] * len(begins)
    for token in likely:
        matching = [at for at, begin in enumerate(begins) if token.text and begin.startswith(token.text)]
        if len(matching) > 1:
            raise ModelError(f"The choices {', '.join(begins)} begin with the same token; they must differ.")
        for at in matching:
            sums[at] += token.probability
    total = sum(sums)
    if not total:
        raise ModelError("The model's server finds none of these choices likely, so it cannot judge.")
    return tuple(part / total for part in sums)
