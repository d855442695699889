"""`python -m model.demo.train`: from the corpus to the shipped weights; continues where it was killed."""

import argparse
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import sentencepiece
import torch
from torch import nn
from transformers import Gemma2ForCausalLM

from model.demo import batches, shape, tokenizer
from model.demo.corpus.compose import compose

WEIGHTS = Path(__file__).parent / "weights"
WORK = Path(".train") / "demo"
TOKENS_PER_BATCH = 1_024
PEAK_RATE, LAST_RATE, WARM_UP = 1.5e-3, 5e-5, 200
AVERAGE_OVER = 100
"""The shipped weights are a running mean over about so many steps."""
SAVE_EVERY = 180.0


@dataclass
class Progress:
    """How far a training has come; saved with the weights."""

    step: int = 0
    seconds: float = 0.0
    loss: float = float("nan")


def _loss(model: Gemma2ForCausalLM, batch: batches.Batch) -> torch.Tensor:
    """Mean cross-entropy over the learned tokens; logits are computed at those positions alone."""
    hidden = model.model(input_ids=batch.ids[:, :-1], use_cache=False).last_hidden_state
    targets = batch.targets[:, 1:]
    is_learned = targets != -100
    logits = torch.tanh(model.lm_head(hidden[is_learned]) / shape.SOFTCAP) * shape.SOFTCAP
    return nn.functional.cross_entropy(logits.float(), targets[is_learned])


def _rate(step: int, share_done: float) -> float:
    falling = LAST_RATE + (PEAK_RATE - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * min(1.0, share_done)))
    return falling * min(1.0, (step + 1) / WARM_UP)


class Training:
    """The model, its running mean and its optimizer, with what is needed to go on after a stop."""

    def __init__(self, pieces: bytes, work: Path, *, seed: int, minutes: float) -> None:
        self.pieces = sentencepiece.SentencePieceProcessor(model_proto=pieces)
        self.work, self.seed, self.limit = work, seed, minutes * 60
        self.model = shape.untrained(seed)
        self.mean = torch.optim.swa_utils.AveragedModel(
            self.model,
            multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(1 - 1 / AVERAGE_OVER),  # type: ignore[no-untyped-call]
        )
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.95), weight_decay=0.05, fused=True
        )
        self.progress = Progress()

    def run(self) -> None:
        """Train until the time is used up, saving every few minutes."""
        passed = skipped = 0
        last_saved = time.monotonic()
        while self.progress.seconds < self.limit:
            examples = [batches.example(self.pieces, one) for one in compose(self.seed + passed)]
            for batch in batches.batches(examples, tokens=TOKENS_PER_BATCH, seed=self.seed + passed):
                skipped += 1
                if skipped <= self.progress.step:
                    continue
                self.step(batch, passed)
                if time.monotonic() - last_saved > SAVE_EVERY:
                    self.save()
                    last_saved = time.monotonic()
                if self.progress.seconds >= self.limit:
                    break
            passed += 1
        self.save()

    def step(self, batch: batches.Batch, passed: int) -> None:
        """Learn from one batch; the rate follows the share of the time that is used."""
        started = time.monotonic()
        progress = self.progress
        for group in self.optimizer.param_groups:
            group["lr"] = _rate(progress.step, progress.seconds / self.limit)
        with torch.autocast("cpu", torch.bfloat16):
            loss = _loss(self.model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.mean.update_parameters(self.model)
        value = loss.item()
        progress.loss = value if math.isnan(progress.loss) else 0.98 * progress.loss + 0.02 * value
        progress.step += 1
        progress.seconds += time.monotonic() - started
        self._report(passed, batch.ids.numel() / (time.monotonic() - started))

    def _report(self, passed: int, speed: float) -> None:
        progress = self.progress
        if progress.step % 20 == 0:
            done = 100 * progress.seconds / self.limit
            line = f"{done:5.1f} %  step {progress.step:,}  pass {passed + 1}  loss {progress.loss:.4f}  {speed:,.0f} tokens/s"
            print(line, end="\r" if sys.stdout.isatty() else "\n", flush=True)

    def save(self) -> None:
        """Keep everything needed to go on, replacing the last checkpoint in one move."""
        kept = {
            "model": self.model.state_dict(),
            "mean": self.mean.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": vars(self.progress),
        }
        torch.save(kept, self.work / "checkpoint.new")
        (self.work / "checkpoint.new").replace(self.work / "checkpoint.pt")

    def resume(self) -> None:
        """Go on from the last checkpoint, where there is one."""
        path = self.work / "checkpoint.pt"
        if path.exists():
            kept = torch.load(path, weights_only=True)
            self.model.load_state_dict(kept["model"])
            self.mean.load_state_dict(kept["mean"])
            self.optimizer.load_state_dict(kept["optimizer"])
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
    for path in out.iterdir():
        path.chmod(0o644)


def main() -> None:
    """Train, then ship; with --ship-only, ship the last checkpoint."""
    parser = argparse.ArgumentParser(prog="python -m model.demo.train", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=70, help="how long to train in all, stops not counted"
    )
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the shipped files go")
    parser.add_argument("--work", type=Path, default=WORK, help="where checkpoints are kept")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--compile", action="store_true", help="compile the layers; a fifth faster, needs a C++ compiler"
    )
    parser.add_argument("--ship-only", action="store_true", help="ship the last checkpoint without training")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    pieces = pieces_for(asked.work, asked.seed)
    training = Training(pieces, asked.work, seed=asked.seed, minutes=asked.minutes)
    training.resume()
    if asked.compile:
        for layer in training.model.model.layers:
            layer.compile(dynamic=True)
    if not asked.ship_only:
        training.run()
    ship(training, pieces, asked.out)
    print(f"\nStep {training.progress.step:,}, loss {training.progress.loss:.4f}: shipped to {asked.out}.")


if __name__ == "__main__":
    main()
