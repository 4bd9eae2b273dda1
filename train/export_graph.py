"""A fitted model as one ONNX graph of one sentence: its encoder, its n-grams, its classifier and its calibration.

ONNX has no operator that takes a text apart as Python does, so the graph begins after that: it is given words,
characters and tokens, which :mod:`train.exported` makes. From there on everything is in the graph, in 64 bits where
Python computes in 64 bits.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnx.compose
from numpy.typing import NDArray
from onnx import TensorProto, helper
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline

from corpus.errors import UsageError
from train import encoder
from train.calibration import Calibrator, Isotonic, Tempered
from train.encoder_graph import OPSET, Graph
from train.finetuned import FineTuned
from train.formulas import FLOOR
from train.inputs import Targets, Texts
from train.kernel import SumKernelClassifier
from train.vectors import Meaning

Array = NDArray[Any]

# What the graph is given for a sentence: its name, kind and axes.
_INPUTS = {
    "words": (TensorProto.STRING, ["words"]),
    "characters": (TensorProto.INT64, ["characters"]),
    "ids": (TensorProto.INT64, ["tokens"]),
    "focus": (TensorProto.DOUBLE, [2, "tokens"]),
    "read": (TensorProto.BOOL, [1]),
    "target": (TensorProto.STRING, [1]),
}
_ENCODER = "encoder_"
# The shortest padded word, " a ", has three characters: scikit-learn counts longer n-grams of it by a rule of its own.
_SHORTEST = 3
# What is divided by where everything is zero.
_TINY = 1e-300
# A score that no sum brings back: the probability of a label that was never seen.
_NEVER = -1e9

CAN = "tfidf, encoder, hybrid and finetuned can be exported"


def build(model: Pipeline, about: dict[str, Any]) -> bytes:
    """The graph of a fitted model; ``about`` is written into it, with its tokenizer.

    Raises
    ------
    UsageError
        A step of the model cannot be exported: which.
    """
    last, graph = model[-1], Graph("own_")
    merged, tokenizer = onnx.ModelProto(), None
    if isinstance(last, LogisticRegression) and isinstance(model[0], Texts):
        scores = _linear(graph, _ngrams(graph, model["features"]), last)
        found = graph.node("Softmax", scores, axis=-1)
        leaned = found
    elif isinstance(last, FineTuned):
        merged = _apart(last.graph_.tobytes())
        tokenizer = last.tokenizer_.tobytes().decode("utf-8")
        scores = _head(graph, merged.graph.output[0].name, last)
        found = calibrated(graph, scores, last.calibrator_)
        leaned = graph.node("Div", found, graph.constant("shares", last.shares_))
    elif isinstance(last, SumKernelClassifier):
        parts = dict(model["features"].transformer_list)
        meaning = parts["meaning"]
        if not isinstance(meaning, Pipeline):
            raise UsageError("step features, meaning: vectors of sides or of what stands around cannot be exported")
        vectors = meaning["vectors"]
        data, tokenizer, outputs = encoder.written(vectors.encoder, vectors.layers, vectors.encoder_sha256_)
        merged = _apart(data)
        if [one.name for one in merged.graph.input] != ["ids"]:
            raise UsageError(
                f"step features, meaning, vectors: the encoder {vectors.encoder} is a graph that others exported "
                "and cannot be joined to ours. Name one with model.safetensors"
            )
        dense = _vectors(graph, [_ENCODER + name for name in outputs], vectors, meaning["scale"])
        sparse = _ngrams(graph, parts["words"]["ngrams"]) if "words" in parts else None
        found = calibrated(graph, _kernel(graph, dense, sparse, parts["targets"], last), last.calibrator_)
        leaned = graph.node("Mul", found, graph.constant("scales", last.class_scale_))
    else:
        raise UsageError(f"step {model.steps[-1][0]}: {type(last).__name__} has no ONNX graph here; {CAN}")
    _answer(graph, found, leaned, last.classes_)
    told = about | {"classes": last.classes_.tolist(), "pair": isinstance(last, FineTuned)}
    return _written(
        graph, merged, told | {"english": tokenizer is not None and not _named(model), "tokenizer": tokenizer}
    )


def _apart(data: bytes) -> onnx.ModelProto:
    """An encoder's graph, its names told apart from ours; its inputs keep theirs."""
    return onnx.compose.add_prefix(onnx.load_from_string(data), _ENCODER, rename_inputs=False)


