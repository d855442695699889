"""Teaches the encoder step by step; it is kept every few minutes, and a training goes on from there."""

import hashlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from safety.checks.tables import Floats
from safety.train.encoder_model import Reader
from safety.train.encoder_rows import Lesson
from safety.types import SafetyError

CHECKPOINT = "checkpoint.safetensors"
SAVE_EVERY = 120.0
_BUCKET = 50
"""Steps whose lessons are sorted by length together, so that little of a step is padding."""


@dataclass(frozen=True, slots=True)
class Course:
    """How the encoder is taught."""

    passes: int = 2
    tokens: int = 3_072
    """Of one step, padding included."""
    rate: float = 2e-4
    warm_up: float = 0.06
    """The part of all steps in which the rate rises; it falls in a line over the rest."""
    frozen: int = 2
    """Lowest layers that stay as they are, with the embeddings."""
    seed: int = 1


class Teaching:
    """The reader and its optimizer, with what is needed to go on after a stop."""

    def __init__(self, reader: Reader, lessons: Sequence[Lesson], course: Course, work: Path) -> None:
        """Goes on from the checkpoint in `work`; SafetyError where that is of another course or data."""
        self.reader, self._lessons, self._course = reader, lessons, course
        self._file = work / CHECKPOINT
        self._steps = steps([len(one.ids) for one in lessons], course)
        self._boost = torch.from_numpy(boost(lessons))
        reader.freeze(course.frozen)
        self._learnt = {name: one for name, one in reader.named_parameters() if one.requires_grad}
        self._learner = torch.optim.AdamW(self._learnt.values(), lr=course.rate, weight_decay=0.01)
        self._course_id = _fingerprint(lessons, course)
        self.done = self._resume()
        self._seconds, self._loss, self._began = 0.0, float("nan"), self.done

    def run(self, *, until: int | None = None) -> bool:
        """Take the steps that are left, or those up to `until`; gives whether all are taken."""
        last = min(until or len(self._steps), len(self._steps))
        saved = time.monotonic()
        self.reader.train()
        while self.done < last:
            self._learn(self._steps[self.done])
            if time.monotonic() - saved > SAVE_EVERY:
                self._save()
                saved = time.monotonic()
        self._save()
        self.reader.eval()
        return self.done == len(self._steps)

    def _learn(self, chosen: NDArray[np.int64]) -> None:
        started = time.monotonic()
        # Every step has a seed of its own, so that a training in two goes is the same as one in one.
        torch.manual_seed(self._course.seed * 1_000_003 + self.done)
        for group in self._learner.param_groups:
            group["lr"] = self._course.rate * share(self.done, len(self._steps), self._course.warm_up)
        batch = _batch([self._lessons[index] for index in chosen])
        with torch.autocast("cpu", torch.bfloat16):
            found = self.reader(batch.ids, batch.mask)
        loss = _loss(found.float(), batch, self._boost)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._learnt.values(), 1.0)
        self._learner.step()
        self._learner.zero_grad()
        self.done += 1
        self._seconds += time.monotonic() - started
        self._loss = loss.item() if self._loss != self._loss else 0.98 * self._loss + 0.02 * loss.item()
        self._report()

    def _report(self) -> None:
        count = len(self._steps)
        if self.done % 20 and self.done != count:
            return
        filled = 30 * self.done // count
        left = (count - self.done) * self._seconds / (self.done - self._began) / 60
        line = (
            f"[{'#' * filled}{'.' * (30 - filled)}] step {self.done:,} of {count:,}  loss {self._loss:.4f}  "
            f"{left:,.0f} minutes left"
        )
        print(line, end="\r" if sys.stdout.isatty() else "\n", flush=True)

    def _save(self) -> None:
        """Keep everything needed to go on, replacing the last checkpoint in one move."""
        kept = {f"weight {name}": one.detach() for name, one in self._learnt.items()}
        for name, one in self._learnt.items():
            state = self._learner.state.get(one, {})
            kept |= {f"{key} {name}": state[key] for key in ("exp_avg", "exp_avg_sq") if key in state}
        new = self._file.with_suffix(".new")
        save_file(kept, new, metadata={"course": self._course_id, "done": str(self.done)})
        new.replace(self._file)

    def _resume(self) -> int:
        if not self._file.exists():
            return 0
        with safe_open(self._file, framework="pt") as kept:
            about = kept.metadata() or {}
            if about.get("course") != self._course_id:
                raise SafetyError(
                    f"{self._file.name} is of another course or other data; name another --work."
                )
            done = int(about["done"])
            for name, one in self._learnt.items() if done else ():
                with torch.no_grad():
                    one.copy_(kept.get_tensor(f"weight {name}"))
                self._learner.state[one] = {"step": torch.tensor(float(done))} | {
                    key: kept.get_tensor(f"{key} {name}") for key in ("exp_avg", "exp_avg_sq")
                }
        print(f"Going on from step {done:,} of {len(self._steps):,}.")
        return done


