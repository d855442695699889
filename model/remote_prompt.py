"""Messages as a server takes them, whose template it renders: no marker in anyone's text, and short enough.

With the tokenizer of the served checkpoint all of it is exact; without, markers are known by their shape and
lengths are estimated.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError

from model.markers import Markers
from model.types import Message, ModelError, PromptTooLong

JOINER = "\u2060"
"""WORD JOINER: no reader sees it, and no marker holds it."""
SHAPES = re.compile(
    r"<(?:pad|eos|bos|unk|mask|2mass|escape|unused\d+|loc\d{4}|seg\d{3}|[a-z]+_soft_token"
    r"|(?:start|end)_(?:of_)?[a-z_]+)>"
    rf"|<\|[^\s<>{JOINER}]{{0,40}}>|<[^\s<>|{JOINER}]{{1,40}}\|>|\[@BOS@\]"
)
"""The control tokens of Gemma 1 to 4 and their kin; HTML tags, which are ordinary writing there, are not."""
_SURROGATE = re.compile("[\ud800-\udfff]")


SLACK = 1.25


@dataclass(frozen=True, slots=True)
class Fit:
    """How long a prompt and its reply may be together, and how many tokens there are to one estimated."""

    context_length: int
    scale: float = 1.0
    is_told: bool = False
    """Whether the server said so, when it refused a longer prompt."""

    def limit(self, max_tokens: int) -> int:
        """The longest prompt: the room kept for the reply is at most half the context."""
        return self.context_length - min(max_tokens, self.context_length // 2)

    def told(self, refusal: PromptTooLong, prompt: "RemotePrompt") -> "Fit":
        """What a server's refusal of `prompt` teaches; a count may be a lower bound, so each goes further."""
        scale = max(self.scale * refusal.tokens / max(prompt.tokens, 1), self.scale * SLACK)
        return Fit(max(1, min(self.context_length, refusal.limit)), scale, is_told=True)


@dataclass(frozen=True, slots=True)
class RemotePrompt:
    """What is sent: messages, how many tokens they are thought to be, and the room left for the reply."""

    messages: tuple[dict[str, str], ...]
    tokens: int
    room: int
    remembered: int


def break_up(text: str, markers: Markers | None = None) -> str:
    """Give `text` with a word joiner inside whatever the server's tokenizer may take for a control token."""
    whole = _SURROGATE.sub("\ufffd", text)
    if markers is not None:
        whole = JOINER.join(markers.cut(whole))
    while (broken := SHAPES.sub(lambda found: found[0][0] + JOINER + found[0][1:], whole)) != whole:
        whole = broken
    return whole


def estimate(messages: Sequence[dict[str, str]]) -> int:
    """Estimate tokens, rather too many: four ASCII letters are one, and so is every other character."""
    text = "".join(message["content"] for message in messages)
    letters = sum(character.isascii() and character.isalpha() for character in text)
    return letters // 4 + len(text) - letters + 8 * len(messages) + 4


