"""Agreement against published figures, other programs and what must hold of any table."""

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from corpus.errors import UsageError
from labeling.quality.agreement import LEVELS, agreement

# Krippendorff (2011), "Computing Krippendorff's alpha-reliability", section E: four observers, twelve units, gaps.
# Gwet uses the same ratings (a to e) for his coefficients.
PUBLISHED = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]


def long(ratings, documents=None) -> pd.DataFrame:
    """(annotators, items) codes, None or nan for a gap, as votes; each item a document of its own unless told."""
    rows = [
        {"sentence_id": f"s{item:03}", "annotator": f"a{who}", "label": str(int(code))}
        | {"doc_id": f"d{item if documents is None else documents[item]:03}"}
        for who, given_by in enumerate(ratings)
        for item, code in enumerate(given_by)
        if code is not None and not np.isnan(code)
    ]
    return pd.DataFrame(rows, columns=["sentence_id", "annotator", "label", "doc_id"])


def labels(n: int, first: int = 0) -> list[str]:
    return [str(code) for code in range(first, first + n)]


def published() -> pd.DataFrame:
    return long([[None if code == "." else int(code) for code in row] for row in PUBLISHED])


def theirs(ratings: np.ndarray, k: int, level: str) -> float:
    return float(krippendorff.alpha(reliability_data=ratings, level_of_measurement=level, value_domain=list(range(k))))


tables = st.tuples(st.integers(2, 4), st.integers(2, 8), st.integers(2, 4)).flatmap(
    lambda shape: st.tuples(
        st.lists(
            st.lists(st.one_of(st.none(), st.integers(0, shape[2] - 1)), min_size=shape[1], max_size=shape[1]),
            min_size=shape[0],
            max_size=shape[0],
        ),
        st.just(shape[2]),
    )
)


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_krippendorffs_published_example(level, alpha):
    found = agreement(published(), labels(5, 1), "q", level=level)
    assert found.alpha.value == pytest.approx(alpha, abs=0.0005)
    assert (found.items, found.items_with_overlap, found.annotators) == (12, 11, 4)


def test_ac1_of_gwets_published_examples():
    assert agreement(published(), labels(5, 1), "q").ac1.value == pytest.approx(0.77544, abs=5e-6)
    # Gwet (2002): 118 times both +, 5 and 2 times one of them, never both -; kappa is below zero, AC1 is .9408.
    two = [[0] * 118 + [0] * 5 + [1] * 2, [0] * 118 + [1] * 5 + [0] * 2]
    found = agreement(long(two), labels(2), "q")
    assert found.ac1.value == pytest.approx(0.9408, abs=5e-5)
    assert found.pairwise.loc[0, "kappa"] == pytest.approx(-0.0234, abs=5e-5)


@given(tables, st.sampled_from(LEVELS))
@settings(max_examples=80, deadline=None)
def test_alpha_equals_the_krippendorff_package(table, level):
    ratings, k = np.array(table[0], dtype=float), table[1]
    pairable = ratings[:, (~np.isnan(ratings)).sum(axis=0) >= 2]
    assume(len(np.unique(pairable[~np.isnan(pairable)])) > 1)
    found = agreement(long(ratings), labels(k), "q", level=level, draws=10)
    assert found.alpha.value == pytest.approx(theirs(ratings, k, level), abs=1e-9)


@given(tables)
@settings(max_examples=40, deadline=None)
def test_kappa_equals_scikit_learns(table):
    ratings = np.array(table[0], dtype=float)
    found = agreement(long(ratings), labels(table[1]), "q", draws=10).pairwise.set_index(["a", "b"])
    for a in range(len(ratings)):
        for b in range(a + 1, len(ratings)):
            both = ~np.isnan(ratings[a]) & ~np.isnan(ratings[b])
            if not both.any():
                assert (f"a{a}", f"a{b}") not in found.index
                continue
            row, (x, y) = found.loc[(f"a{a}", f"a{b}")], (ratings[a][both], ratings[b][both])
            assert row["items"] == both.sum()
            assert row["agreement"] == pytest.approx((x == y).mean())
            if len(np.unique([x, y])) == 1:
                assert pd.isna(row["kappa"])
            else:
                assert row["kappa"] == pytest.approx(cohen_kappa_score(x, y), abs=1e-9)


