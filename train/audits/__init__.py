"""Eight audits of a run: what could make its numbers wrong, each with a verdict, its figures and its limits."""

from collections.abc import Callable, Mapping
from typing import Any

from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from corpus.versions.dataset import Dataset
from train.audits import ceiling, enough, label_errors, leaks, panel, slices, symmetry, words
from train.audits.finding import Finding, judged
from train.audits.material import Material, gather
from train.run import Run

# Of what the audits compute. Numbers of another method are no error, and are not compared. Goes up too when a sentence
# is worded otherwise: the numbers in it are compared by their places.
METHOD = 4
# In the order in which a reader asks.
AUDITS: dict[str, Callable[[Material], Finding]] = {
    "leaks": leaks.leaks,
    "ceiling": ceiling.ceiling,
    "panel": panel.panel,
    "symmetry": symmetry.symmetry,
    "slices": slices.slices,
    "label errors": label_errors.label_errors,
    "words": words.words,
    "enough data": enough.enough,
}


def audits(
    of: Run,
    dataset: Dataset,
    measured: Mapping[str, Any],
    advance: Callable[[int], None] = lambda n: None,
    camp: tuple[str, ...] = (),
) -> dict[str, dict[str, dict[str, Any]]]:
    """Every audit of every question, from the run and its dataset alone.

    Parameters
    ----------
    of, dataset : Run, Dataset
        The run, and the dataset version that it was fitted on.
    measured : mapping
        The content of metrics.json.
    advance : callable
        Called with 1 after each audit.
    camp : tuple of str
        Annotators who are a camp, against all others; without any, camps are looked for.

    Returns
    -------
    dict
        Question, then audit, then: ``verdict`` (clear, alarm or unknown); ``p`` before and ``p_holm`` after Holm's
        correction over the audits of the question (2.5 %; None where nothing is tested); ``says``, one sentence;
        ``reasons``, sentences; ``method``, the function; ``parameters``; ``seed``; ``numbers``, nested; ``tables``,
        a list of title, columns, rows; ``note``, the limits. The same inputs give the same values.
    """
    models: dict[str, Pipeline] = of.models()
    result = {}
    for question, scores in measured["questions"].items():
        methods = {name: f"{audit.__module__}.{audit.__qualname__}" for name, audit in AUDITS.items()}
        if scores["skipped"]:
            none = Finding(unknown=f"No model could be fitted: {scores['skipped']}.")
            result[question] = judged(dict.fromkeys(AUDITS, none), methods)
            advance(len(AUDITS))
            continue
        material = gather(of, dataset, question, models.get(question), scores, camp)
        findings = {}
        # One thread: how BLAS splits a sum over threads moves its last digits; and what is small is slower with two.
        with threadpool_limits(1, user_api="blas"):
            for name, audit in AUDITS.items():
                findings[name] = audit(material)
                advance(1)
        result[question] = judged(findings, methods)
    return result