def _named(model: Pipeline) -> str:
    """The folder of its encoder, or ""."""
    return str(next((value for key, value in model.get_params().items() if key.endswith("encoder")), ""))


def _written(graph: Graph, merged: onnx.ModelProto, about: dict[str, Any]) -> bytes:
    """Our nodes after those of the encoder, with the inputs that any of them takes."""
    nodes = [*merged.graph.node, *graph.nodes]
    used = {name for node in nodes for name in node.input}
    inputs = [helper.make_tensor_value_info(name, *kind) for name, kind in _INPUTS.items() if name in used]
    outputs = [
        helper.make_tensor_value_info("label", TensorProto.STRING, [1]),
        helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, [len(about["classes"])]),
    ]
    constants = [*merged.graph.initializer, *graph.constants.values()]
    made = helper.make_graph(nodes, "stancelab", inputs, outputs, constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    helper.set_model_props(model, {"stancelab": json.dumps(about, ensure_ascii=False)})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _answer(graph: Graph, found: str, leaned: str, classes: Array) -> None:
    names = graph.constant("classes", np.array([0]))
    graph.constants[names].CopyFrom(
        helper.make_tensor(names, TensorProto.STRING, [len(classes)], [str(name).encode("utf-8") for name in classes])
    )
    best = graph.node("ArgMax", leaned, axis=0, keepdims=1)
    graph.nodes.append(helper.make_node("Gather", [names, best], ["label"]))
    graph.nodes.append(helper.make_node("Identity", [found], ["probabilities"]))


def _ngrams(graph: Graph, union: FeatureUnion) -> str:
    """TF-IDF of words and of characters, side by side: shape (n_terms,)."""
    return graph.node("Concat", *(_tfidf(graph, vectorizer) for _, vectorizer in union.transformer_list), axis=0)


def _tfidf(graph: Graph, vectorizer: TfidfVectorizer) -> str:
    letters = vectorizer.analyzer == "char_wb"
    low, high = vectorizer.ngram_range
    if letters and low > _SHORTEST:
        raise UsageError(
            f"step features, characters: pieces of {low} characters and more cannot be exported; "
            f"set tfidf.char_ngrams to begin with {_SHORTEST} or fewer"
        )
    pools: dict[int, list[Any]] = {length: [] for length in range(1, high + 1)}
    columns: dict[int, list[int]] = {length: [] for length in pools}
    for term, column in sorted(vectorizer.vocabulary_.items(), key=lambda item: item[1]):
        parts = [ord(letter) for letter in term] if letters else term.split(" ")
        pools[len(parts)] += parts
        columns[len(parts)].append(int(column))
    places = [at for length in columns for at in columns[length]]
    starts = np.cumsum([0, *(len(pools[length]) for length in pools)])[:-1]
    parts = [part for length in pools for part in pools[length]]
    pool: dict[str, Any] = {"pool_int64s" if letters else "pool_strings": parts}
    counted = graph.node(
        "TfIdfVectorizer", "characters" if letters else "words", mode="TF", min_gram_length=low, max_gram_length=high,
        max_skip_count=0, ngram_counts=starts.tolist(), ngram_indexes=places,
        **pool,
    )  # fmt: skip
    one = graph.constant("one", np.array(1.0))
    count = graph.node("Cast", counted, to=TensorProto.DOUBLE)
    # 1 + log(count), and 0 where the count is 0.
    weighed = graph.node("Add", graph.node("Log", graph.node("Max", count, one)), graph.node("Min", count, one))
    return _unit(graph, graph.node("Mul", weighed, graph.constant(f"idf_{letters}", vectorizer.idf_)))


def _unit(graph: Graph, value: str) -> str:
    length = graph.node("Sqrt", graph.node("ReduceSum", graph.node("Mul", value, value), keepdims=1))
    return graph.node("Div", value, graph.node("Max", length, graph.constant("tiny", np.array(_TINY))))


def _linear(graph: Graph, value: str, model: LogisticRegression, name: str = "", classes: int = 0) -> str:
    """Its scores of which Softmax makes its probabilities; ``classes`` where some were never seen."""
    weight, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # One score, whose sigmoid is the second's probability.
        weight, bias = np.concatenate([0 * weight, weight]), np.concatenate([0 * bias, bias])
    if classes > len(model.classes_):
        at = model.classes_
        wide, deep = np.zeros((classes, weight.shape[1])), np.full(classes, _NEVER)
        wide[at], deep[at] = weight, bias
        weight, bias = wide, deep
    product = graph.node("MatMul", value, graph.constant(f"{name}weight", weight.T.astype(np.float64)))
    return graph.node("Add", product, graph.constant(f"{name}bias", bias.astype(np.float64)))


def _vectors(graph: Graph, outputs: Sequence[str], vectors: Meaning, scale: Any) -> str:
    """The sentence's mean over its tokens and that over its target and surroundings, in 16 bits, standardized."""
    tokens = graph.node("Cast", graph.node("Concat", *outputs, axis=1), to=TensorProto.DOUBLE)
    first = graph.constant("first_axis", np.array([0]))
    whole = graph.node("ReduceMean", tokens, first, keepdims=0)
    counts = graph.node("ReduceSum", "focus", graph.constant("last_axis", np.array([1])), keepdims=1)
    both = graph.node("Div", graph.node("MatMul", "focus", tokens), counts)
    joined = graph.node("Concat", whole, graph.node("ReduceMean", both, first, keepdims=0), axis=0)
    rounded = graph.node("Cast", graph.node("Cast", joined, to=TensorProto.FLOAT16), to=TensorProto.DOUBLE)
    unread = np.full(scale.mean_.shape, getattr(vectors, "neutral_", 0.0), dtype=np.float64)
    neutral = graph.constant("neutral", unread)
    kept = graph.node("Where", "read", rounded, neutral)
    centred = graph.node("Sub", kept, graph.constant("means", scale.mean_))
    return graph.node("Div", centred, graph.constant("deviations", scale.scale_))


def _kernel(graph: Graph, dense: str, sparse: str | None, targets: Targets, model: SumKernelClassifier) -> str:
    """The scores of :meth:`train.kernel.SumKernelClassifier.decision_scores`.

    The cosine kernel is linear, so its landmarks and coefficients are one matrix, one more for each target.
    """
    centre = model.dense_.mean(axis=0, dtype=np.float64)
    landmarks = (model.dense_ - centre).astype(np.float32)
    placed = graph.node("Cast", graph.constant("landmarks", landmarks.T), to=TensorProto.DOUBLE)
    row = graph.node("Sub", dense, graph.constant("centre", centre))
    two = graph.constant("two", np.array(2.0))
    product = graph.node("Mul", two, graph.node("MatMul", row, placed))
    own = graph.node("ReduceSum", graph.node("Mul", row, row), keepdims=1)
    lengths = graph.constant("lengths", (landmarks.astype(np.float64) ** 2).sum(axis=1))
    distance = graph.node("Sub", graph.node("Add", own, lengths), product)
    nearest = graph.node("Max", distance, graph.constant("zero", np.array(0.0)))
    width = graph.constant("width", np.array(-model.gamma / model.scale_))
    similar = graph.node("Exp", graph.node("Mul", nearest, width))
    known, same = len(targets.targets_), model.same_target
    about = model.target_[:, :known].astype(np.float64)
    factors = None
    if about.any():
        names = [str(name).encode("utf-8") for name in targets.targets_]
        there = graph.constant("targets", np.array([0]))
        graph.constants[there].CopyFrom(helper.make_tensor(there, TensorProto.STRING, [known], names))
        matching = graph.node("Cast", graph.node("Equal", there, "target"), to=TensorProto.DOUBLE)
        share = graph.constant("same", np.array(same / (1 + same)))
        rest = graph.constant("rest", np.array([1 / (1 + same)]))
        # 1 and, for the target in hand, `same`; all over 1 + same.
        factors = graph.node("Concat", rest, graph.node("Mul", matching, share), axis=0)
        shared = graph.node("MatMul", matching, graph.constant("about", about.T))
        similar = graph.node("Mul", similar, graph.node("Add", rest, graph.node("Mul", shared, share)))
    coefficients = np.asarray(model.coefficients_, dtype=np.float64)
    gauss = graph.constant("gauss", coefficients * ((1 - model.share) if sparse else 1.0))
    scores = graph.node("MatMul", similar, gauss)
    if sparse:
        by_target = [coefficients, *(coefficients * one[:, None] for one in about.T)] if factors else [coefficients]
        folded = np.concatenate([model.sparse_.T @ (model.share * part) for part in by_target], axis=1)
        weight = graph.node("Cast", graph.constant("folded", folded.astype(np.float32)), to=TensorProto.DOUBLE)
        cosine = graph.node("MatMul", _unit(graph, sparse), weight)
        if factors:
            cosine = graph.node("MatMul", factors, graph.shaped(cosine, len(by_target), coefficients.shape[1]))
        scores = graph.node("Add", scores, cosine)
    return graph.node("Add", scores, graph.constant("intercept", model.intercept_.astype(np.float64)))


def _head(graph: Graph, tokens: str, model: FineTuned) -> str:
    """The scores of :meth:`train.finetuned.FineTuned.decision_scores`."""
    mean = graph.node("ReduceMean", tokens, graph.constant("first_axis", np.array([0])), keepdims=0)
    mean = graph.node("Cast", mean, to=TensorProto.DOUBLE)
    product = graph.node("MatMul", mean, graph.constant("head", model.head_.astype(np.float64)))
    scores = graph.node("Add", product, graph.constant("offset", model.offset_.astype(np.float64)))
    return graph.node("Where", "read", scores, graph.constant("neutral", model.neutral_.astype(np.float64)))


def calibrated(graph: Graph, scores: str, model: Calibrator) -> str:
    """Scores to probabilities, as :mod:`train.calibration` has it."""
    if isinstance(model, Tempered):
        slope = graph.constant("slope", np.array(np.exp(model.found_[0])))
        shift = graph.constant("shift", np.asarray(model.found_[1:], dtype=np.float64))
        return graph.node("Softmax", graph.node("Add", graph.node("Mul", scores, slope), shift), axis=-1)
    if not isinstance(model, Isotonic):
        return graph.node("Softmax", _linear(graph, scores, model.model_, "platt_", len(model.classes_)), axis=-1)
    found = []
    for at, curve in enumerate(model.curves_):
        x, y = (np.asarray(part, dtype=np.float64) for part in (curve.X_thresholds_, curve.y_thresholds_))
        # A line of pieces: the first value, and each piece's rise as far as the score has come along it.
        one = graph.node("Gather", scores, graph.constant(f"column_{at}", np.array([at])))
        come = graph.node("Sub", one, graph.constant(f"from_{at}", x[:-1]))
        come = graph.node("Max", come, graph.constant("zero", np.array(0.0)))
        come = graph.node("Min", come, graph.constant(f"long_{at}", np.diff(x)))
        rise = graph.node("MatMul", come, graph.constant(f"steep_{at}", (np.diff(y) / np.diff(x))[:, None]))
        found.append(graph.node("Add", rise, graph.constant(f"least_{at}", y[:1])))
    kept = graph.node("Max", graph.node("Concat", *found, axis=0), graph.constant("floor", np.array(FLOOR)))
    return graph.node("Div", kept, graph.node("ReduceSum", kept, keepdims=1))
