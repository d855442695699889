"""The classifier's second tier: a small transformer, which reads whole sentences where n-grams read words.

It knows English alone; every other language is judged by the first tier. Of a long text it reads the parts
that the first tier finds worst.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from safety.checks import features
from safety.checks.tables import CATEGORIES, LABELS, PROMPT_LABELS, SIDES, Floats
from safety.types import SafetyError, Side
from safety.weights import Manifest, Tensors

LANGUAGES = ("en",)
GRAPH_FILE, TOKENIZER_FILE, STACKING_FILE = "encoder.onnx", "encoder.json", "encoder.safetensors"
SHARD_FILE = "encoder-{}.safetensors"
"""The numbers of the graph, in several files: one alone would be too large for a plain push."""
WORDS = ("words.0", "words.1")
"""The table of words, in halves for the same reason."""
OUTPUTS = len(PROMPT_LABELS) + len(LABELS)
"""What the graph gives for a piece: the labels of prompts, any harm in a response, the labels of posts."""

PART = 400
"""Characters of a part, about four sentences; each is half overlapped by the next."""
LONGEST = 96
"""Tokens that are read at once, both marks included; a part with more is cut into pieces."""
MOST = 12
"""Parts of one text that are read."""
THREADS = 2

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stacking:
    """Makes one probability of both tiers' log-odds: how much each counts, and a shift, by label."""

    scales: Floats
    """Two rows: the first tier's, the encoder's."""
    shift: Floats
    length: float
    """What is taken off the encoder's log-odds, times the logarithm of how many parts the text has."""

    def probabilities(self, first: Floats, highest: Floats, parts: int) -> Floats:
        """From the first tier's calibrated log-odds and the encoder's highest."""
        odds = self.scales[0] * first + self.scales[1] * (highest - self.length * np.log(parts)) + self.shift
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))), dtype=np.float32)


class Pieces:
    """Makes tokens of a part of text, in pieces that are read at once; at least one."""

    def __init__(self, content: bytes) -> None:
        """Raises SafetyError where the content is no tokenizer of a BERT."""
        try:
            self._tokenizer = Tokenizer.from_str(content.decode())
        except ValueError as error:
            raise SafetyError(f"The weights {TOKENIZER_FILE} are no tokenizer ({error}).") from None
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._first, self._last = map(self._mark, ("[CLS]", "[SEP]"))

    def __call__(self, part: str) -> list[Ids]:
        readable = part.encode("utf-8", "replace").decode()
        ids = self._tokenizer.encode(readable, add_special_tokens=False).ids
        size = LONGEST - 2
        return [
            np.array([self._first, *ids[start : start + size], self._last], dtype=np.int64)
            for start in range(0, max(len(ids), 1), size)
        ]

    def _mark(self, mark: str) -> int:
        found = self._tokenizer.token_to_id(mark)
        if found is None:
            raise SafetyError(f"The weights {TOKENIZER_FILE} know no token {mark}; train them anew.")
        return int(found)


class Encoder:
    """Gives each label's log-odds to English text; safe to use from many threads."""

    def __init__(self, manifest: Manifest) -> None:
        """Raises SafetyError where a file is missing, is not the one trained, or does not fit the others."""
        self.pieces = Pieces(manifest.content(TOKENIZER_FILE))
        self._session = _session(manifest.content(GRAPH_FILE), _numbers(manifest))
        if self._outputs(self.pieces("")[0]).shape != (OUTPUTS,):
            raise SafetyError(f"The weights {GRAPH_FILE} do not give {OUTPUTS} numbers; train them anew.")

    def highest(self, folded: str, side: Side, suspicion: Floats) -> tuple[Floats, int]:
        """The highest log-odds over the parts that are read, by label, and how many parts the text has.

        `suspicion` is the first tier's log-odds of any harm for each of `features.windows`.
        """
        parts = features.cover(len(folded), PART)
        chosen = parts if len(parts) <= MOST else _worst(parts, len(folded), suspicion)
        pieces = [piece for start, end in chosen for piece in self.pieces(folded[start:end])]
        return self.read(pieces, side).max(axis=0), len(parts)

    def read(self, pieces: Sequence[Ids], side: Side) -> Floats:
        """The log-odds of each piece, by label."""
        return of_side(np.stack([self._outputs(piece) for piece in pieces]), side)

    def _outputs(self, piece: Ids) -> Floats:
        found: Floats = self._session.run(None, {"ids": piece})[0]
        return found


