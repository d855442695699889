import asyncio
import io
from dataclasses import replace
from itertools import product

import pytest
import sentencepiece
import torch
from transformers import AutoConfig, AutoModelForCausalLM, Gemma2Config, Gemma2ForCausalLM, GemmaTokenizer

from model.engine import Engine
from model.loading import load
from model.remote import connect
from model.remote_servers import ServerSettings
from tests.model.scripted import Scripted

GEMMA_TEMPLATE = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}"
    "{% else %}{% set role = message['role'] %}{% endif %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"
)
"""The template of Gemma 1, 1.1 and 2."""

SUBJECTS = ("a river", "the old clock", "our neighbour", "a small model", "the baker", "my sister")
VERBS = ("counts", "remembers", "describes", "measures", "paints", "forgets")
OBJECTS = ("the morning", "seven stones", "a long letter", "the number 42", "every star", "code")
OTHER = (
    "비가 오는 아침",
    "오늘의 날씨는 맑다",
    "朝の雨について",
    "詩を書いてください",
    "le café est fermé",
    "😀 🎈",
)
SYMBOLS = ["<mask>", *(f"<unused{n}>" for n in range(4)), "<start_of_turn>", "<end_of_turn>"]
SYMBOLS += ["\n", "\n\n", "\n\n\n", "▁▁", "▁▁▁", "<h1>", "</h1>", "<code>"]


def sentences():
    made = [f"{a} {b} {c}." for a, b, c in product(SUBJECTS, VERBS, OBJECTS)]
    return [*made, *(f"def {word[:4]}(x): return x + 1" for word in VERBS), *OTHER * 4, "user", "model"]


def train_tokenizer(folder):
    """Train a SentencePiece vocabulary with Gemma's layout and save it as a transformers tokenizer."""
    vocabulary = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences()),
        model_writer=vocabulary,
        model_type="bpe",
        vocab_size=520,
        pad_id=0,
        eos_id=1,
        bos_id=2,
        unk_id=3,
        pad_piece="<pad>",
        eos_piece="<eos>",
        bos_piece="<bos>",
        user_defined_symbols=SYMBOLS,
        byte_fallback=True,
        split_digits=True,
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        minloglevel=2,
        num_threads=1,
    )
    raw = folder.parent / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    (raw / "tokenizer.model").write_bytes(vocabulary.getvalue())
    turns = ["<start_of_turn>", "<end_of_turn>"]
    tokenizer = GemmaTokenizer.from_pretrained(raw, extra_special_tokens=turns, add_bos_token=True)
    tokenizer.chat_template = GEMMA_TEMPLATE
    tokenizer.save_pretrained(folder)
    return tokenizer


def tiny_config(tokenizer, **changed):
    """The hard path of Gemma 2, made small: softcapping, and a sliding window shorter than most prompts."""
    shape = {
        "vocab_size": len(tokenizer) + 8,
        "hidden_size": 48,
        "intermediate_size": 96,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "sliding_window": 16,
        "query_pre_attn_scalar": 16,
        "max_position_embeddings": 512,
        "attn_logit_softcapping": 5.0,
        "final_logit_softcapping": 30.0,
        "eos_token_id": [1, tokenizer.convert_tokens_to_ids("<end_of_turn>")],
        "bos_token_id": 2,
        "pad_token_id": 0,
        "initializer_range": 0.3,
        "tie_word_embeddings": False,
    }
    return Gemma2Config(**(shape | changed))


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A real Gemma 2 checkpoint: random weights in fp32, a tokenizer trained here, Gemma's template."""
    folder = tmp_path_factory.mktemp("tiny") / "checkpoint"
    tokenizer = train_tokenizer(folder)
    torch.manual_seed(0)
    config = tiny_config(tokenizer)
    weights = Gemma2ForCausalLM(config)
    weights.generation_config.eos_token_id = config.eos_token_id
    weights.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tokenizer(tiny_folder):
    return GemmaTokenizer.from_pretrained(tiny_folder)


@pytest.fixture(scope="session")
def loaded(tiny_folder):
    return load(str(tiny_folder), device="cpu", precision="float32")


class Steered:
    """A real model that records its steps; the logits of each text pass through `steer(ids, length, logits)`.

    `length` counts the text's states after the step. The engine's check at its start is left alone.
    """

    def __init__(self, weights, steer):
        self._weights = weights
        self._steer = steer
        self.calls = []
        """The segments of each step: (states, number of ids read)."""
        self.is_on = False

    def __getattr__(self, name):
        return getattr(self._weights, name)

    def __call__(self, **options):
        output = self._weights(**options)
        if self.is_on:
            segments = options["past_key_values"].segments
            self.calls.append([(segment.states, len(segment.ids)) for segment in segments])
            rows = iter(output.logits[0])
            for segment in segments:
                row = next(rows) if segment.is_due else None
                if row is not None:
                    self._steer(list(segment.ids), segment.states.length + len(segment.ids), row)
        return output


@pytest.fixture
def steered(loaded):
    """Give the tiny checkpoint with its logits steered, or as they are: `steered(steer=None) -> Loaded`."""

    def make(steer=lambda ids, length, logits: None):
        return replace(loaded, model=Steered(loaded.model, steer))

    return make


@pytest.fixture
def engine_of():
    """Start engines that are closed when the test ends: `engine_of(loaded, **limits) -> Engine`."""
    engines = []

    def start(loaded, **limits):
        engines.append(Engine(loaded, **limits))
        if isinstance(loaded.model, Steered):
            loaded.model.is_on = True
        return engines[-1]

    yield start
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(engine_of, loaded):
    return engine_of(loaded)


GEMMA_4 = {
    "global_head_dim": 32,
    "num_kv_shared_layers": 2,
    "hidden_size_per_layer_input": 8,
    "layer_types": ["sliding_attention", "sliding_attention", "full_attention"] * 2,
}
"""Layers of two kinds of heads, the last ones with the states of those before them."""


@pytest.fixture(params=["gemma", "gemma3_text", "gemma4_text"])
def loaded_sibling(request, loaded):
    """The tiny checkpoint as the other architectures have it: Gemma 3 has five of six layers local."""
    shape = loaded.model.config.to_dict()
    kept = ("vocab_size", "hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads")
    kept += ("head_dim", "max_position_embeddings", "initializer_range", "tie_word_embeddings")
    # A window that Gemma 1 does not use would still shorten the cache of generate.
    kept += () if request.param == "gemma" else ("sliding_window",)
    changed = {name: shape[name] for name in kept}
    if request.param == "gemma4_text":
        changed |= GEMMA_4 | {"vocab_size_per_layer_input": shape["vocab_size"]}
    config = AutoConfig.for_model(request.param, num_hidden_layers=6, **changed)
    torch.manual_seed(1)
    weights = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa").eval()
    weights.generation_config = loaded.model.generation_config
    return replace(loaded, model=weights)


@pytest.fixture
async def scripted():
    """Start servers that answer as they are told: `await scripted(*scripts) -> Scripted`."""
    started = []

    async def start(*scripts):
        server = await Scripted().start()
        server.scripts = list(scripts) or server.scripts
        started.append(server)
        return server

    yield start
    for server in started:
        server.close()


@pytest.fixture
def over():
    """Give the remote model over such servers: `await over(*servers, **settings) -> RemoteModel`."""

    async def made(*servers, **changed):
        settings = ServerSettings(urls=tuple(server.url for server in servers), **changed)
        return await asyncio.to_thread(connect, settings)

    return made
