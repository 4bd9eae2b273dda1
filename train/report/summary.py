"""Everything a report says, as plain data: no markup, no drawing."""

from typing import Any

import pandas as pd

from corpus.dataset import Dataset
from train import run
from train.labelled import Labelled, labelled, labels_of

_EXAMPLES = 5


def summarize(of: run.Run, dataset: Dataset, metrics: dict[str, Any], receipts: dict[str, Any]) -> dict[str, Any]:
    """Collect the content of a report.

    Parameters
    ----------
    of, dataset : Run, Dataset
        The run and what it was fitted on.
    metrics, receipts : dict
        Contents of metrics.json and receipts.json.

    Returns
    -------
    dict
        ``run``, ``metrics``, ``receipts``; ``flow`` (counts of documents, sentences, ...); ``questions`` (a list, each
        with name, title, asks, scores, outlets, examples, agreement, unanimous); ``annotators`` (a list, each with
        name, sentences, skipped, simulated); ``split``.
    """
    predictions = of.predictions()
    spec = labels_of(dataset)
    questions = []
    for name, scores in metrics["questions"].items():
        data = labelled(dataset, name)
        questions.append(
            {
                "name": name,
                "title": name.replace("_", " ").capitalize(),
                "asks": spec.questions[name].title,
                "scores": scores,
                "outlets": int(_sentences(dataset, data.test)["outlet"].nunique()),
                "examples": _examples(data, predictions, dataset),
                "agreement": dataset.manifest.get("agreement", {}).get(name, {}),
                "unanimous": _unanimous(dataset, name),
            }
        )
    return {
        "run": of.manifest,
        "metrics": metrics,
        "receipts": receipts,
        "flow": _flow(dataset),
        "questions": questions,
        "annotators": _annotators(dataset, set(metrics["simulated_annotators"])),
        "split": _split(dataset),
    }


def _sentences(dataset: Dataset, rows: pd.DataFrame) -> pd.DataFrame:
    return dataset.sentences[dataset.sentences["sentence_id"].isin(rows.index)]


def _votes(dataset: Dataset) -> pd.DataFrame:
    given = dataset.annotations
    return given[given["state"] == "submitted"].dropna(subset=["label"])


def _flow(dataset: Dataset) -> dict[str, int]:
    votes = _votes(dataset)
    return {
        "outlets": int(dataset.sentences["outlet"].nunique()),
        "documents": int(dataset.sentences["doc_id"].nunique()),
        "sentences": len(dataset.sentences),
        "labelled": int(votes["sentence_id"].nunique()),
        "annotators": int(votes["annotator"].nunique()),
        "annotations": int(votes.groupby(["sentence_id", "annotator"]).ngroups),
    }


def _annotators(dataset: Dataset, simulated: set[str]) -> list[dict[str, Any]]:
    """One record for each annotator, by name: how many sentences were answered, and how many skipped."""
    given = dataset.annotations
    counts = (
        given[given["state"].isin(["submitted", "skipped"])]
        .groupby(["annotator", "state"])["sentence_id"]
        .nunique()
        .unstack(fill_value=0)
        .reindex(columns=["submitted", "skipped"], fill_value=0)
    )
    return [
        {
            "name": str(name),
            "sentences": int(row["submitted"]),
            "skipped": int(row["skipped"]),
            "simulated": name in simulated,
        }
        for name, row in counts.iterrows()
    ]


def _unanimous(dataset: Dataset, question: str) -> dict[str, int]:
    """Sentences that two or more people answered, and how many of them got one answer only."""
    gold = dataset.gold[(dataset.gold["question"] == question) & (dataset.gold["votes"] > 1)]
    return {"shared": len(gold), "unanimous": int(gold["unanimous"].sum())}


def _split(dataset: Dataset) -> dict[str, Any]:
    """The recipe of the split, and what lies on each side."""
    merged = dataset.sentences.merge(dataset.split, on="sentence_id", suffixes=("_of_source", ""))
    counted = {"sentences": "sentence_id", "documents": "doc_id", "outlets": "outlet", "clusters": "cluster_id"}
    parts = {
        str(part): {name: int(rows[column].nunique()) for name, column in counted.items()}
        for part, rows in merged.groupby("split")
    }
    both = merged.groupby("cluster_id")["split"].nunique()
    documents = merged.groupby("doc_id")["split"].nunique()
    return {
        "recipe": dataset.manifest["recipe"],
        "notes": dataset.manifest.get("notes", []),
        "parts": {part: parts[part] for part in ("train", "val", "test") if part in parts},
        "clusters": int(merged["cluster_id"].nunique()),
        "straddling_clusters": int((both > 1).sum()),
        "straddling_documents": int((documents > 1).sum()),
    }


def _examples(data: Labelled, predictions: pd.DataFrame, dataset: Dataset) -> dict[str, list[dict[str, Any]]]:
    """Test sentences that the model was surest of and right, surest of and wrong, and least sure of."""
    own = predictions[predictions["question"] == data.question].set_index("sentence_id")
    columns = [f"p_{label}" for label in data.labels if f"p_{label}" in own]
    rows = data.test.join(own[["label", *columns]], how="inner", rsuffix="_predicted")
    if rows.empty:
        return {}
    rows["sure"] = rows[columns].max(axis="columns")
    right = rows["label"] == rows["label_predicted"]
    # A stable order where probabilities are equal: rows are sorted by sentence_id.
    surest = rows.sort_values("sure", ascending=False, kind="stable")
    chosen = {
        "Surest and right": surest[right.loc[surest.index]],
        "Surest and wrong": surest[~right.loc[surest.index]],
        "Least sure": surest[::-1],
    }
    given = _votes(dataset)
    given = given[given["question"] == data.question]
    outlets = dict(zip(dataset.sentences["sentence_id"], dataset.sentences["outlet"], strict=True))

    def example(sentence: str, row: pd.Series) -> dict[str, Any]:
        votes = given.loc[given["sentence_id"] == sentence, "label"].value_counts().sort_index(kind="stable")
        return {
            "text": row["text"],
            "outlet": outlets[sentence] if isinstance(outlets[sentence], str) else None,
            "gold": row["label"],
            "predicted": row["label_predicted"],
            "probability": float(row["sure"]),
            "votes": {str(label): int(count) for label, count in votes.items()},
        }

    return {
        title: [example(str(sentence), row) for sentence, row in part.head(_EXAMPLES).iterrows()]
        for title, part in chosen.items()
        if len(part)
    }
