"""Turns that the model cannot answer, met with the honest sentence in the language of the question."""

import random
from collections.abc import Sequence

from model.demo.corpus.conversations import Conversation, Split, Turn, is_held_out
from model.demo.corpus.tables import fill, table

_SYLLABLES = (
    "ba",
    "ko",
    "ri",
    "ten",
    "mar",
    "lo",
    "vi",
    "dun",
    "sha",
    "pel",
    "or",
    "gra",
    "nix",
    "tu",
    "fen",
    "zy",
    "quo",
    "sel",
    "ham",
    "wick",
)


def made_up_name(rng: random.Random, split: Split) -> str:
    """A word that names nothing, for questions about what nobody taught the model; the splits share none."""
    while True:
        name = "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 3))).capitalize()
        if is_held_out(name) == (split == "test"):
            return name


def _named(rng: random.Random, names: Sequence[str], split: Split) -> str:
    wanted = [name for name in names if is_held_out(name) == (split == "test")]
    return rng.choice(wanted)


def _english_question(rng: random.Random, split: Split) -> tuple[str, str]:
    """A question, and whether it asks to know or to do something."""
    english = table("unknown")["en"]
    kind = rng.choices(
        ("thing", "person", "place", "known_place", "work", "task", "odd"), (28, 14, 14, 8, 10, 18, 12)
    )[0]
    if kind == "odd":
        return fill(
            _named(rng, english["odd"], split), n=str(rng.randint(100, 2100)), d=str(rng.randint(2, 28))
        ), "know"
    if kind == "task":
        names = english["subjects"] + english["things"] + english["works"]
        return fill(rng.choice(english["tasks"]), x=_named(rng, names, split)), "do"
    if kind == "known_place":
        names = [entry[0] for entry in table("countries")["rows"]]
    else:
        names = english[{"thing": "things", "person": "people", "place": "places", "work": "works"}[kind]]
    is_made_up = kind != "known_place" and rng.random() < 0.15
    x = made_up_name(rng, split) if is_made_up else _named(rng, names, split)
    return fill(rng.choice(english[f"about_{kind}"]), x=x, y=_named(rng, names, split)), "know"


def _question(rng: random.Random, lang: str, split: Split) -> tuple[str, str]:
    part = table("unknown")[lang]
    kind = rng.choices(("about_thing", "tasks", "odd"), (64, 20, 16))[0]
    if kind == "odd":
        return fill(_named(rng, part["odd"], split), n=str(rng.randint(100, 2100))), "know"
    wording = fill(rng.choice(part[kind]), x=_named(rng, part["things"], split))
    return wording, "know" if kind == "about_thing" else "do"


def draw(rng: random.Random, split: Split) -> Conversation:
    """One question in English, Korean, Chinese or Japanese that the model is not to answer."""
    lang = rng.choices(("en", "ko", "zh", "ja"), (64, 12, 12, 12))[0]
    prompt, kind = _english_question(rng, split) if lang == "en" else _question(rng, lang, split)
    return Conversation("unknown", lang, (Turn(prompt, table("unknown")["say"][lang][kind]),))


def draw_other_language(rng: random.Random, split: Split) -> Conversation:
    """One prompt in a language that the model does not speak, met with a sentence that says so."""
    unknown = table("unknown")
    language = rng.choice(("es", "fr", "de", "other", "other"))
    if language == "other":
        prompt = _named(rng, unknown["other"]["asks"], split)
    else:
        names = unknown["other"][f"words_{language}"]
        prompt = fill(rng.choice(unknown["other"][f"patterns_{language}"]), x=_named(rng, names, split))
    return Conversation("other language", "en", (Turn(prompt, unknown["say"]["other"]),))
