"""What the model is asked: the test split by topic, and varied prompts, among them those of other people."""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from model.demo.corpus.compose import compose
from model.demo.corpus.conversations import Conversation, Turn

KNOWN = (
    "knowledge", "small talk", "identity", "about bezel", "poems", "haiku", "emails", "lists", "pirate",
    "programs", "verse", "style", "sums", "translation", "pasted text", "follow-up", "support",
)  # fmt: skip
VARIED = 2_000


def foreign(folder: Path | None) -> Iterator[Conversation]:
    """The first prompts of the files in this folder; the end of a name tells their language."""
    for path in sorted(folder.glob("*.jsonl")) if folder else ():
        lang = path.stem.rsplit("_", 1)[-1]
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            prompt = row["prompt"] if "prompt" in row else row["turns"][0]
            yield Conversation("foreign", lang, (Turn(prompt, ""),))


def varied(seed: int, count: int, folder: Path | None) -> list[Conversation]:
    """So many different prompts: those of the folder, then of the test split until there are enough."""
    others = list(foreign(folder))
    drawn = list(compose(seed, "test"))
    random.Random(seed).shuffle(drawn)
    return _different([*random.Random(seed).sample(others, min(len(others), count)), *drawn])[:count]


def _different(conversations: Sequence[Conversation]) -> list[Conversation]:
    return list({tuple(turn.prompt for turn in one.turns): one for one in conversations}.values())