@dataclass(frozen=True, slots=True)
class SecondTier:
    """The encoder, and how its log-odds join those of the first tier."""

    encoder: Encoder
    stackings: Mapping[Side, Stacking]

    def probabilities(self, folded: str, side: Side, *, first: Floats, suspicion: Floats) -> Floats:
        """The probability of each label; `first` holds the first tier's calibrated log-odds."""
        highest, parts = self.encoder.highest(folded, side, suspicion)
        return self.stackings[side].probabilities(first, highest, parts)


def has_second_tier(manifest: Manifest) -> bool:
    """Whether an encoder was trained to go with these weights."""
    return STACKING_FILE in manifest.files


def files_of(manifest: Manifest) -> tuple[str, ...]:
    """The encoder's files among those of the manifest."""
    return tuple(name for name in manifest.files if name.startswith("encoder"))


def load_second_tier(manifest: Manifest) -> SecondTier:
    """The second tier of these weights; SafetyError where it cannot be used."""
    tensors = manifest.tensors(STACKING_FILE)
    try:
        stackings = {side: _stacking(tensors, side) for side in SIDES}
    except (KeyError, ValueError) as error:
        raise SafetyError(f"The weights {STACKING_FILE} do not fit ({error}); train them anew.") from None
    return SecondTier(Encoder(manifest), stackings)


def of_side(outputs: Floats, side: Side) -> Floats:
    """The columns that are a side's, in the order of LABELS."""
    if side == "post":
        return outputs[:, len(PROMPT_LABELS) :]
    any_harm = PROMPT_LABELS.index("any_response" if side == "response" else "any")
    return np.concatenate([outputs[:, : len(CATEGORIES)], outputs[:, any_harm : any_harm + 1]], axis=1)


def _worst(parts: Sequence[tuple[int, int]], length: int, suspicion: Floats) -> list[tuple[int, int]]:
    """The parts in which the worst small windows of n-grams have their middles."""
    large = features.large_windows(length)
    middles = [(start + end) // 2 for start, end in features.windows(length)[large:]]
    edges = np.searchsorted(middles, np.array(parts))
    scores = [float(suspicion[large:][first:last].max()) for first, last in edges]
    return [parts[index] for index in np.argsort(scores, kind="stable")[-MOST:]]


def _stacking(tensors: Tensors, side: Side) -> Stacking:
    scales, shift = tensors[f"{side}.scales"], tensors[f"{side}.shift"]
    if scales.shape != (2, len(LABELS)) or shift.shape != (len(LABELS),):
        raise ValueError(f"the stacking of {side} has shape {scales.shape}")
    return Stacking(scales, shift, float(tensors[f"{side}.length"][0]))


def _numbers(manifest: Manifest) -> dict[str, NDArray[np.generic]]:
    shards = [name for name in files_of(manifest) if name not in (GRAPH_FILE, TOKENIZER_FILE, STACKING_FILE)]
    numbers = {key: tensor for name in shards for key, tensor in manifest.tensors(name).items()}
    try:
        words = np.concatenate([numbers.pop(half) for half in WORDS])
    except KeyError as error:
        raise SafetyError(f"The encoder's weights lack {error}; train them anew.") from None
    return numbers | {"words": words}


def _session(graph: bytes, numbers: Mapping[str, NDArray[np.generic]]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(tensor) for tensor in numbers.values()]
    options.add_external_initializers(list(numbers), values)
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
