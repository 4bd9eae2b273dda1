"""Answers of a saved model without scikit-learn, whose import alone takes longer than all else that a sentence needs.

Each function here does what a fitted part of :mod:`train.models` does to new rows, from the numbers that the part has
saved, to the last digits. Models with other parts are answered by scikit-learn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from train import terms
from train.embedding import meaning
from train.formulas import FLOOR, Array, gaussian, nearness
from train.saved import Part, parts, read
from train.texts import as_table, readable

# Rows whose similarities to all landmarks are held at once.
_ROWS = 2000

# Of each row that is not empty its columns and their values: rows, columns, values.
Sparse = tuple[NDArray[np.intp], NDArray[np.intp], Array]


@dataclass(frozen=True)
class Lean:
    """What answers one question.

    Parameters
    ----------
    classes_ : numpy.ndarray
        Labels, sorted.
    probabilities : callable
        Of rows, as :func:`train.texts.as_table` gives them: shape (n_rows, n_classes).
    leaning : numpy.ndarray of shape (n_classes,)
        What probabilities are multiplied by for a decision.
    """

    classes_: NDArray[np.str_]
    probabilities: Callable[[pd.DataFrame], Array]
    leaning: Array

    def predict(self, sentences: Any) -> pd.DataFrame:
        """Labels and probabilities.

        Parameters
        ----------
        sentences : iterable of str, or pandas.DataFrame
            As of :meth:`train.Model.predict`.

        Returns
        -------
        pandas.DataFrame
            Indexed 0, 1, ...: p_LABEL for each label, and label.
        """
        table = as_table(sentences)
        # One thread: how BLAS splits a sum over threads moves its last digits.
        with threadpool_limits(1, user_api="blas"):
            blocks = [self.probabilities(table[at : at + _ROWS]) for at in range(0, len(table), _ROWS)]
        found = np.concatenate([np.zeros((0, len(self.classes_))), *blocks])
        chosen = self.classes_[(found * self.leaning).argmax(axis=1)]
        return pd.DataFrame(found, columns=[f"p_{name}" for name in self.classes_]).assign(label=chosen.astype(object))


def load(path: Path, sha256: str) -> dict[str, Lean] | None:
    """What answers each question; None if scikit-learn must.

    Raises
    ------
    InputError, CheckFailed
        As :func:`train.saved.read` says.
    """
    data = read(path, sha256)
    # A part or a number that is not there is one of another kind of model, or of another version of it.
    try:
        return {question: _model(model) for question, model in parts(data).items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _model(model: Part) -> Lean:
    steps = _steps(model)
    last = steps["classifier"]
    build = {
        "sklearn.linear_model._logistic.LogisticRegression": _linear,
        "train.kernel.SumKernelClassifier": _kernel,
    }[last.type]
    return build(_union(steps["features"]), last)


def _linear(features: dict[str, Part], last: Part) -> Lean:
    """As :class:`sklearn.linear_model.LogisticRegression` on n-grams."""
    ngrams, weights = _ngrams(features), last["coef_"].T

    def probabilities(table: pd.DataFrame) -> Array:
        return _logistic(_times(ngrams(table), weights, len(table)) + last["intercept_"])

    return Lean(last["classes_"], probabilities, np.ones(len(last["classes_"])))


def _kernel(features: dict[str, Part], last: Part) -> Lean:
    """As :class:`train.kernel.SumKernelClassifier` on what a text means, its n-grams and its target."""
    dense = _meaning(_steps(features["meaning"]))
    words = _steps(features["words"]) if "words" in features else None
    ngrams = _ngrams(_union(words["ngrams"])) if words else None
    names, about = features["targets"]["targets_"], last["target_"][:, : len(features["targets"]["targets_"])]
    centre = last["dense_"].mean(axis=0, dtype=np.float64)
    landmarks, rate = last["dense_"], last["gamma"] / last["scale_"]
    coefficients, share, same, intercept = (
        last[name] for name in ("coefficients_", "share", "same_target", "intercept_")
    )
    calibrate = _CALIBRATORS[last["calibrator_"].type](last["calibrator_"])

    # The cosine kernel is linear: its landmarks and coefficients are one matrix, and one more for each target.
    weights = None if ngrams is None else _folded(last["sparse_"], coefficients)
    written = last["sparse_"] if about.any() else {}

    @cache
    def of_target(at: int) -> Array:
        return _folded(written, same * coefficients * (about[:, [at]] > 0))

    def probabilities(table: pd.DataFrame) -> Array:
        similar = gaussian(dense(table), landmarks, centre, rate)
        target = table["target"].str.strip().str.lower().to_numpy(dtype=str)[:, None] == names
        if about.any():
            similar *= nearness(target.astype(np.float32), about, same)
        scores = similar @ coefficients
        if ngrams is not None and weights is not None:
            row, column, value = ngrams(table)
            row, column, value = _unit(row, column, value.astype(np.float32))
            cosine = _times((row, column, value), weights, len(table))
            if about.any():
                for at in np.flatnonzero(target.any(axis=0)):
                    kept = target[row, at]
                    cosine += _times((row[kept], column[kept], value[kept]), of_target(int(at)), len(table))
                cosine /= 1 + same
            scores = (1 - share) * scores + share * cosine
        return calibrate(scores + intercept)

    return Lean(last["classes_"], probabilities, last["class_scale_"])


def _folded(landmarks: Mapping[str, Array], coefficients: Array) -> Array:
    """What an n-gram adds to the scores, shape (n_terms, n_classes)."""
    counts, width = np.diff(landmarks["indptr"]), int(landmarks["shape"][1])
    by_class = (landmarks["data"] * np.repeat(one, counts) for one in coefficients.T)
    return np.stack([np.bincount(landmarks["indices"], one, minlength=width) for one in by_class], axis=1)


def _meaning(steps: dict[str, Part]) -> Callable[[pd.DataFrame], Array]:
    """As :class:`train.vectors.Meaning` and :class:`sklearn.preprocessing.StandardScaler`."""
    vectors, scale = _of(steps["vectors"], "train.vectors.Meaning"), steps["scale"]
    neutral = vectors.holds.get("neutral_", 0.0)

    def dense(table: pd.DataFrame) -> Array:
        found, read = meaning(table, vectors["encoder"], vectors["layers"], vectors["encoder_sha256_"], keep=False)
        found[~read] = neutral
        found -= scale["mean_"].astype(found.dtype)
        found /= scale["scale_"].astype(found.dtype)
        return found

    return dense


def _ngrams(union: dict[str, Part]) -> Callable[[pd.DataFrame], Sparse]:
    """As TF-IDF vectorizers side by side, of which each gives rows of length 1."""
    vectorizers = [_tfidf(part) for part in union.values()]

    def found(table: pd.DataFrame) -> Sparse:
        texts = [readable(text) for text in table["text"]]
        parts, start = [], 0
        for width, weighed in vectorizers:
            row, column, value = weighed(texts)
            parts.append((row, column + start, value))
            start += width
        row, column, value = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return row, column, value

    return found


def _tfidf(part: Part) -> tuple[int, Callable[[list[str]], Sparse]]:
    _of(part, "sklearn.feature_extraction.text.TfidfVectorizer", "train.ngrams.Words", "train.ngrams.Pieces")
    idf, ngrams = part["_tfidf"]["idf_"], (part["ngram_range"][0], part["ngram_range"][1])
    vocabulary = part["vocabulary_"] if "vocabulary_" in part.holds else terms.unpacked(part["terms_"])
    letters, sublinear = part["analyzer"] == "char_wb", part["sublinear_tf"]

    def weighed(texts: list[str]) -> Sparse:
        column, count, ends = (
            terms.pieces(texts, ngrams, vocabulary.get)
            if letters
            else terms.words(texts, ngrams, vocabulary.get, part["token_pattern"])
        )
        value = (np.log(count) + 1 if sublinear else count) * idf[column]
        return _unit(np.repeat(np.arange(len(texts)), np.diff(ends)), column, value)

    return len(idf), weighed


def _unit(row: NDArray[np.intp], column: NDArray[np.intp], value: Array) -> Sparse:
    """Rows at length 1."""
    lengths = np.sqrt(np.bincount(row, value * value))
    return row, column, (value / lengths[row]).astype(value.dtype)


def _times(rows: Sparse, weights: Array, n: int) -> Array:
    """The product of ``n`` sparse rows and ``weights``, shape (n, weights.shape[1])."""
    row, column, value = rows
    # Of no values at all numpy counts in integers.
    summed = [np.bincount(row, value * one[column], minlength=n).astype(np.float64) for one in weights.T]
    return np.stack(summed, axis=1)


def _softmax(scores: Array) -> Array:
    found = np.exp(scores - scores.max(axis=1, keepdims=True))
    summed: Array = found / found.sum(axis=1, keepdims=True)
    return summed


def _logistic(scores: Array) -> Array:
    """Probabilities of scores; one column is the second label's log-odds."""
    return _softmax(scores if scores.shape[1] > 1 else np.concatenate([0 * scores, scores], axis=1))


