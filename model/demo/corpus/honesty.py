"""Turns that the model cannot answer, met with the honest sentence in the language of the question."""

import functools
import random
from collections.abc import Sequence

from model.demo.corpus import forms, texts, wording
from model.demo.corpus.conversations import LANGUAGES, Conversation, Split, Turn, is_held_out
from model.demo.corpus.names import made_up_name
from model.demo.corpus.tables import fill, table

_OTHER_LANGUAGES = ("es", "fr", "de", "it", "pt")
_KINDS = ("thing", "person", "place", "known_place", "work", "odd", "puzzle", "head", "form")
_KIND_WEIGHTS = ((36, 9, 8, 7, 7, 16, 7, 10, 0), (18, 9, 8, 7, 7, 8, 6, 8, 22))
"""How often a question is of each kind: in Korean, Chinese and Japanese, which have no such forms, and in English."""
_NAMES = {"person": "people", "place": "places", "work": "works"}


def _named(rng: random.Random, names: Sequence[str], split: Split) -> str:
    return rng.choice(_of_split(tuple(names), split))


@functools.cache
def _of_split(names: tuple[str, ...], split: Split) -> list[str]:
    return [name for name in names if is_held_out(name) == (split == "test")]


def _numbered(rng: random.Random, text: str) -> str:
    return fill(text, n=str(rng.randint(20, 2100)), d=str(rng.randint(2, 28)))


def _headed(rng: random.Random, lang: str, thing: str) -> str:
    """A noun phrase about the thing in a frame, such as "Tell me the price of a moat."."""
    frames = table("forms")["frames"][lang]["noun"]
    phrase = fill(rng.choice(table("unknown")[lang]["heads"]), x=thing)
    return fill(rng.choice(frames), n=phrase, N=phrase[:1].upper() + phrase[1:])


@functools.cache
def _slot_wordings(form: str, at: int) -> tuple[str, ...]:
    slots = [value.split("|") for value in table("unknown")["slots"][form][at]]
    if form in ("opposite", "plural", "symbol", "young", "sound"):
        cores = [core.replace("{x}", slots[0][0]) for core in table("forms")[form]["en"]["cores"]]
        made = forms.wordings("en", cores, ())
    else:
        made = forms.formed(form, "en", slots)
    return made.asks + made.framed


def _of_a_form(rng: random.Random, split: Split) -> str:
    """A question of a form that the model knows, about what it does not know."""
    form = rng.choice(tuple(table("unknown")["slots"]))
    entries = table("unknown")["slots"][form]
    usable = [at for at, slots in enumerate(entries) if is_held_out(" ".join(slots)) == (split == "test")]
    return rng.choice(_slot_wordings(form, rng.choice(usable)))


def _translation(rng: random.Random, lang: str, split: Split) -> str:
    """A request to translate what it cannot: into a language it does not speak, or a sentence that is not taught."""
    translations, unknown = table("translations"), table("unknown")
    ask, at = str(rng.choice(translations["ask"][lang])), LANGUAGES.index(lang)
    if rng.random() < 0.5:
        sentence = rng.choice(translations["sentences"])[at]
        return ask.replace("{l}", rng.choice(unknown[lang]["tongues"])).replace("{s}", sentence)
    names = translations["languages"][lang]
    language = rng.choice([name for name in names if name != names[at]])
    return ask.replace("{l}", language).replace("{s}", texts.sentence(rng, lang, split))


def _task(rng: random.Random, lang: str, split: Split) -> str:
    if rng.random() < 0.15:
        return _translation(rng, lang, split)
    part = table("unknown")[lang]
    if lang == "en" and rng.random() < 0.15:
        program, language = _named(rng, part["programs"], split), rng.choice(part["program_languages"])
        return rng.choice((f"Write {program} in {language}.", f"Can you write {program} in {language}?", f"Implement {program} in {language}.", f"Show me the code for {program}.", f"Build {program} with {language}."))  # fmt: skip
    names = part["things"] + (part["subjects"] + part["works"] if lang == "en" else [])
    asked = fill(rng.choice(part["tasks"]), x=_named(rng, names, split))
    wishes = rng.sample(part["constraints"], rng.choice((0, 0, 0, 1, 1, 2, 3, 4)))
    glue = "" if lang in ("zh", "ja") else " "
    return glue.join([asked, *(_numbered(rng, wish) for wish in wishes)])


