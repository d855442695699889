"""The expressions of the rules: a safe part of `re`'s language, and the letters each cannot match without."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from safety.types import SafetyError

_GAP = r"[^.!?。！？\n]{0,30}?"
_WORDS = rf"[^\w.!?。！？](?:{_GAP}[^\w.!?。！？])?"
_SPACE = r"(?:\s{1,3})"
_TOKEN = re.compile(r"\\.|\[[^\]]*\]|\(\?(?:<[=!]|[:=!])|\{[^}]*\}|.", re.DOTALL)
_NOT_PLAIN = " ~()?.^$|"
_MOST_REPEATS = 60
_MOST_GROUP_REPEATS = 3
_LEAST_WEIGHT = 2
"""A hint has two ASCII letters, or one letter of a script that has thousands."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One expression of a rule, and letters of which some stand in every text it matches."""

    hints: tuple[str, ...]
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Group:
    """Phrases of which one is enough."""

    phrases: tuple[Phrase, ...]
    hints: frozenset[str]
    """The hints of all phrases."""

    @staticmethod
    def of(phrases: Sequence[Phrase]) -> "Group":
        """The group of these phrases."""
        return Group(tuple(phrases), frozenset(hint for phrase in phrases for hint in phrase.hints))

    def possible(self, present: frozenset[str]) -> list[Phrase]:
        """The phrases worth a search in a text that holds the hints `present`."""
        if present.isdisjoint(self.hints):
            return []
        return [phrase for phrase in self.phrases if not present.isdisjoint(phrase.hints)]


@cache
def phrase(expression: str) -> Phrase:
    """Compile one expression of a rule.

    A space matches one to three white-space characters, `~` up to 30 characters of the same sentence; ASCII
    expressions match whole words. Repeats are bounded, so that matching time stays linear.
    SafetyError or re.error where the expression is not of that kind.
    """
    tokens = _TOKEN.findall(expression)
    _require_safe(tokens)
    body = "".join({" ": _SPACE, "~": _GAP}.get(token, token) for token in tokens)
    body = body.replace(_SPACE + _GAP + _SPACE, _WORDS)
    if expression.isascii():
        body = rf"(?<![a-z0-9_])(?:{body})(?![a-z0-9_])"
    pattern = re.compile(body)
    hints = _hints(["(?:", *tokens, ")"])
    if not hints:
        raise SafetyError("no two letters in a row stand in every match; say it in several expressions.")
    return Phrase(hints, pattern)


def _require_safe(tokens: Sequence[str]) -> None:
    for before, token in zip(["", *tokens], tokens, strict=False):
        if token in ("*", "+"):
            raise SafetyError(f"{token} is unbounded; say how often with {{0,n}}.")
        most = _MOST_GROUP_REPEATS if before == ")" else _MOST_REPEATS
        if token.startswith("{") and _most(token) > most:
            raise SafetyError(f"{token} repeats too often; at most {most} times here.")
        if token != token.lower():
            raise SafetyError(f"{token} is a capital; rules are matched on lower case.")


def _most(repeat: str) -> float:
    last = repeat.strip("{}").split(",")[-1]
    return int(last) if last.isdigit() else float("inf")


def _hints(tokens: Sequence[str]) -> tuple[str, ...]:
    """Letters of which one must stand in every match: the best plain run, or one run of each alternative."""
    choices: list[tuple[str, ...]] = [(run,) for run in _runs(tokens) if _weight(run) >= _LEAST_WEIGHT]
    for alternatives in _groups(tokens):
        hints = [_hints(alternative) for alternative in alternatives]
        if all(hints):
            choices.append(tuple(hint for group in hints for hint in group))
    return max(choices, key=lambda choice: min(map(_weight, choice)), default=())


def _weight(run: str) -> int:
    return sum(1 if letter.isascii() else 2 for letter in run)


def _runs(tokens: Sequence[str]) -> Iterator[str]:
    """Runs of letters outside groups that no quantifier makes optional."""
    run, depth = "", 0
    for token, after in zip(tokens, [*tokens[1:], ""], strict=True):
        depth += token.startswith("(") - (token == ")")
        plain = depth == 0 and len(token) == 1 and token not in _NOT_PLAIN
        if plain and not after.startswith(("?", "{")):
            run += token
        else:
            yield run
            run = ""
    yield run


def _groups(tokens: Sequence[str]) -> Iterator[list[list[str]]]:
    """The alternatives of each group that must match."""
    depth = 0
    alternatives: list[list[str]] = [[]]
    opened = ""
    for token, after in zip(tokens, [*tokens[1:], ""], strict=True):
        depth += token.startswith("(")
        if depth == 1 and token.startswith("("):
            alternatives, opened = [[]], token
        elif depth == 1 and token == ")":
            if opened in ("(", "(?:") and not after.startswith(("?", "{")):
                yield alternatives
        elif depth == 1 and token == "|":
            alternatives.append([])
        elif depth:
            alternatives[-1].append(token)
        depth -= token == ")"
