"""Scores of probabilities: how sure a model says it is, against what was right and how people voted.

Each is a ratio of sums over rows. So, as with confusion matrices, the rows of a document shrink to one small array, and
a bootstrap over documents is one matrix product: see :func:`train.evaluation.metrics.resampled`.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from train.evaluation.metrics import Array, Estimate, Score, alone, judged, unknown

BINS = 10
COVERAGES = tuple(round(0.05 * step, 2) for step in range(1, 21))
# A probability below this counts as this: one impossible answer would make log loss infinite.
FLOOR = 1e-15
# Below it the interval of the area held the true value in 91.6 to 92.7 % of sets (benchmarks/trust.md).
FEW_FOR_AREA = 60


def log_losses(p: Array, gold: NDArray[np.int_]) -> Array:
    """-log of the probability of the gold label, in nats; shape (n_rows,)."""
    found: Array = -np.log(np.maximum(p[np.arange(len(gold)), gold], FLOOR))
    return found


def briers(p: Array, shares: Array) -> Array:
    """Sum over labels of (probability - share)²: Brier (1950), from 0 to 2; shape (n_rows,).

    ``shares`` is 1 for the gold label and 0 for others, or the shares of the votes.
    """
    found: Array = ((p - shares) ** 2).sum(axis=1)
    return found


def cross_entropies(p: Array, shares: Array) -> Array:
    """-sum of share times log probability, in nats; the entropy of the votes is the least that can be reached."""
    found: Array = -(shares * np.log(np.maximum(p, FLOOR))).sum(axis=1)
    return found


def distances(p: Array, shares: Array) -> Array:
    """Total variation: half the sum of absolute differences, from 0 (the same) to 1; shape (n_rows,)."""
    found: Array = 0.5 * np.abs(p - shares).sum(axis=1)
    return found


def sums(units: NDArray[np.int_], columns: Array) -> Array:
    """Sums of each column over the rows of each unit.

    Parameters
    ----------
    units : array of int, shape (n_rows,)
        From 0 on.
    columns : array of shape (n_rows, ...)

    Returns
    -------
    numpy.ndarray of shape (n_units, ...)
    """
    found = np.zeros((int(units.max()) + 1, *columns.shape[1:]))
    np.add.at(found, units, columns)
    return found


def mean_of(column: int, weight: int) -> Score:
    """Sum of one column over the sum of another: a mean over rows, from what :func:`sums` made of them."""

    def score(total: Array) -> Array:
        return _ratio(total[..., column], total[..., weight])

    return score


def binned(confidence: Array, right: NDArray[np.bool_]) -> Array:
    """Of each row, in the bin of its confidence: 1, the confidence, whether it was right; shape (n_rows, BINS, 3).

    The bins are equally wide, from 0 to 1, each with its upper edge (Guo et al., 2017).
    """
    place = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    found = np.zeros((len(confidence), BINS, 3))
    found[np.arange(len(confidence)), place] = np.column_stack([np.ones(len(confidence)), confidence, right])
    return found


def ece(total: Array) -> Array:
    """Expected calibration error of (..., BINS, 3): the mean of |confidence - accuracy| over bins, by their rows.

    Naeini et al. (2015), of the probability of the answer. With few rows a bin it is too large by chance alone.
    """
    gap = np.abs(total[..., 1] - total[..., 2]).sum(axis=-1)
    return _ratio(gap, total[..., 0].sum(axis=-1))


def ece_edges(total: Array, draws: Array) -> tuple[Array, Array]:
    """The 95 % interval of :func:`ece`, from the sums of all rows and of each resample.

    A resample adds chance of its own to every gap between confidence and accuracy, so percentiles of its error lie
    above the truth. The error is a norm of the gaps: what it is too large by is at most the norm of what the gaps are
    off by (triangle inequality), and what it is too small by is at most what they are off by in their own directions.
    So the interval errs on the wide side, most for a model that is nearly calibrated.
    """
    gaps, drawn = ((sums[..., 1] - sums[..., 2]) / sums[..., 0].sum(-1, keepdims=True) for sums in (total, draws))
    off = drawn - gaps
    low = ece(total) - np.quantile(np.abs(off).sum(axis=-1), 0.975)
    high = ece(total) - min(0.0, np.quantile(off @ np.sign(gaps), 0.025))
    return np.maximum(low, 0.0), np.minimum(high, 1.0)


def thresholds(confidence: Array) -> Array:
    """The confidence from which on each of :data:`COVERAGES` is answered; rows as sure as the last are answered too."""
    ordered = np.sort(confidence)[::-1]
    ranks = np.ceil(np.asarray(COVERAGES) * len(ordered) - 1e-9).astype(int) - 1
    found: Array = ordered[np.clip(ranks, 0, len(ordered) - 1)]
    return found


def answered(confidence: Array, right: NDArray[np.bool_], bars: Array) -> Array:
    """Of each row and bar: 1 if it is answered, and 1 if it is answered wrongly; shape (n_rows, n_bars, 2)."""
    kept = (confidence[:, None] >= bars[None]).astype(float)
    return np.stack([kept, kept * ~right[:, None]], axis=-1)


def aurc(confidence: Array, right: NDArray[np.bool_]) -> float:
    """Area under the curve of risk against coverage (Geifman and El-Yaniv, 2017): the mean risk over all coverages.

    Rows that are equally sure are answered together: each of them stands at the risk with all of them.
    """
    if not len(confidence):
        return float("nan")
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order])
    _, counts = np.unique(-confidence, return_counts=True)
    ends = np.cumsum(counts)
    return float((counts * wrong[ends - 1] / ends).sum() / len(confidence))


def aurc_edges(
    confidence: Array, right: NDArray[np.bool_], units: NDArray[np.int_], draws: int, seed: int
) -> tuple[float | None, float | None]:
    """The 95 % interval of :func:`aurc` over resampled units; None where there are fewer than two.

    The area is no function of sums by unit, so each row is weighed by how often its unit was drawn.
    """
    number = int(units.max()) + 1 if len(units) else 0
    if number < 2:
        return None, None
    order = np.argsort(-confidence, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(confidence[order])), len(order) - 1)
    wrong, unit, rng = ~right[order], units[order], np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        weight = np.bincount(rng.integers(number, size=number), minlength=number)[unit]
        answered, mistaken = np.cumsum(weight)[ends], np.cumsum(weight * wrong)[ends]
        risk = mistaken / np.maximum(answered, 1)
        found.append(float((np.diff(answered, prepend=0) * risk).sum() / answered[-1]))
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def area(found: Mapping[str, float | None], units: int) -> Estimate:
    """The area of ``risk_coverage`` in metrics.json as other scores are, of so many units: see FEW_FOR_AREA."""
    value, low, high = (found[key] for key in ("aurc", "aurc_low", "aurc_high"))
    if value is None:
        return unknown("no sentences")
    return alone(value) if low is None else judged(value, low, high, units, FEW_FOR_AREA)


def _ratio(part: Array, whole: Array) -> Array:
    found: Array = np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)
    return found