@dataclass(frozen=True, slots=True)
class _Batch:
    ids: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor


def steps(lengths: Sequence[int], course: Course) -> list[NDArray[np.int64]]:
    """Which lessons each step of all passes takes: `course.tokens` at most, alike in length."""
    random = np.random.default_rng(course.seed)
    sizes = np.array(lengths)
    bucket = max(1, int(_BUCKET * course.tokens / max(sizes.mean(), 1)))
    found: list[NDArray[np.int64]] = []
    for _ in range(course.passes):
        order = random.permutation(len(sizes))
        its: list[NDArray[np.int64]] = []
        for first in range(0, len(order), bucket):
            chosen = order[first : first + bucket]
            its += _cut(chosen[np.argsort(sizes[chosen], kind="stable")], sizes, course.tokens)
        found += [its[index] for index in random.permutation(len(its))]
    return found


def _cut(order: NDArray[np.int64], sizes: NDArray[np.int64], tokens: int) -> list[NDArray[np.int64]]:
    """Lessons in ascending length, cut into steps that hold `tokens` with padding, or one lesson."""
    found, start = [], 0
    for end in range(1, len(order) + 1):
        if end == len(order) or sizes[order[end]] * (end + 1 - start) > tokens:
            found.append(order[start:end])
            start = end
    return found


def share(step: int, count: int, warm_up: float) -> float:
    """The part of the peak rate at this step: up in a line, then down in a line."""
    rising = max(1, int(count * warm_up))
    return min((step + 1) / rising, (count - step) / max(1, count - rising))


def boost(lessons: Sequence[Lesson]) -> Floats:
    """How much more a positive counts than a negative: the root of how much rarer it is, at most 10."""
    targets = np.stack([one.targets for one in lessons])
    weights = np.stack([one.weights for one in lessons])
    positive, negative = (weights * (targets == 1)).sum(0), (weights * (targets == 0)).sum(0)
    found: Floats = np.clip(np.sqrt(negative / np.maximum(positive, 1e-6)), 1, 10).astype(np.float32)
    return found


def _batch(lessons: Sequence[Lesson]) -> _Batch:
    longest = max(len(one.ids) for one in lessons)
    ids, mask = np.zeros((2, len(lessons), longest), dtype=np.int64)
    for row, one in enumerate(lessons):
        ids[row, : len(one.ids)], mask[row, : len(one.ids)] = one.ids, 1
    return _Batch(
        torch.from_numpy(ids),
        torch.from_numpy(mask),
        torch.from_numpy(np.stack([one.targets for one in lessons])),
        torch.from_numpy(np.stack([one.weights for one in lessons])),
    )


def _loss(found: torch.Tensor, batch: _Batch, boost: torch.Tensor) -> torch.Tensor:
    """Summed over what is known of each lesson, as it counts, per lesson."""
    known = (batch.targets >= 0) * batch.weights
    losses = nn.functional.binary_cross_entropy_with_logits(
        found, batch.targets.clamp(min=0), pos_weight=boost, reduction="none"
    )
    return (losses * known).sum() / len(found)


def _fingerprint(lessons: Sequence[Lesson], course: Course) -> str:
    digest = hashlib.sha256(repr(course).encode())
    for one in lessons:
        for numbers in (one.ids, one.targets, one.weights):
            digest.update(numbers.tobytes())
    return digest.hexdigest()
