"""How far from chance: against what permuted documents give, and against resampled documents."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from train.evaluation.metrics import Array

Codes = NDArray[np.intp]

# Permutations behind a p: their mean and spread are what is used, so few do.
PERMUTATIONS = 20


def against(value: float, chance: Sequence[float], *, larger: bool) -> float:
    """How probable a value as large (or as small) is, where ``chance`` are values of the same distribution.

    The predictive t distribution of one more draw from a normal sample (Geisser, 1993): unlike the share of draws
    beyond the value it can be far below one over their number.
    """
    draws = np.asarray(chance, dtype=float)
    draws = draws[np.isfinite(draws)]
    if len(draws) < 3 or not np.isfinite(value):
        return 1.0
    spread = draws.std(ddof=1) * np.sqrt(1 + 1 / len(draws))
    if spread == 0:  # No more is known than that none of the draws is as far out.
        return 1.0 if (value <= draws[0] if larger else value >= draws[0]) else 1 / (1 + len(draws))
    score = (value - draws.mean()) / spread
    return float(stats.t.sf(score if larger else -score, len(draws) - 1))


def above(draws: Array, value: float, bar: float, units: int) -> float:
    """How probable a score as large as ``value`` is where its true value is ``bar``, by the spread of its resamples.

    Parameters
    ----------
    draws : numpy.ndarray
        Resamples of the score; NaN where it is undefined.
    units : int
        How many documents were resampled: the degrees of freedom.
    """
    spread = float(np.nanstd(draws, ddof=1)) if np.isfinite(draws).sum() > 2 else 0.0
    if not np.isfinite(value) or units < 2:
        return 1.0
    # As if one document more than there are had the other value: no finite sample is without spread.
    spread = max(spread, 1 / (units + 1))
    return float(stats.t.sf((value - bar) / spread, units - 1))


def permuted(of: Codes, rng: np.random.Generator) -> Codes:
    """Values of documents, given to other documents: ``of`` has one for each."""
    shuffled: Codes = rng.permutation(of)
    return shuffled


def repeated(score: Callable[[np.random.Generator], float], seed: int, number: int = PERMUTATIONS) -> list[float]:
    """``score`` with ``number`` generators that follow from ``seed``."""
    return [score(np.random.default_rng([seed, at])) for at in range(number)]


def below(value: float, bar: float, spread: float, units: int) -> float:
    """How probable a value as small is where the true one is ``bar``, by its standard error."""
    return float(stats.t.sf((bar - value) / spread, max(1, units - 1))) if spread > 0 else float(value >= bar)
