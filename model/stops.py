"""Stop texts in a stream: what may be the beginning of one is held back until that is sure."""

from collections.abc import Sequence


class StopTexts:
    """Lets text through up to the first of the stop texts, wherever its pieces are cut."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._held = ""
        self.was_hit = False

    def passed(self, text: str) -> str:
        """Give what of the text so far can be shown and was not given yet; nothing after a stop text."""
        if self.was_hit:
            return ""
        held = self._held + text
        hits = [at for at in map(held.find, self._stops) if at >= 0]
        self.was_hit = bool(hits)
        end = min(hits) if hits else len(held) - self._opening(held)
        self._held = held[end:]
        return held[:end]

    def rest(self) -> str:
        """Give, at the end of the reply, what was held back and turned out to be no stop text."""
        held, self._held = self._held, ""
        return "" if self.was_hit else held

    def _opening(self, text: str) -> int:
        """Give the length of the longest end of `text` with which a stop text begins."""
        longest = max(map(len, self._stops), default=1) - 1
        return next(
            (
                length
                for length in range(min(longest, len(text)), 0, -1)
                if any(stop.startswith(text[-length:]) for stop in self._stops)
            ),
            0,
        )
