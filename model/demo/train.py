"""`python -m model.demo.train`: from the corpus to the shipped weights, in a fixed number of steps; goes on where it was stopped."""

import argparse
import math
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from torch import nn
from transformers import Gemma2ForCausalLM

from model.demo import batches, shape, tokenizer
from model.weights import record_hashes

WEIGHTS = Path(__file__).parent / "weights"
WORK = Path(".train") / "demo"
STEPS, TOKENS_PER_STEP = 6_000, 4_096
MATRIX_RATE, OTHER_RATE, LAST_SHARE, WARM_UP = 4e-3, 2e-3, 0.01, 200
AVERAGE_OVER = 200
"""The shipped weights are a running mean over about so many steps."""
SAVE_EVERY = 180.0


@dataclass
class Progress:
    """How far a training has come; saved with the weights."""

    step: int = 0
    passed: int = 0
    steps_of_pass: int = 0
    seconds: float = 0.0
    tokens: int = 0
    loss: float = float("nan")


def _loss_sum(model: Gemma2ForCausalLM, ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Summed cross-entropy over the learned tokens; logits are computed at those positions alone."""
    hidden = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
    wanted = targets[:, 1:]
    is_learned = wanted != -100
    logits = torch.tanh(model.lm_head(hidden[is_learned]) / shape.SOFTCAP) * shape.SOFTCAP
    return nn.functional.cross_entropy(logits.float(), wanted[is_learned], reduction="sum")


def rate(step: int, steps: int) -> float:
    """The share of the peak rate at this step: up in a line, then down half a cosine; it hangs on the count alone."""
    falling = LAST_SHARE + (1 - LAST_SHARE) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))
    return falling * min(1.0, (step + 1) / WARM_UP)


def _optimizers(model: Gemma2ForCausalLM) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for the matrices of the layers, AdamW for the embedding and the norms."""
    matrices = [weight for weight in model.model.layers.parameters() if weight.ndim == 2]
    others = [weight for weight in model.parameters() if all(weight is not matrix for matrix in matrices)]
    return (
        torch.optim.Muon(matrices, lr=MATRIX_RATE, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=OTHER_RATE, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    )


class Training:
    """The model, its running mean and its optimizers, with what is needed to go on after a stop."""

    def __init__(self, pieces: bytes, work: Path, *, seed: int, steps: int, device: str = "cpu") -> None:
        self.pieces = sentencepiece.SentencePieceProcessor(model_proto=pieces)
        self.work, self.seed, self.steps, self.device = work, seed, steps, torch.device(device)
        self.model = shape.untrained(seed)
        nn.Module.to(self.model, self.device)
        self.mean = torch.optim.swa_utils.AveragedModel(
            self.model,
            multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(1 - 1 / AVERAGE_OVER),  # type: ignore[no-untyped-call]
        )
        self.optimizers = _optimizers(self.model)
        self.progress = Progress()

    def run(self, until: int | None = None) -> None:
        """Train up to this step, or to the last, saving every few minutes."""
        until = min(until or self.steps, self.steps)
        place = batches.Place(self.progress.passed, self.progress.steps_of_pass)
        last_saved = time.monotonic()
        if self.progress.step < until:
            for step in batches.steps(self.pieces, tokens=TOKENS_PER_STEP, seed=self.seed, start=place):
                self.learn(step)
                if time.monotonic() - last_saved > SAVE_EVERY:
                    self.save()
                    last_saved = time.monotonic()
                if self.progress.step >= until:
                    break
        self.save()

    def learn(self, step: batches.Step) -> None:
        """Take one step; the rate follows the count of steps."""
        started, progress = time.monotonic(), self.progress
        share = rate(progress.step, self.steps)
        for optimizer, peak in zip(self.optimizers, (MATRIX_RATE, OTHER_RATE), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = peak * share
        learned = sum(int((batch.targets[:, 1:] != -100).sum()) for batch in step.batches)
        value = 0.0
        for batch in step.batches:
            with torch.autocast(self.device.type, torch.bfloat16):
                loss = (
                    _loss_sum(self.model, batch.ids.to(self.device), batch.targets.to(self.device)) / learned
                )
            loss.backward()  # type: ignore[no-untyped-call]
            value += loss.item()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.mean.update_parameters(self.model)
        progress.loss = value if math.isnan(progress.loss) else 0.98 * progress.loss + 0.02 * value
        progress.step += 1
        progress.passed, progress.steps_of_pass = step.place.passed, step.place.steps
        progress.tokens += sum(batch.ids.numel() for batch in step.batches)
        progress.seconds += time.monotonic() - started
        self._report()

    def _report(self) -> None:
        progress = self.progress
        if progress.step % 20 == 0:
            filled = 30 * progress.step // self.steps
            left = (self.steps - progress.step) * progress.seconds / progress.step / 60
            line = (
                f"[{'#' * filled}{'.' * (30 - filled)}] step {progress.step:,} of {self.steps:,}  pass {progress.passed + 1}  "
                f"loss {progress.loss:.4f}  {progress.tokens / progress.seconds:,.0f} tokens/s  {left:,.0f} minutes left"
            )
            print(line, end="\r" if sys.stdout.isatty() else "\n", flush=True)

    def save(self) -> None:
        """Keep everything needed to go on, replacing the last checkpoint in one move."""
        kept = {
            "model": self.model.state_dict(),
            "mean": self.mean.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "progress": asdict(self.progress),
        }
        torch.save(kept, self.work / "checkpoint.new")
        (self.work / "checkpoint.new").replace(self.work / "checkpoint.pt")

    def resume(self) -> None:
        """Go on from the last checkpoint, where there is one."""
        path = self.work / "checkpoint.pt"
        if path.exists():
            kept = torch.load(path, weights_only=True, map_location=self.device)
            self.model.load_state_dict(kept["model"])
            self.mean.load_state_dict(kept["mean"])
            for optimizer, state in zip(self.optimizers, kept["optimizers"], strict=True):
                optimizer.load_state_dict(state)
            self.progress = Progress(**kept["progress"])
            print(f"Going on from step {self.progress.step:,}.")


def pieces_for(work: Path, seed: int) -> bytes:
    """The tokenizer of this training: made once, then read from the work folder."""
    path = work / "tokenizer.model"
    if not path.exists():
        path.write_bytes(tokenizer.train_pieces(tokenizer.corpus_texts(seed)))
    return path.read_bytes()


def ship(training: Training, pieces: bytes, out: Path) -> None:
    """Write the running mean of the weights, in bfloat16 and in shards under 9 MB, with config and tokenizer."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.safetensors*"):
        old.unlink()
    model = shape.untrained(training.seed)
    model.load_state_dict(training.mean.module.state_dict())
    nn.Module.to(model, torch.bfloat16)
    model.save_pretrained(str(out), max_shard_size="8MB")
    tokenizer.save_tokenizer(pieces, out)
    record_hashes(out)
    for path in out.iterdir():
        path.chmod(0o644)


def _parse() -> Any:
    parser = argparse.ArgumentParser(prog="python -m model.demo.train", description=__doc__)
    parser.add_argument(
        "--steps", type=int, default=STEPS, help="how many steps in all; the rate falls over them"
    )
    parser.add_argument("--until", type=int, help="stop at this step for now, and go on from it another time")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the shipped files go")
    parser.add_argument("--work", type=Path, default=WORK, help="where checkpoints are kept")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for one GPU")
    parser.add_argument(
        "--compile",
        action="store_true",
        help="compile the layers: nearly twice as fast, needs a C++ compiler",
    )
    parser.add_argument("--ship-only", action="store_true", help="ship the last checkpoint without training")
    return parser.parse_args()


def main() -> None:
    """Train, then ship; with --ship-only, ship the last checkpoint."""
    asked = _parse()
    asked.work.mkdir(parents=True, exist_ok=True)
    pieces = pieces_for(asked.work, asked.seed)
    training = Training(pieces, asked.work, seed=asked.seed, steps=asked.steps, device=asked.device)
    training.resume()
    if asked.compile:
        for layer in training.model.model.layers:
            layer.compile(dynamic=True)
    if not asked.ship_only:
        training.run(asked.until)
    progress = training.progress
    print(f"\nStep {progress.step:,} of {asked.steps:,}, loss {progress.loss:.4f}.")
    if asked.ship_only or progress.step >= asked.steps:
        ship(training, pieces, asked.out)
        print(f"Shipped to {asked.out}.")


if __name__ == "__main__":
    main()
