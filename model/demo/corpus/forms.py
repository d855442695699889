"""The wordings of one row: the cores of a form with their slots filled, and the frames around clauses and nouns."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from model.demo.corpus.conversations import upper_first
from model.demo.corpus.tables import fill, table


@dataclass(frozen=True, slots=True)
class Wordings:
    """Prompts as the table writes them, prompts that a frame makes of a core, and what the test split alone meets."""

    asks: tuple[str, ...]
    framed: tuple[str, ...]
    held: tuple[str, ...]


def _around(core: str, frames: dict[str, list[str]]) -> Iterator[str]:
    if core[0] == ">":
        yield from (frame.replace("{c}", core[1:]) for frame in frames["clause"])
    if core[0] == "=":
        for frame in frames["noun"]:
            yield frame.replace("{n}", core[1:]).replace("{N}", upper_first(core[1:]))


def _is_whole(core: str) -> bool:
    return core[0] not in ">="


def _tidy(prompts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(upper_first(fill(prompt)) for prompt in prompts))


def wordings(lang: str, cores: Sequence[str], held: Sequence[str]) -> Wordings:
    """Every prompt that the cores give; `held` are cores for the test split alone, and so are some frames."""
    frames = table("forms")["frames"][lang]
    framed = [prompt for core in cores for prompt in _around(core, frames)]
    kept_back = [prompt for core in cores for prompt in _around(core, frames["held"])]
    kept_back += [core for core in held if _is_whole(core)]
    kept_back += [prompt for core in held for prompt in _around(core, frames)]
    return Wordings(_tidy(core for core in cores if _is_whole(core)), _tidy(framed), _tidy(kept_back))


def written(lang: str, cores: Sequence[str]) -> Wordings:
    """The wordings of a row that lists its own cores: of three whole prompts or more the last is held out, of eight the last two."""
    whole = [core for core in cores if _is_whole(core)]
    count = 2 if len(whole) >= 8 else 1 if len(whole) >= 3 else 0
    held = whole[len(whole) - count :]
    return wordings(lang, [core for core in cores if core not in held], held)


def formed(form: str, lang: str, slots: Sequence[Sequence[str]]) -> Wordings:
    """The wordings of a form; `slots` are the values of {a}, {b}, {c}, each with its equal names."""
    part = table("forms")[form][lang]
    cores, held = [], []
    for values in itertools.product(*slots):
        names = dict(zip("abc", values, strict=False))
        for template in part["cores"]:
            cores.append(
                template[0] + fill(template[1:], **names) if template[0] in ">=" else fill(template, **names)
            )
        held += [fill(template, **names) for template in part["held"]]
    return wordings(lang, cores, held)
