"""A BERT encoder's weights as an ONNX graph of 8-bit integers, written without PyTorch.

The graph takes the token ids of one sentence and gives each token's hidden state after each layer that is asked for.
It has no batch axis on purpose. Activations are quantized by the largest value of what is in hand, so in a batch a
sentence's vector would depend on its neighbours; alone it depends on its text only, which is what makes a cache of
vectors, and the promise of the same bytes, possible. Nothing is padded either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

from corpus.errors import InputError, UsageError
from train.encoder import config_of

Weights = Mapping[str, NDArray[np.float32]]

# Part of what a vector is known by: raise it when the same weights would give other numbers.
VERSION = 1
OPSET = 20
# Weights use 7 of the 8 bits. Processors without VNNI add pairs of products in 16 bits: 2 * 255 * 63 still fits, so
# integer sums are exact, and equal, on every processor.
_LARGEST = 63


@dataclass(frozen=True)
class Shape:
    """What the numbers in a BERT's ``config.json`` say about its graph."""

    heads: int
    epsilon: float
    layers: int


@dataclass
class Graph:
    """Nodes and constants, collected; each method appends a node and returns the name of its output.

    Parameters
    ----------
    prefix : str
        Of all names, where the nodes join those of another graph.
    """

    prefix: str = ""
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        """The name of a value that does not change; of that name there is one."""
        name = self.prefix + name
        self.constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: object) -> str:
        """The name of what an operator makes of its inputs; further outputs end in ``_1``, ``_2``."""
        names = [f"{self.prefix}{kind}_{len(self.nodes)}" + (f"_{i}" if i else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0]

    def shaped(self, value: str, *shape: int) -> str:
        """The same numbers in another shape."""
        name = self.constant("shape_" + "_".join(map(str, shape)), np.array(shape, dtype=np.int64))
        return self.node("Reshape", value, name)


def of_weights(folder: Path, layers: Sequence[int]) -> tuple[bytes, list[str], int]:
    """The graph of the BERT in ``folder``, the names of its outputs, and how many numbers they give for a token."""
    config = config_of(folder)
    if not layers or min(layers) < 1 or max(layers) > config["num_hidden_layers"]:
        raise UsageError(
            f"encoder {folder}: layers must be from 1 to {config['num_hidden_layers']}, got {list(layers)}"
        )
    try:
        graph = build(weights_of(folder), shape_of(folder), layers)
    except KeyError as missing:
        raise InputError(folder / "model.safetensors", f"holds no tensor {missing}; a BERT has one") from None
    return graph, [f"layer_{layer}" for layer in layers], len(layers) * int(config["hidden_size"])


def weights_of(folder: Path) -> dict[str, NDArray[np.float32]]:
    """The tensors of the BERT in ``folder``, by name; those of other uses than a token's vector among them."""
    if not (path := folder / "model.safetensors").is_file():
        raise UsageError(f"encoder {folder}: model.safetensors is missing; a graph alone cannot be fine-tuned")
    found = load_file(path)
    # Some files name their tensors from the model's own name on.
    return {name.removeprefix("bert."): value.astype(np.float32) for name, value in found.items()}


def shape_of(folder: Path) -> Shape:
    """Its heads, epsilon and layers."""
    config = config_of(folder)
    return Shape(config["num_attention_heads"], config["layer_norm_eps"], config["num_hidden_layers"])


def of_graph(path: Path) -> tuple[bytes, list[str], int]:
    """As :func:`of_weights`, for a graph that others exported: its first output, which must be one vector a token."""
    model = onnx.load(path)
    known = {"input_ids", "attention_mask", "token_type_ids"}
    inputs, first = {one.name for one in model.graph.input}, model.graph.output[0]
    axes = first.type.tensor_type.shape.dim
    if not {"input_ids"} <= inputs <= known or len(axes) != 3 or not axes[2].dim_value:
        raise InputError(
            path,
            f"expected inputs among {', '.join(sorted(known))} and a first output of shape (batch, tokens, width); "
            f"got {', '.join(sorted(inputs))} and {len(axes)} axes",
        )
    return path.read_bytes(), [first.name], int(axes[2].dim_value)


def build(weights: Weights, shape: Shape, layers: Sequence[int]) -> bytes:
    """An ONNX model: ``ids`` of shape (n_tokens,) to ``layer_N`` of shape (n_tokens, width) for each N of ``layers``.

    Parameters
    ----------
    weights : mapping
        The tensors of a BERT, by their names in its safetensors file.
    shape : Shape
        Heads and epsilon.
    layers : sequence of int
        Layers to give, counted from 1; those past the last one are left out of the graph.
    """
    graph = Graph()
    width = weights["embeddings.word_embeddings.weight"].shape[1]
    state = _embedded(graph, weights, shape)
    outputs = []
    for layer in range(1, max(layers) + 1):
        state = _layer(graph, weights, f"encoder.layer.{layer - 1}.", state, shape, width)
        if layer in layers:
            graph.nodes[-1].output[0] = state = f"layer_{layer}"
            outputs.append(helper.make_tensor_value_info(f"layer_{layer}", TensorProto.FLOAT, ["tokens", width]))
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT64, ["tokens"])]
    made = helper.make_graph(graph.nodes, "encoder", inputs, outputs, list(graph.constants.values()))
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _embedded(graph: Graph, weights: Weights, shape: Shape) -> str:
    """Word, place and segment (always the first) of each token, normalized."""
    words, scales = _quantized(weights["embeddings.word_embeddings.weight"], axis=1)
    rows = graph.node("Gather", graph.constant("words", words), "ids")
    scale = graph.node("Gather", graph.constant("word_scales", scales), "ids")
    word = graph.node("Mul", graph.node("Cast", rows, to=TensorProto.FLOAT), scale)
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    start, ends = graph.constant("zero", np.array([0])), graph.node("Shape", "ids")
    place = graph.node("Slice", graph.constant("places", places), start, ends, start)
    return _normalized(graph, weights, "embeddings.LayerNorm.", graph.node("Add", word, place), shape)


