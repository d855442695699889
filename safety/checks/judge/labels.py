"""Any text-classification checkpoint as a judge: a host says which category each of its labels means.

It reads the text alone, without the prompt that a response answers; a long text in windows that overlap, none
of it left out. Only safetensors are read, and no code that comes with a checkpoint.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from safety.policy.types import CATEGORIES
from safety.types import Category, CheckedText, SafetyError, Signal, Text

HARMLESS = "none"
"""What a label means that stands for no harm."""
LONGEST_WINDOW = 1_024
"""Tokens that are read at once, where the checkpoint reads so many."""
ROWS = 8
"""Windows that are read together, so that a long text takes no more memory than a few."""
_UNUSED = 2
"""Positions at the end that some architectures count but cannot read."""

_FAULTS = (
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    TypeError,
    ImportError,
    MemoryError,
    SafetensorError,
)
"""What transformers raises for what is missing, broken or of another kind."""

Floats = NDArray[np.float64]
Meanings = Mapping[str, str]


class LabelJudge:
    """Scores each suspected category by the labels that mean it, in the worst window of the text."""

    name = "label_judge"

    def __init__(self, folder: Path, meanings: Meanings, *, title: str, device: str = "auto") -> None:
        """Raises SafetyError where the checkpoint cannot be read, or where `meanings` do not fit."""
        self._labels = _meant(_labels(folder, title), meanings, title)
        self._read = _loaded(folder, title, device)
        self.categories = frozenset(CATEGORIES) & set(self._labels)
        self.version = f"labels-1-{title}@{_fingerprint(folder, self._labels)}"

    def check(self, text: Text) -> CheckedText:
        """A signal for each suspected category that a label means."""
        asked = [name for name in text.suspected if name in self.categories]
        if not asked:
            return CheckedText()
        chances = self._read(text.value)
        return CheckedText(tuple(Signal(name, self._score(chances, name)) for name in asked))

    def _score(self, chances: "Chances", category: Category) -> float:
        """Of labels that exclude each other the sum, of others the highest; of all windows the worst."""
        own = chances.of_labels[:, [meant == category for meant in self._labels]]
        by_window = own.sum(axis=1) if chances.exclude_each_other else own.max(axis=1)
        return float(np.clip(by_window.max(), 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely each label is in each window of a text, (windows, labels)."""

    of_labels: Floats
    exclude_each_other: bool


def _labels(folder: Path, title: str) -> tuple[str, ...]:
    """The checkpoint's labels in their order."""
    # Late, so that what needs no such judge does not wait for torch.
    from transformers import AutoConfig  # noqa: PLC0415

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except _FAULTS as error:
        raise _unreadable(title, error) from None
    architectures = [str(name) for name in getattr(config, "architectures", None) or ()]
    if not any(name.endswith("ForSequenceClassification") for name in architectures):
        raise SafetyError(
            f"{title} is {', '.join(architectures) or 'of no architecture that its config.json names'}; "
            "it must be a text-classification checkpoint, …ForSequenceClassification."
        )
    return tuple(str(label) for _, label in sorted(config.id2label.items()))


def _meant(labels: Sequence[str], meanings: Meanings, title: str) -> tuple[str, ...]:
    """What each label means; `meanings` must name every one of them, and no other."""
    if strange := [label for label in meanings if label not in labels]:
        raise SafetyError(f"{', '.join(strange)} is no label of {title}; its labels are {', '.join(labels)}.")
    if lacking := [label for label in labels if label not in meanings]:
        raise SafetyError(
            f"Nothing says what these labels of {title} mean: {', '.join(lacking)}; "
            f"each must be a category, or {HARMLESS!r} where it stands for no harm."
        )
    for label, meant in meanings.items():
        if meant != HARMLESS and meant not in CATEGORIES:
            raise SafetyError(
                f"The label {label!r} of {title} means {meant!r}; it must be {HARMLESS!r} or one of "
                f"{', '.join(CATEGORIES)}."
            )
    if not set(meanings.values()) - {HARMLESS}:
        raise SafetyError(f"No label of {title} means any harm; one of them must.")
    return tuple(meanings[label] for label in labels)


def _loaded(folder: Path, title: str, device: str) -> Callable[[str], Chances]:
    """Read the checkpoint; SafetyError says in one sentence what it lacks."""
    import torch  # noqa: PLC0415
    from transformers import AutoModelForSequenceClassification, AutoTokenizer  # noqa: PLC0415

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    place: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    read: Any = AutoModelForSequenceClassification.from_pretrained
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, **place)
        model, found = read(folder, use_safetensors=True, output_loading_info=True, **place)
        model = model.eval().to(device)
    except _FAULTS as error:
        raise _unreadable(title, error) from None
    if missing := sorted(found["missing_keys"]):
        raise SafetyError(f"{title} lacks {len(missing)} of its weights, {missing[0]} for one.")
    if not tokenizer.is_fast or tokenizer.pad_token is None:
        raise SafetyError(f"The tokenizer of {title} must be a fast one (tokenizer.json) that can pad.")
    window, exclude = _window(tokenizer, model.config), _exclude_each_other(model.config)

    def chances(value: str) -> Chances:
        with torch.inference_mode():
            logits = [
                model(**tokenizer.pad(rows, return_tensors="pt").to(device)).logits.double().cpu().numpy()
                for rows in _windows(tokenizer, value, window)
            ]
        return Chances(_probabilities(np.concatenate(logits), exclude=exclude), exclude)

    return chances


def _unreadable(title: str, error: BaseException) -> SafetyError:
    return SafetyError(
        f"{title} cannot be read as a text-classification checkpoint ({type(error).__name__}); it must hold "
        "safetensors weights and a tokenizer, need no code of its own, and fit into memory."
    )


def _exclude_each_other(config: Any) -> bool:
    """Whether one label is right and no other, as where nothing else is said of two and more."""
    return bool(config.num_labels > 1 and config.problem_type != "multi_label_classification")


def _window(tokenizer: Any, config: Any) -> int:
    """Tokens that the checkpoint reads at once."""
    positions = int(getattr(config, "max_position_embeddings", LONGEST_WINDOW + _UNUSED)) - _UNUSED
    return min(int(min(tokenizer.model_max_length, LONGEST_WINDOW)), positions)


def _windows(tokenizer: Any, value: str, length: int) -> list[dict[str, Any]]:
    """The text in rows of so many tokens, each begun a quarter before the end of the one before it."""
    encoded = tokenizer(
        value.encode("utf-8", "replace").decode("utf-8"),
        truncation=True,
        max_length=length,
        stride=length // 4,
        return_overflowing_tokens=True,
    )
    names = [name for name in tokenizer.model_input_names if name in encoded]
    starts = range(0, len(encoded["input_ids"]), ROWS)
    return [{name: encoded[name][at : at + ROWS] for name in names} for at in starts]


def _probabilities(logits: Floats, *, exclude: bool) -> Floats:
    if exclude:
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances: Floats = powers / powers.sum(axis=1, keepdims=True)
    else:
        with np.errstate(over="ignore"):
            chances = 1 / (1 + np.exp(-logits))
    return chances


def _fingerprint(folder: Path, labels: Sequence[str]) -> str:
    """The first 12 hex digits of the sha256 over the weights and over what their labels mean."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    digest.update("\n".join(labels).encode())
    return digest.hexdigest()[:12]
