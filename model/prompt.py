"""Messages become token ids exactly as the checkpoint's chat template writes them, and fit the context."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from model.forms import Piece, form_of, readable
from model.markers import Markers
from model.types import Message, ModelError, PromptTooLong


@dataclass(frozen=True, slots=True)
class WrittenPrompt:
    """A prompt as the model reads it; `remembered` counts the messages in it, from the newest."""

    ids: tuple[int, ...]
    remembered: int
    stop: tuple[str, ...] = ()
    """Texts that end the reply as well, where the prompt's form is not one of control tokens."""


class PromptWriter:
    """Writes prompts for one tokenizer; keeps no conversation and is safe to share.

    Only the form writes control tokens: whatever a message says, its text becomes plain tokens.
    """

    def __init__(self, tokenizer: Any, context_length: int) -> None:
        self._tokenizer = tokenizer
        self._context_length = context_length
        self._markers = Markers(tokenizer)
        self._form = form_of(tokenizer)

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
        remembered = len(turns) - start if start else len(messages)
        return WrittenPrompt(tuple(drafts[start]), remembered, self._form.stop)

    def write_as_is(self, pieces: Sequence[Piece]) -> tuple[int, ...]:
        """Give the ids of a prompt that is laid out already, behind one <bos>; the form adds nothing.

        Raises PromptTooLong when no place is left for the next token.
        """
        ids = self._encode_pieces([replace(piece, text=readable(piece.text)) for piece in pieces])
        if len(ids) >= self._context_length:
            raise PromptTooLong(len(ids), self._context_length - 1)
        return tuple(ids)

    def _with_system(self, system: str, turns: Sequence[Message]) -> list[Message]:
        if not system:
            return list(turns)
        if self._form.has_system_role:
            return [Message("system", system), *turns]
        return [Message("user", f"{system}\n\n{turns[0].text.strip()}"), *turns[1:]]

    def _encode(self, messages: Sequence[Message]) -> list[int]:
        return self._encode_pieces(self._form.render(messages))

    def _encode_pieces(self, pieces: Sequence[Piece]) -> list[int]:
        ids = [number for run in self._runs(pieces) for number in self._markers.encode(run)]
        template = [self._markers.encode(piece.text) for piece in pieces if not piece.is_message]
        if self._markers.only(ids) != [control for part in template for control in self._markers.only(part)]:
            ids = [number for piece in pieces for number in self._encode_apart(piece)]
        return self._begun_once(ids)

    def _runs(self, pieces: Sequence[Piece]) -> list[str]:
        """Join the pieces into runs to be encoded as the template's are; cut only inside typed markers."""
        runs = [""]
        for piece in pieces:
            first, *rest = self._markers.cut(piece.text) if piece.is_message else [piece.text]
            runs[-1] += first
            runs += rest
        return runs

    def _encode_apart(self, piece: Piece) -> list[int]:
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