def _layer(graph: Graph, weights: Weights, prefix: str, state: str, shape: Shape, width: int) -> str:
    own = prefix + "attention.self."
    size = width // shape.heads
    # Queries carry the 1 / sqrt(size) of scaled dot-product attention; one product gives all three.
    by = {"query": 1 / np.sqrt(size), "key": 1.0, "value": 1.0}
    joined = np.concatenate([weights[f"{own}{name}.weight"] * scale for name, scale in by.items()])
    bias = np.concatenate([weights[f"{own}{name}.bias"] * scale for name, scale in by.items()])
    parts = graph.shaped(_linear(graph, prefix + "attention", joined, bias, state), -1, 3 * shape.heads, size)
    all_three = graph.node("Split", parts, outputs=3, axis=1, num_outputs=3)
    query, key, value = (
        graph.node("Transpose", name, perm=order)
        for name, order in ((all_three, [1, 0, 2]), (f"{all_three}_1", [1, 2, 0]), (f"{all_three}_2", [1, 0, 2]))
    )
    weight = graph.node("Softmax", graph.node("MatMul", query, key), axis=-1)
    mixed = graph.shaped(graph.node("Transpose", graph.node("MatMul", weight, value), perm=[1, 0, 2]), -1, width)
    out = prefix + "attention.output."
    state = _added(graph, weights, out, mixed, state, shape)
    inner = prefix + "intermediate.dense."
    wide = _linear(graph, inner, weights[inner + "weight"], weights[inner + "bias"], state)
    return _added(graph, weights, prefix + "output.", graph.node("Gelu", wide), state, shape)


def _added(graph: Graph, weights: Weights, prefix: str, value: str, state: str, shape: Shape) -> str:
    dense = prefix + "dense."
    value = _linear(graph, dense, weights[dense + "weight"], weights[dense + "bias"], value)
    return _normalized(graph, weights, prefix + "LayerNorm.", graph.node("Add", value, state), shape)


def _normalized(graph: Graph, weights: Weights, prefix: str, value: str, shape: Shape) -> str:
    scale, bias = (graph.constant(prefix + name, weights[prefix + name]) for name in ("weight", "bias"))
    return graph.node("LayerNormalization", value, scale, bias, axis=-1, epsilon=shape.epsilon)


def _linear(graph: Graph, name: str, weight: NDArray[np.float32], bias: NDArray[np.float32], value: str) -> str:
    """``value @ weight.T + bias`` in integers: activations in 8 bits each time, weights once, by output."""
    integers, scales = _quantized(weight, axis=1)
    value = graph.node("DynamicQuantizeLinear", value, outputs=3)
    scale, zero = f"{value}_1", f"{value}_2"
    nought = graph.constant("nought", np.array(0, dtype=np.int8))
    total = graph.node("MatMulInteger", value, graph.constant(name + "integers", integers.T), zero, nought)
    factor = graph.node("Mul", scale, graph.constant(name + "scales", scales[:, 0]))
    real = graph.node("Mul", graph.node("Cast", total, to=TensorProto.FLOAT), factor)
    return graph.node("Add", real, graph.constant(name + "bias", bias.astype(np.float32)))


def _quantized(weight: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Integers of -63 to 63 and the scale of each row."""
    largest = np.abs(weight).max(axis=axis, keepdims=True)
    scales = (np.where(largest == 0, 1, largest) / _LARGEST).astype(np.float32)
    return np.rint(weight / scales).astype(np.int8), scales
