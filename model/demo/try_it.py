"""`python -m model.demo.try_it [PROMPT ...]`: what the weights answer; `python -m benchmarks.demo` has the figures."""

import argparse
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from model.demo.corpus.compose import compose, rows
from model.demo.corpus.conversations import Conversation

WEIGHTS = Path(__file__).parent / "weights"
CARD_PROMPTS = (
    "Write me a poem about Machine Learning.",
    "How does the brain work?",
    "Who are you? Please, answer in pirate-speak.",
    "マシーンラーニングについての詩を書いてください。",
    "Write a hello world program",
    "머신러닝과 딥러닝의 차이는",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said, and whether it ended by itself."""

    text: str
    has_ended: bool


class Answering:
    """The shipped model, answering greedily one conversation at a time."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(str(folder), local_files_only=True, dtype=torch.float32)
        model.requires_grad_(False)
        self.model: Any = model

    def reply(self, messages: Sequence[dict[str, str]], *, longest: int = 200) -> Reply:
        """The reply to these messages, at most `longest` tokens."""
        rendered = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        ids = self.tokenizer(rendered, add_special_tokens=False, return_tensors="pt")
        said = self.model.generate(**ids, max_new_tokens=longest, do_sample=False)[
            0, ids["input_ids"].shape[1] :
        ]
        text = self.tokenizer.decode(said, skip_special_tokens=True)
        return Reply(text.strip(), int(said[-1]) in self.model.generation_config.eos_token_id)


def messages_of(conversation: Conversation) -> list[dict[str, str]]:
    """The conversation up to its last prompt, as the chat template takes it."""
    messages = []
    for turn in conversation.turns:
        messages.append({"role": "user", "content": turn.prompt})
        messages.append({"role": "assistant", "content": turn.reply})
    return messages[:-1]


def right_replies() -> dict[str, frozenset[str]]:
    """For each written reply, the replies that are as good."""
    return {say: frozenset(row.says) for row in rows() for say in row.says}


def held_out(seed: int, per_topic: int) -> dict[str, list[Conversation]]:
    """At most so many conversations of the test split by topic."""
    drawn = list(compose(seed, "test"))
    random.Random(seed).shuffle(drawn)
    by_topic: dict[str, list[Conversation]] = defaultdict(list)
    for conversation in drawn:
        if len(by_topic[conversation.topic]) < per_topic:
            by_topic[conversation.topic].append(conversation)
    return dict(sorted(by_topic.items()))


def main() -> None:
    """Answer what was asked, each prompt in a conversation of its own."""
    parser = argparse.ArgumentParser(prog="python -m model.demo.try_it", description=__doc__)
    parser.add_argument(
        "prompts", nargs="*", default=CARD_PROMPTS, help="the model cards' prompts where there are none"
    )
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    asked = parser.parse_args()
    answering = Answering(asked.weights)
    for prompt in asked.prompts:
        reply = answering.reply([{"role": "user", "content": prompt}])
        print(f"> {prompt}\n< {reply.text}\n", flush=True)


if __name__ == "__main__":
    main()
