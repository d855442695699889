"""What judges ask of a model that they are handed: how likely are Yes and No after a prompt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from safety.types import SafetyError

CHOICES = ("Yes", "No")
LEAST = 200
"""Characters of which a text is not halved any more: a model that cannot read so many is no judge of it."""
OVERLAP = 200
"""Characters that two halves share, so that no sentence is cut in both."""
CONTEXT = 2_000
"""Characters of the prompt that a response is judged with; of a longer one its beginning and its end."""


class TooLong(SafetyError):
    """A prompt that a model cannot read as a whole."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a prompt: a judge's own words, or a text to be judged."""

    text: str
    is_judged: bool = False
    """Whether it is what people or a model wrote, so that nothing in it may control the model that judges."""


Prompt = tuple[Part, ...]


class Scorer(Protocol):
    """A model that judges may ask; safe to use from many threads."""

    @property
    def version(self) -> str:
        """Which model it is, with the commit or hash of its weights."""
        ...

    def score(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> Sequence[Sequence[float]]:
        """For each prompt how likely each choice is as the next token, together 1.

        Raises TooLong where a prompt is longer than what the model reads, and anything for other failures.
        """
        ...


def likelihoods(scorer: Scorer, value: str, ask: Callable[[str], Sequence[Prompt]]) -> list[float]:
    """How likely Yes is for each question that `ask` makes of a text: of a long one, in its worst part.

    A text that the model cannot read as a whole is halved until it can; no part of it is left out.
    """
    try:
        return [float(yes) for yes, _ in scorer.score(ask(value), CHOICES)]
    except TooLong:
        if len(value) <= LEAST + OVERLAP:
            raise
    middle = len(value) // 2
    halves = value[: middle + OVERLAP // 2], value[middle - OVERLAP // 2 :]
    first, second = (likelihoods(scorer, half, ask) for half in halves)
    return list(map(max, first, second))


def context(prompt: str | None) -> str:
    """The prompt that a response answers, short enough to leave room for the response."""
    if prompt is None or len(prompt) <= CONTEXT:
        return prompt or ""
    return f"{prompt[: CONTEXT // 2]} … {prompt[-CONTEXT // 2 :]}"
