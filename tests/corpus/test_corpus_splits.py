import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corpus import tables
from corpus.errors import TooFewLabels, UsageError
from corpus.splits import assign_split


def frame(clusters, documents=None, **columns):
    n = len(clusters)
    return pd.DataFrame(
        {
            "sentence_id": [f"s{number:04d}" for number in range(n)],
            "doc_id": documents or [f"d{number}" for number in range(n)],
            "cluster_id": [f"c{number}" for number in clusters],
            **columns,
        }
    )


@pytest.fixture(scope="module")
def released(news):
    origin = ["doc_id", "outlet", "event", "published_at"]
    return news.sentences.merge(news.documents[origin], on="doc_id")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from("abc")), min_size=3, max_size=60),
    st.sampled_from(["cluster", "document", "random"]),
    st.integers(2, 6),
    st.integers(0, 3),
)
def test_what_every_split_keeps(rows, by, folds, seed):
    clusters, documents, labels = zip(*rows, strict=True)
    table = frame(clusters, [f"d{document}" for document in documents])
    given_labels = pd.Series(labels, table["sentence_id"])
    try:
        split = assign_split(table, by=by, folds=folds, seed=seed, labels=given_labels)
    except TooFewLabels:
        assume(False)
    tables.check(split, tables.SPLIT)
    assert list(split["sentence_id"]) == sorted(table["sentence_id"])
    assert set(split["split"]) == {"train", "test"}
    training = split["split"] == "train"
    assert set(split.loc[~training, "fold"]) == {-1}
    used = set(split.loc[training, "fold"])
    assert used == set(range(len(used)))
    assert 2 <= len(used) <= folds
    assert split.groupby("group")[["split", "fold"]].nunique().max().max() == 1
    together = {"cluster": ["cluster_id"], "document": ["cluster_id", "doc_id"], "random": []}[by]
    for column in together:
        assert split.merge(table, on="sentence_id").groupby(column)["group"].nunique().max() == 1
    shuffled = assign_split(table.sample(frac=1, random_state=seed), by=by, folds=folds, seed=seed, labels=given_labels)
    pd.testing.assert_frame_equal(shuffled, split)


@pytest.mark.parametrize("by", ["cluster", "document", "random"])
def test_sizes_and_labels_are_as_asked_on_the_sample(released, intended, by):
    stance = intended.drop_duplicates("text").set_index("text")["stance"]
    labels = pd.Series(list(released["text"].map(stance)), released["sentence_id"])
    split = assign_split(released, by=by, seed=1, labels=labels).set_index("sentence_id")
    shares = split.assign(label=labels).groupby("split")["label"].value_counts(normalize=True).unstack()
    assert (split["split"] == "test").mean() == pytest.approx(0.2, abs=0.01)
    assert (shares.loc["test"] - shares.loc["train"]).abs().max() < 0.02
    folds = split[split["fold"] >= 0]["fold"].value_counts(normalize=True)
    assert folds.to_numpy() == pytest.approx(np.full(5, 0.2), abs=0.02)


@pytest.mark.parametrize("by", ["event", "outlet"])
def test_events_and_outlets_stay_whole(released, by):
    split = assign_split(released, by=by, seed=1).merge(released, on="sentence_id")
    assert split.groupby(by)["split"].nunique().max() == 1
    assert split.groupby("cluster_id")["split"].nunique().max() == 1


def test_outlets_that_all_carry_the_same_copy_cannot_be_split():
    with pytest.raises(TooFewLabels, match="3 groups, and 4 sentences make 1: everything hangs together"):
        assign_split(frame([0, 0, 0, 1], outlet=["a", "b", "c", "c"]), by="outlet", seed=1)


def test_the_newest_documents_are_the_test():
    days = pd.to_datetime(["2031-01-05", "2031-01-01", "2031-01-04", "2031-01-02", "2031-01-03"], utc=True)
    split = assign_split(frame(range(5), published_at=days), by="time", test_share=0.4, folds=2, seed=1)
    assert list(split["split"]) == ["test", "train", "test", "train", "train"]
    # A story that is carried again on the last day belongs to that day.
    split = assign_split(frame([0, 1, 2, 3, 1], published_at=days.sort_values()), by="time", folds=2, seed=1)
    assert list(split["split"]) == ["train", "test", "train", "train", "test"]
    with pytest.raises(UsageError, match="1 of 5 sentences have no published_at"):
        assign_split(frame(range(5), published_at=days.where(days < days.max())), by="time", seed=1)


def test_an_official_split_wins_and_straddling_clusters_are_noted():
    table = frame([0, 1, 2, 3, 0, 4], x_part=["train", "train", "val", "train", "test", "test"])
    split = assign_split(table, by="column:part", folds=2, seed=1)
    assert list(split["split"]) == list(table["x_part"])
    assert list(split["fold"] >= 0) == [True, True, False, True, False, False]
    assert split.attrs["notes"] == ["column:part puts copies on both sides, in 1 clusters: s0000"]


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (["train", "dev", None], UsageError, "column part: expected train, val, test, got 'dev', empty in 2 of 3"),
        (["train", "train", "val"], TooFewLabels, "column part puts no sentence in test"),
        (["train", "val", "test"], TooFewLabels, "the training part is one group"),
    ],
)
def test_an_official_split_that_cannot_be_used(values, error, message):
    with pytest.raises(error, match=message):
        assign_split(frame(range(3), x_part=values), by="column:part", seed=1)


def test_few_groups_give_fewer_folds_and_a_note():
    split = assign_split(frame([0, 0, 1, 2, 3]), by="cluster", folds=5, seed=1)
    assert split["fold"].max() == 2
    assert split.attrs["notes"] == ["3 folds instead of 5: the training part has 3 groups"]


def test_too_few_groups_and_unknown_splits_are_refused():
    with pytest.raises(TooFewLabels, match="at least 3 groups, and 4 sentences make 2"):
        assign_split(frame([0, 0, 1, 1]), by="cluster", seed=1)
    with pytest.raises(UsageError, match="no split 'author'; there are: cluster, document, random"):
        assign_split(frame([0, 1, 2]), by="author", seed=1)
    with pytest.raises(UsageError, match="no column 'nope'"):
        assign_split(frame([0, 1, 2]), by="column:nope", seed=1)


def test_one_huge_group_trains():
    split = assign_split(frame([0] * 50 + [1, 2, 3]), by="cluster", folds=2, seed=1)
    assert (split["split"][:50] == "train").all()


def test_another_seed_gives_another_split():
    table = frame(range(50))
    one, two = (assign_split(table, by="cluster", seed=seed) for seed in (1, 2))
    assert not one["split"].equals(two["split"])
