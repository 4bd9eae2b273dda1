"""Everything a report says, as plain data: no markup, no drawing."""

from typing import Any

import pandas as pd

from corpus.versions.dataset import Dataset
from train import run
from train.evaluation.evaluate import Evaluated
from train.evaluation.looks import looks
from train.labelled import labelled, labels_of
from train.report.examples import examples, votes


def summarize(of: run.Run, dataset: Dataset, found: Evaluated) -> dict[str, Any]:
    """Collect the content of a report.

    Parameters
    ----------
    of, dataset : Run, Dataset
        The run and what it was fitted on.
    found : Evaluated
        Its scores, audits and receipts.

    Returns
    -------
    dict
        ``run``, ``metrics``, ``audits``, ``receipts``; ``looks`` and ``lookers`` (how often the test was looked at, by
        which runs); ``flow`` (counts of documents, sentences, ...); ``questions`` (a list, each
        with name, title, asks, scores, outlets, examples, agreement, unanimous); ``annotators`` (a list, each with
        name, sentences, skipped, simulated); ``split``.
    """
    predictions, metrics = of.predictions(), found.metrics
    log = looks(dataset.path)
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
                "examples": examples(data, predictions, dataset),
                "agreement": dataset.manifest.get("agreement", {}).get(name, {}),
                "unanimous": _unanimous(dataset, name),
            }
        )
    return {
        "run": of.manifest,
        "metrics": metrics,
        "audits": found.audits,
        "receipts": found.receipts,
        "looks": len(log),
        "lookers": sorted({run_id for line in log for run_id in line["runs"]}),
        "flow": _flow(dataset),
        "questions": questions,
        "annotators": _annotators(dataset, set(metrics["simulated_annotators"])),
        "split": _split(dataset),
    }


def _sentences(dataset: Dataset, rows: pd.DataFrame) -> pd.DataFrame:
    return dataset.sentences[dataset.sentences["sentence_id"].isin(rows.index)]


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
