"""Scores with intervals, from one small tensor: the confusion matrix of each document.

Sentences of one document depend on each other (one author, one event, one stance carried through), so the unit that
is resampled is the document. Every score here is a function of a confusion matrix, and a confusion matrix of a
resample is the weighted sum of its documents' matrices; so a bootstrap of thousands of draws is one matrix product.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.numbers import counted

Array = NDArray[np.float64]
Score = Callable[[Array], Array]
Edges = Callable[[Array, Array], tuple[Array, Array]]

FEW_DOCUMENTS = 20
# Entries of the weight matrix held at once (8 bytes each), so that large test sets do not exhaust memory.
_BLOCK = 4_000_000
# Digits kept in files: beyond these, results of different machines differ.
DIGITS = 6


@dataclass(frozen=True)
class Estimate:
    """A score with its 95 % interval; ``note`` says why a part is missing or not to be relied on.

    ``value`` is None where the score is undefined, ``low`` and ``high`` where the interval is.
    """

    value: float | None
    low: float | None
    high: float | None
    reliable: bool
    note: str | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, rounded to :data:`DIGITS`."""
        return {key: rounded(value) if isinstance(value, float) else value for key, value in asdict(self).items()}


def unknown(why: str) -> Estimate:
    """The estimate of a score that cannot be computed."""
    return Estimate(None, None, None, False, f"undefined: {why}")


def alone(value: float) -> Estimate:
    """A score of sentences that all come from one document: there is nothing to draw."""
    return Estimate(value, None, None, False, "all sentences come from one document")


def rounded(value: Any) -> float | None:
    """A number, of Python or NumPy, to :data:`DIGITS` digits; None for NaN."""
    return None if np.isnan(value) else round(float(value), DIGITS)


