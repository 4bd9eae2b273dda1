"""Fitted models on disk: skops files whose bytes depend on the model alone, read only if they are what was written."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import sklearn.utils
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import Pipeline

from corpus.errors import CheckFailed, listed
from corpus.files import replacing
from train.saved import read

_every_estimator = sklearn.utils.all_estimators
try:
    # To trust them all, skops looks for scikit-learn's estimators when it is imported, and so imports every module of
    # scikit-learn: a third of what `stance train predict` did. Ours are named below.
    sklearn.utils.all_estimators = list
    import skops.io
finally:
    sklearn.utils.all_estimators = _every_estimator

# Types that a model file may hold beyond those that skops itself holds to be safe: a sparse matrix, which is three
# arrays, the parts of scikit-learn that our models are made of, and our estimators. They hold arrays, numbers and
# names, and read no path but an encoder's folder, whose content must have the hash that the model states. A new one is
# added here after a look at what it runs.
TRUSTED: tuple[str, ...] = (
    "scipy.sparse._csr.csr_matrix",
    "sklearn.dummy.DummyClassifier",
    "sklearn.feature_extraction.text.TfidfTransformer",
    "sklearn.feature_extraction.text.TfidfVectorizer",
    "sklearn.isotonic.IsotonicRegression",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.pipeline.FeatureUnion",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.preprocessing._encoders.OneHotEncoder",
    "train.calibration.Isotonic",
    "train.calibration.Platt",
    "train.calibration.Tempered",
    "train.finetuned.FineTuned",
    "train.inputs.Metadata",
    "train.inputs.Targets",
    "train.inputs.Texts",
    "train.kernel.SumKernelClassifier",
    "train.ngrams.Pieces",
    "train.ngrams.Words",
    "train.surroundings.Context",
    "train.surroundings.Sides",
    "train.vectors.Meaning",
)

# Nodes of immutable values: skops writes a memory address for each, of use only where an object is shared.
_LEAVES = {"JsonNode", "TypeNode"}
_EPOCH = (1980, 1, 1, 0, 0, 0)


def save(models: dict[str, Pipeline], path: Path) -> None:
    """Write ``{question: fitted pipeline}``; equal models give equal bytes."""
    for part in (part for model in models.values() for part in model.get_params().values()):
        if isinstance(part, CountVectorizer):
            # A private note of scikit-learn, the memory address of the stop words, so that it warns only once.
            vars(part).pop("_stop_words_id", None)
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(models))) as source:
        schema = json.loads(source.read("schema.json"))
        names: dict[str, str] = {}
        _renumber(schema, {}, names)
        members = {new: source.read(old) for old, new in names.items()}
    members["schema.json"] = json.dumps(schema, separators=(",", ":")).encode("utf-8")
    with replacing(path) as beside, zipfile.ZipFile(beside, "w") as target:
        for name, data in members.items():
            member = zipfile.ZipInfo(name, date_time=_EPOCH)
            # Numbers as they are: to take them apart again was a sixth of a cold start, for a third of the size.
            member.create_system, member.compress_type = 3, zipfile.ZIP_STORED
            target.writestr(member, data)


def _renumber(node: Any, numbers: dict[int, int], names: dict[str, str]) -> None:
    """Replace memory addresses, in ids and in file names, by running numbers in the order of the tree.

    A dictionary of the model may have keys like ``__id__`` of its own; their values are nodes, never numbers or names.
    """
    if isinstance(node, list):
        for child in node:
            _renumber(child, numbers, names)
    if not isinstance(node, dict):
        return
    if isinstance(address := node.get("__id__"), int):
        if node.get("__loader__") in _LEAVES:
            del node["__id__"]
        else:
            node["__id__"] = numbers.setdefault(address, len(numbers) + 1)
    if isinstance(name := node.get("file"), str):
        node["file"] = names.setdefault(name, f"{len(names) + 1}{Path(name).suffix}")
    for child in node.values():
        _renumber(child, numbers, names)


def load(path: Path, sha256: str) -> dict[str, Pipeline]:
    """Read ``{question: fitted pipeline}``.

    Parameters
    ----------
    path : Path
        A file written by :func:`save`.
    sha256 : str
        The hash that the run's manifest states.

    Raises
    ------
    CheckFailed
        The file is not the one that was written, holds types that are not trusted, or what other versions wrote.
    """
    data = read(path, sha256)
    foreign = [name for name in skops.io.get_untrusted_types(data=data) if name not in TRUSTED]
    if foreign:
        raise CheckFailed(f"{path}: holds types that are not trusted: {listed(foreign)}. It was not loaded.")
    try:
        models: dict[str, Pipeline] = skops.io.loads(data, trusted=list(TRUSTED))
    except (AttributeError, ImportError, KeyError, TypeError, ValueError) as error:
        raise CheckFailed(
            f"{path}: this stancelab cannot read it ({type(error).__name__}: {error}); run.json says which "
            "versions wrote it. Install those, or fit the run again with `stance train fit DATASET`."
        ) from None
    return models
