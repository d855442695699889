"""Reading the rule files: everything in them is checked, and what is wrong is said with file and rule."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from safety.checks.phrases import Group, Phrase, phrase
from safety.checks.rule import Rule
from safety.types import Category, SafetyError, Side

GROUPS = "groups.toml"
"""The file of a rule folder that names groups of expressions which several rules use."""

_FIELDS = {"id", "category", "languages", "sides", "score", "any_of", "all_of", "within", "unless"}
_EXAMPLES = ("must_catch", "must_pass")
_FEWEST_EXAMPLES = 4

# fmt: off
CLAUSES = frozenset((
    "PUP-1", "PUP-2", "PUP-2.a", "PUP-2.a.i", "PUP-2.a.ii", "PUP-2.a.iii", "PUP-2.a.iv", "PUP-2.b",
    "PUP-2.c", "PUP-2.c.i", "PUP-2.c.ii", "PUP-2.d", "PUP-2.e", "PUP-2.e.i", "PUP-2.e.ii",
    "PUP-2.e.iii", "PUP-2.e.iv", "PUP-2.e.v", "PUP-2.e.vi", "PUP-2.e.vii", "PUP-2.e.viii", "PUP-3",
    "PUP-3.a", "PUP-3.b", "PUP-3.c", "PUP-3.d", "PUP-3.e", "PUP-3.f", "PUP-4",
))
# fmt: on
"""The clauses of the Gemma Prohibited Use Policy, as in https://ai.google.dev/gemma/prohibited_use_policy."""


def read_rules(folder: Path) -> tuple[Rule, ...]:
    """Every rule of every `*.toml` of the folder; SafetyError for the first thing that is wrong."""
    files = [file for file in sorted(folder.glob("*.toml")) if file.name != GROUPS]
    groups = _contents(folder / GROUPS) if (folder / GROUPS).exists() else {}
    if not files:
        raise SafetyError(
            f"{folder.name} holds no rule file; it must hold one *.toml for each clause served."
        )
    rules = tuple(rule for file in files for rule in _read_file(file, groups))
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise SafetyError(f"Rule {rule.id!r} ({rule.clause}) is there twice; ids must differ.")
        seen.add(rule.id)
    return rules


def _contents(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SafetyError(f"{file.name} is not a readable TOML file: {error}.") from None


def _read_file(file: Path, groups: dict[str, Any]) -> tuple[Rule, ...]:
    content = _contents(file)
    clause = content.get("clause")
    if clause not in CLAUSES:
        raise SafetyError(f"{file.name}: clause is {clause!r}; it must be an id such as 'PUP-2.e.i'.")
    if set(content) != {"clause", "rules"} or not isinstance(content["rules"], list):
        raise SafetyError(f"{file.name}: it must hold `clause` and one or more [[rules]], nothing else.")
    return tuple(_Reading(file.name, clause, fields, groups).rule() for fields in content["rules"])


class _Reading:
    """One [[rules]] table on its way to a Rule; what is wrong is said with the file and the rule."""

    def __init__(self, file: str, clause: str, fields: dict[str, Any], groups: dict[str, Any]) -> None:
        self._fields = fields
        self._clause = clause
        self._groups = groups
        self._place = f"{file}, rule {fields.get('id')!r}"

    def rule(self) -> Rule:
        unknown = set(self._fields) - _FIELDS - set(_EXAMPLES)
        self._require(not unknown, f"unknown fields {sorted(unknown)}")
        self._require(
            ("any_of" in self._fields) != ("all_of" in self._fields), "needs any_of or all_of, not both"
        )
        groups = self._fields.get("all_of", [self._fields.get("any_of")])
        self._require(
            isinstance(groups, list) and groups != [], f"all_of is {groups!r}; it must be a list of lists"
        )
        return Rule(
            id=self._words("id"),
            clause=self._clause,
            category=self._one_of("category", get_args(Category)),
            languages=self._texts("languages"),
            sides=self._sides(),
            score=self._number("score", 0.0, 1.0),
            groups=tuple(self._phrases(group) for group in groups),
            within=int(self._number("within", 0, 300)) if len(groups) > 1 else 0,
            unless=self._phrases(self._fields.get("unless", []), may_be_empty=True),
            must_catch=self._examples("must_catch"),
            must_pass=self._examples("must_pass"),
        )

    def _require(self, holds: bool, wrong: str) -> None:
        if not holds:
            raise SafetyError(f"{self._place}: {wrong}.")

    def _words(self, name: str) -> str:
        value = self._fields.get(name)
        self._require(isinstance(value, str) and value != "", f"{name} is {value!r}; it must be a word")
        return str(value)

    def _one_of(self, name: str, allowed: tuple[Any, ...]) -> Any:
        value = self._fields.get(name)
        self._require(value in allowed, f"{name} is {value!r}; it must be one of {', '.join(allowed)}")
        return value

    def _number(self, name: str, lowest: float, highest: float) -> float:
        value = self._fields.get(name)
        fits = isinstance(value, int | float) and lowest <= value <= highest
        self._require(fits, f"{name} is {value!r}; it must be a number from {lowest} to {highest}")
        return float(str(value))

    def _texts(self, name: str) -> tuple[str, ...]:
        values = self._fields.get(name)
        fits = (
            isinstance(values, list) and values and all(isinstance(value, str) and value for value in values)
        )
        self._require(bool(fits), f"{name} is {values!r}; it must be a list of texts")
        return tuple(values or ())

    def _sides(self) -> tuple[Side, ...]:
        sides = self._texts("sides")
        for side in sides:
            self._require(
                side in get_args(Side), f"side {side!r} is unknown; it must be prompt, response or post"
            )
        return tuple(side for side in get_args(Side) if side in sides)

    def _examples(self, name: str) -> tuple[str, ...]:
        texts = self._texts(name)
        self._require(
            len(texts) >= _FEWEST_EXAMPLES, f"{name} has {len(texts)} texts; it must have 4 or more"
        )
        return texts

    def _phrases(self, expressions: Any, *, may_be_empty: bool = False) -> Group:
        """The phrases of a list, in which `@name` stands for a group of `groups.toml`."""
        fits = isinstance(expressions, list) and all(isinstance(one, str) for one in expressions)
        self._require(
            fits and (may_be_empty or bool(expressions)), f"{expressions!r} must be a list of texts"
        )
        return Group.of([self._phrase(one) for given in expressions for one in self._expanded(given)])

    def _expanded(self, expression: str) -> Sequence[str]:
        if not expression.startswith("@"):
            return (expression,)
        group = self._groups.get(expression[1:])
        self._require(isinstance(group, list), f"{expression!r} names no group of {GROUPS}")
        return tuple(group or ())

    def _phrase(self, expression: str) -> Phrase:
        try:
            return phrase(expression)
        except (SafetyError, re.error) as error:
            raise SafetyError(f"{self._place}: expression {expression!r}: {error}") from None
