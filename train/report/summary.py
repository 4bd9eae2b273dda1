"""Everything a report says, as plain data: no markup, no drawing."""

from typing import Any

from corpus.versions.dataset import Dataset
from train import run
from train.evaluation.evaluate import Evaluated
from train.evaluation.examples import examples
from train.evaluation.looks import looked
from train.labelled import labelled, labels_of


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
        ``run``, ``metrics``, ``audits``, ``receipts``; ``looks`` (how often the test was looked at, and by how many
        runs) and ``lookers`` (which); ``flow``, ``annotators``, ``split`` as :func:`train.evaluation.counts.counts` has
        them; ``questions`` (a list, each with name, title, asks, scores, examples, outlets, agreement, unanimous).
    """
    predictions, metrics = of.predictions(), found.metrics
    data, spec = metrics["data"], labels_of(dataset)
    looks, lookers = looked(dataset.path)
    return {
        "run": of.manifest,
        "metrics": metrics,
        "audits": found.audits,
        "receipts": found.receipts,
        "looks": looks,
        "lookers": lookers,
        "flow": data["flow"],
        "questions": [
            data["questions"][name]
            | {
                "name": name,
                "title": name.replace("_", " ").capitalize(),
                "asks": spec.questions[name].title,
                "scores": scores,
                "examples": examples(labelled(dataset, name), predictions, dataset),
            }
            for name, scores in metrics["questions"].items()
        ],
        "annotators": data["annotators"],
        "split": data["split"],
    }
