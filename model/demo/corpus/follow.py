"""Prompts that point back: "and of Germany?", "what did I ask first?", "say that again", "repeat after me"."""

import random
from collections.abc import Mapping, Sequence

from model.demo.corpus import wording
from model.demo.corpus.conversations import LANGUAGES, Conversation, Split, Turn
from model.demo.corpus.tables import fill, table


def _asked(rng: random.Random, kind: str, lang: str, split: Split) -> str:
    """A wording of the kind; its slot is still open."""
    part = table("follow")[kind][lang]
    return str(rng.choice(part["held" if split == "test" else "asks"]))


def _dressed(rng: random.Random, prompt: str, split: Split) -> str:
    return wording.varied(rng, prompt) if split == "train" else prompt


def _capitals(rng: random.Random, lang: str, split: Split) -> tuple[Turn, Turn]:
    part, at = table("forms")["capital"][lang], LANGUAGES.index(lang)
    one, two = rng.sample(table("countries")["rows"], 2)

    def said(entry: Sequence[str]) -> str:
        return fill(part["say"], x=entry[2 * at], y=entry[2 * at + 1]).replace("*", "")

    core = rng.choice([core for core in part["cores"] if core[0] not in ">="] or part["held"])
    return (
        Turn(fill(core, x=one[2 * at]), said(one)),
        Turn(_dressed(rng, fill(_asked(rng, "and", lang, split), x=two[2 * at]), split), said(two)),
    )


def draw(rng: random.Random, split: Split, between: Mapping[str, Sequence[Turn]]) -> Conversation:
    """A conversation whose last prompt needs the turns before it."""
    lang = rng.choices(LANGUAGES, (64, 12, 12, 12))[0]
    kind = rng.choices(("first", "last", "again", "echo", "and"), (4, 2, 2, 3, 3))[0]
    filler = [rng.choice(between[lang]) for _ in range(rng.choice((1, 1, 2, 2, 3, 4, 5, 6)))]
    if kind == "and":
        return Conversation("follow-up", lang, _capitals(rng, lang, split))
    if kind == "echo":
        said = rng.choice(between[lang])
        text = rng.choice((said.reply, said.prompt))
        prompt = _asked(rng, "echo", lang, split).replace("{x}", text)
        return Conversation("follow-up", lang, (Turn(prompt, text),))
    about = {"first": filler[0].prompt, "last": filler[-1].prompt, "again": filler[-1].reply}[kind]
    say = str(table("follow")[kind][lang].get("say", "{x}")).replace("{x}", about)
    return Conversation(
        "follow-up", lang, (*filler, Turn(_dressed(rng, _asked(rng, kind, lang, split), split), say))
    )
