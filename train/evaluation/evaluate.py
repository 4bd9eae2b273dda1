"""metrics.json and receipts.json of a run: every score with its interval, the baseline, the verdict on sufficiency."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from corpus.dataset import Dataset
from corpus.files import write_json
from train import run
from train.crossfit import fitted, out_of_fold
from train.evaluation import metrics
from train.evaluation.receipts import receipts
from train.evaluation.sufficiency import sufficiency
from train.labelled import Labelled, labelled
from train.models import BASELINE, make
from train.settings import TrainSettings


@dataclass(frozen=True)
class Evaluated:
    """What :func:`evaluate` wrote.

    Parameters
    ----------
    metrics : dict
        The content of metrics.json.
    audits : tuple of dict
        For each question and check: name, question, verdict, reasons.
    """

    metrics: dict[str, Any]
    audits: tuple[dict[str, Any], ...]


def evaluate(of: run.Run) -> Evaluated:
    """Compute and write metrics.json and receipts.json of a run.

    Raises
    ------
    CheckFailed
        The dataset changed since the run was fitted.
    """
    dataset = of.dataset()
    measured = measure(of, dataset)
    write_json(of.path / run.METRICS, measured)
    write_json(of.path / run.RECEIPTS, receipts(of, dataset, measured))
    audits = ({"name": "enough data", "question": q} | s["sufficiency"] for q, s in measured["questions"].items())
    return Evaluated(measured, tuple(audits))


def measure(of: run.Run, dataset: Dataset) -> dict[str, Any]:
    """The content of metrics.json, computed from the run's predictions and the dataset's gold."""
    predictions = of.predictions()
    questions = {}
    for question in of.manifest["questions"]:
        data = labelled(dataset, question)
        own = predictions[predictions["question"] == question].set_index("sentence_id")["label"]
        questions[question] = _question(of, data, own)
    return {
        "format_version": run.FORMAT_VERSION,
        "run": of.id,
        "dataset": {key: of.manifest["dataset"][key] for key in ("name", "version")},
        "split": dataset.manifest["recipe"].get("split"),
        "model": of.manifest["model"],
        "simulated_annotators": dataset.manifest.get("simulated_annotators", []),
        "bootstrap": {
            "unit": "document",
            "draws": of.settings.bootstrap_draws,
            "confidence": 0.95,
            "seed": of.settings.seed,
        },
        "questions": questions,
    }


def _question(of: run.Run, data: Labelled, predicted: pd.Series) -> dict[str, Any]:
    skipped = of.manifest["skipped"].get(data.question)
    settings, train, test = of.settings, data.train, data.test
    majority = partial(make, BASELINE, settings.seed, settings)
    # Without a model there are no predictions: the rows to score are none, and the scores undefined.
    held_out, answer = pd.Series(dtype=str), None
    if not skipped:
        held_out = out_of_fold(majority, train, data.labels)[0]["label"]
        answer = str(fitted(majority, train).predict(["any text"])[0])
    block = partial(_scores, data=data, settings=settings)
    test_rows = test.assign(predicted=predicted.reindex(test.index), baseline=answer)
    train_rows = train.assign(predicted=predicted.reindex(train.index), baseline=held_out.reindex(train.index))
    scores = {
        "skipped": skipped,
        "labels": list(data.labels),
        "sides": list(data.sides) if data.sides else None,
        "n_train": len(train),
        "n_val": len(data.rows) - len(train) - len(test),
        "n_test": len(test),
        "n_test_documents": int(test["doc_id"].nunique()),
        "ties": data.ties,
        "without_gold": data.without_gold,
        "label_counts": {part: _label_counts(rows, data.labels) for part, rows in (("train", train), ("test", test))},
        **block(test_rows),
        "out_of_fold": block(train_rows),
    }
    scores["baseline"][BASELINE]["label"] = answer
    scores["warnings"] = _warnings(of, data)
    scores["sufficiency"] = sufficiency(scores, settings.enough)
    return scores


def _scores(rows: pd.DataFrame, data: Labelled, settings: TrainSettings) -> dict[str, Any]:
    """Scores of the rows (doc_id, label, predicted, baseline) that have a prediction, of model and baseline."""
    rows = rows.dropna(subset=["predicted", "baseline"])
    systems = [
        metrics.confusions(rows["doc_id"].tolist(), rows["label"].tolist(), rows[system].tolist(), data.labels)
        for system in ("predicted", "baseline")
    ]
    counts = np.stack(systems, axis=1)
    draws = metrics.resampled(counts, settings.bootstrap_draws, settings.seed) if len(counts) > 1 else None
    named: dict[str, metrics.Score] = {"accuracy": metrics.accuracy, "macro_f1": metrics.macro_f1}
    if data.sides:
        first, second = (data.labels.index(side) for side in data.sides)
        named["semeval_f1"] = metrics.semeval_f1((first, second))

    def estimated(pick: Any) -> dict[str, Any]:
        scores = {name: metrics.estimate(counts, pick(score), draws).as_dict() for name, score in named.items()}
        return {"semeval_f1": None} | scores

    model, baseline = counts.sum(0)[0], estimated(lambda score: lambda c: score(c[..., 1, :, :]))
    baseline["difference"] = estimated(lambda score: lambda c: score(c[..., 0, :, :]) - score(c[..., 1, :, :]))
    return {
        "n": len(rows),
        "n_documents": int(rows["doc_id"].nunique()),
        **estimated(lambda score: lambda c: score(c[..., 0, :, :])),
        "per_class": _per_class(model, data.labels),
        "confusion": model.astype(int).tolist(),
        "baseline": {BASELINE: baseline},
    }


def _per_class(confusion: metrics.Array, labels: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    named = {"precision": metrics.precision, "recall": metrics.recall, "f1": metrics.f1}
    values = {name: score(confusion) for name, score in named.items()}
    support = confusion.sum(-1).astype(int)
    return {
        label: {name: metrics.rounded(value[at]) for name, value in values.items()} | {"support": int(support[at])}
        for at, label in enumerate(labels)
    }


def _label_counts(rows: pd.DataFrame, labels: tuple[str, ...]) -> dict[str, int]:
    counts = rows["label"].value_counts()
    return {label: int(counts.get(label, 0)) for label in labels}


def _warnings(of: run.Run, data: Labelled) -> list[str]:
    found = list(of.manifest["fitted"].get(data.question, {}).get("notes", []))
    trained, tested = set(data.train["label"]), set(data.test["label"])
    if unseen := [label for label in data.labels if label in tested - trained]:
        found.append(f"The model cannot answer {', '.join(unseen)}: no training sentence has that label.")
    if absent := [label for label in data.labels if label not in tested]:
        found.append(f"Not tested, and not in macro-F1: {', '.join(absent)} (no test sentence has that label).")
    return found
