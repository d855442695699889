"""Attempts to talk the model out of its rules: jailbreaks, and orders hidden in what it is given to read.

It reads words, over the whole conversation: a prompt that is a little suspect by itself counts for more after
others of its kind, and a phrase spread over several prompts is read in one. It judges no responses or posts.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from safety.checks import features
from safety.checks.classifier import code_of
from safety.checks.language import language_of
from safety.checks.tables import Calibration, Floats, Table
from safety.types import CheckedText, SafetyError, Side, Signal, Text
from safety.weights import WEIGHTS, Manifest, read_manifest

FILE = "circumvention.safetensors"

SUSPECT = -3.0
"""Log-odds from which on a prompt is suspect, so that those before it count, or it counts for those after."""
DECAY = 0.8
"""What is left of an earlier prompt's weight with each prompt after it."""
MOST_EARLIER = 3.0
"""The most that earlier prompts add to the log-odds."""
TURNS = 20
"""Earlier prompts that are looked at."""
_TAIL = features.LARGE
_EXTREME = 1e-6


@dataclass(frozen=True, slots=True)
class Circumventing:
    """The table of one label, and what turns its log-odds into a probability."""

    table: Table
    calibration: Calibration

    def highest(self, folded: str, side: Side) -> tuple[Floats, int]:
        """The highest log-odds over all windows of a folded text, and how many windows; for every side."""
        bags = features.bags(folded)
        highest: Floats = self.table.log_odds(bags).max(axis=0)
        return highest, len(bags)

    def log_odds(self, text: str) -> float:
        """Calibrated log-odds of a text; those of a text without letters are as low as they get."""
        folded = features.fold(text)
        if len(folded) < 2:
            return float(np.log(_EXTREME))
        likely = np.clip(
            self.calibration.probabilities(*self.highest(folded, "prompt")), _EXTREME, 1 - _EXTREME
        )
        return float(np.log(likely / (1 - likely))[0])


class Circumvention:
    """Judges prompts, with those before them; other languages end as not checked."""

    name = "circumvention"

    def __init__(self, weights: Path = WEIGHTS) -> None:
        """Raises SafetyError where the weights are missing or are not those that were trained."""
        manifest = read_manifest(weights)
        if manifest.features != features.VERSION:
            raise SafetyError(
                f"The weights {FILE} were trained for features {manifest.features!r}; "
                f"they must be {features.VERSION!r}."
            )
        self._model = read_circumventing(manifest)
        self.languages = manifest.languages
        self.version = f"{manifest.version}-{manifest.fingerprint((FILE,))}"

    def check(self, text: Text) -> CheckedText:
        """One signal of circumvention, or why the text was not checked."""
        if text.side != "prompt":
            return CheckedText()
        language = code_of(text.lang) or language_of(text.value)
        if language is not None and language not in self.languages:
            return CheckedText(not_checked=f"No attempt to get round rules is known in {language!r}.")
        odds = self._of_conversation(text)
        return CheckedText((Signal("circumvention", float(1 / (1 + np.exp(-odds)))),))

    def _of_conversation(self, text: Text) -> float:
        own = self._model.log_odds(text.value)
        earlier = text.history[-TURNS:]
        if not earlier:
            return own
        own = max(own, self._of_the_last_words(text.value, earlier))
        if own < SUSPECT:
            return own
        suspicions = [max(0.0, self._model.log_odds(prompt) - SUSPECT) for prompt in reversed(earlier)]
        weights = DECAY ** np.arange(1, len(suspicions) + 1)
        return own + min(MOST_EARLIER, float(np.dot(weights, suspicions)))

    def _of_the_last_words(self, value: str, earlier: tuple[str, ...]) -> float:
        """The log-odds of the prompt together with those before it, where it makes them worse."""
        before = "\n".join(earlier)[-_TAIL:]
        together = self._model.log_odds(f"{before}\n{value}"[-_TAIL:])
        return together if together > self._model.log_odds(before) else float(np.log(_EXTREME))


def read_circumventing(manifest: Manifest) -> Circumventing:
    """The table among these weights; SafetyError where it is missing, not the one trained, or unfit."""
    tensors = manifest.tensors(FILE)
    try:
        weights, biases = tensors["weights"].astype(np.float32), tensors["biases"].astype(np.float32)
        calibration = Calibration(tensors["scale"], tensors["shift"], float(tensors["length"][0]))
        if weights.shape != (1 << features.BUCKET_BITS, 1) or biases.shape != (1,):
            raise ValueError(f"a table has shape {weights.shape}")
    except (KeyError, ValueError) as error:
        raise SafetyError(f"The weights {FILE} do not fit ({error}); train them anew.") from None
    return Circumventing(Table(weights, biases), calibration)
