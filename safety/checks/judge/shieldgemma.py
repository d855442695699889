"""ShieldGemma's four policies: may a prompt, or a response to it, be sexual, hateful, harassing or dangerous?

It was trained on English and on these four; nothing else is its to judge. Posts are read as responses to
nothing, as its makers did when they measured it on posts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from safety.checks.judge.scorer import Part, Prompt, Scorer, context, likelihoods
from safety.policy.tables import read_table
from safety.policy.types import CATEGORIES
from safety.types import Category, CheckedText, Side, Signal, Text

GUIDELINES = Path(__file__).parent / "shieldgemma.toml"
MODES: Mapping[Side, str] = {
    "prompt": "prompt_only",
    "response": "prompt_response",
    "post": "prompt_response",
}

_GAP = re.compile(r"(\{\w+\})")


@dataclass(frozen=True, slots=True)
class Principle:
    """One of ShieldGemma's policies, and the categories that it judges here."""

    name: str
    description: str
    categories: tuple[Category, ...]


@dataclass(frozen=True, slots=True)
class Guidelines:
    """What ShieldGemma is asked, word for word as it was published."""

    version: str
    prefixes: Mapping[str, str]
    templates: Mapping[str, str]
    principles: tuple[Principle, ...]

    def prompt(self, principle: Principle, side: Side, *, user: str, model: str) -> Prompt:
        """The whole prompt for one principle, its gaps filled."""
        mode = MODES[side]
        filled = {
            "{harm_text}": Part(f'"No {principle.name}": {self.prefixes[mode]} {principle.description}'),
            "{user_content}": Part(user, is_judged=True),
            "{model_content}": Part(model, is_judged=True),
        }
        return tuple(filled.get(piece, Part(piece)) for piece in _GAP.split(self.templates[mode]) if piece)


class ShieldGemma:
    """Scores what is suspected by the principle that judges it: how much likelier Yes is than No."""

    name = "shieldgemma"

    def __init__(self, scorer: Scorer, guidelines: Guidelines | None = None) -> None:
        """Raises SafetyError where the guidelines cannot be read."""
        self._scorer = scorer
        self._guidelines = guidelines or read_guidelines()
        self.categories = frozenset(name for one in self._guidelines.principles for name in one.categories)

    @property
    def version(self) -> str:
        return f"{self._guidelines.version}-{self._scorer.version}"

    def check(self, text: Text) -> CheckedText:
        """A signal for each suspected category that is its to judge."""
        asked = [one for one in self._guidelines.principles if set(one.categories) & set(text.suspected)]
        if not asked:
            return CheckedText()
        prompts = partial(self._prompts, text, asked)
        said = dict(zip(asked, likelihoods(self._scorer, text.value, prompts), strict=True))
        return CheckedText(
            tuple(
                Signal(category, score)
                for principle, score in said.items()
                for category in text.suspected
                if category in principle.categories
            )
        )

    def _prompts(self, text: Text, asked: list[Principle], value: str) -> list[Prompt]:
        user, model = (value, "") if text.side == "prompt" else (context(text.prompt), value)
        return [self._guidelines.prompt(one, text.side, user=user, model=model) for one in asked]


def read_guidelines(file: Path = GUIDELINES) -> Guidelines:
    """The shipped guidelines; SafetyError names what is wrong with the file."""
    table = read_table(file)
    prefixes, templates = table.take_table("prefix"), table.take_table("templates")
    policies = table.take_table("policies")
    modes = dict.fromkeys(MODES.values())
    guidelines = Guidelines(
        version=table.take_text("version"),
        prefixes={mode: prefixes.take_text(mode) for mode in modes},
        templates={mode: templates.take_text(mode) for mode in modes},
        principles=tuple(
            Principle(
                name=one.take_text("name"),
                description=one.take_text("description"),
                categories=cast(tuple[Category, ...], one.take_choices("categories", CATEGORIES)),
            )
            for one in map(policies.take_table, policies.keys)
        ),
    )
    table.done()
    return guidelines
