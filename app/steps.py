"""How far a turn is, step by step, and what the model is asked in it."""

from dataclasses import dataclass
from typing import Literal

from model.types import Ending, GenerationSettings, Message
from storage.types import StoredMessage

Stage = Literal["saved", "accepted", "writing", "done"]


@dataclass(frozen=True, slots=True)
class Step:
    """How far a turn is: the prompt as stored and, once there is one, the reply as far as it may be shown."""

    stage: Stage
    prompt: StoredMessage
    reply: StoredMessage | None = None
    text: str = ""
    path: tuple[StoredMessage, ...] = ()
    """On the first step of a turn: the conversation from its first message to the prompt."""
    place: int | None = None
    """Its place in line while it waits for the model, the next to begin being 1."""
    ending: Ending | None = None
    messages: int = 0
    """How many messages the model was handed; `ending.remembered` of them fitted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the model is asked: the prompt as stored, all that it reads, and how to sample the reply."""

    prompt: StoredMessage
    messages: tuple[Message, ...]
    sampling: GenerationSettings
