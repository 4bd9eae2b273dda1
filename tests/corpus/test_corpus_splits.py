import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corpus import tables
from corpus.errors import TooFewLabels, UsageError
from corpus.versions.splits import assign_split


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
        split = assign_split(table, by=by, folds=folds, seed=seed, labels=given_labels, missing_label="note")
    except TooFewLabels:
        assume(False)
    tables.check(split, tables.SPLIT)
    assert list(split["sentence_id"]) == sorted(table["sentence_id"])
    chained = "copies tie" in str(split.attrs["notes"])
    assert set(split["split"]) <= {"train", "test", *(["unused"] if chained else [])}
    training = split["split"] == "train"
    assert set(split.loc[~training, "fold"]) == {-1}
    used = set(split.loc[training, "fold"])
    assert used == set(range(len(used)))
    assert 2 <= len(used) <= folds
    assert split[split["split"] != "unused"].groupby("group")[["split", "fold"]].nunique().max().max() == 1
    together = {"cluster": ["cluster_id"], "document": ["doc_id", "cluster_id"], "random": []}[by]
    joined = split.merge(table, on="sentence_id")
    for column in together[:1] if chained else together:
        assert joined.groupby(column)["group"].nunique().max() == 1
    used_at_all = joined[joined["split"] != "unused"]
    assert by == "random" or used_at_all.groupby("cluster_id")["split"].nunique().max() == 1
    shuffled = assign_split(
        table.sample(frac=1, random_state=seed),
        by=by, folds=folds, seed=seed, labels=given_labels, missing_label="note",
    )  # fmt: skip
    pd.testing.assert_frame_equal(shuffled, split)
    try:
        strict = assign_split(table, by=by, folds=folds, seed=seed, labels=given_labels)
    except TooFewLabels:
        assert split.attrs["notes"]
        return
    strict["label"] = strict["sentence_id"].map(given_labels)
    assert strict[strict["split"] != "unused"].groupby("label")["split"].nunique().min() == 2
    assert strict[strict["split"] == "train"].groupby("label")["fold"].nunique().min() >= 2


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 6)), min_size=3, max_size=40),
    st.floats(0.1, 0.5),
)
def test_a_split_by_time_trains_on_what_is_older_than_the_test(rows, test_share):
    clusters, documents, _ = zip(*rows, strict=True)
    day = {document: day for _, document, day in rows}
    published = pd.to_datetime([f"2031-01-0{day[document]}" for document in documents], utc=True)
    table = frame(clusters, [f"d{document}" for document in documents], published_at=published)
    try:
        split = assign_split(table, by="time", test_share=test_share, folds=2, seed=1)
    except TooFewLabels:
        assume(False)
    tables.check(split, tables.SPLIT)
    joined = split.merge(table, on="sentence_id")
    train, test, unused = (joined[joined["split"] == side] for side in ("train", "test", "unused"))
    assert train["published_at"].max() < test["published_at"].min()
    assert not set(train["cluster_id"]) & set(test["cluster_id"])
    assert set(unused["cluster_id"]) <= set(test["cluster_id"])
    assert train.groupby("group")["fold"].nunique().max() == 1
    assert len(unused) == 0 or f"{len(unused)} of {len(table)} sentences are on neither side" in str(split.attrs)


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


def test_a_stock_sentence_does_not_tie_all_outlets_together():
    # Each outlet has three sentences of its own and one that all of them carry.
    clusters = [number if number % 4 else 0 for number in range(24)]
    table = frame(clusters, outlet=list(np.repeat(list("abcdef"), 4)))
    split = assign_split(table, by="outlet", folds=3, seed=1)
    joined = split.merge(table, on="sentence_id")
    (outlet,) = joined[joined["split"] == "test"]["outlet"].unique()
    assert set(joined[joined["split"] == "unused"]["cluster_id"]) == {"c0"}
    assert set(joined[joined["split"] == "train"]["outlet"]) == set("abcdef") - {outlet}
    assert not set(joined[joined["split"] == "train"]["cluster_id"]) & {"c0"}
    assert split.attrs["notes"] == [
        "copies tie 100% of the sentences together, so each outlet is a group of its own",
        "5 of 24 sentences are on neither side: they are copies of test sentences",
    ]


