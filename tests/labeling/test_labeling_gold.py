"""From votes to gold: majority, ties, whose vote counts."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import tables
from corpus.errors import TooFewLabels
from corpus.labels import Labels
from labeling.gold.aggregate import aggregate, majority, votes

LABELS = Labels.model_validate(
    {
        "questions": {
            "stance": {"labels": {"a": {}, "b": {}, "c": {}}},
            "source": {"labels": {"x": {}, "y": {}}},
            "off": {"enabled": False, "labels": {"x": {}, "y": {}}},
        }
    }
)


def annotations(*rows) -> pd.DataFrame:
    """Rows of (sentence, annotator, label), optionally with minute, state and question."""
    made = []
    for number, (sentence, annotator, label, *more) in enumerate(rows):
        minute, state, question = (*more, *(0, "submitted", "stance")[len(more) :])
        made.append(
            {
                "annotation_id": f"server#{number:03}", "question": question, "sentence_id": sentence,
                "annotator": annotator, "state": state, "label": label, "suggestion": False, "revision": 1,
                "server": "server", "updated_at": pd.Timestamp(f"2026-01-01 00:{minute:02}", tz="UTC"),
            }
        )  # fmt: skip
    return pd.DataFrame(made, columns=list(tables.ANNOTATIONS.columns))


def gold(*rows) -> pd.DataFrame:
    return aggregate(annotations(*rows), LABELS).set_index(["question", "sentence_id"])


def test_majority_share_and_unanimity():
    found = gold(
        ("s1", "ann", "a"), ("s1", "bob", "a"), ("s1", "cy", "b"),
        ("s2", "ann", "c"), ("s2", "bob", "c"),
        ("s3", "ann", "b"),
    ).loc["stance"]  # fmt: skip
    assert list(found["label"]) == ["a", "c", "b"]
    assert list(found["probability"]) == [2 / 3, 1.0, 1.0]
    assert list(found["votes"]) == [3, 2, 1]
    assert list(found["unanimous"]) == [False, True, False], "one vote is nobody's agreement"


def test_a_tie_stays_open():
    found = gold(("s1", "ann", "a"), ("s1", "bob", "b"), ("s2", "ann", "a")).loc["stance"]
    assert found["label"].isna().tolist() == [True, False]
    assert found.loc["s1", "probability"] == 0.5
    assert not found.loc["s1", "unanimous"]


def test_every_asked_question_with_votes_gets_gold_and_the_table_holds():
    frame = aggregate(
        annotations(
            ("s1", "ann", "a"), ("s1", "ann", "y", 0, "submitted", "source"), ("s1", "ann", "x", 0, "submitted", "off")
        ),
        LABELS,
    )
    assert list(zip(frame["question"], frame["label"], strict=True)) == [("stance", "a"), ("source", "y")]
    tables.check(frame, tables.GOLD)


def test_skipped_and_deleted_do_not_vote():
    given = annotations(
        ("s1", "ann", "a"),
        ("s1", "bob", "b", 0, "deleted"),
        ("s1", "cy", None, 0, "skipped"),
        ("s2", "cy", None, 0, "skipped"),
    )
    assert votes(given, "stance", ["a", "b", "c"]).to_dict("records") == [
        {"sentence_id": "s1", "annotator": "ann", "label": "a"}
    ]


@pytest.mark.parametrize(
    ("later", "counts"),
    [
        (("s1", "ann", "b", 5), ["b"]),
        (("s1", "ann", None, 5, "skipped"), []),
        (("s1", "ann", "b", 5, "deleted"), ["a"]),
    ],
)
def test_of_several_annotations_of_one_person_the_last_that_stands_counts(later, counts):
    for rows in ([("s1", "ann", "a", 1), later], [later, ("s1", "ann", "a", 1)]):
        assert list(votes(annotations(*rows), "stance", ["a", "b", "c"])["label"]) == counts


def test_nobody_submitted_is_an_error_that_says_what_to_do():
    with pytest.raises(TooFewLabels, match=r"no submitted label.*stance label pull"):
        aggregate(annotations(("s1", "ann", None, 0, "skipped")), LABELS)
    with pytest.raises(TooFewLabels):
        aggregate(annotations(), LABELS)


@given(
    st.lists(st.tuples(st.sampled_from(["s1", "s2", "s3"]), st.sampled_from("vwxyz"), st.sampled_from("abc")),
             min_size=1, unique_by=lambda row: row[:2]),
    st.randoms(use_true_random=False),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_gold_is_the_label_no_other_reaches_whatever_the_order(rows, random):
    frame = pd.DataFrame(rows, columns=["sentence_id", "annotator", "label"])
    found = majority(frame, "stance")
    shuffled = random.sample(rows, len(rows))
    pd.testing.assert_frame_equal(majority(pd.DataFrame(shuffled, columns=frame.columns), "stance"), found)
    for _, item in found.iterrows():
        given = [label for sentence, _, label in rows if sentence == item["sentence_id"]]
        counts = {label: given.count(label) for label in given}
        top = [label for label, n in counts.items() if n == max(counts.values())]
        assert (item["label"] if pd.notna(item["label"]) else None) == (top[0] if len(top) == 1 else None)
        assert item["probability"] == pytest.approx(max(counts.values()) / len(given))
