"""What a report counts of a dataset version: documents, sentences, annotators, the sides of the split, examples."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from corpus.versions.dataset import Dataset
from train.evaluation.examples import examples, votes
from train.evaluation.metrics import rounded
from train.labelled import labelled

# What metrics.json keeps of an example; its words are in the dataset.
_KEPT = ("sentence_id", "probability", "votes")


def counts(dataset: Dataset, predictions: pd.DataFrame, questions: Mapping[str, Any]) -> dict[str, Any]:
    """The part ``data`` of metrics.json: what a page says of the data, beside scores.

    Parameters
    ----------
    dataset : Dataset
        The version that the run was fitted on.
    predictions : pandas.DataFrame
        The run's predictions.parquet.
    questions : mapping
        The part ``questions`` of metrics.json.

    Returns
    -------
    dict
        ``flow`` (counts of documents, sentences, ...); ``annotators`` (a list, each with name, sentences, skipped,
        simulated); ``split``; ``questions``: for each ``with_gold`` (sentences), ``outlets`` of its test,
        ``unanimous``, ``agreement`` (as `stance label release` wrote it to the manifest) and ``examples`` (by title).
    """
    simulated = set(dataset.manifest.get("simulated_annotators", []))
    annotators = _annotators(dataset, simulated)
    flow = {"asked": len(annotators), "simulated": len(simulated)}
    return {
        "flow": _flow(dataset) | flow,
        "annotators": annotators,
        "split": _split(dataset),
        "questions": {name: _question(dataset, predictions, name, scores) for name, scores in questions.items()},
    }


def _question(dataset: Dataset, predictions: pd.DataFrame, name: str, scores: Mapping[str, int]) -> dict[str, Any]:
    data = labelled(dataset, name)
    tested = dataset.sentences[dataset.sentences["sentence_id"].isin(data.test.index)]
    return {
        "with_gold": scores["n_train"] + scores["n_val"] + scores["n_test"],
        "outlets": int(tested["outlet"].nunique()),
        "unanimous": _unanimous(dataset, name),
        "agreement": dataset.manifest.get("agreement", {}).get(name, {}),
        "examples": {
            title: [{key: row[key] for key in _KEPT} | {"probability": rounded(row["probability"])} for row in rows]
            for title, rows in examples(data, predictions, dataset).items()
        },
    }


def _flow(dataset: Dataset) -> dict[str, int]:
    answers = votes(dataset)
    return {
        "outlets": int(dataset.sentences["outlet"].nunique()),
        "documents": int(dataset.sentences["doc_id"].nunique()),
        "sentences": len(dataset.sentences),
        "labelled": int(answers["sentence_id"].nunique()),
        "annotators": int(answers["annotator"].nunique()),
        "annotations": int(answers.groupby(["sentence_id", "annotator"]).ngroups),
    }


def _annotators(dataset: Dataset, simulated: set[str]) -> list[dict[str, Any]]:
    """One record for each annotator, by name: how many sentences were answered, and how many skipped."""
    given = dataset.annotations
    found = (
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
        for name, row in found.iterrows()
    ]


def _unanimous(dataset: Dataset, question: str) -> dict[str, Any]:
    """Sentences that two or more people answered, how many of them got one answer only, and their share."""
    gold = dataset.gold[(dataset.gold["question"] == question) & (dataset.gold["votes"] > 1)]
    alike = int(gold["unanimous"].sum())
    return {"shared": len(gold), "unanimous": alike, "share": rounded(alike / len(gold)) if len(gold) else None}


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