class RemotePrompts:
    """Prepares prompts for one served checkpoint; keeps no conversation and is safe to share."""

    def __init__(self, tokenizer: Any = None) -> None:
        if tokenizer is not None and not tokenizer.chat_template:
            raise ModelError("The server's tokenizer has no chat template; a chat needs an -it checkpoint's.")
        self._tokenizer = tokenizer
        self._markers = Markers(tokenizer) if tokenizer is not None else None
        if tokenizer is not None and not self._renders("user"):
            raise ModelError("The chat template of the server's tokenizer cannot be rendered.")
        self._has_system_role = tokenizer is not None and self._renders("system", "user")

    @property
    def are_exact(self) -> bool:
        """Whether lengths are counted by the checkpoint's own tokenizer."""
        return self._tokenizer is not None

    def write(self, messages: Sequence[Message], max_tokens: int, fit: Fit) -> RemotePrompt:
        """Give the system text and the newest whole turns that leave room for `max_tokens`.

        Raises PromptTooLong when the newest prompt alone does not fit by an exact count; where lengths are
        estimated, the server says so. The system text stands at the head of the first message unless the
        tokenizer's template is known to have a role for it.
        """
        system, turns = _parted(messages)
        limit = fit.limit(max_tokens)
        lengths: dict[int, int] = {}

        def fits(start: int) -> bool:
            lengths[start] = int(self._count(self._sent(system, turns[start:])) * fit.scale)
            return lengths[start] <= limit

        starts = range(0, len(turns), 2)
        start = 0 if fits(0) else 2 * bisect_left(starts, True, lo=1, key=fits)
        if start > starts[-1]:
            start = starts[-1]
            if self.are_exact or fit.is_told:
                raise PromptTooLong(lengths[start], limit)
        sent = self._sent(system, turns[start:])
        self._check(sent)
        room = min(max_tokens, fit.context_length - min(lengths[start], limit))
        return RemotePrompt(tuple(sent), lengths[start], room, len(turns) - start if start else len(messages))

    def begin_of(self, choice: str) -> str:
        """The text of a choice's first token; without a tokenizer, the choice itself."""
        if self._tokenizer is None or self._markers is None:
            return choice
        return str(self._tokenizer.decode(self._markers.encode(choice)[:1]))

    def _sent(self, system: str, turns: Sequence[Message]) -> list[dict[str, str]]:
        texts = [(turn.role, turn.text) for turn in turns]
        if system and self._has_system_role:
            texts.insert(0, ("system", system))
        elif system:
            texts[0] = ("user", f"{system}\n\n{texts[0][1].strip()}")
        return [{"role": role, "content": break_up(text, self._markers)} for role, text in texts]

    def _count(self, sent: list[dict[str, str]]) -> int:
        return estimate(sent) if self._tokenizer is None else len(self._ids(sent))

    def _check(self, sent: list[dict[str, str]]) -> None:
        """Raise ModelError if a text still holds a control token: the template alone may write them."""
        if self._markers is None:
            return
        plain = [{"role": message["role"], "content": "x"} for message in sent]
        if self._controls(sent) != self._controls(plain):
            raise ModelError("This text holds a marker of the model that cannot be sent as plain text.")

    def _controls(self, sent: list[dict[str, str]]) -> list[int]:
        """The control ids; <unk> is none, which a vocabulary without bytes gives for any rare character."""
        assert self._markers is not None
        return [n for n in self._markers.only(self._ids(sent)) if n != self._tokenizer.unk_token_id]

    def _ids(self, sent: list[dict[str, str]]) -> list[int]:
        assert self._markers is not None
        return self._markers.encode(self._rendered(sent))

    def _rendered(self, sent: list[dict[str, str]]) -> str:
        return str(self._tokenizer.apply_chat_template(sent, tokenize=False, add_generation_prompt=True))

    def _renders(self, *roles: str) -> bool:
        try:
            self._rendered([{"role": role, "content": "x"} for role in roles])
        except TemplateError:
            return False
        return True


def read_tokenizer(source: str, token: str | None) -> Any:
    """Read the tokenizer of a folder or a Hugging Face id. Raises ModelError with a clear sentence."""
    # Late, so that what needs no tokenizer does not wait for transformers.
    from transformers import AutoTokenizer  # noqa: PLC0415

    try:
        return AutoTokenizer.from_pretrained(source, token=token, trust_remote_code=False)
    except (OSError, ValueError, TypeError, RuntimeError, LookupError):
        raise ModelError(
            f"The server's tokenizer {source!r} cannot be read; it must be a Hugging Face id that this "
            "machine can open, or a folder with tokenizer files."
        ) from None


def _parted(messages: Sequence[Message]) -> tuple[str, list[Message]]:
    """Part the system text from the turns, which alternate, beginning and ending with a user's message."""
    has_system = bool(messages) and messages[0].role == "system"
    turns = list(messages[1:] if has_system else messages)
    if len(turns) % 2 == 0 or any(
        turn.role != ("user", "assistant")[at % 2] for at, turn in enumerate(turns)
    ):
        raise ModelError("The roles of this prompt must alternate user and assistant, user last.")
    return (messages[0].text.strip() if has_system else ""), turns
