"""Kernel ridge regression on the sum of two kernels, with its penalty and its probabilities from held-out scores.

One kernel is a Gaussian on dense columns (what a sentence means), the other a cosine on sparse ones (how it is
written); both are larger for two rows about the same target. While all training rows fit they are the landmarks, and
this is exact kernel ridge regression; past that a random part is (Nyström, as in Williams and Seeger, 2001), and
cost grows with the rows, not with their square.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import normalize
from sklearn.utils import Tags, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from train.calibration import calibrator
from train.formulas import Array, gaussian, nearness, squared_distances

# Rows whose similarities to all landmarks are held at once.
_ROWS = 2000
# Rows that the scale of distances is taken from.
_SCALE_ROWS = 1000
# Added to the diagonal, so that equal rows do not make the landmarks' matrix singular.
_JITTER = 1e-4
# How far a decision leans to rare labels, 0 not at all, 1 as if all labels were equally frequent: of few rows, whose
# probabilities stay close to the labels' shares, and of more than that.
_LEANING, _FEW_ROWS, _LEANING_OF_FEW = 0.25, 1000, 0.5


class SumKernelClassifier(ClassifierMixin, BaseEstimator):
    """Gaussian and cosine kernels, added; ridge regression to the labels; calibrated probabilities.

    Parameters
    ----------
    dense : int, optional
        Columns from the first on that the Gaussian kernel is on; by default all.
    targets : int
        Columns at the end that are one where a row is about that target.
    gamma : float
        Of the Gaussian kernel, for distances whose median is 1.
    share : float
        Weight of the cosine kernel; the Gaussian one has the rest.
    same_target : float
        Kernels are multiplied by 1 + this for two rows about one target.
    penalties : sequence of float
        Ridge penalties to choose from, by squared error on held-out rows.
    landmarks : int
        Up to this many training rows the kernel is exact; of more, this many are drawn.
    balanced : bool
        Whether each label weighs the same in the regression.
    folds : int
        Of the inner cross-validation.
    random_state : int
        Fixes folds and landmarks.

    Attributes
    ----------
    classes_ : numpy.ndarray
        Labels, sorted.
    penalty_ : float
        The one that was chosen.
    class_scale_ : numpy.ndarray of shape (n_classes,)
        What probabilities are multiplied by for a decision: a rare label needs less than one that is frequent.
    """

    def __init__(
        self,
        dense: int | None = None,
        targets: int = 0,
        gamma: float = 0.8,
        share: float = 0.4,
        same_target: float = 4.0,
        penalties: Sequence[float] = (0.1, 0.25, 0.6, 1.5),
        landmarks: int = 3000,
        balanced: bool = True,
        folds: int = 5,
        random_state: int = 0,
    ) -> None:
        self.dense = dense
        self.targets = targets
        self.gamma = gamma
        self.share = share
        self.same_target = same_target
        self.penalties = penalties
        self.landmarks = landmarks
        self.balanced = balanced
        self.folds = folds
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None, votes: Any = None
    ) -> "SumKernelClassifier":
        """Fit to rows ``X`` and labels ``y``.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_rows, n_columns)
        y : array of shape (n_rows,)
        sample_weight : array of shape (n_rows,), optional
        groups : array of shape (n_rows,), optional
            Rows of one group are held out together.
        votes : array of shape (n_rows, n_classes), optional
            The share of each label, sorted, among a row's votes: what the regression aims at instead of 0 and 1. How
            probable a label is, is still learnt from ``y``.
        """
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float32)
        check_classification_targets(y)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        kept = weight > 0
        X, y, weight = X[kept], y[kept], weight[kept]
        groups, votes = (None if values is None else np.asarray(values)[kept] for values in (groups, votes))
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"Classifier can't train when only one class is present: {self.classes_.tolist()}")
        prior = weight.copy()
        if self.balanced:
            weight = weight * compute_class_weight("balanced", classes=self.classes_, y=y, sample_weight=weight)[codes]
        self._place_landmarks(X)
        parts = list(held_out(codes, groups, self.folds, self.random_state))
        goal = np.eye(len(self.classes_), dtype=np.float32)[codes] if votes is None else votes.astype(np.float32)
        if goal.shape != (len(y), len(self.classes_)):
            raise ValueError(f"votes: expected shape {(len(y), len(self.classes_))}, got {goal.shape}")
        unseen = self._solve(X, goal, weight / weight.mean(), parts)
        self.calibrator_ = calibrator(unseen, codes, prior, parts)
        leaning = _LEANING_OF_FEW if len(codes) < _FEW_ROWS else _LEANING
        self.class_scale_ = (np.bincount(codes, prior) / prior.sum()) ** -leaning
        return self

    def decision_scores(self, X: Any) -> Array:
        """Regression scores, shape (n_rows, n_classes): about 1 for the row's label and 0 for others."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float32, reset=False)
        return np.asarray(np.concatenate([self._scores(*parts) for parts in self._blocks(X)]) + self.intercept_)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Calibrated probabilities, shape (n_rows, n_classes); rows sum to one."""
        scores = self.decision_scores(X)
        found: NDArray[np.float64] = self.calibrator_.predict_proba(scores)
        return found

    def predict(self, X: Any) -> NDArray[Any]:
        """The label whose probability is largest, counting for more where the label is rare: ``class_scale_`` times."""
        return self.decided(self.predict_proba(X))

    def decided(self, probabilities: NDArray[np.float64]) -> NDArray[Any]:
        """What :meth:`predict` says where :meth:`predict_proba` says ``probabilities``."""
        found: NDArray[Any] = self.classes_[(probabilities * self.class_scale_).argmax(axis=1)]
        return found

    def __sklearn_tags__(self) -> Tags:
        """Sparse input is taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _place_landmarks(self, X: Any) -> None:
        rng = np.random.default_rng(self.random_state)
        chosen = np.arange(X.shape[0])
        if len(chosen) > self.landmarks:
            chosen = np.sort(rng.choice(chosen, self.landmarks, replace=False))
        self.dense_, self.sparse_, self.target_ = self._parts(X[chosen])
        few = self.dense_[rng.permutation(len(chosen))[:_SCALE_ROWS]].astype(np.float64)
        distances = squared_distances(few, few)[np.triu_indices(len(few), 1)]
        self.scale_ = float(np.median(distances)) if len(distances) and np.median(distances) > 0 else 1.0

    def _parts(self, X: Any) -> tuple[Array, sp.csr_matrix, Array]:
        """Dense columns, cosine columns at unit length, target columns."""
        end = X.shape[1] - self.targets
        middle = end if self.dense is None else self.dense
        dense, sparse, target = (X[:, at] for at in (slice(0, middle), slice(middle, end), slice(end, None)))
        dense, target = ((part.toarray() if sp.issparse(part) else part) for part in (dense, target))
        sparse = sp.csr_matrix(sparse)
        return np.ascontiguousarray(dense), normalize(sparse) if sparse.shape[1] else sparse, np.asarray(target)

    def _blocks(self, X: Any) -> Iterator[tuple[Array, sp.csr_matrix, Array]]:
        return (self._parts(X[start : start + _ROWS]) for start in range(0, X.shape[0], _ROWS))

    def _similarities(self, X: Any) -> Iterator[Array]:
        """Kernel values between rows and landmarks, a block of rows at a time."""
        for dense, sparse, target in self._blocks(X):
            kernel = self._gaussian(dense)
            if sparse.shape[1]:
                kernel *= 1 - self.share
                kernel += self.share * (sparse @ self.sparse_.T).toarray()
            if self.target_.any():
                kernel *= self._nearness(target)
            yield kernel

    def _scores(self, dense: Array, sparse: sp.csr_matrix, target: Array) -> Array:
        """Kernel values times coefficients, without the intercept.

        The cosine kernel is linear, so its landmarks and coefficients are one matrix for all rows, and one for the rows
        of each target: products with landmarks one by one are not needed.
        """
        kernel = self._gaussian(dense)
        if self.target_.any():
            kernel *= self._nearness(target)
        if not sparse.shape[1]:
            return np.asarray(kernel @ self.coefficients_)
        cosine = sparse @ (self.sparse_.T @ self.coefficients_)
        if self.target_.any():
            for at in np.flatnonzero(target.any(axis=0)):
                rows, own = target[:, at] > 0, self.target_[:, at] > 0
                cosine[rows] += self.same_target * (sparse[rows] @ (self.sparse_[own].T @ self.coefficients_[own]))
            cosine /= 1 + self.same_target
        return np.asarray((1 - self.share) * (kernel @ self.coefficients_) + self.share * cosine)

    def _gaussian(self, dense: Array) -> Array:
        centre = self.dense_.mean(axis=0, dtype=np.float64)
        return gaussian(dense, self.dense_, centre, self.gamma / self.scale_)

    def _nearness(self, target: Array) -> Array:
        return nearness(target, self.target_, self.same_target)

    def _solve(self, X: Any, goal: Array, weight: NDArray[np.float64], parts: Sequence[Any]) -> Array:
        """Choose the penalty, set the coefficients, return the held-out scores of the rows at that penalty.

        With the landmarks' kernel matrix as L L', rows become features K inv(L'), on which ridge regression is kernel
        ridge regression. A fold is left out by taking its share off the matrix of products.
        """
        own = np.concatenate(list(self._similarities(self._landmark_rows())))
        own[np.diag_indices_from(own)] += _JITTER
        lower = scipy.linalg.cholesky(own, lower=True, overwrite_a=True, check_finite=False)
        if len(lower) == X.shape[0]:  # All rows are landmarks: L L' inv(L') is L.
            features = lower.astype(np.float32)
        else:
            blocks = (scipy.linalg.solve_triangular(lower, k.T, lower=True).T for k in self._similarities(X))
            features = np.concatenate([block.astype(np.float32) for block in blocks])
        self.intercept_ = np.average(goal, axis=0, weights=weight).astype(np.float32)
        goal = goal - self.intercept_
        root = np.sqrt(weight).astype(np.float32)[:, None]
        weighted, aim = features * root, goal * root
        products, sums = weighted.T @ weighted, weighted.T @ aim
        scores = np.zeros((len(self.penalties), *goal.shape), dtype=np.float32)
        for rows in parts:
            left = products - weighted[rows].T @ weighted[rows]
            right = sums - weighted[rows].T @ aim[rows]
            for at, penalty in enumerate(self.penalties):
                scores[at, rows] = features[rows] @ _ridge(left, right, penalty)
        best = int(np.argmin([((found * root - aim) ** 2).sum() for found in scores]))
        self.penalty_ = float(self.penalties[best])
        solution = _ridge(products, sums, self.penalty_)
        self.coefficients_ = scipy.linalg.solve_triangular(
            lower, solution.astype(np.float64), lower=True, trans="T", check_finite=False
        )
        return np.asarray(scores[best] + self.intercept_)

    def _landmark_rows(self) -> Any:
        return sp.hstack([sp.csr_matrix(self.dense_), self.sparse_, sp.csr_matrix(self.target_)], format="csr")


def _ridge(products: Array, sums: Array, penalty: float) -> Array:
    penalized = products.copy()
    penalized[np.diag_indices_from(penalized)] += penalty
    factor = scipy.linalg.cho_factor(penalized, lower=True, overwrite_a=True, check_finite=False)
    solution: Array = scipy.linalg.cho_solve(factor, sums, check_finite=False)
    return solution


def held_out(
    codes: NDArray[np.intp], groups: NDArray[Any] | None, wanted: int, seed: int
) -> Iterator[NDArray[np.intp]]:
    """Rows of each part that is held out; every row once. Groups stay whole; without them, labels are spread evenly."""
    n = len(codes)
    if groups is not None and len(np.unique(groups)) > 1:
        count = min(wanted, len(np.unique(groups)))
        yield from (held for _, held in GroupKFold(count).split(np.zeros(n), codes, groups))
        return
    # A label with a single row cannot be in every fold; the fold that lacks it is no reason to stop.
    order = np.random.default_rng(seed).permutation(n)
    ranked = order[np.argsort(codes[order], kind="stable")]
    count = max(2, min(wanted, n))
    yield from (np.sort(ranked[start::count]) for start in range(count))