def test_copies_in_other_folds_are_said():
    clusters = [*range(12), 20, 20, 20, 20, 30]
    table = frame(clusters, outlet=[*"aabbccddeeff", *"abcd", "e"])
    split = assign_split(table, by="outlet", folds=3, seed=1)
    joined = split.merge(table, on="sentence_id")
    across = joined[joined["fold"] >= 0].groupby("cluster_id")["fold"].nunique() > 1
    said = [note for note in split.attrs["notes"] if "copies in other folds" in note]
    assert bool(across.any()) == bool(said)


def test_one_outlet_cannot_be_split():
    with pytest.raises(TooFewLabels, match="3 groups, and 4 sentences make 1: everything hangs together"):
        assign_split(frame([0, 1, 2, 3], outlet=list("aaaa")), by="outlet", seed=1)


def test_a_sealed_test_set_in_every_group_leaves_nothing_to_train_with():
    table = frame([0, 1, 2, 3], ["d0", "d0", "d1", "d1"])
    with pytest.raises(TooFewLabels, match="every group holds sentences of the sealed test set"):
        assign_split(table, by="document", seed=1, sealed=["s0000", "s0002"])


def test_the_newest_documents_are_the_test():
    days = pd.to_datetime(["2031-01-05", "2031-01-01", "2031-01-04", "2031-01-02", "2031-01-03"], utc=True)
    split = assign_split(frame(range(5), published_at=days), by="time", test_share=0.4, folds=2, seed=1)
    assert list(split["split"]) == ["test", "train", "test", "train", "train"]
    # What is carried again on the last day would be learnt by heart: the older copy is not used.
    split = assign_split(frame([0, 1, 2, 3, 1], published_at=days.sort_values()), by="time", folds=2, seed=1)
    assert list(split["split"]) == ["train", "unused", "train", "train", "test"]
    assert split.attrs["notes"] == [
        "1 of 5 sentences are on neither side: they are older copies of test sentences (the test begins on 2031-01-05)"
    ]
    with pytest.raises(TooFewLabels, match="needs at least 2 dates, and all 3 sentences have one"):
        assign_split(frame(range(3), published_at=days[:1].repeat(3)), by="time", seed=1)
    with pytest.raises(TooFewLabels, match="nothing to train with"):
        assign_split(frame([0, 0], published_at=days[:2]), by="time", seed=1)
    with pytest.raises(UsageError, match="1 of 5 sentences have no published_at"):
        assign_split(frame(range(5), published_at=days.where(days < days.max())), by="time", seed=1)


def test_an_official_split_wins_and_straddling_clusters_are_noted():
    table = frame([0, 1, 2, 3, 0, 4], x_part=["train", "train", "val", "train", "test", "test"])
    split = assign_split(table, by="column:part", folds=2, seed=1)
    assert list(split["split"]) == list(table["x_part"])
    assert list(split["fold"] >= 0) == [True, True, True, True, False, False]
    assert split.attrs["notes"] == ["column:part puts copies on both sides, in 1 clusters: s0000"]


@pytest.mark.parametrize("before", [True, False])
def test_what_stands_in_the_test_moves_no_training_fold(before):
    """A copy of a training sentence in the test has another id when its text changes."""
    table = frame([*range(30), 0], x_part=["train"] * 30 + ["test"])
    other = table.assign(sentence_id=[*table["sentence_id"][:30], "r9999" if before else "t9999"])
    one, two = (
        assign_split(rows, by="column:part", folds=3, seed=1).query("split == 'train'").reset_index(drop=True)
        for rows in (table, other)
    )
    pd.testing.assert_frame_equal(one, two)
    assert one["group"].isin(one["sentence_id"]).all()


