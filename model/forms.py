"""The two forms a prompt is written in: a chat template's, and a plain one for checkpoints that have none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from jinja2 import TemplateError

from model.types import Message, ModelError

_EDGE = "\u2003"
"""White space around a placeholder: where the template trims a message, it is gone when rendered."""
_PLACEHOLDER = re.compile(f"({_EDGE}?)\ue000([0-9]+)\ue001({_EDGE}?)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LABELS = {"system": "Instructions", "user": "User", "assistant": "Model"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the rendered prompt: the form's own words, or a message's text."""

    text: str
    is_message: bool


class Form(Protocol):
    """How messages are laid out; `stop` ends a reply besides the checkpoint's own control tokens."""

    @property
    def has_system_role(self) -> bool: ...

    @property
    def stop(self) -> tuple[str, ...]: ...

    def render(self, messages: Sequence[Message]) -> list[Piece]: ...


def form_of(tokenizer: Any) -> Form:
    """Give the form of this tokenizer's checkpoint: its chat template's, else the plain one."""
    return TemplateForm(tokenizer) if tokenizer.chat_template else PlainForm()


class TemplateForm:
    """What the chat template writes, with the messages' texts kept apart from its own words."""

    stop: tuple[str, ...] = ()

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        if not self._renders("user"):
            raise ModelError(
                "This checkpoint's chat template cannot be rendered; it must be a Jinja template."
            )
        self.has_system_role = self._renders("system", "user")

    def render(self, messages: Sequence[Message]) -> list[Piece]:
        """Render the template around placeholders; put the texts in, trimmed where the template trims."""
        rendered = self._rendered([message.role for message in messages])
        pieces: list[Piece] = []
        end = 0
        for found in _PLACEHOLDER.finditer(rendered):
            text = readable(messages[int(found[2])].text)
            text = text if found[1] else text.lstrip()
            pieces.append(Piece(rendered[end : found.start()], is_message=False))
            pieces.append(Piece(text if found[3] else text.rstrip(), is_message=True))
            end = found.end()
        return [*pieces, Piece(rendered[end:], is_message=False)]

    def _rendered(self, roles: Sequence[str]) -> str:
        conversation = [
            {"role": role, "content": f"{_EDGE}\ue000{at}\ue001{_EDGE}"} for at, role in enumerate(roles)
        ]
        rendered: str = self._tokenizer.apply_chat_template(
            conversation, tokenize=False, add_generation_prompt=True
        )
        return rendered

    def _renders(self, *roles: str) -> bool:
        """Tell whether the template takes these roles and writes each message once."""
        try:
            rendered = self._rendered(roles)
        except TemplateError:
            return False
        return len(_PLACEHOLDER.findall(rendered)) == len(roles)


class PlainForm:
    """A chat as a base checkpoint may have read one: lines `User: …` and `Model: …`, the last left open.

    Of a text with several lines, each but the first is indented by two spaces, so that none opens a turn.
    """

    has_system_role = True
    stop: tuple[str, ...] = ("\nUser:", "\nModel:", "\nInstructions:")

    def render(self, messages: Sequence[Message]) -> list[Piece]:
        """Lay the messages out, each behind its label; the last label is the reply's."""
        pieces: list[Piece] = []
        for message in messages:
            before = "\n" if pieces else ""
            pieces.append(Piece(f"{before}{_LABELS[message.role]}: ", is_message=False))
            pieces.append(Piece("\n  ".join(readable(message.text).strip().splitlines()), is_message=True))
        return [*pieces, Piece(f"\n{_LABELS['assistant']}:", is_message=False)]


def readable(text: str) -> str:
    """Replace lone surrogates, which no tokenizer takes."""
    return _SURROGATE.sub("\ufffd", text)
