"""Kernel ridge regression against its closed form; what scikit-learn asks of an estimator; calibrated probabilities."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import softmax
from sklearn.base import BaseEstimator
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.utils.estimator_checks import check_estimator

from corpus.errors import TableError
from train.calibration import Isotonic, Platt, Tempered, calibrator
from train.finetuned import FineTuned
from train.formulas import gaussian, squared_distances
from train.inputs import Metadata, Targets, Texts
from train.kernel import SumKernelClassifier, held_out
from train.texts import as_table, readable

# The inner folds of repeated rows are others than those of weighted rows, as in scikit-learn's LogisticRegressionCV.
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": "inner cross-validation",
    "check_sample_weight_equivalence_on_sparse_data": "inner cross-validation",
}


@pytest.mark.parametrize("estimator", [SumKernelClassifier(), FineTuned(), Texts(), Targets(), Metadata()], ids=str)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_our_parts(estimator: BaseEstimator) -> None:
    found = check_estimator(estimator, expected_failed_checks=EXPECTED)
    assert {one["check_name"] for one in found if one["status"] == "xfail"} <= EXPECTED.keys()


def blobs(n: int, seed: int = 0, apart: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    centre = {"a": [0, 0], "b": [apart, 0], "c": [0, apart]}
    return np.array([centre[label] for label in y]) + rng.normal(size=(n, 2)), y


@pytest.mark.parametrize("landmarks", [1, 128, 129, 300])
def test_distances_are_those_of_every_pair(landmarks: int) -> None:
    rng = np.random.default_rng(landmarks)
    rows, others, centre = rng.normal(size=(3, 5)), rng.normal(size=(landmarks, 5)), rng.normal(size=5)
    expected = ((rows[:, None] - others[None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(squared_distances(rows, others, centre), expected, atol=1e-12)
    np.testing.assert_allclose(gaussian(rows, others, centre, 0.3), np.exp(-0.3 * expected), atol=1e-12)


def test_it_is_kernel_ridge_regression() -> None:
    X, y = blobs(120)
    X = X - X.mean(axis=0)
    model = SumKernelClassifier(penalties=(0.5,), balanced=False).fit(X.astype(np.float32), y)
    goal = (y[:, None] == model.classes_).astype(float)
    gamma = model.gamma / model.scale_
    theirs = KernelRidge(kernel="precomputed", alpha=0.5).fit(rbf_kernel(X, gamma=gamma), goal - goal.mean(axis=0))
    new = blobs(50, seed=1)[0]
    expected = theirs.predict(rbf_kernel(new, X, gamma=gamma)) + goal.mean(axis=0)
    np.testing.assert_allclose(model.decision_scores(new), expected, atol=2e-3)


def test_held_out_scores_are_those_of_refitting() -> None:
    X, y = blobs(90)
    codes = np.unique(y, return_inverse=True)[1]
    model = SumKernelClassifier(penalties=(0.3,), balanced=False)
    model.classes_ = np.unique(y)
    parts = list(held_out(codes, None, 5, 0))
    model._place_landmarks(X.astype(np.float32))
    unseen = model._solve(X.astype(np.float32), np.eye(3)[codes], np.ones(90), parts)
    kernel = np.concatenate(list(model._similarities(X)))
    mean = np.eye(3)[codes].mean(axis=0)
    for rows in parts:
        rest = np.setdiff1d(np.arange(90), rows)
        dual = np.linalg.solve(kernel[np.ix_(rest, rest)] + 0.3 * np.eye(len(rest)), np.eye(3)[codes[rest]] - mean)
        np.testing.assert_allclose(unseen[rows], kernel[np.ix_(rows, rest)] @ dual + mean, atol=2e-3)


def test_votes_are_what_the_regression_aims_at() -> None:
    X, y = blobs(200)
    certain = (y[:, None] == np.unique(y)).astype(float)
    plain, same, half = (
        SumKernelClassifier().fit(X, y, votes=votes).decision_scores(X) for votes in (None, certain, (certain + 1) / 4)
    )
    np.testing.assert_array_equal(plain, same)
    np.testing.assert_allclose(half, (plain + 1) / 4, atol=1e-4)
    with pytest.raises(ValueError, match=r"votes: expected shape \(200, 3\), got \(200, 2\)"):
        SumKernelClassifier().fit(X, y, votes=certain[:, :2])


def test_groups_are_held_out_together() -> None:
    groups = np.repeat(np.arange(20), 5)
    parts = list(held_out(np.zeros(100, dtype=int), groups, 5, 0))
    assert sorted(np.concatenate(parts)) == list(range(100))
    assert all(len(np.unique(groups[rows])) * 5 == len(rows) for rows in parts)


def test_past_the_landmarks_little_is_lost_and_memory_is_bounded() -> None:
    X, y = blobs(2000, apart=3)
    exact, drawn = (SumKernelClassifier(landmarks=m).fit(X, y) for m in (2000, 200))
    assert drawn.coefficients_.shape == (200, 3)
    new, truth = blobs(1000, seed=1, apart=3)
    assert abs((exact.predict(new) == truth).mean() - (drawn.predict(new) == truth).mean()) < 0.01


def test_the_parts_of_the_kernel() -> None:
    X = np.array([[0, 0, 3, 4, 1, 0], [1, 0, 4, 3, 1, 0], [0, 2, 0, 0, 0, 1]], dtype=np.float32)
    model = SumKernelClassifier(dense=2, targets=2, share=0.25, same_target=3.0, gamma=1.0)
    for rows in (X, sparse.csr_matrix(X)):
        model._place_landmarks(rows)
        (kernel,) = model._similarities(rows)
        # Squared distances 1, 4, 5, median 4; cosine of (3, 4) and (4, 3) is 24 / 25; another target counts a quarter.
        assert kernel[0, 1] == pytest.approx(0.75 * np.exp(-1 / 4) + 0.25 * 24 / 25)
        assert kernel[0, 2] == pytest.approx(0.75 * np.exp(-1) / 4)
        assert kernel[2, 2] == pytest.approx(0.75)


@pytest.mark.parametrize("targets", [0, 3])
def test_scores_are_kernel_values_times_coefficients(targets: int) -> None:
    rng = np.random.default_rng(5)
    X = np.hstack([rng.normal(size=(90, 4)), rng.poisson(0.3, (90, 12)), np.eye(4)[rng.integers(0, 4, 90)][:, :3]])
    y = rng.choice(list("abc"), 60)
    X[:60, 18] = 0  # Some rows have no target, and one target is that of no landmark.
    X = sparse.csr_matrix(X[:, : 16 + targets].astype(np.float32))
    model = SumKernelClassifier(dense=4, targets=targets).fit(X[:60], y)
    expected = np.concatenate(list(model._similarities(X[60:]))) @ model.coefficients_ + model.intercept_
    np.testing.assert_allclose(model.decision_scores(X[60:]), expected, rtol=0, atol=1e-5)


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    X, y = blobs(300)
    model = SumKernelClassifier().fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X[:7]), model.predict_proba(X)[:7], rtol=0, atol=1e-12)


def test_weights_count_and_a_rare_label_is_not_given_up() -> None:
    X, y = blobs(400, apart=1.5)
    few = np.where(y == "c", 0.0, 1.0)
    assert set(SumKernelClassifier().fit(X, y, sample_weight=few).classes_) == {"a", "b"}
    rare = np.concatenate([np.flatnonzero(y != "c"), np.flatnonzero(y == "c")[:1]])
    model = SumKernelClassifier().fit(X[rare], y[rare])
    assert list(model.classes_) == ["a", "b", "c"]
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_probabilities_are_as_often_right_as_they_say() -> None:
    X, y = blobs(1500, apart=2)
    new, truth = blobs(4000, seed=1, apart=2)
    model = SumKernelClassifier().fit(X, y)
    found = model.predict_proba(new)
    for at, label in enumerate(model.classes_):
        for low in (0.0, 0.25, 0.5, 0.75):
            inside = (found[:, at] >= low) & (found[:, at] < low + 0.25)
            assert abs(found[inside, at].mean() - (truth[inside] == label).mean()) < 0.06


def test_an_isotonic_curve_says_neither_never_nor_always() -> None:
    scores, codes = np.array([[2.0, -1.0], [1.0, -2.0], [-2.0, 1.0], [-1.0, 3.0]]), np.array([0, 0, 1, 1])
    found = Isotonic().fit(scores, codes).predict_proba(np.array([[9.0, -9.0], [-9.0, 9.0]]))
    # A step of 0 is kept a thousandth off, and the two are made to sum to one.
    np.testing.assert_allclose(found, [[1 / 1.001, 0.001 / 1.001], [0.001 / 1.001, 1 / 1.001]], rtol=1e-12)


def test_the_better_calibrator_is_taken() -> None:
    rng = np.random.default_rng(0)
    score = rng.uniform(-1, 1, 4000)
    parts = np.array_split(rng.permutation(4000), 5)
    scores = np.stack([-score, score], axis=1)
    steps = (rng.random(4000) < np.select([score < -0.5, score < 0.5], [0.5, 0.1], 0.9)).astype(int)
    assert isinstance(calibrator(scores, steps, np.ones(4000), parts), Isotonic)
    smooth = (rng.random(4000) < 1 / (1 + np.exp(-3 * score))).astype(int)
    chosen = calibrator(scores, smooth, np.ones(4000), parts)
    assert not isinstance(chosen, Isotonic)
    np.testing.assert_allclose(chosen.predict_proba(scores)[:, 1], 1 / (1 + np.exp(-3 * score)), atol=0.05)


def test_what_is_no_text_is_named() -> None:
    with pytest.raises(TableError, match=r"column text, row 1: expected text, got float nan"):
        as_table(["a", float("nan")])
    with pytest.raises(TableError, match=r"column target, row 0: expected text, got int64"):
        as_table(pd.DataFrame({"text": ["a"], "target": [3]}))
    with pytest.raises(TableError, match=r"column text: missing"):
        as_table(pd.DataFrame({"sentence": ["a"]}))
    with pytest.raises(TypeError, match="put it in a list"):
        as_table("one text")
    table = as_table(pd.DataFrame({"text": ["a", ""], "target": [None, "x"]}, index=[7, 7]))
    assert table["target"].tolist() == ["", "x"]
    assert table.index.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("#StandWithUkraine2022 now", "Stand With Ukraine 2022 now"),
        ("#prolife #NATOSummit #slava_ukraini", "prolife NATO Summit slava ukraini"),
        ("C# and # alone, iPhone", "C# and # alone, iPhone"),
        ("half a pair \ud800", "half a pair ?"),
    ],
)
def test_hashtags_are_read_as_words(text: str, read: str) -> None:
    assert readable(text) == read


def test_targets_are_told_apart_by_name() -> None:
    rows = pd.DataFrame({"text": ["."] * 4, "target": ["NATO", "nato ", "UN", ""]})
    model = Targets(columns=2).fit(rows)
    assert model.targets_.tolist() == ["nato", "un"]
    assert model.transform(rows).tolist() == [[1, 0], [1, 0], [0, 1], [0, 0]]
    assert Targets(columns=1).fit(rows).transform(rows)[2].tolist() == [0]


def test_few_rows_do_not_turn_scores_upside_down() -> None:
    """Held-out scores of balanced noise are lower for the right label; a free slope would be negative."""
    codes = np.tile([0, 1], 8)
    # Leaving out a row makes its label rarer among the other 15: 7 of 15 against 8 of 15.
    scores = np.where(np.eye(2)[codes] > 0, 7 / 15, 8 / 15)
    parts = [np.arange(start, 16, 4) for start in range(4)]
    free = Platt().fit(scores, codes).predict_proba(np.array([[1.0, 0.0]]))[0]
    assert free[0] < free[1]
    found = calibrator(scores, codes, np.ones(16), parts).predict_proba(np.array([[1.0, 0.0], [0.5, 0.5]]))
    assert found[0, 0] > 0.8
    np.testing.assert_allclose(found[1], 0.5, atol=1e-6)


def test_a_slope_and_intercepts_are_found_again() -> None:
    """Labels drawn from softmax(3 s + b) give back 3 and the differences of b, and weights count as rows do."""
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20000, 3))
    truth = softmax(3 * scores + [0.5, 0.0, -0.5], axis=1)
    codes = (truth.cumsum(axis=1) < rng.random((20000, 1))).sum(axis=1)
    found = Tempered().fit(scores, codes)
    np.testing.assert_allclose(np.exp(found.found_[0]), 3, rtol=0.05)
    np.testing.assert_allclose(np.diff(found.found_[1:]), -0.5, atol=0.08)
    twice = Tempered().fit(np.r_[scores, scores[:9000]], np.r_[codes, codes[:9000]])
    weight = np.where(np.arange(20000) < 9000, 2.0, 1.0)
    np.testing.assert_allclose(Tempered().fit(scores, codes, weight).found_, twice.found_, atol=0.01)
