"""Conformal sets and abstention against what they promise."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from train.conformal import sets, sure_enough, thresholds


def rows(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([2, 1, 0.5], n)
    return p, np.array([rng.choice(3, p=row) for row in p])


def test_thresholds_by_hand() -> None:
    p = np.array([[0.9], [0.2], [0.5], [0.7]])
    # 1 of 5 may be left out: the smallest of four enters; at 60 %, the second smallest.
    assert thresholds(p, np.zeros(4, dtype=int), 0.8).tolist() == [0.2]
    assert thresholds(p, np.zeros(4, dtype=int), 0.6).tolist() == [0.5]
    assert thresholds(p, np.zeros(4, dtype=int), 0.9).tolist() == [0.0]


def test_each_class_is_covered_as_often_as_promised() -> None:
    covered = []
    for seed in range(60):
        (p, codes), (new, truth) = rows(300, seed), rows(300, 1000 + seed)
        inside = sets(new, thresholds(p, codes, 0.9))[np.arange(300), truth]
        covered.append([inside[truth == label].mean() for label in range(3)])
    np.testing.assert_allclose(np.mean(covered, axis=0), 0.9, atol=0.025)


def test_silence_keeps_the_risk() -> None:
    broken = 0
    for seed in range(100):
        (p, codes), (new, truth) = rows(600, seed), rows(4000, 1000 + seed)
        least = sure_enough(p.max(1), p.argmax(1) == codes, 0.2)
        kept = new.max(1) >= least
        broken += bool(kept.any()) and (new.argmax(1) != truth)[kept].mean() > 0.2
    # The bound is of 90 % confidence at each threshold; the lowest that holds it is chosen, which costs some of it.
    assert broken <= 25


@pytest.mark.parametrize(("wrong", "least"), [(0, 0.6), (30, float("inf"))])
def test_the_bound_is_that_of_the_binomial(wrong: int, least: float) -> None:
    right = np.arange(30) >= wrong
    # Of 22 right answers and no wrong one, the upper 90 % bound of the risk is 1 - 0.1 ** (1 / 22) = 0.0994.
    assert sure_enough(np.full(30, 0.6), right, 0.1) == least
    assert sure_enough(np.full(22, 0.6), np.ones(22, dtype=bool), 0.0995) == 0.6
    assert sure_enough(np.full(22, 0.6), np.ones(22, dtype=bool), 0.0993) == float("inf")


class Ready(ClassifierMixin, BaseEstimator):
    """A classifier whose input is probabilities already."""

    classes_ = np.arange(3)

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Ready":
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return X

    def predict(self, X: np.ndarray) -> np.ndarray:
        return X.argmax(axis=1)


@pytest.mark.filterwarnings("ignore:WARNING. your conformalization")
def test_sets_are_those_of_mapie_for_each_label_by_itself() -> None:
    classification = pytest.importorskip("mapie.classification")
    (p, codes), (new, _) = rows(300, 1), rows(300, 2)
    ours = sets(new, thresholds(p, codes, 0.9))
    for label in range(3):
        own = classification.SplitConformalClassifier(Ready(), confidence_level=0.9, prefit=True)
        found = own.conformalize(p[codes == label], codes[codes == label]).predict_set(new)[1]
        assert (found[:, label, 0] == ours[:, label]).all()
