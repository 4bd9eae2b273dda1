"""Scores of probabilities: published closed forms, scikit-learn's values, and what must hold."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import train_datasets as made
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import log_loss, matthews_corrcoef

from corpus.versions.dataset import Dataset
from train.evaluation import metrics, probability
from train.evaluation.dependence import units
from train.evaluation.evaluate import measure
from train.fit import fit
from train.settings import TrainSettings

P = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.25, 0.25]])
GOLD = np.array([0, 2, 0])


def test_brier_of_1950() -> None:
    """Brier's own sum over classes: a sure and right forecast has 0, a sure and wrong one 2, an even one of two 1/2."""
    hot = np.eye(2)
    assert probability.briers(np.array([[1.0, 0], [0, 1], [0.5, 0.5]]), hot[[0, 0, 0]]).tolist() == [0, 2, 0.5]
    expected = [0.09 + 0.04 + 0.01, 0.01 + 0.36 + 0.49, 0.25 + 0.0625 + 0.0625]
    assert probability.briers(P, np.eye(3)[GOLD]) == pytest.approx(expected)


def test_log_loss_is_that_of_scikit_learn_and_finite_for_the_impossible() -> None:
    assert probability.log_losses(P, GOLD).mean() == pytest.approx(log_loss(GOLD, P, labels=[0, 1, 2]))
    assert probability.log_losses(np.array([[0.0, 1.0]]), np.array([0])) == pytest.approx(-np.log(1e-15))


def test_cross_entropy_is_least_at_the_votes_and_is_then_their_entropy() -> None:
    votes = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    assert probability.cross_entropies(votes, votes) == pytest.approx([np.log(2), 0], abs=1e-12)
    assert (probability.cross_entropies(P[:2], votes) >= probability.cross_entropies(votes, votes)).all()
    # With all votes on one label it is log loss, and the distance is what is missing from it.
    assert probability.cross_entropies(P, np.eye(3)[GOLD]) == pytest.approx(probability.log_losses(P, GOLD))
    assert probability.distances(P, np.eye(3)[GOLD]) == pytest.approx([0.3, 0.7, 0.5])


def test_calibration_error_by_hand() -> None:
    # Bin (0.8, 0.9]: two rows, mean 0.85, one right. Bin (0.5, 0.6]: two, mean 0.6, both right.
    confidence = np.array([0.9, 0.8 + 1e-9, 0.6, 0.6])
    found = probability.binned(confidence, np.array([True, False, True, True]))
    assert found.sum(0)[8].tolist() == pytest.approx([2, 1.7, 1])
    assert probability.ece(found.sum(0)) == pytest.approx((2 * abs(0.85 - 0.5) + 2 * abs(0.6 - 1)) / 4)
    # The edges: 0 lies in the first bin, 1 in the last, an edge in the bin below.
    edges = probability.binned(np.array([0.0, 1.0, 0.1]), np.array([True, True, True])).sum(0)[:, 0]
    assert edges[[0, 9]].tolist() == [2, 1]
    assert np.isnan(probability.ece(np.zeros((10, 3))))


def _held(gap: float, documents: int, seed: int) -> bool:
    """Whether the interval holds ``gap`` where each answer is right so much less often than the model says it is."""
    rng = np.random.default_rng(seed)
    units = np.repeat(np.arange(documents), 5)
    confidence = 0.4 + 0.6 * rng.beta(2, 1.2, len(units))
    # What is of one document goes together: a third of the spread is the document's.
    luck = np.sqrt(0.3) * rng.normal(size=documents)[units] + np.sqrt(0.7) * rng.normal(size=len(units))
    own = probability.sums(units, probability.binned(confidence, stats.norm.cdf(luck) < confidence - gap))
    found = metrics.estimate(own, probability.ece, metrics.resampled(own, 400, seed), probability.ece_edges)
    assert found.low is not None
    assert found.high is not None
    assert found.value is not None
    assert found.low <= found.value <= found.high
    return found.low <= gap <= found.high


@pytest.mark.parametrize("documents", [20, 60])
@pytest.mark.parametrize("gap", [0.0, 0.05, 0.2])
def test_the_interval_of_the_calibration_error_holds_the_truth(gap: float, documents: int) -> None:
    # Percentiles of resamples held a true error of 0 never, and one of 0.05 in four of five cases at most.
    assert np.mean([_held(gap, documents, seed) for seed in range(200)]) >= 0.93


def test_the_interval_of_a_large_calibration_error_says_that_it_is_large() -> None:
    units, rng = np.arange(2000), np.random.default_rng(1)
    confidence = np.full(2000, 0.85)
    own = probability.sums(units, probability.binned(confidence, rng.random(2000) < 0.65))
    low, high = probability.ece_edges(own.sum(0), metrics.resampled(own, 2000, 1))
    # One bin, so its error is a mean, with the interval of one.
    spread = 1.96 * np.sqrt(0.65 * 0.35 / 2000)
    error = float(probability.ece(own.sum(0)))
    # From below it is the interval of both directions.
    assert (error - low, high - error) == pytest.approx((spread * 2.24 / 1.96, spread), rel=0.1)


def test_area_under_risk_and_coverage_by_hand() -> None:
    # Risks at coverage 1/4, 2/4, 3/4, 1: 0, 1/2, 1/3, 1/2.
    confidence, right = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False])
    assert probability.aurc(confidence, right) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    # Nothing tells rows apart that are equally sure: the risk is that of all, in whatever order they come.
    assert probability.aurc(np.full(4, 0.5), right) == probability.aurc(np.full(4, 0.5), right[::-1]) == 0.5
    bars = probability.thresholds(confidence)
    total = probability.answered(confidence, right, bars).sum(0)
    at = probability.COVERAGES.index
    assert total[at(0.25)].tolist() == [1, 0]
    assert total[at(0.5)].tolist() == [2, 1]
    assert total[at(1.0)].tolist() == [4, 2]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=40))
