"""The peer for perplexity: an n-gram model of the same text, with the smoothing of Witten and Bell."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import exp, log

from model.demo.batches import Example


class NGrams:
    """Counts of tokens behind up to `order` - 1 others; what is unseen gets the share of new types."""

    def __init__(self, order: int, vocabulary: int) -> None:
        self.order, self.vocabulary = order, vocabulary
        self.after: dict[tuple[int, ...], dict[int, int]] = defaultdict(lambda: defaultdict(int))

    def read(self, ids: Sequence[int]) -> None:
        """Count one text."""
        for at, token in enumerate(ids):
            for length in range(min(self.order, at + 1)):
                self.after[tuple(ids[at - length : at])][token] += 1

    def chance(self, before: Sequence[int], token: int) -> float:
        """The probability of the token after these ones."""
        value = 1 / self.vocabulary
        for length in range(min(self.order, len(before) + 1)):
            counts = self.after.get(tuple(before[len(before) - length :]))
            if counts is None:
                break
            total, types = sum(counts.values()), len(counts)
            value = (counts.get(token, 0) + types * value) / (total + types)
        return value

    def perplexity(self, examples: Iterable[Example]) -> float:
        """Over the learned tokens of the examples, as the model's own is measured."""
        loss, count = 0.0, 0
        for one in examples:
            for at in range(1, len(one.ids)):
                if one.is_learned[at]:
                    loss -= log(self.chance(one.ids[max(0, at - self.order + 1) : at], one.ids[at]))
                    count += 1
        return exp(loss / count)
