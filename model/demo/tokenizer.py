"""The demonstration model's tokenizer: SentencePiece pieces of our own text, with Gemma's special tokens at Gemma's ids."""

import json
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import sentencepiece
from transformers import GemmaTokenizer

from model.demo.corpus.compose import compose

VOCABULARY = 8_000
CONTEXT_LENGTH = 2_048
PAD, EOS, BOS, UNK, MASK, START_OF_TURN, END_OF_TURN = 0, 1, 2, 3, 4, 106, 107
_UNUSED = 101
"""Fills the ids from <mask> (4) to <start_of_turn> (106)."""

CHAT_TEMPLATE = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}"
    "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}"
)
"""Gemma 1 and 2's own: no system role, roles in turn, `assistant` written as `model`."""


def _symbols() -> list[str]:
    newlines = ["\n" * count for count in range(1, 5)]
    spaces = ["▁" * count for count in (2, 3, 4, 8)]
    unused = [f"<unused{number}>" for number in range(_UNUSED)]
    return ["<mask>", *unused, "<start_of_turn>", "<end_of_turn>", *newlines, *spaces]


def train_pieces(texts: Iterable[str]) -> bytes:
    """The SentencePiece model (a protocol buffer) of these texts."""
    written = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=written,
        model_type="bpe",
        vocab_size=VOCABULARY,
        byte_fallback=True,
        split_digits=True,
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        character_coverage=1.0,
        max_sentencepiece_length=12,
        pad_id=PAD, eos_id=EOS, bos_id=BOS, unk_id=UNK,
        pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>", unk_piece="<unk>",
        user_defined_symbols=_symbols(),
        num_threads=1,
        minloglevel=2,
    )  # fmt: skip
    return written.getvalue()


def corpus_texts(seed: int) -> Iterator[str]:
    """Each different prompt and reply of one pass, line by line, in the order in which it first stands."""
    seen: dict[str, None] = {}
    for conversation in compose(seed):
        for turn in conversation.turns:
            for text in (turn.prompt, turn.reply):
                seen.update(dict.fromkeys(line for line in text.split("\n") if line))
    return iter(seen)


def save_tokenizer(pieces: bytes, folder: Path) -> None:
    """Write the files from which AutoTokenizer loads the tokenizer, chat template included."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.model").write_bytes(pieces)
    tokenizer = GemmaTokenizer.from_pretrained(
        str(folder),
        extra_special_tokens=["<start_of_turn>", "<end_of_turn>"],
        add_bos_token=True,
        mask_token="<mask>",
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.model_max_length = CONTEXT_LENGTH
    tokenizer.padding_side = "left"
    tokenizer.save_pretrained(str(folder))
    _without_local_paths(folder / "tokenizer_config.json")


def _without_local_paths(config: Path) -> None:
    """Drop what save_pretrained notes about the folder in which the tokenizer was made."""
    settings = json.loads(config.read_text("utf-8"))
    for name in ("vocab_file", "tokenizer_file", "name_or_path", "is_local", "local_files_only"):
        settings.pop(name, None)
    config.write_text(json.dumps(settings, indent=2, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
