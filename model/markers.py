"""Which token ids control the model, and how to write a marker so that it is plain text."""

import re
from collections.abc import Sequence
from typing import Any

_CONTROL_NAME = re.compile(
    r"<(?:pad|eos|bos|unk|mask|unused\d+|image_soft_token|(?:start|end)_of_(?:turn|image|audio))>|\[@BOS@\]"
)
_FORMATTING = re.compile(
    r"[\s▁]+|</?(?:table|caption|thead|tbody|tfoot|tr|th|td|h[1-6]|blockquote|strong|em|b|i|u|s|sub|sup|code)>"
)
"""Added tokens that are ordinary writing in every Gemma vocabulary: runs of white space and HTML tags."""


class Markers:
    """The control tokens of one tokenizer: every special or added token that is not ordinary writing."""

    def __init__(self, tokenizer: Any) -> None:
        self._backend = tokenizer.backend_tokenizer
        # A tokenizer saved after training may still cut or pad what it encodes.
        self._backend.no_truncation()
        self._backend.no_padding()
        names = {
            token.content: number
            for number, token in tokenizer.added_tokens_decoder.items()
            if token.special or not _FORMATTING.fullmatch(token.content)
        }
        names |= {
            name: number for name, number in tokenizer.get_vocab().items() if _CONTROL_NAME.fullmatch(name)
        }
        self.ids = frozenset(names.values()) | frozenset(tokenizer.all_special_ids)
        longest_first = sorted(names, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    def cut(self, text: str) -> list[str]:
        """Give `text` in pieces, cut after the first character of each marker: no piece holds one."""
        pieces: list[str] = []
        start = end = 0
        while found := self._pattern.search(text, end):
            end = found.start() + 1
            pieces.append(text[start:end])
            start = end
        return [*pieces, text[start:]]

    def encode(self, text: str) -> list[int]:
        """Encode one piece as the tokenizer does, its markers becoming control tokens."""
        return list(self._backend.encode(text, add_special_tokens=False).ids)

    def only(self, ids: Sequence[int]) -> list[int]:
        """Give the control ids among `ids`, in order."""
        return [number for number in ids if number in self.ids]

    def encode_plainly(self, text: str) -> list[int]:
        """Encode `text` so that no control id comes of it: what still gives one is halved."""
        ids = self.encode(text)
        if not self.only(ids):
            return ids
        if len(text) == 1:
            return [number for number in ids if number not in self.ids]
        middle = len(text) // 2
        return self.encode_plainly(text[:middle]) + self.encode_plainly(text[middle:])