def _about_thing(rng: random.Random, lang: str) -> str:
    """A question about a thing in Korean, Chinese or Japanese, at times in the words of a form that the model knows."""
    part = table("unknown")[lang]
    asks = part["about_thing"] + (table("forms")["define"][lang]["cores"] if rng.random() < 0.5 else [])
    return str(rng.choice(asks))


def _about_place(rng: random.Random, lang: str) -> str:
    """A question about a place, in Korean, Chinese and Japanese at times after its capital."""
    asks = table("unknown")[lang]["about_place"]
    if lang != "en" and rng.random() < 0.25:
        asks = [core for core in table("forms")["capital"][lang]["cores"] if core[0] not in ">="] or asks
    return str(rng.choice(asks))


def _question(rng: random.Random, lang: str, split: Split) -> str:
    part, at = table("unknown")[lang], LANGUAGES.index(lang)
    kind = rng.choices(_KINDS, _KIND_WEIGHTS[lang == "en"])[0]
    if kind in ("odd", "puzzle"):
        return _numbered(rng, _named(rng, part["odd" if kind == "odd" else "puzzles"], split))
    if kind == "form":
        return _of_a_form(rng, split)
    if kind == "known_place":
        x, y = (entry[2 * at] for entry in rng.sample(table("countries")["rows"], 2))
        return fill(_named(rng, part["about_known_place"], split), x=x, y=y)
    names = part[_NAMES.get(kind, "things")]
    x = made_up_name(rng, split, lang) if rng.random() < 0.25 else _named(rng, names, split)
    if kind == "head":
        return _headed(rng, lang, x)
    if kind == "thing" and lang != "en":
        asked = _about_thing(rng, lang)
    else:
        asked = _about_place(rng, lang) if kind == "place" else str(rng.choice(part[f"about_{kind}"]))
    return _numbered(rng, fill(asked, x=x, y=_named(rng, names, split)))


def draw(rng: random.Random, split: Split) -> Conversation:
    """One question in English, Korean, Chinese or Japanese that the model is not to answer."""
    lang = rng.choices(("en", "ko", "zh", "ja"), (58, 14, 14, 14))[0]
    kind = "do" if rng.random() < 0.24 else "know"
    prompt = _task(rng, lang, split) if kind == "do" else _question(rng, lang, split)
    if split == "train":
        prompt = wording.varied(rng, prompt)
    return Conversation("unknown", lang, (Turn(prompt, table("unknown")["say"][lang][kind]),))


def draw_other_language(rng: random.Random, split: Split) -> Conversation:
    """One prompt in a language that the model does not speak, met with a sentence that says so."""
    unknown, other = table("unknown"), table("unknown")["other"]
    language = rng.choices((*_OTHER_LANGUAGES, "listed"), (32, 32, 8, 6, 6, 16))[0]
    if language == "listed":
        prompt = _named(rng, other["asks"], split)
    else:
        prompt = fill(
            rng.choice(other[f"patterns_{language}"]), x=_named(rng, other[f"words_{language}"], split)
        )
        wishes = rng.sample(other[f"more_{language}"], rng.choice((0, 0, 1, 2, 3)))
        prompt = " ".join([prompt, *(_numbered(rng, wish) for wish in wishes)])
    if split == "train" and rng.random() < 0.2:
        prompt = prompt.lower().rstrip("?.! ")
    return Conversation("other language", "en", (Turn(prompt, unknown["say"]["other"]),))
