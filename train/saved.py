"""A model file's content as plain objects: read without scikit-learn and skops, and nothing in it is run."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import CheckFailed, InputError


@dataclass(frozen=True)
class Part:
    """An object of a model: its type, as ``module.name``, and what it holds."""

    type: str
    holds: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.holds[name]


def read(path: Path, sha256: str) -> bytes:
    """The bytes of a model file.

    Parameters
    ----------
    path : Path
        A file written by :func:`train.store.save`.
    sha256 : str
        The hash that the run's manifest states.

    Raises
    ------
    InputError
        There is none.
    CheckFailed
        It is not the one that was written.
    """
    if not path.is_file():
        raise InputError(path, "is missing", todo="Fit the run again with `stance train fit DATASET`")
    # Read once: what was hashed is what is loaded.
    data = path.read_bytes()
    if (found := hashlib.sha256(data).hexdigest()) != sha256:
        raise CheckFailed(
            f"{path}: is not the model of this run: SHA-256 is {found[:12]}..., run.json says {sha256[:12]}.... "
            "It was not loaded. Fit the run again with `stance train fit DATASET`."
        )
    return data


def parts(data: bytes) -> Any:
    """What a skops file holds: dictionaries, lists, numbers, arrays, and a :class:`Part` for each object.

    A sparse matrix is a dictionary of its arrays. Types are not looked at: whoever answers from a part names its type.

    Raises
    ------
    KeyError
        It holds something else.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return _part(json.loads(archive.read("schema.json")), archive)


def _part(node: dict[str, Any], archive: zipfile.ZipFile) -> Any:
    content = node.get("content")
    match node["__loader__"], content:
        case "JsonNode", str():
            return json.loads(content)
        case "DictNode", dict():
            return {name: _part(value, archive) for name, value in content.items()}
        case "ListNode" | "TupleNode", list():
            return [_part(value, archive) for value in content]
        case "ObjectNode", dict():
            return Part(f"{node['__module__']}.{node['__class__']}", _part(content, archive))
        case "NdArrayNode", _ if node["type"] == "numpy":
            with archive.open(node["file"]) as stream:
                return np.load(stream, allow_pickle=False)
        case "SparseMatrixNode", _ if node["type"] == "scipy":
            with np.load(io.BytesIO(archive.read(node["file"])), allow_pickle=False) as arrays:
                return dict(arrays)
        case "TypeNode", _:
            return f"{node['__module__']}.{node['__class__']}"
    raise KeyError(node["__loader__"])
