"""`python -m benchmarks.precision [--json]`: what a precision does to the replies of the bundled checkpoint.

Every precision answers the same held-out questions as float32 does, greedily. `error` is the mean difference
of the logits along float32's own replies, in parts of their spread; `tokens` is how often the likeliest next
token is the same there; `replies` is the share that is the same word for word; `right` counts what the corpus
wants.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from model.demo.corpus.conversations import Conversation
from model.demo.try_it import WEIGHTS, Answering, held_out, messages_of, right_replies
from model.int8 import as_int8

SEED = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One precision against float32."""

    precision: str
    error: float
    tokens: float
    replies: float
    right: int
    asked: int


@dataclass(frozen=True, slots=True)
class Along:
    """A reply of float32: the ids of prompt and reply, where the reply begins, and the logits along it."""

    ids: torch.Tensor
    start: int
    logits: torch.Tensor


def answering(precision: str) -> Answering:
    """The bundled checkpoint in this precision."""
    ready = Answering(WEIGHTS)
    if precision == "bfloat16":
        read: Any = AutoModelForCausalLM.from_pretrained
        ready.model = read(str(WEIGHTS), local_files_only=True, dtype=torch.bfloat16).eval()
    if precision == "int8":
        ready.model = as_int8(ready.model.eval())
    return ready


@torch.inference_mode()
def along(side: Answering, conversation: Conversation, reply: str) -> Along:
    """The logits of this side along a reply."""
    rendered = side.tokenizer.apply_chat_template(
        messages_of(conversation), tokenize=False, add_generation_prompt=True
    )
    prompt = side.tokenizer(rendered, add_special_tokens=False).input_ids
    said = side.tokenizer(reply + "<end_of_turn>", add_special_tokens=False).input_ids
    ids = torch.tensor([prompt + said])
    return Along(ids, len(prompt), side.model(ids).logits[0, len(prompt) - 1 : -1].float())


def compare(precision: str, asked: Sequence[Conversation], replies: Sequence[str]) -> Row:
    """Answer the questions in this precision and compare with float32's replies."""
    plain, other = answering("float32"), answering(precision)
    equals = right_replies()
    errors, same_tokens, said = [], [], []
    for conversation, reply in zip(asked, replies, strict=True):
        one, two = along(plain, conversation, reply), along(other, conversation, reply)
        errors.append(((one.logits - two.logits).abs().mean() / one.logits.std()).item())
        same_tokens.append((one.logits.argmax(-1) == two.logits.argmax(-1)).float().mean().item())
        said.append(other.reply(messages_of(conversation)).text)
    wanted = [conversation.turns[-1].reply for conversation in asked]
    return Row(
        precision=precision,
        error=sum(errors) / len(errors),
        tokens=sum(same_tokens) / len(same_tokens),
        replies=sum(one == two for one, two in zip(said, replies, strict=True)) / len(said),
        right=sum(one == two or one in equals.get(two, ()) for one, two in zip(said, wanted, strict=True)),
        asked=len(said),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--per-topic", type=int, default=12, metavar="N")
    wish = parser.parse_args()
    asked = [one for drawn in held_out(SEED, wish.per_topic).values() for one in drawn]
    plain = answering("float32")
    replies = [plain.reply(messages_of(conversation)).text for conversation in asked]
    rows = [compare(name, asked, replies) for name in ("float32", "bfloat16", "int8")]
    if wish.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return
    print(f"{'precision':<12}{'error':>8}{'tokens':>9}{'replies':>9}{'right':>14}")
    for row in rows:
        print(
            f"{row.precision:<12}{row.error:>8.4f}{row.tokens:>9.2%}{row.replies:>9.1%}"
            f"{row.right:>6} of {row.asked}"
        )


if __name__ == "__main__":
    main()
