"""Writes the encoder that was learnt as an ONNX graph of 8-bit matrices, its numbers as safetensors.

A matrix keeps a scale a column and whole numbers up to 63: times a byte of activations, two such products fit
the 16 bits in which processors without VNNI add them, so that every processor finds the same sums.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save
from transformers import BertConfig

from safety.checks.encoder import GRAPH_FILE, LONGEST, SHARD_FILE, TOKENIZER_FILE, WORDS
from safety.checks.tables import Floats
from safety.train.encoder_model import Reader

LARGEST = 8_500_000
"""Bytes of a shard."""
_MATRIX, _WORD = 63, 127
_OPSET, _IR = 20, 9
_MICROSOFT = "com.microsoft"

Numbers = NDArray[Any]


def encoder_files(reader: Reader, tokenizer: bytes) -> dict[str, bytes]:
    """The contents of every file of the encoder, but for how it joins the first tier."""
    learnt = {name: one.detach().float().numpy() for name, one in reader.state_dict().items()}
    graph = _Graph(learnt, reader.trunk.config)
    graph.build()
    named = {
        SHARD_FILE.format(number): save(one) for number, one in enumerate(_shards(graph.numbers), start=1)
    }
    return {GRAPH_FILE: graph.model(), TOKENIZER_FILE: tokenizer, **named}


class _Graph:
    """Nodes in the order in which they are made, and the numbers that stand outside the graph."""

    def __init__(self, learnt: Mapping[str, Floats], config: BertConfig) -> None:
        self.numbers: dict[str, Numbers] = {}
        self._learnt, self._config = learnt, config
        self._nodes: list[onnx.NodeProto] = []
        self._inside: list[onnx.TensorProto] = []

    def build(self) -> None:
        """From `ids`, the tokens of one piece, to `outputs`, a number a label."""
        states = self._embedded("trunk.embeddings")
        for number in range(self._config.num_hidden_layers):
            layer = f"trunk.encoder.layer.{number}"
            told = self._linear(
                self._attended(states, f"{layer}.attention.self"), f"{layer}.attention.output.dense"
            )
            states = self._norm(self._node("Add", states, told), f"{layer}.attention.output.LayerNorm")
            wide = self._node("Gelu", self._linear(states, f"{layer}.intermediate.dense"))
            narrow = self._linear(wide, f"{layer}.output.dense")
            states = self._norm(self._node("Add", states, narrow), f"{layer}.output.LayerNorm")
        mean = self._node("ReduceMean", states, self._whole(0), keepdims=1)
        head = self._outside("head.matrix", self._learnt["head.weight"].T)
        found = self._node("Gemm", mean, head, self._outside("head.bias", self._learnt["head.bias"]))
        self._node("Reshape", found, self._whole(-1), name="outputs")

    def model(self) -> bytes:
        """The graph, whose numbers are handed in when it is loaded."""
        ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["tokens"])
        outputs = helper.make_tensor_value_info("outputs", TensorProto.FLOAT, [None])
        handed_in = [_elsewhere(name, one) for name, one in self.numbers.items() if name not in WORDS]
        words = np.concatenate([self.numbers[name] for name in WORDS])
        initializers = [*self._inside, *handed_in, _elsewhere("words", words)]
        graph = helper.make_graph(self._nodes, "encoder", [ids], [outputs], initializers)
        domains = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        made = helper.make_model(graph, opset_imports=domains, ir_version=_IR)
        content: bytes = made.SerializeToString()
        return content

    def _embedded(self, name: str) -> str:
        """Words of 8 bits with a scale a word, and their places; there is one kind of token."""
        words = self._learnt[f"{name}.word_embeddings.weight"]
        kind = self._learnt[f"{name}.token_type_embeddings.weight"][0]
        places = self._learnt[f"{name}.position_embeddings.weight"][:LONGEST] + kind
        scale = _scales(words, axis=1, most=_WORD)
        whole = np.round(words / scale).astype(np.int8)
        for key, half in zip(WORDS, np.array_split(whole, len(WORDS)), strict=True):
            self._outside(key, half)
        chosen = self._node("Cast", self._node("Gather", "words", "ids"), to=TensorProto.FLOAT)
        scales = self._node("Gather", self._outside("words.scale", scale), "ids")
        begin, end, axis = self._whole(0), self._node("Shape", "ids"), self._whole(0)
        placed = self._node("Slice", self._outside("places", places), begin, end, axis)
        return self._norm(self._node("Add", self._node("Mul", chosen, scales), placed), f"{name}.LayerNorm")

    def _attended(self, states: str, name: str) -> str:
        """What each token takes from the others; the root of a head's size is in the matrix already."""
        heads = self._config.num_attention_heads
        size = self._config.hidden_size // heads
        parts = {"query": size**-0.5, "key": 1.0, "value": 1.0}
        weights = [self._learnt[f"{name}.{part}.weight"].T * factor for part, factor in parts.items()]
        biases = [self._learnt[f"{name}.{part}.bias"] * factor for part, factor in parts.items()]
        told = self._product(states, name, np.concatenate(weights, axis=1), np.concatenate(biases))
        by_head = self._whole(-1, heads, size)
        asked, offered, held = (self._node("Reshape", part, by_head) for part in self._split(told, 3))
        asked = self._node("Transpose", asked, perm=[1, 0, 2])
        offered = self._node("Transpose", offered, perm=[1, 2, 0])
        held = self._node("Transpose", held, perm=[1, 0, 2])
        shares = self._node("Softmax", self._node("MatMul", asked, offered), axis=-1)
        taken = self._node("Transpose", self._node("MatMul", shares, held), perm=[1, 0, 2])
        return self._node("Reshape", taken, self._whole(-1, heads * size))

    def _linear(self, source: str, name: str) -> str:
        return self._product(source, name, self._learnt[f"{name}.weight"].T, self._learnt[f"{name}.bias"])

    def _product(self, source: str, name: str, weights: Floats, biases: Floats) -> str:
        """Times a matrix of 8 bits, and a bias; the activations get their 8 bits as they come."""
        scale = _scales(weights, axis=0, most=_MATRIX)
        return self._node(
            "DynamicQuantizeMatMul",
            source,
            self._outside(f"{name}.matrix", np.round(weights / scale).astype(np.int8)),
            self._outside(f"{name}.scale", scale.reshape(-1)),
            "",
            self._outside(f"{name}.bias", biases),
            domain=_MICROSOFT,
        )

    def _norm(self, source: str, name: str) -> str:
        gain = self._outside(f"{name}.gain", self._learnt[f"{name}.weight"])
        shift = self._outside(f"{name}.shift", self._learnt[f"{name}.bias"])
        epsilon = self._config.layer_norm_eps
        return self._node("LayerNormalization", source, gain, shift, axis=-1, epsilon=epsilon)

    def _node(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add a node with one output; gives its name."""
        output = name or f"{kind}.{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _split(self, source: str, count: int) -> list[str]:
        outputs = [f"{source}.{number}" for number in range(count)]
        self._nodes.append(helper.make_node("Split", [source], outputs, axis=1, num_outputs=count))
        return outputs

    def _whole(self, *values: int) -> str:
        """A few whole numbers, which stand in the graph."""
        name = f"whole.{len(self._inside)}"
        self._inside.append(numpy_helper.from_array(np.array(values, dtype=np.int64), name))
        return name

    def _outside(self, name: str, numbers: Numbers) -> str:
        self.numbers[name] = np.ascontiguousarray(numbers)
        return name


def _scales(weights: Floats, *, axis: int, most: int) -> Floats:
    """By what to divide so that the largest along this axis becomes `most`."""
    found: Floats = np.maximum(np.abs(weights).max(axis=axis, keepdims=True), 1e-12) / np.float32(most)
    return found


def _elsewhere(name: str, numbers: Numbers) -> onnx.TensorProto:
    """A tensor of this shape without its numbers."""
    tensor = TensorProto(name=name, dims=numbers.shape, data_location=TensorProto.EXTERNAL)
    tensor.data_type = helper.np_dtype_to_tensor_dtype(numbers.dtype)
    tensor.external_data.add(key="location", value=SHARD_FILE.format(1))
    return tensor


def _shards(numbers: Mapping[str, Numbers]) -> list[dict[str, Numbers]]:
    """The tensors in their order, in as few files as hold them."""
    shards: list[dict[str, Numbers]] = [{}]
    for name, one in numbers.items():
        if shards[-1] and sum(kept.nbytes for kept in shards[-1].values()) + one.nbytes > LARGEST:
            shards.append({})
        shards[-1][name] = one
    return shards