def test_an_official_split_is_noted_where_a_label_is_in_one_training_group():
    table = frame(range(6), x_part=["train"] * 4 + ["test"] * 2)
    labels = pd.Series(list("aaabab"), table["sentence_id"])
    split = assign_split(table, by="column:part", folds=2, seed=1, labels=labels)
    assert any("label 'b' is in 1 group of the training part" in note for note in split.attrs["notes"])


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (["train", "dev", None], UsageError, "column part: expected train, val, test, got 'dev', empty in 2 of 3"),
        (["train", "train", "val"], TooFewLabels, "column part puts no sentence in test"),
        (["train", "test", "test"], TooFewLabels, "the training part is one group"),
    ],
)
def test_an_official_split_that_cannot_be_used(values, error, message):
    with pytest.raises(error, match=message):
        assign_split(frame(range(3), x_part=values), by="column:part", seed=1)


@pytest.mark.parametrize(
    ("labels", "by", "message"),
    [
        ("aaaaaaaaab", "cluster", "label 'b' is missing in test; it has 1 in train"),
        (
            "aaaaaaaabb",
            "cluster",
            "label 'b' is in 1 group of the training part .1 of 7 sentences.*split.missing_label",
        ),
        ("aaabbbbbbb", "time", "split by time: label 'a' is missing in test; it has 3 in train"),
    ],
)
def test_a_label_that_cannot_be_everywhere_is_refused_or_noted(labels, by, message):
    days = pd.date_range("2031-01-01", periods=10, tz="UTC")
    table = frame(range(10), published_at=days)
    given_labels = pd.Series(list(labels), table["sentence_id"])
    with pytest.raises(TooFewLabels, match=message):
        assign_split(table, by=by, seed=1, folds=2, labels=given_labels)
    split = assign_split(table, by=by, seed=1, folds=2, labels=given_labels, missing_label="note")
    assert any("label" in note for note in split.attrs["notes"])


def test_a_rare_label_is_on_both_sides_and_in_every_fold():
    table = frame(range(40))
    given_labels = pd.Series(["a"] * 36 + ["b"] * 4, table["sentence_id"])
    split = assign_split(table, by="cluster", seed=1, labels=given_labels)
    rare = split[split["sentence_id"].map(given_labels) == "b"]
    assert rare["split"].value_counts().to_dict() == {"train": 3, "test": 1}
    assert sorted(rare["fold"]) == [-1, 0, 1, 2]
    assert split.attrs["notes"] == ["3 folds instead of 5: label 'b' is in 3 groups of the training part"]


def test_sizes_that_are_far_from_what_was_asked_are_noted():
    split = assign_split(frame([0] * 50 + [1, 2, 3]), by="cluster", folds=2, seed=1)
    assert split.attrs["notes"] == [
        "the test has 4% of the sentences instead of 20%, as near as the groups allow",
        "fold 1 has 2% of the training sentences instead of 50%, as near as the groups allow",
    ]


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


@pytest.mark.parametrize("by", ["cluster", "document"])
def test_a_sealed_test_set_is_the_test_and_what_hangs_on_it_is_unused(by):
    table = frame([*range(20), 0], documents=[f"d{number // 2}" for number in range(21)])
    sealed = {"s0000", "s0010"}
    split = assign_split(table, by=by, folds=3, seed=1, sealed=sealed).set_index("sentence_id")
    assert set(split.index[split["split"] == "test"]) == sealed
    unused = {"s0020"} if by == "cluster" else {"s0001", "s0011", "s0020"}
    assert set(split.index[split["split"] == "unused"]) == unused
    assert set(split.loc[split["split"] != "train", "fold"]) == {-1}
    assert any("sealed" in note for note in split.attrs["notes"])


def test_a_sealed_test_set_and_a_split_by_time_exclude_each_other():
    table = frame(range(6), published_at=pd.date_range("2026-01-01", periods=6, tz="UTC"))
    with pytest.raises(UsageError, match="a test set of 1 sentences is sealed"):
        assign_split(table, by="time", seed=1, sealed={"s0003"})
