"""Copies of sentences on both sides of the run's split, and in other folds than their like."""

from typing import Any

import pandas as pd

from corpus.copies.duplicates import find_links
from train.audits.finding import Suspicion
from train.audits.material import Material
from train.numbers import counted, number

# Of the test sentences, or of those predicted out of fold: from this share on copies are an alarm.
SHARE = 0.01
_LISTED = 50


def across(of: Material) -> dict[str, Any]:
    """Pairs of sentences that are copies, by their clusters or found anew, and not on the same side.

    Returns
    -------
    dict
        ``counts``: test (test sentences with a copy in the training rows) and folds (training sentences with a copy in
        another fold), of how many each. ``pairs``: rows of a table, those of the test first.
    """
    rows = of.rows.assign(split=of.rows["split"].mask(of.rows["fold"] >= 0, "train"))
    rows = rows[rows["split"].isin(["train", "test"])]
    origin = of.dataset.sentences.set_index("sentence_id").reindex(rows.index)
    links = find_links(
        pd.DataFrame(
            {"sentence_id": rows.index, "doc_id": rows["doc_id"], "start": origin["start"], "text": rows["text"]}
        ).reset_index(drop=True)
    )
    pairs = links.loc[links["level"] == "sentence", ["a", "b", "kind"]]
    known = rows.index.to_series().groupby(rows["cluster_id"].to_numpy())
    clustered = pd.DataFrame({"b": rows.index, "a": known.transform("min"), "kind": "cluster"})
    clustered = clustered[clustered["a"] != clustered["b"]]
    pairs = pd.concat([part for part in (pairs, clustered) if len(part)] or [pairs]).drop_duplicates(["a", "b"])
    side, fold = rows["split"].to_dict(), rows["fold"].to_dict()
    at_test: dict[str, str] = {}
    at_fold: dict[str, str] = {}
    kinds: dict[tuple[str, str], str] = {}
    for a, b, kind in pairs.itertuples(index=False):
        for one, two in ((a, b), (b, a)):
            kinds[one, two] = kind
            if (side[one], side[two]) == ("test", "train"):
                at_test.setdefault(one, two)
            elif side[one] == side[two] == "train" and fold[one] != fold[two]:
                at_fold.setdefault(one, two)
    text = rows["text"]
    listed = [(one, two) for found in (at_test, at_fold) for one, two in sorted(found.items())][:_LISTED]
    return {
        "counts": {
            "test": len(at_test),
            "of_test": int((rows["split"] == "test").sum()),
            "folds": len(at_fold),
            "of_train": int((rows["split"] == "train").sum()),
        },
        "pairs": [[one, two, kinds[one, two], text[one], text[two]] for one, two in listed],
    }


def suspicions(found: dict[str, Any]) -> list[Suspicion]:
    """Copies are a fact, and no matter of chance."""
    counts, said = found["counts"], []
    if counts["test"] >= max(1, SHARE * counts["of_test"]):
        what = counted(counts["test"], "test sentence is a copy", "test sentences are copies")
        said.append(f"{what} of a training sentence, of {number(counts['of_test'])}.")
    if counts["folds"] >= max(1, SHARE * counts["of_train"]):
        what = counted(counts["folds"], "training sentence has a copy", "training sentences have copies")
        said.append(f"{what} in another fold, of {number(counts['of_train'])}: scores out of fold are flattered.")
    return [Suspicion(says, None) for says in said]
