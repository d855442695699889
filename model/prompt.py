"""Messages become token ids exactly as the checkpoint's chat template writes them, and fit the context."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError

from model.markers import Markers
from model.types import Message, ModelError, PromptTooLong

_EDGE = "\u2003"
"""White space around a placeholder: where the template trims a message, it is gone when rendered."""
_PLACEHOLDER = re.compile(f"({_EDGE}?)\ue000([0-9]+)\ue001({_EDGE}?)")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class WrittenPrompt:
    """A prompt as the model reads it; `remembered` counts the messages in it, from the newest."""

    ids: tuple[int, ...]
    remembered: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the rendered prompt: the template's own words, or a message's text."""

    text: str
    is_message: bool


class PromptWriter:
    """Writes prompts for one tokenizer with a chat template; keeps no conversation and is safe to share.

    Only the template writes control tokens: whatever a message says, its text becomes plain tokens.
    """

    def __init__(self, tokenizer: Any, context_length: int) -> None:
        if not tokenizer.chat_template:
            raise ModelError(
                "This checkpoint's tokenizer has no chat template; a chat needs an -it checkpoint."
            )
        self._tokenizer = tokenizer
        self._context_length = context_length
        self._markers = Markers(tokenizer)
        if not self._renders("user"):
            raise ModelError(
                "This checkpoint's chat template cannot be rendered; it must be a Jinja template."
            )
        self._has_system_role = self._renders("system", "user")

    def write(self, messages: Sequence[Message], max_tokens: int) -> WrittenPrompt:
        """Give the ids of the system text and the newest whole turns that leave room for `max_tokens`.

        `remembered` leaves the system text out once a turn was dropped. The room kept for the reply is at
        most half the context, so that a large `max_tokens` alone refuses no prompt.
        Raises PromptTooLong when the newest prompt alone does not fit, ModelError for wrong roles.
        """
        system, turns = _parted(messages)
        limit = self._context_length - min(max_tokens, self._context_length // 2)
        drafts: dict[int, list[int]] = {}

        def fits(start: int) -> bool:
            drafts[start] = self._encode(self._with_system(system, turns[start:]))
            return len(drafts[start]) <= limit

        starts = range(0, len(turns), 2)
        start = 0 if fits(0) else 2 * bisect_left(starts, True, lo=1, key=fits)
        if start > starts[-1]:
            raise PromptTooLong(len(drafts[starts[-1]]), limit)
        return WrittenPrompt(tuple(drafts[start]), len(turns) - start if start else len(messages))

    def _with_system(self, system: str, turns: Sequence[Message]) -> list[Message]:
        if not system:
            return list(turns)
        if self._has_system_role:
            return [Message("system", system), *turns]
        return [Message("user", f"{system}\n\n{turns[0].text.strip()}"), *turns[1:]]

    def _encode(self, messages: Sequence[Message]) -> list[int]:
        pieces = self._render(messages)
        ids = [number for run in self._runs(pieces) for number in self._markers.encode(run)]
        template = [self._markers.encode(piece.text) for piece in pieces if not piece.is_message]
        if self._markers.only(ids) != [control for part in template for control in self._markers.only(part)]:
            ids = [number for piece in pieces for number in self._encode_apart(piece)]
        return self._begun_once(ids)

    def _runs(self, pieces: Sequence[_Piece]) -> list[str]:
        """Join the pieces into runs to be encoded as the template's are; cut only inside typed markers."""
        runs = [""]
        for piece in pieces:
            first, *rest = self._markers.cut(piece.text) if piece.is_message else [piece.text]
            runs[-1] += first
            runs += rest
        return runs

    def _encode_apart(self, piece: _Piece) -> list[int]:
        if not piece.is_message:
            return self._markers.encode(piece.text)
        return [
            number for part in self._markers.cut(piece.text) for number in self._markers.encode_plainly(part)
        ]

    def _begun_once(self, ids: list[int]) -> list[int]:
        """Begin with exactly one <bos>, whether the template writes it or leaves it to the tokenizer."""
        bos = self._tokenizer.bos_token_id
        rest = next((at for at, number in enumerate(ids) if number != bos), len(ids))
        return ids if bos is None else [bos, *ids[rest:]]

    def _render(self, messages: Sequence[Message]) -> list[_Piece]:
        """Render the template around placeholders; put the texts in, trimmed where the template trims."""
        rendered = self._rendered([message.role for message in messages])
        pieces: list[_Piece] = []
        end = 0
        for found in _PLACEHOLDER.finditer(rendered):
            text = _SURROGATE.sub("\ufffd", messages[int(found[2])].text)
            text = text if found[1] else text.lstrip()
            pieces.append(_Piece(rendered[end : found.start()], is_message=False))
            pieces.append(_Piece(text if found[3] else text.rstrip(), is_message=True))
            end = found.end()
        return [*pieces, _Piece(rendered[end:], is_message=False)]

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


def _parted(messages: Sequence[Message]) -> tuple[str, list[Message]]:
    """Part the system text from the turns, which alternate, beginning and ending with a user's message."""
    has_system = bool(messages) and messages[0].role == "system"
    turns = list(messages[1:] if has_system else messages)
    roles = [message.role for message in turns]
    expected = [("user", "assistant")[at % 2] for at in range(len(turns))]
    if not roles or roles != expected or roles[-1] != "user":
        said = ", ".join(roles) or "none"
        raise ModelError(
            f"The roles of this prompt are {said}; they must alternate user and assistant, user last."
        )
    return (messages[0].text.strip() if has_system else ""), turns
