"""Scores to probabilities: a sigmoid or an isotonic curve, whichever does better on scores it has not seen."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from train.formulas import FLOOR

Array = NDArray[np.float64]

# Of fewer rows than this, only what cannot turn scores upside down is fitted. Held-out scores of few rows are lower for
# the right label than for others: a row that is left out makes its own label rarer among the rest.
_PLATT_ROWS = 200
# An isotonic curve has as many degrees of freedom as it has steps: below this many rows it is not tried.
_ISOTONIC_ROWS = 1000


class Tempered(ClassifierMixin, BaseEstimator):
    """One positive slope for all classes and an intercept for each: temperature scaling (Guo et al., 2017), biased.

    Where rows say little, the slope stays near ``exp(slope)`` and the intercepts near 0.

    Parameters
    ----------
    slope : float
        The logarithm of the slope that is expected: 1.6 turns regression scores, which are about one apart, into odds
        of five to one.
    """

    def __init__(self, slope: float = 1.6) -> None:
        self.slope = slope

    def fit(self, scores: Array, codes: NDArray[np.intp], sample_weight: Array | None = None) -> "Tempered":
        """Fit to scores of shape (n_rows, n_classes) and classes 0, 1, ..."""
        self.classes_ = np.arange(scores.shape[1])
        weight = np.ones(len(codes)) if sample_weight is None else sample_weight / sample_weight.mean()
        goal = np.eye(scores.shape[1])[codes]

        def loss(at: Array) -> tuple[float, Array]:
            slope, off = np.exp(at[0]), np.r_[at[0] - self.slope, at[1:]]
            found = softmax(slope * scores + at[1:], axis=1)
            log_loss = -(weight * np.log(np.maximum(found[goal > 0], 1e-12))).sum() + 0.5 * (off**2).sum()
            wrong = weight[:, None] * (found - goal)
            return float(log_loss), off + np.r_[slope * (wrong * scores).sum(), wrong.sum(axis=0)]

        start = np.r_[self.slope, np.zeros(scores.shape[1])]
        self.found_ = minimize(loss, start, jac=True, method="L-BFGS-B").x
        return self

    def predict_proba(self, scores: Array) -> Array:
        """Probabilities, shape (n_rows, n_classes); rows sum to one."""
        found: Array = softmax(np.exp(self.found_[0]) * scores + self.found_[1:], axis=1)
        return found


class Isotonic(ClassifierMixin, BaseEstimator):
    """An isotonic curve for each class against the others, made to sum to one (Zadrozny and Elkan, 2002)."""

    def fit(self, scores: Array, codes: NDArray[np.intp], sample_weight: Array | None = None) -> "Isotonic":
        """Fit to scores of shape (n_rows, n_classes) and classes 0, 1, ..."""
        self.classes_ = np.arange(scores.shape[1])
        self.curves_ = [
            IsotonicRegression(out_of_bounds="clip").fit(scores[:, at], codes == at, sample_weight)
            for at in self.classes_
        ]
        return self

    def predict_proba(self, scores: Array) -> Array:
        """Probabilities, shape (n_rows, n_classes); rows sum to one."""
        found = np.stack([curve.predict(scores[:, at]) for at, curve in enumerate(self.curves_)], axis=1)
        found = np.maximum(found, FLOOR)
        summed: Array = found / found.sum(axis=1, keepdims=True)
        return summed


class Platt(ClassifierMixin, BaseEstimator):
    """Multinomial logistic regression on the scores: Platt's sigmoid (1999) for any number of classes."""

    def fit(self, scores: Array, codes: NDArray[np.intp], sample_weight: Array | None = None) -> "Platt":
        """Fit to scores of shape (n_rows, n_classes) and classes 0, 1, ..."""
        self.classes_ = np.arange(scores.shape[1])
        self.model_ = LogisticRegression(C=10.0, max_iter=1000).fit(scores, codes, sample_weight)
        return self

    def predict_proba(self, scores: Array) -> Array:
        """Probabilities, shape (n_rows, n_classes); a class that was not seen has none."""
        found = np.zeros((len(scores), len(self.classes_)))
        found[:, self.model_.classes_] = self.model_.predict_proba(scores)
        return found


Calibrator = Tempered | Platt | Isotonic


def calibrator(
    scores: NDArray[Any], codes: NDArray[np.intp], weight: Array, parts: Sequence[NDArray[np.intp]]
) -> Calibrator:
    """The better calibrator of held-out scores, fitted on all of them.

    Parameters
    ----------
    scores : numpy.ndarray of shape (n_rows, n_classes)
        Each row's from a model that has not seen it.
    codes : numpy.ndarray of shape (n_rows,)
        Classes 0, 1, ...
    weight : numpy.ndarray of shape (n_rows,)
    parts : sequence of numpy.ndarray
        The rows of each fold: what is compared is the log loss on folds that the calibrator has not seen.
    """
    scores = scores.astype(np.float64)
    candidates: list[Calibrator] = [Tempered()]
    if len(scores) >= _PLATT_ROWS:
        candidates.append(Platt())
    if len(scores) >= _ISOTONIC_ROWS:
        candidates.append(Isotonic())
    losses = [_loss(candidate, scores, codes, weight, parts) for candidate in candidates]
    best = candidates[int(np.argmin(losses))]
    return best.fit(scores, codes, weight)


def _loss(candidate: Calibrator, scores: Array, codes: NDArray[np.intp], weight: Array, parts: Sequence[Any]) -> float:
    total = 0.0
    for held in parts:
        rest = np.ones(len(codes), dtype=bool)
        rest[held] = False
        if len(np.unique(codes[rest])) < 2:
            continue
        found = candidate.fit(scores[rest], codes[rest], weight[rest]).predict_proba(scores[held])
        total -= float((weight[held] * np.log(np.maximum(found[np.arange(len(held)), codes[held]], FLOOR))).sum())
    return total
