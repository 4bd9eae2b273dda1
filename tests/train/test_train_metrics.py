import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score

from train.evaluation import metrics

LABELS = ("a", "b", "c")
pairs = st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1)


def counts_of(rows: list[tuple[str, str, str]]) -> metrics.Array:
    documents, gold, predicted = zip(*rows, strict=True)
    return metrics.confusions(documents, gold, predicted, LABELS)


def test_closed_form() -> None:
    # Rows gold, columns predicted. a: TP 3, FP 2, FN 1; b: TP 2, FP 1, FN 2; c: never in gold, predicted once wrongly.
    confusion = np.array([[3.0, 1, 0], [2, 2, 0], [0, 0, 0]])
    assert metrics.accuracy(confusion) == pytest.approx(5 / 8)
    assert metrics.precision(confusion)[:2] == pytest.approx([3 / 5, 2 / 3])
    assert metrics.recall(confusion)[:2] == pytest.approx([3 / 4, 2 / 4])
    assert metrics.f1(confusion)[:2] == pytest.approx([6 / 9, 4 / 7])
    assert np.isnan([metrics.precision(confusion)[2], metrics.recall(confusion)[2], metrics.f1(confusion)[2]]).all()
    assert metrics.macro_f1(confusion) == pytest.approx((6 / 9 + 4 / 7) / 2)
    assert metrics.semeval_f1((0, 1))(confusion) == pytest.approx((6 / 9 + 4 / 7) / 2)
    assert np.isnan(metrics.semeval_f1((0, 2))(confusion))


def test_a_stray_prediction_costs_recall_only() -> None:
    with_stray = np.array([[4.0, 0, 1], [0, 5, 0], [0, 0, 0]])
    assert metrics.macro_f1(with_stray) == pytest.approx((8 / 9 + 1) / 2)


@given(pairs)
@settings(max_examples=60, deadline=None)
def test_equal_to_scikit_learn(rows: list[tuple[str, str, str]]) -> None:
    confusion = counts_of(rows).sum(0)
    gold, predicted = [row[1] for row in rows], [row[2] for row in rows]
    present = sorted(set(gold))
    each = {"labels": LABELS, "average": None, "zero_division": np.nan}
    np.testing.assert_array_equal(confusion, confusion_matrix(gold, predicted, labels=LABELS))
    np.testing.assert_allclose(metrics.precision(confusion), precision_score(gold, predicted, **each))
    np.testing.assert_allclose(metrics.recall(confusion), recall_score(gold, predicted, **each))
    np.testing.assert_allclose(metrics.f1(confusion), f1_score(gold, predicted, **each))
    assert metrics.accuracy(confusion) == pytest.approx(accuracy_score(gold, predicted))
    expected = f1_score(gold, predicted, labels=present, average="macro", zero_division=0)
    assert metrics.macro_f1(confusion) == pytest.approx(expected)


@given(pairs, st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_an_interval_has_its_edges_in_order_and_within_bounds(rows: list[tuple[str, str, str]], seed: int) -> None:
    counts = counts_of(rows)
    draws = metrics.resampled(counts, 100, seed) if len(counts) > 1 else None
    found = metrics.estimate(counts, metrics.macro_f1, draws)
    if found.low is None:
        assert len(counts) == 1
    else:
        assert 0 <= found.low <= found.high <= 1
        assert not found.reliable


def test_identical_documents_have_no_spread() -> None:
    one = [("a", "a"), ("a", "b"), ("b", "b"), ("c", "a")]
    counts = counts_of([(str(document), g, p) for document in range(25) for g, p in one])
    found = metrics.estimate(counts, metrics.accuracy, metrics.resampled(counts, 200, 0))
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)
    assert not found.reliable
    assert "artefact" in str(found.note)


def test_one_document_has_no_interval() -> None:
    found = metrics.estimate(counts_of([("d", "a", "a"), ("d", "b", "a")]), metrics.accuracy, None)
    assert found.as_dict() == {
        "value": 0.5, "low": None, "high": None, "reliable": False, "note": "all sentences come from one document",
    }  # fmt: skip


@pytest.mark.parametrize(("documents", "reliable"), [(19, False), (20, True)])
def test_few_documents_are_flagged(documents: int, reliable: bool) -> None:
    counts = counts_of([(f"{d:02}", "a", "a" if d % 2 else "b") for d in range(documents)])
    assert metrics.estimate(counts, metrics.accuracy, metrics.resampled(counts, 200, 0)).reliable is reliable


def test_no_rows_is_undefined_and_says_so() -> None:
    found = metrics.estimate(metrics.confusions([], [], [], LABELS), metrics.accuracy, None)
    assert (found.value, found.note) == (None, "undefined: no sentences")


def test_the_interval_of_a_share_is_that_of_the_binomial() -> None:
    # 400 documents of one sentence, 300 right: standard error sqrt(0.75 * 0.25 / 400) = 0.02165.
    counts = counts_of([(f"{d:03}", "a", "a" if d < 300 else "b") for d in range(400)])
    found = metrics.estimate(counts, metrics.accuracy, metrics.resampled(counts, 4000, 0))
    assert found.low == pytest.approx(0.75 - 1.96 * 0.02165, abs=0.004)
    assert found.high == pytest.approx(0.75 + 1.96 * 0.02165, abs=0.004)


def test_sentences_of_one_document_are_drawn_together() -> None:
    # The same 400 answers in 20 documents, each all right or all wrong: the interval is sqrt(20) times as wide.
    counts = counts_of([(f"{d % 20:02}", "a", "a" if d % 20 < 15 else "b") for d in range(400)])
    found = metrics.estimate(counts, metrics.accuracy, metrics.resampled(counts, 4000, 0))
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.0968, abs=0.05)


def test_blocks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = counts_of([(str(d), "a", "a" if d % 3 else "b") for d in range(30)])
    whole = metrics.resampled(counts, 50, 7)
    monkeypatch.setattr(metrics, "_BLOCK", 30 * 7)
    np.testing.assert_array_equal(metrics.resampled(counts, 50, 7), whole)


def test_systems_are_compared_on_the_same_draws() -> None:
    counts = counts_of([(str(d), "a", "a" if d % 3 else "b") for d in range(30)])
    draws = metrics.resampled(np.stack([counts, counts], axis=1), 50, 7)
    np.testing.assert_array_equal(draws[:, 0], draws[:, 1])
    assert (draws.sum((-2, -1)) == 30).all()
