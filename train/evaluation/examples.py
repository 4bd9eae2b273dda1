"""Sentences to read: where the model was right, wrong or unsure, and where people disagreed, with their votes."""

from typing import Any

import pandas as pd

from corpus.versions.dataset import Dataset
from train.abstention import sureness
from train.labelled import Labelled

_EACH = 5


def votes(dataset: Dataset) -> pd.DataFrame:
    """Answers that stand, with a label."""
    given = dataset.annotations
    return given[given["state"] == "submitted"].dropna(subset=["label"])


def examples(data: Labelled, predictions: pd.DataFrame, dataset: Dataset) -> dict[str, list[dict[str, Any]]]:
    """Test sentences by what happened to them; without any, an empty dict.

    Returns
    -------
    dict
        By title, at most five each, of copies one, or none: sentence_id, text, outlet, gold, predicted, probability of
        the model's answer, abstained, votes (number by label).
    """
    own = predictions[predictions["question"] == data.question].set_index("sentence_id")
    columns = [f"p_{label}" for label in data.labels if f"p_{label}" in own]
    rows = data.test.join(own[["label", "abstained", *columns]], how="inner", rsuffix="_predicted")
    if rows.empty:
        return {}
    given = votes(dataset)
    given = given[given["question"] == data.question]
    counted = given.groupby(["sentence_id", "label"]).size().unstack(fill_value=0).reindex(rows.index, fill_value=0)
    share = counted.max(axis="columns") / counted.sum(axis="columns").clip(lower=1)
    rows["disputed"] = (1 - share).where(counted.sum(axis="columns") > 1, 0.0)
    rows["sure"] = sureness(rows, "label_predicted")
    rows["cluster"] = dataset.sentences.set_index("sentence_id")["cluster_id"].reindex(rows.index)
    right = rows["label"] == rows["label_predicted"]
    # A stable order where probabilities are equal: rows are sorted by sentence_id.
    surest = rows.sort_values("sure", ascending=False, kind="stable")
    abstained = surest[surest["abstained"].astype(bool)]
    chosen = {
        "Surest and right": surest[right.loc[surest.index]],
        "Surest and wrong": surest[~right.loc[surest.index]],
        # A model without a bar answers all: the least sure are those that it would abstain from first.
        ("Abstained" if len(abstained) else "Least sure: abstained from first, were it to abstain"): (
            abstained if len(abstained) else surest[::-1]
        ),
        "Most disputed among annotators": rows[rows["disputed"] > 0].sort_values(
            "disputed", ascending=False, kind="stable"
        ),
    }
    outlets = dict(zip(dataset.sentences["sentence_id"], dataset.sentences["outlet"], strict=True))

    def example(sentence: str, row: pd.Series) -> dict[str, Any]:
        found = counted.loc[sentence]
        return {
            "sentence_id": sentence,
            "text": row["text"],
            "outlet": outlets[sentence] if isinstance(outlets[sentence], str) else None,
            "gold": row["label"],
            "predicted": row["label_predicted"],
            "probability": float(row["sure"]),
            "abstained": bool(row["abstained"]),
            "votes": {str(label): int(count) for label, count in found.items() if count},
        }

    return {
        # Of copies one is enough.
        title: [example(str(name), row) for name, row in part.drop_duplicates("cluster").head(_EACH).iterrows()]
        for title, part in chosen.items()
    }
