"""Votes by annotator: what most say, what most of the others say, and camps among annotators."""

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


def counted(votes: pd.DataFrame, labels: tuple[str, ...]) -> pd.DataFrame:
    """How often each label was given, indexed by sentence_id; the columns are ``labels``."""
    sentence, names = pd.factorize(votes["sentence_id"], sort=True)
    given = pd.Categorical(votes["label"], categories=list(labels)).codes
    counts = np.bincount(sentence * len(labels) + given, minlength=len(names) * len(labels))
    return pd.DataFrame(counts.reshape(-1, len(labels)), pd.Index(names, name="sentence_id"), columns=list(labels))


def plurality(counts: pd.DataFrame) -> pd.Series:
    """The most frequent label of each row; null where there is none, or where two are as frequent."""
    values = counts.to_numpy()
    most = values.max(axis=1) if len(values) else np.zeros(0)
    decided = (most > 0) & ((values == most[:, None]).sum(axis=1) == 1)
    return pd.Series(
        counts.columns.to_numpy()[values.argmax(axis=1)] if len(values) else [], counts.index, dtype=object
    ).where(decided)


def others(votes: pd.DataFrame, labels: tuple[str, ...]) -> pd.DataFrame:
    """``votes`` with the column rest: the most frequent label among the other annotators of that sentence, or null."""
    counts = counted(votes, labels).reindex(votes["sentence_id"])
    own = pd.get_dummies(pd.Categorical(votes["label"], categories=list(labels)), dtype=int).to_numpy()
    return votes.assign(rest=plurality(counts - own).to_numpy())


def agreements(codes: Codes) -> tuple[Array, Array]:
    """For each pair of annotators how often they agree, beyond chance, and on how many sentences.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_sentences, n_annotators)
        Labels as numbers; -1 where somebody has not answered.

    Returns
    -------
    agreement, shared : numpy.ndarray of shape (n_annotators, n_annotators)
        Agreement is NaN where a pair shares no sentence; chance is the agreement of labels drawn from all votes.
    """
    answered = (codes >= 0).astype(float)
    shared = answered.T @ answered
    same = np.zeros_like(shared)
    luck = 0.0
    for label in range(int(codes.max()) + 1):
        given = (codes == label).astype(float)
        same += given.T @ given
        luck += (given.sum() / answered.sum()) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        agreement = (same / shared - luck) / (1 - luck)
    return agreement, shared


def camps(codes: Codes) -> tuple[NDArray[np.bool_], float]:
    """The division of annotators into two camps of two or more that agree most within and least between.

    Returns
    -------
    camp : numpy.ndarray of bool, shape (n_annotators,)
    gap : float
        How much more the less united camp agrees within itself than the two agree with each other; NaN where no two
        camps of two can be made. A careless annotator makes no gap: nobody agrees with him.
    """
    agreement, shared = agreements(codes)
    number = len(agreement)
    best: NDArray[np.bool_] = np.zeros(number, dtype=bool)
    widest = np.nan
    for camp in _divisions(agreement, shared):
        found = _gap(agreement, shared, camp)
        if np.isfinite(found) and not found <= widest:
            best, widest = camp, found
    return best, float(widest)


def gap(codes: Codes, camp: NDArray[np.bool_]) -> float:
    """The gap of :func:`camps` for two camps that are known; NaN where one has no two who share sentences."""
    return _gap(*agreements(codes), camp)


def _gap(agreement: Array, shared: Array, camp: NDArray[np.bool_]) -> float:
    one, two, between = (
        _mean(agreement, shared, first, second) for first, second in ((camp, camp), (~camp, ~camp), (camp, ~camp))
    )
    return min(one, two) - between


# With more annotators than this, only divisions along the strongest axes of disagreement are tried.
_ALL = 10


def _divisions(agreement: Array, shared: Array) -> list[NDArray[np.bool_]]:
    number = len(agreement)
    if number <= _ALL:
        members = [(0, *rest) for size in range(1, number - 2) for rest in combinations(range(1, number), size)]
        return [np.isin(np.arange(number), member) for member in members]
    filled = np.where(shared > 0, np.nan_to_num(agreement), np.nanmean(agreement))
    np.fill_diagonal(filled, 1.0)
    centred = filled - filled.mean(0) - filled.mean(1)[:, None] + filled.mean()
    axes = np.linalg.eigh(centred)[1][:, -3:]
    cuts = [axes[:, at] > cut for at in range(3) for cut in np.quantile(axes[:, at], np.linspace(0.1, 0.9, 9))]
    return [camp for camp in cuts if 2 <= camp.sum() <= number - 2]


def _mean(agreement: Array, shared: Array, one: NDArray[np.bool_], two: NDArray[np.bool_]) -> float:
    pairs = np.outer(one, two) & ~np.eye(len(one), dtype=bool) & (shared > 0)
    return float(np.average(agreement[pairs], weights=shared[pairs])) if pairs.any() else float("nan")


def doubt(counts: NDArray[np.int_], gold: Codes) -> Array:
    """The probability that a label is wrong, by its votes, where all annotators are right equally often.

    The model of Dawid and Skene (1979) with one rate for all: with rate a among k labels two annotators agree in
    a^2 + (1 - a)^2 / (k - 1) of cases, from which a follows.

    Parameters
    ----------
    counts : numpy.ndarray of shape (n_sentences, n_labels)
        Votes.
    gold : numpy.ndarray of shape (n_sentences,)

    Returns
    -------
    numpy.ndarray of shape (n_sentences,)
        0 where there is no vote, and everywhere if no sentence has two.
    """
    total, k = counts.sum(axis=1), counts.shape[1]
    pairs = float((total * (total - 1)).sum())
    if pairs == 0:
        return np.zeros(len(counts))
    agreed = float((counts * (counts - 1)).sum()) / pairs
    # The larger root of k a^2 - 2 a + 1 - (k - 1) agreed = 0.
    rate = (1 + np.sqrt(max(0.0, 1 - k * (1 - (k - 1) * agreed)))) / k
    rate = min(max(rate, 1 / k + 1e-3), 1 - 1e-3)
    odds = np.exp((counts - counts.max(axis=1, keepdims=True)) * np.log(rate * (k - 1) / (1 - rate)))
    found: Array = 1 - (odds / odds.sum(axis=1, keepdims=True))[np.arange(len(gold)), gold]
    return np.where(total > 0, found, 0.0)