@budget(max_examples=60, deadline=None)
def test_matthews_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    gold, predicted = zip(*pairs, strict=True)
    confusion = np.zeros((3, 3))
    np.add.at(confusion, (gold, predicted), 1)
    if len(set(gold)) == 1 or len(set(predicted)) == 1:
        assert np.isnan(metrics.mcc(confusion))  # scikit-learn says 0, as if it had been measured.
    else:
        assert metrics.mcc(confusion) == pytest.approx(matthews_corrcoef(gold, predicted))


def test_matthews_of_two_labels_is_phi() -> None:
    tp, fn, fp, tn = 6.0, 2.0, 1.0, 3.0  # the worked example of the two-class coefficient (Matthews, 1975)
    phi = (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    assert metrics.mcc(np.array([[tp, fn], [fp, tn]])) == pytest.approx(phi)


def test_documents_with_copies_are_drawn_as_one() -> None:
    rows = pd.DataFrame({"doc_id": ["b", "a", "a", "c", "d", "e"]}, index=list("123456"))
    clusters = pd.Series(["x", "x", "y", "z", "w", "v"], index=rows.index)
    assert units(rows, clusters, "dependence").tolist() == ["a", "a", "a", "c", "d", "e"]
    assert units(rows, clusters, "document").tolist() == rows["doc_id"].tolist()
    # One stock sentence in most documents would leave a single group.
    assert units(rows, pd.Series("stock", rows.index), "dependence").tolist() == rows["doc_id"].tolist()


def test_scores_of_a_run(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    there = fit(dataset, runs=tmp_path / "runs", settings=settings, questions=("stance",)).run
    found = measure(there, dataset)["questions"]["stance"]
    rows = there.predictions().merge(dataset.gold, on=["sentence_id", "question"], suffixes=("", "_gold"))
    rows = rows.merge(dataset.split, on="sentence_id").query("split == 'test'")
    labels = list(made.STANCES)
    p = rows[[f"p_{label}" for label in labels]].to_numpy()
    gold = rows["label_gold"].map(labels.index).to_numpy()
    assert found["log_loss"]["value"] == pytest.approx(log_loss(gold, p, labels=[0, 1, 2]), abs=1e-6)
    assert found["brier"]["value"] == pytest.approx(((p - np.eye(3)[gold]) ** 2).sum(1).mean(), abs=1e-6)
    assert found["mcc"]["value"] == pytest.approx(matthews_corrcoef(rows["label_gold"], rows["label"]), abs=1e-6)
    for name in ("log_loss", "brier", "ece", "mcc"):
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"]
    assert found["log_loss"]["value"] < found["prior_log_loss"]["value"]
    assert sum(each["n"] for each in found["calibration"]) == found["n"] == 48
    last = found["risk_coverage"]["points"][-1]
    assert (last["n"], last["risk"]["value"]) == (48, pytest.approx(1 - found["accuracy"]["value"], abs=1e-6))
    f1 = found["per_class"]["neutral"]
    assert f1["intervals"]["f1"]["value"] == f1["f1"]
    assert f1["intervals"]["f1"]["low"] <= f1["f1"] <= f1["intervals"]["f1"]["high"]


def test_votes_are_scored_where_there_are_several(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    panel = ("a@example.org", "b@example.org")
    dataset = make_dataset(made.rows(), simulated=panel)
    there = fit(dataset, runs=tmp_path / "runs", settings=settings, questions=("stance",)).run
    found = measure(there, dataset)["questions"]["stance"]
    # Both always answer what gold says: the scores against votes are the scores against gold.
    assert found["soft"]["n"] == 48
    assert found["soft"]["cross_entropy"]["value"] == found["log_loss"]["value"]
    assert found["soft"]["entropy"]["value"] == 0
    alone = dataset.gold.assign(votes=1)
    assert measure(there, Dataset(**vars(dataset) | {"gold": alone}))["questions"]["stance"]["soft"] is None


@pytest.mark.parametrize(
    ("low", "high", "units", "note"),
    [
        (0.1, 0.3, 60, None),
        (0.1, 0.3, 59, "only 59 documents: such an interval tends to be too narrow"),
        (0.2, 0.2, 60, "every resample gave the same value: the interval is an artefact"),
        (None, None, 1, "all sentences come from one document"),
    ],
)
def test_the_interval_of_the_area_is_relied_on_from_60_documents_on(
    low: float | None, high: float | None, units: int, note: str | None
) -> None:
    found = probability.area({"aurc": 0.2, "aurc_low": low, "aurc_high": high}, units)
    assert (found.value, found.low, found.high) == (0.2, low, high)
    assert (found.reliable, found.note) == (note is None, note)
    assert probability.area(dict.fromkeys(("aurc", "aurc_low", "aurc_high")), 0).note == "undefined: no sentences"


def test_the_area_has_an_interval_over_units() -> None:
    rng = np.random.default_rng(0)
    confidence, units = rng.random(400), np.arange(400) // 4
    right = rng.random(400) < 0.5 + 0.4 * confidence
    low, high = probability.aurc_edges(confidence, right, units, 200, 0)
    assert low is not None
    assert high is not None
    assert low < probability.aurc(confidence, right) < high
    # Units that are all alike leave nothing to chance; one unit makes no interval.
    alike = np.tile([0.9, 0.8, 0.7, 0.6], 100), np.tile([True, True, False, False], 100)
    assert probability.aurc_edges(*alike, units, 50, 0) == pytest.approx((probability.aurc(*alike),) * 2)
    assert probability.aurc_edges(confidence, right, np.zeros(400, dtype=int), 50, 0) == (None, None)
