"""Many conversations answered at once by a checkpoint, greedily or sampled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from model.demo.corpus.conversations import Conversation
from model.demo.try_it import messages_of
from model.types import GenerationSettings

LONGEST = 220
"""Tokens a reply may have; the longest taught one has half of that."""
_TOGETHER = 48


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, the control tokens in it, and whether it ended by itself."""

    text: str
    leaks: tuple[str, ...]
    has_ended: bool


class Answering:
    """A checkpoint in float32 that answers batches, sampled as Bezel samples; `temperature` 0 is greedy."""

    def __init__(self, folder: Path, *, temperature: float, seed: int) -> None:
        self.tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        read: Any = AutoModelForCausalLM.from_pretrained
        self.model: Any = read(str(folder), local_files_only=True, dtype=torch.float32).eval()
        self.temperature, self.seed = temperature, seed
        self.ends = set(self.model.generation_config.eos_token_id)
        turns: Any = ["<start_of_turn>", "<end_of_turn>"]
        marks: Any = self.tokenizer.convert_tokens_to_ids(turns)
        self.controls = {*self.tokenizer.all_special_ids, *marks} - self.ends

    def replies(self, conversations: Sequence[Conversation]) -> list[Said]:
        """A reply to each conversation's last prompt, in their order; one seed, one result."""
        torch.manual_seed(self.seed)
        prompts = [self._ids(conversation) for conversation in conversations]
        order = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))
        said: dict[int, Said] = {}
        for group in _groups(order):
            for at, ids in zip(group, self._generate([prompts[at] for at in group]), strict=True):
                said[at] = self._said(ids)
        return [said[at] for at in range(len(prompts))]

    def _ids(self, conversation: Conversation) -> list[int]:
        rendered = self.tokenizer.apply_chat_template(
            messages_of(conversation), tokenize=False, add_generation_prompt=True
        )
        ids: list[int] = self.tokenizer(rendered, add_special_tokens=False).input_ids
        return ids[-(self.tokenizer.model_max_length - LONGEST) :]

    @torch.inference_mode()
    def _generate(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        length = max(len(ids) for ids in prompts)
        pad = self.tokenizer.pad_token_id
        tokens = torch.tensor([[pad] * (length - len(ids)) + ids for ids in prompts])
        mask = torch.tensor([[0] * (length - len(ids)) + [1] * len(ids) for ids in prompts])
        how: dict[str, Any] = {"do_sample": False}
        if self.temperature:
            bezels = GenerationSettings(temperature=self.temperature)
            how = {"do_sample": True, "temperature": bezels.temperature}
            how |= {"top_k": bezels.top_k, "top_p": bezels.top_p}
        output = self.model.generate(tokens, attention_mask=mask, max_new_tokens=LONGEST, **how)
        new: list[list[int]] = output[:, length:].tolist()
        return new

    def _said(self, ids: list[int]) -> Said:
        end = next((at for at, token in enumerate(ids) if token in self.ends), None)
        kept = ids[:end]
        text = self.tokenizer.decode(kept, skip_special_tokens=False).strip()
        leaks = tuple(
            self.tokenizer.convert_ids_to_tokens([token for token in kept if token in self.controls])
        )
        written = tuple(
            mark for mark in ("<start_of_turn>", "<end_of_turn>", "<bos>", "<unused") if mark in text
        )
        return Said(text, leaks or written, end is not None)


def _groups(order: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(order), _TOGETHER):
        yield order[at : at + _TOGETHER]
