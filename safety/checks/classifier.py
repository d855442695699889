"""The harm classifier, a score a category in the languages it learnt, in two tiers.

The first, hashed n-grams and linear weights, reads words in every one of its languages. The second, a small
transformer encoder, reads English besides, where the weights hold one; both then make one probability.
Paraphrase and irony in the other languages, and languages other than its own, pass it by.
"""

from pathlib import Path

import numpy as np

from safety.checks.encoder import LANGUAGES, SecondTier, files_of, has_second_tier, load_second_tier
from safety.checks.features import bags, fold
from safety.checks.language import language_of
from safety.checks.tables import CATEGORIES, POST_FILE, PROMPT_FILE, Floats, Tables, load_tables
from safety.types import CheckedText, Signal, Text
from safety.weights import WEIGHTS, read_manifest

DOUBT = 0.5
"""How much of a suspect prompt's log-odds is added to those of the response to it."""
MOST_DOUBT = 1.5
ENOUGH = 25
"""A text of fewer n-grams (about eight letters) is little evidence: log-odds of harm count in proportion."""


class Classifier:
    """Scores every category of a prompt, response or post; other languages end as not checked."""

    name = "classifier"

    def __init__(self, weights: Path = WEIGHTS) -> None:
        """Raises SafetyError where the weights are missing or are not those that were trained."""
        manifest = read_manifest(weights)
        self._tables = load_tables(weights)
        self._second = load_second_tier(manifest) if has_second_tier(manifest) else None
        fingerprint = manifest.fingerprint((PROMPT_FILE, POST_FILE, *files_of(manifest)))
        self.version = f"{manifest.version}-{fingerprint}"

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes of the languages it judges."""
        return self._tables.languages

    @property
    def tiers(self) -> tuple[str, ...]:
        """What reads: n-grams and, where the weights hold one, an encoder of English."""
        return ("n-grams",) if self._second is None else ("n-grams", "encoder")

    def check(self, text: Text) -> CheckedText:
        """A signal for every category, highest first, or why the text was not checked."""
        language = code_of(text.lang) or language_of(text.value)
        if language is not None and language not in self.languages:
            return CheckedText(not_checked=f"The classifier does not know the language {language!r}.")
        scores = category_scores(self._tables, text, self._second if language in LANGUAGES else None)
        ranked = np.argsort(-scores, kind="stable")
        return CheckedText(tuple(Signal(CATEGORIES[index], float(scores[index])) for index in ranked))


def category_scores(tables: Tables, text: Text, second: SecondTier | None = None) -> Floats:
    """The probability of each category, in the order of CATEGORIES; a lone character gives zeros.

    The likeliest category carries the probability of any harm at all, which is known better than its kind.
    `second` is the second tier, where it knows the text's language.
    """
    folded = fold(text.value)
    if len(folded) < 2:
        return np.zeros(len(CATEGORIES), dtype=np.float32)
    by_window = tables.by_window(folded, text.side)
    highest: Floats = by_window.max(axis=0)
    if text.side == "response" and text.prompt:
        highest = highest + _doubt(tables, text.prompt)
    calibration = tables.calibration[text.side]
    probabilities = calibration.probabilities(highest, len(by_window))
    if second is not None:
        first = calibration.odds(highest, len(by_window))
        probabilities = second.probabilities(folded, text.side, first=first, suspicion=by_window[:, -1])
    return _attributed(_tempered(probabilities, folded))


def _tempered(probabilities: Floats, folded: str) -> Floats:
    """The probabilities that a short text can bear; those under one half stay."""
    count = len(bags(folded)[0]) if len(folded) < ENOUGH else ENOUGH
    if count >= ENOUGH:
        return probabilities
    likely = np.clip(probabilities, 0.5, 1 - 1e-6)
    odds = np.log(likely / (1 - likely)) * count / ENOUGH
    tempered: Floats = np.where(probabilities > 0.5, 1 / (1 + np.exp(-odds)), probabilities)
    return tempered.astype(np.float32)


def _attributed(probabilities: Floats) -> Floats:
    """Categories, with that of any harm given to the likeliest; no kind of harm is likelier than any harm."""
    categories, anything = probabilities[:-1], probabilities[-1]
    attributed: Floats = np.minimum(categories, anything)
    attributed[categories.argmax()] = anything
    return attributed


def _doubt(tables: Tables, prompt: str) -> float:
    """What a suspect prompt adds to the log-odds of its response; nothing for a harmless one."""
    highest, windows = tables.highest(fold(prompt), "prompt")
    anything = tables.calibration["prompt"].probabilities(highest, windows)[-1]
    return float(np.clip(DOUBT * np.log(max(anything, 1e-6) / max(1 - anything, 1e-6)), 0, MOST_DOUBT))


def code_of(language: str | None) -> str | None:
    return language.lower().split("-")[0] if language else None
