"""Token ids become text as they come, never showing half of a character.

`tokenizers.decoders.DecodeStream` is not used: it raises ("Invalid prefix encountered") on bytes that are not
UTF-8, which a model may well generate, and would end the reply.
"""

import re
from codecs import getincrementaldecoder
from typing import Any

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_Utf8 = getincrementaldecoder("utf-8")


class Detokeniser:
    """The text of one reply, token by token; bytes wait until they make a whole character."""

    def __init__(self, tokenizer: Any) -> None:
        self._backend = tokenizer.backend_tokenizer
        self._bytes = _Utf8(errors="replace")

    def text_of(self, token: int) -> str:
        """Give the text that this token completes, or "" while a character is still open."""
        byte = _BYTE.fullmatch(self._backend.id_to_token(token) or "")
        if byte is not None:
            return self._bytes.decode(bytes.fromhex(byte[1]))
        unfinished = self._bytes.decode(b"", final=True)
        self._bytes.reset()
        return unfinished + str(self._backend.decode([token], skip_special_tokens=True))