def _tempered(part: Part) -> Callable[[Array], Array]:
    slope, *shift = part["found_"]
    return lambda scores: _softmax(np.exp(slope) * scores + np.array(shift))


def _platt(part: Part) -> Callable[[Array], Array]:
    model = part["model_"]

    def calibrated(scores: Array) -> Array:
        found = np.zeros((len(scores), len(part["classes_"])))
        found[:, model["classes_"]] = _logistic(scores @ model["coef_"].T + model["intercept_"])
        return found

    return calibrated


def _isotonic(part: Part) -> Callable[[Array], Array]:
    curves = [(curve["X_thresholds_"], curve["y_thresholds_"]) for curve in part["curves_"]]

    def calibrated(scores: Array) -> Array:
        found = np.stack([np.interp(scores[:, at], *curve) for at, curve in enumerate(curves)], axis=1)
        found = np.maximum(found, FLOOR)
        summed: Array = found / found.sum(axis=1, keepdims=True)
        return summed

    return calibrated


_CALIBRATORS = {
    "train.calibration.Tempered": _tempered,
    "train.calibration.Platt": _platt,
    "train.calibration.Isotonic": _isotonic,
}


def _of(part: Part, *types: str) -> Part:
    if part.type not in types:
        raise KeyError(part.type)
    return part


def _steps(part: Part) -> dict[str, Part]:
    return dict(_of(part, "sklearn.pipeline.Pipeline")["steps"])


def _union(part: Part) -> dict[str, Part]:
    if _of(part, "sklearn.pipeline.FeatureUnion")["transformer_weights"] is not None:
        raise KeyError("transformer_weights")
    return dict(part["transformer_list"])