def confusions(documents: Sequence[str], gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> Array:
    """Confusion matrix of each document.

    Returns
    -------
    numpy.ndarray of shape (n_documents, n_labels, n_labels)
        Counts; rows are gold, columns are predicted, in the order of ``labels``; documents in sorted order.
    """
    order = {label: position for position, label in enumerate(labels)}
    names, document = np.unique(np.asarray(documents, dtype=str), return_inverse=True)
    counts = np.zeros((len(names), len(labels), len(labels)))
    rows, columns = (np.array([order[label] for label in side], dtype=int) for side in (gold, predicted))
    np.add.at(counts, (document, rows, columns), 1.0)
    return counts


def accuracy(confusion: Array) -> Array:
    """Share on the diagonal. Takes shape (..., k, k), as all scores here; NaN without rows."""
    return _ratio(_diagonal(confusion).sum(-1), confusion.sum((-2, -1)))


def precision(confusion: Array) -> Array:
    """Of each label, shape (..., k); NaN where it is never predicted."""
    return _ratio(_diagonal(confusion), confusion.sum(-2))


def recall(confusion: Array) -> Array:
    """Of each label, shape (..., k); NaN where gold never has it."""
    return _ratio(_diagonal(confusion), confusion.sum(-1))


def f1(confusion: Array) -> Array:
    """Of each label, shape (..., k): 2 TP / (2 TP + FP + FN); NaN where neither gold nor prediction has it."""
    return _ratio(2 * _diagonal(confusion), confusion.sum(-2) + confusion.sum(-1))


def macro_f1(confusion: Array) -> Array:
    """Mean F1 over the labels that occur in the gold of the evaluated rows.

    scikit-learn's default also averages over labels that occur among the predictions only, each with F1 = 0: a
    single stray prediction would then move the score by 1/k. Such a prediction costs recall of the label it should
    have been, and nothing else, here. A resample is scored by the same rule.
    """
    present = confusion.sum(-1) > 0
    return _ratio(np.where(present, np.nan_to_num(f1(confusion)), 0.0).sum(-1), present.sum(-1))


def semeval_f1(sides: tuple[int, int]) -> Score:
    """Mean F1 of the two sides, as SemEval-2016 Task 6 (Mohammad et al., 2016) scores stance.

    Neutral counts through the errors it causes. NaN where gold lacks one of the sides.
    """

    def score(confusion: Array) -> Array:
        pair = list(sides)
        present = (confusion.sum(-1)[..., pair] > 0).all(-1)
        return np.where(present, f1(confusion)[..., pair].mean(-1), np.nan)

    return score


def mcc(confusion: Array) -> Array:
    """Matthews correlation for any number of labels (Gorodkin, 2004), from -1 to 1; 0 is chance.

    NaN where gold, or what is predicted, has one label only.
    """
    total = confusion.sum((-2, -1))
    gold, predicted = confusion.sum(-1), confusion.sum(-2)
    covariance = _diagonal(confusion).sum(-1) * total - (gold * predicted).sum(-1)
    spread = (total**2 - (gold**2).sum(-1)) * (total**2 - (predicted**2).sum(-1))
    return _ratio(covariance, np.sqrt(np.maximum(spread, 0.0)))


def resampled(counts: Array, draws: int, seed: int) -> Array:
    """Confusion matrices of ``draws`` resamples of whole documents, with replacement.

    Parameters
    ----------
    counts : numpy.ndarray of shape (n_documents, ..., k, k)
        The axes between are systems that are compared: each draw takes the same documents for all (a paired bootstrap).

    Returns
    -------
    numpy.ndarray of shape (draws, ..., k, k)
    """
    rng = np.random.default_rng(seed)
    documents = len(counts)
    flat = counts.reshape(documents, -1)
    shares = np.full(documents, 1 / documents)
    block = max(1, _BLOCK // documents)
    parts = [
        rng.multinomial(documents, shares, size=min(block, draws - start)) @ flat for start in range(0, draws, block)
    ]
    return np.concatenate(parts).reshape(draws, *counts.shape[1:])


def estimate(
    counts: Array, score: Score, draws: Array | None, edges: Edges | None = None, rests_on: int | None = None
) -> Estimate:
    """``score`` of all documents together, with the 95 % percentile interval (Efron and Tibshirani, 1993, ch. 13).

    Parameters
    ----------
    counts : numpy.ndarray of shape (n_documents, ..., k, k)
        As :func:`confusions`; ``score`` takes what follows the first axis.
    draws : numpy.ndarray or None
        What :func:`resampled` made of ``counts``; None with fewer than two documents.
    edges : callable, optional
        Takes the sum of ``counts`` and ``draws``, and gives another interval.
    rests_on : int, optional
        How many of the documents have rows that the score is of; by default all. Below :data:`FEW_DOCUMENTS` the
        interval is not reliable.
    """
    value = rounded(score(counts.sum(0)))
    if value is None:
        why = "a label that the score needs does not occur" if counts.size else "no sentences"
        return unknown(why)
    if draws is None:
        return alone(value)
    values = score(draws)
    values = values[~np.isnan(values)]
    found = np.quantile(values, (0.025, 0.975)) if edges is None else edges(counts.sum(0), draws)
    low, high = (rounded(edge) for edge in found)
    return judged(value, low, high, len(counts) if rests_on is None else rests_on)


def judged(
    value: float | None, low: float | None, high: float | None, documents: int, few: int = FEW_DOCUMENTS
) -> Estimate:
    """A score that was computed with its interval, and whether that is to be relied on: not below ``few`` documents."""
    if low == high:
        return Estimate(value, low, high, False, "every resample gave the same value: the interval is an artefact")
    if documents < few:
        note = f"only {counted(documents, 'document', 'documents')}: such an interval tends to be too narrow"
        return Estimate(value, low, high, False, note)
    return Estimate(value, low, high, True, None)


def _diagonal(confusion: Array) -> Array:
    diagonal: Array = np.diagonal(confusion, axis1=-2, axis2=-1)
    return diagonal


def _ratio(part: Array, whole: Array) -> Array:
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    ratio: Array = np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole > 0)
    return ratio
