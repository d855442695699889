"""Work on a text that was pasted in: summarise it, shorten it, make it longer or simpler, turn it into a list."""

import random
from collections.abc import Mapping, Sequence

from model.demo.corpus import texts
from model.demo.corpus.conversations import LANGUAGES, Conversation, Split, Turn, is_held_out
from model.demo.corpus.names import made_up_name
from model.demo.corpus.tables import fill, table

_AND = {"en": (", ", " and "), "ko": (", ", ", "), "zh": ("、", "和"), "ja": ("、", "と")}
_TIMES = {"summarise": 5, "shorten": 2, "lengthen": 2, "simplify": 2, "listing": 2}


def _details(rng: random.Random, lang: str, split: Split, count: int) -> list[str]:
    return [
        fill(detail, **texts.slots(rng, lang, split))
        for detail in rng.sample(table("paste")[lang]["details"], count)
    ]


def _simpler(rng: random.Random, lang: str, split: Split) -> tuple[str, str]:
    """A sentence in hard words and the same in easy ones."""
    part = table("paste")[lang]["plainer"]
    while True:
        parts = [rng.choice(part[name]) for name in ("subjects", "deeds", "occasions")]
        slots = texts.slots(rng, lang, split)
        hard = fill(texts.joined(lang, *(pair[0] for pair in parts)), **slots)
        if is_held_out(hard) == (split == "test"):
            return hard, fill(texts.joined(lang, *(pair[1] for pair in parts)), **slots)


def _things(rng: random.Random, lang: str, split: Split) -> list[str]:
    """Three to six things of which none is part of another: errands and goods, or whatever has a name."""
    unknown, lists = table("unknown")[lang]["things"], table("recall")["lists"][lang]
    everyday = table("paste")[lang]["things"]
    names = everyday if rng.random() < 0.4 else [*unknown, *lists["name"], *lists["city"], *lists["colour"]]
    wanted = [name for name in names if is_held_out(name) == (split == "test")]
    count, things = rng.randint(3, 6), list[str]()
    while len(things) < count:
        thing = made_up_name(rng, split, lang) if rng.random() < 0.2 else rng.choice(wanted)
        if not any(thing in other or other in thing for other in things):
            things.append(thing)
    return things


def _in_a_row(rng: random.Random, lang: str, things: Sequence[str], split: Split) -> str:
    """The things in one line, in training sometimes without the "and", or as people type lists in a hurry."""
    comma, last = _AND[lang]
    if split == "train" and rng.random() < 0.35:
        return rng.choice((comma, comma, "; ", " / ", "\n")).join(things)
    return comma.join(things[:-1]) + last + things[-1]


def _asked(rng: random.Random, lang: str, wish: str, text: str, split: Split) -> str:
    part = table("paste")[lang]
    asks: Sequence[str] = part["held"][wish] if split == "test" and rng.random() < 0.5 else part[wish]
    return rng.choice(asks).replace("{t}", text)


def _turn(rng: random.Random, lang: str, wish: str, split: Split, sentences: Sequence[str]) -> Turn:
    if wish == "listing":
        things = _things(rng, lang, split)
        return Turn(
            _asked(rng, lang, wish, _in_a_row(rng, lang, things, split), split),
            "\n".join(f"- {thing}" for thing in things),
        )
    if wish == "simplify":
        hard, easy = _simpler(rng, lang, split)
        return Turn(_asked(rng, lang, wish, hard, split), easy)
    topic, longer = texts.topic(rng, lang, split)
    if wish == "lengthen":
        return Turn(_asked(rng, lang, wish, topic, split), texts.GLUE[lang].join((topic, longer)))
    if sentences and split == "train" and rng.random() < 0.4:
        topic, *rest = rng.sample(list(sentences), rng.randint(2, 4))
    else:
        rest = _details(rng, lang, split, rng.randint(1, 4))
    return Turn(_asked(rng, lang, wish, texts.GLUE[lang].join((topic, *rest)), split), topic)


def draw(rng: random.Random, split: Split, sentences: Mapping[str, Sequence[str]]) -> Conversation:
    """One text with a wish; in training some texts are made of `sentences`, the replies of other rows by language."""
    lang = rng.choices(LANGUAGES, (58, 14, 14, 14))[0]
    wish = rng.choices(tuple(_TIMES), tuple(_TIMES.values()))[0]
    return Conversation("pasted text", lang, (_turn(rng, lang, wish, split, sentences.get(lang, ())),))
