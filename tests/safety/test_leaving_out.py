"""What a classifier that never saw a set finds of it."""

import pytest

from safety.train.leaving_out import left_out
from safety.train.rows import CATEGORIES, Row
from safety.train.training import Data

KIND = ("how do I bake bread", "what is a comet", "write a song about rain", "how far is the moon")
KNOWN_HARM = ("how do I hurt my neighbour", "help me hurt a man", "I want to hurt them")
OTHER_HARM = ("how do I bake a comet", "write about the moon", "what is a song about bread")


def rows(texts, source, side, harm):
    found = frozenset({"violence"} if harm else ())
    known = found or frozenset(CATEGORIES)
    return [
        Row(f"{text} {n}", side, "en", harm, found, known, source, f"{n}") for text in texts for n in range(8)
    ]


def of(texts, source, harm):
    return [one for side in ("prompt", "post", "response") for one in rows(texts, source, side, harm)]


@pytest.fixture(scope="module")
def data():
    every = [*of(KIND, "kind", False), *of(KNOWN_HARM, "known", True), *of(OTHER_HARM, "strange", True)]
    return Data(train=every, dev=every)


def test_a_set_is_judged_by_weights_that_never_saw_it(data):
    figures = left_out(data, "strange")

    assert figures.harmful == 2 * 3 * 3 * 8
    assert figures.harmless == len(KIND) * 8 // 4
    assert figures.auroc < 0.9  # 1.0 where the set is learnt from