@given(tables, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_order_and_names_of_annotators_and_items_do_not_matter(table, random):
    votes = long(np.array(table[0], dtype=float))
    assume(len(votes))
    people, items = sorted(votes["annotator"].unique()), sorted(votes["sentence_id"].unique())
    renamed = dict(zip(people, random.sample(people, len(people)), strict=True))
    moved = dict(zip(items, random.sample(items, len(items)), strict=True))
    other = votes.assign(annotator=votes["annotator"].map(renamed), sentence_id=votes["sentence_id"].map(moved))
    other = other.sample(frac=1, random_state=random.randint(0, 99))
    for level in LEVELS:
        one = agreement(votes, labels(table[1]), "q", level=level, draws=10)
        two = agreement(other, labels(table[1]), "q", level=level, draws=10)
        for name in ("alpha", "ac1", "raw"):
            assert getattr(two, name).value == pytest.approx(getattr(one, name).value, abs=1e-9), (level, name)


@pytest.mark.parametrize(
    ("ratings", "undefined"),
    [
        ([[0, 1, None, None], [None, None, 1, 0]], {"alpha", "ac1", "raw"}),  # no overlap
        ([[1, 1, 1, 1], [1, 1, 1, 1]], {"alpha"}),  # one label only: nothing to disagree about
        ([[0, 1, 1, 0]], {"alpha", "ac1", "raw"}),  # one annotator
    ],
)
def test_what_is_undefined_is_none_and_says_why(ratings, undefined):
    found = agreement(long(ratings), labels(2), "q")
    for name in ("alpha", "ac1", "raw"):
        estimate = getattr(found, name)
        assert (estimate.value is None) == (name in undefined), name
        if estimate.value is None:
            assert (estimate.low, estimate.high) == (None, None)
            assert "overlap" in estimate.note or "two labels" in estimate.note
            assert estimate.as_dict()["note"] == estimate.note


def test_nothing_at_all_is_undefined_too():
    found = agreement(long([]), labels(2), "q")
    assert (found.alpha.value, found.items, found.annotators, len(found.pairwise)) == (None, 0, 0, 0)


def test_one_document_gets_no_interval_and_few_get_a_warning():
    ratings = [[0, 1, 0, 1, 0, 1], [0, 1, 0, 0, 0, 1]]
    one = agreement(long(ratings, documents=[0] * 6), labels(2), "q").alpha
    assert (one.low, one.high) == (None, None)
    assert "one document" in one.note
    few = agreement(long(ratings), labels(2), "q").alpha
    assert few.low < few.value <= few.high
    assert "6 documents, fewer than 20" in few.note
    many = agreement(long([row * 4 for row in ratings]), labels(2), "q").alpha
    assert many.note == ""


def test_a_second_vote_of_one_annotator_replaces_the_first():
    votes = long([[0, 1, 0, 1], [0, 1, 1, 1]])
    changed = votes.copy()
    changed.loc[(changed["annotator"] == "a1") & (changed["sentence_id"] == "s002"), "label"] = "0"
    again = changed[(changed["annotator"] == "a1") & (changed["sentence_id"] == "s002")]
    found = agreement(pd.concat([votes, again]), labels(2), "q")
    assert found.alpha == agreement(changed, labels(2), "q").alpha
    assert found.alpha.value == 1.0
    assert found.pairwise.loc[0, "items"] == 4


def test_an_unknown_label_is_named():
    with pytest.raises(UsageError, match=r"votes on q have labels .*: 2; known: 0, 1"):
        agreement(long([[0, 2]]), labels(2), "q")


def test_the_interval_is_seeded_and_resamples_documents():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, 120)
    ratings = [np.where(rng.random(120) < 0.7, truth, rng.integers(0, 3, 120)) for _ in range(3)]
    documents = np.repeat(np.arange(24), 5)
    one, again, other = (agreement(long(ratings, documents), labels(3), "q", seed=seed).alpha for seed in (1, 1, 2))
    assert one == again
    assert one.value == other.value
    assert (one.low, one.high) != (other.low, other.high)
    # Copies of a sentence inside its document are no new evidence: the interval must not narrow.
    copied = agreement(long([np.tile(r, 4) for r in ratings], np.tile(documents, 4)), labels(3), "q", seed=1).alpha
    assert copied.high - copied.low == pytest.approx(one.high - one.low, rel=0.05)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """Documents differ in difficulty, so an interval over sentences would be too narrow."""

    def draw(rng: np.random.Generator, documents: int) -> pd.DataFrame:
        difficulty = rng.choice([0.02, 0.6], documents)[np.repeat(np.arange(documents), 8)]
        truth = rng.integers(0, 2, documents * 8)
        flips = rng.random((2, documents * 8)) < difficulty / 2
        return long(np.where(flips, 1 - truth, truth), np.repeat(np.arange(documents), 8))

    truth = agreement(draw(np.random.default_rng(0), 4000), labels(2), "q", draws=10).alpha.value
    found = [agreement(draw(np.random.default_rng(seed), 40), labels(2), "q", draws=200).alpha for seed in range(1, 81)]
    assert 0.88 <= np.mean([alpha.low <= truth <= alpha.high for alpha in found]) <= 1.0
