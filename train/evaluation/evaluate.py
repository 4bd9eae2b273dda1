"""metrics.json and receipts.json of a run: every score with its interval, the baseline, the verdict on sufficiency."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from corpus.errors import UsageError, listed
from corpus.files import sha256_file, write_json
from corpus.versions.dataset import Dataset
from train import abstention, run
from train.audits import METHOD, audits
from train.crossfit import fitted, out_of_fold
from train.evaluation.counts import counts
from train.evaluation.dependence import DEPENDENCE, units
from train.evaluation.looks import look, seen
from train.evaluation.metrics import rounded
from train.evaluation.receipts import inputs, receipts
from train.evaluation.scores import scored
from train.evaluation.sufficiency import sufficiency
from train.labelled import Labelled, labelled
from train.models import BASELINE, make


@dataclass(frozen=True)
class Evaluated:
    """The scores and audits of a run, as its files have them.

    Parameters
    ----------
    metrics, audits, receipts : dict
        The contents of metrics.json, audits.json and receipts.json.
    noted : bool
        False where the look at the test set could not be noted, because the dataset's folder is read-only.
    """

    metrics: dict[str, Any]
    audits: dict[str, Any]
    receipts: dict[str, Any]
    noted: bool = True

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """For each question and audit: name, question, verdict, p, says, reasons."""
        keys = ("verdict", "p", "says", "reasons")
        return [
            {"name": name, "question": question} | {key: audit[key] for key in keys}
            for question, audits in self.audits["questions"].items()
            for name, audit in audits.items()
        ]


def evaluate(of: run.Run, advance: Callable[[int], None] = lambda n: None, camp: tuple[str, ...] = ()) -> Evaluated:
    """Compute and write metrics.json, audits.json and receipts.json of a run, and note the look at the test set.

    ``camp`` names annotators who are a camp, against all others; without any, camps are looked for.

    Raises
    ------
    UsageError
        An annotator of the camp is none of the dataset's, or there are not two in it and two beside it.
    CheckFailed
        The dataset changed since the run was fitted.
    """
    dataset = of.dataset()
    _check_camp(dataset, camp)
    measured = measure(of, dataset)
    advance(1)
    found = audits(of, dataset, measured, advance, camp)
    audited = {"format_version": run.FORMAT_VERSION, "method": METHOD, "run": of.id, "camp": list(camp)}
    audited["questions"] = found
    write_json(of.path / run.METRICS, measured)
    write_json(of.path / run.AUDITS, audited)
    receipt = receipts(of, dataset, measured, audited)
    write_json(of.path / run.RECEIPTS, receipt)
    shown = seen(measured)
    return Evaluated(measured, audited, receipt, not shown or look(dataset.path, [of.id], "evaluate", shown))


def evaluated(of: run.Run, advance: Callable[[int], None] = lambda n: None) -> Evaluated:
    """What :func:`evaluate` wrote, if today's code wrote it from the inputs as they are; else it is computed."""
    dataset, camp = of.dataset(), ()
    try:
        files = [json.loads((of.path / name).read_text("utf-8")) for name in (run.METRICS, run.AUDITS, run.RECEIPTS)]
        there = Evaluated(*files)
        camp = tuple(there.audits.get("camp", ()))
        fresh = there.receipts["inputs"] == inputs(of, dataset)
        fresh &= there.receipts["code_sha256"]["evaluate"] == run.code_hash()
        fresh &= all(sha256_file(of.path / name) == sha256 for name, sha256 in there.receipts["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # Files that are damaged are made anew.
        fresh = False
    return there if fresh else evaluate(of, advance, camp)


def _check_camp(dataset: Dataset, camp: tuple[str, ...]) -> None:
    people = set(dataset.annotations["annotator"])
    if unknown := sorted(set(camp) - people):
        raise UsageError(
            f"no annotator of this dataset is called {listed(unknown)}; there are {listed(sorted(people))}"
        )
    if camp and not 2 <= len(set(camp)) <= len(people) - 2:
        raise UsageError(f"a camp needs two annotators, and two others; got {len(set(camp))} of {len(people)}")


def measure(of: run.Run, dataset: Dataset, unit: str = DEPENDENCE) -> dict[str, Any]:
    """The content of metrics.json, computed from the run's predictions and the dataset's gold.

    ``unit`` is what intervals are made of, as :func:`train.evaluation.dependence.units` names it.
    """
    predictions = of.predictions()
    clusters = dataset.sentences.set_index("sentence_id")["cluster_id"]
    questions = {}
    for question in of.manifest["questions"]:
        data = labelled(dataset, question)
        own = predictions[predictions["question"] == question].set_index("sentence_id")
        # Runs from before a risk could be stated abstain from nothing.
        known = ["predicted", *(f"p_{x}" for x in data.labels), *(["abstained"] if _risk(of) else [])]
        own = own.rename(columns={"label": "predicted"}).reindex(columns=known)
        gold = dataset.gold[dataset.gold["question"] == question].set_index("sentence_id")
        own["votes"] = gold["votes"].reindex(own.index)
        questions[question] = _question(of, data, own, lambda rows: units(rows, clusters, unit))
    return {
        "format_version": run.FORMAT_VERSION,
        "run": of.id,
        "dataset": {key: of.manifest["dataset"][key] for key in ("name", "version")},
        "split": dataset.manifest["recipe"].get("split"),
        "model": of.manifest["model"],
        "simulated_annotators": dataset.manifest.get("simulated_annotators", []),
        "bootstrap": {
            "unit": unit,
            "draws": of.settings.bootstrap_draws,
            "confidence": 0.95,
            "seed": of.settings.seed,
            # Runs without this have percentiles, which hold the true error too seldom.
            "ece": "norm",
        },
        "questions": questions,
        "data": counts(dataset, predictions, questions),
    }


def _question(
    of: run.Run, data: Labelled, predicted: pd.DataFrame, grouped: Callable[[pd.DataFrame], pd.Series]
) -> dict[str, Any]:
    skipped = of.manifest["skipped"].get(data.question)
    settings, train, test = of.settings, data.train, data.test
    majority = partial(make, BASELINE, settings.seed, settings)
    # Without a model there are no predictions: the rows to score are none, and the scores undefined.
    held_out, answer = pd.Series(dtype=str), None
    if not skipped:
        held_out = out_of_fold(majority, train, data.labels)[0]["label"]
        answer = str(fitted(majority, train).predict(["any text"])[0])
    counts = {part: _label_counts(rows, data.labels) for part, rows in (("train", train), ("test", test))}
    prior = np.array(list(counts["train"].values()), dtype=float) / max(1, len(train))

    def block(rows: pd.DataFrame, baseline: Any) -> dict[str, Any]:
        rows = rows.join(predicted)
        return scored(rows.assign(baseline=baseline, unit=grouped(rows)), data, prior, settings)

    scores = {
        "skipped": skipped,
        "labels": list(data.labels),
        "sides": list(data.sides) if data.sides else None,
        "n_train": len(train),
        "n_val": int(((data.rows["split"] == "val") & (data.rows["fold"] < 0)).sum()),
        "n_test": len(test),
        "n_test_documents": int(test["doc_id"].nunique()),
        "ties": data.ties,
        "without_gold": data.without_gold,
        "label_counts": counts,
        **block(test, answer),
        "out_of_fold": block(train, held_out.reindex(train.index)),
    }
    scores["baseline"][BASELINE]["label"] = answer
    if risk := _risk(of):
        own = predicted[predicted.index.isin(train.index)]
        bar = abstention.bar(own, train["label"], risk, "predicted")
        scores["abstention"] |= {"risk": risk, "threshold": None if bar == float("inf") else rounded(bar)}
    scores["warnings"] = _warnings(of, data)
    scores["sufficiency"] = sufficiency(scores, settings.enough)
    return scores


def _risk(of: run.Run) -> float | None:
    """The share of wrong answers that the run accepts; none of earlier runs, whose settings do not say."""
    risk: float | None = of.manifest["settings"].get("risk")
    return risk


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
