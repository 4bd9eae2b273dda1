"""From votes to one label per sentence and question; a tie is a fact, not a coin toss."""

from collections.abc import Collection
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from corpus import tables
from corpus.errors import TooFewLabels
from corpus.labels import Labels
from labeling.gold.crowd import Model, posterior

Method = Literal["majority", Model]
METHODS: tuple[Method, ...] = ("majority", *get_args(Model))
ADJUDICATED = "adjudicated"
# Labels as probable as this of each other are tied: models compute in floating point.
_EQUAL = 1e-9


def unknown(annotations: pd.DataFrame, question: str, known: Collection[str]) -> list[str]:
    """What :func:`votes` leaves out since the configuration does not know the label: a note for each such label."""
    given = annotations[(annotations["state"] == "submitted") & (annotations["question"] == question)]["label"]
    counts = given[~given.isin(list(known))].value_counts().sort_index()
    return [
        f"left out of {question}: {count} x {label!r}, a label that the configuration does not know"
        for label, count in counts.items()
    ]


def votes(annotations: pd.DataFrame, question: str, known: Collection[str]) -> pd.DataFrame:
    """The votes on a question: submitted answers, one row for each (sentence_id, annotator).

    Parameters
    ----------
    annotations : DataFrame
        The ``annotations`` table. Of several annotations of a sentence by one person, the one updated last counts,
        deleted ones left out; if that one is a skip, the person has no vote.
    question : str
        The question.
    known : collection of str
        Its labels. An answer with another one (given under another label set, or through the API) is no vote.

    Returns
    -------
    DataFrame
        Columns ``sentence_id``, ``annotator``, ``label``; sorted by the first two.
    """
    return counted(annotations, question, known)[["sentence_id", "annotator", "label"]]


def counted(annotations: pd.DataFrame, question: str, known: Collection[str]) -> pd.DataFrame:
    """The rows of ``annotations`` that :func:`votes` counts, with all their columns."""
    chosen = annotations[(annotations["question"] == question) & (annotations["state"] != "deleted")]
    chosen = chosen.sort_values(["sentence_id", "annotator", "updated_at", "annotation_id"], na_position="first")
    chosen = chosen.drop_duplicates(["sentence_id", "annotator"], keep="last")
    return chosen[(chosen["state"] == "submitted") & chosen["label"].isin(list(known))].reset_index(drop=True)


def aggregate(
    annotations: pd.DataFrame,
    labels: Labels,
    method: Method = "majority",
    *,
    min_probability: float = 0.0,
    decisions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The ``gold`` table of every question that is asked.

    Parameters
    ----------
    annotations : DataFrame
        That table.
    labels : Labels
        The questions.
    method : "majority", "dawid-skene", "mace" or "glad"
        See :func:`majority` and :func:`labeling.gold.crowd.posterior`.
    min_probability : float
        Of the models: a label that is less probable is left open, like a tie. The majority's share of votes is no
        probability, and is not compared.
    decisions : DataFrame
        The ``annotations`` of adjudicators; see :func:`settled`.

    Raises
    ------
    TooFewLabels
        Nobody submitted an answer.
    """
    given = {name: votes(annotations, name, question.labels) for name, question in labels.enabled.items()}
    parts = [
        majority(part, name)
        if method == "majority"
        else modelled(part, name, list(labels.enabled[name].labels), method, min_probability)
        for name, part in given.items()
        if len(part)
    ]
    if not parts:
        raise TooFewLabels("the ledger has no submitted label: label some sentences, then `stance label pull`")
    gold = pd.concat(parts, ignore_index=True)
    return gold if decisions is None else settled(gold, decisions, labels)


def settled(gold: pd.DataFrame, decisions: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """``gold`` in which what an adjudicator decided wins, whatever the votes.

    Parameters
    ----------
    gold : DataFrame
        That table.
    decisions : DataFrame
        The ``annotations`` of adjudicators. Of several decisions on one sentence the last counts; one that was skipped
        or deleted is none.
    labels : Labels
        The questions.

    Returns
    -------
    DataFrame
        The ``gold`` table with the same rows: of those decided, ``method`` is ``adjudicated``, ``adjudicator`` is who
        decided, and ``probability`` is null.
    """
    parts = []
    for name, question in labels.enabled.items():
        last = counted(decisions, name, question.labels).sort_values(["updated_at", "annotation_id"])
        last = last.drop_duplicates("sentence_id", keep="last")
        parts.append(last[["sentence_id", "question", "label", "annotator"]])
    found = gold.merge(pd.concat(parts), on=["sentence_id", "question"], how="left", suffixes=("", "_decided"))
    by = found["label_decided"].notna()
    return found.assign(
        label=found["label_decided"].where(by, found["label"]),
        method=found["method"].where(~by, ADJUDICATED),
        probability=found["probability"].where(~by),
        adjudicator=found["annotator"].where(by, None),
    )[list(tables.GOLD.columns)]


def majority(votes: pd.DataFrame, question: str) -> pd.DataFrame:
    """The label with the most votes; null where the most votes go to several labels.

    Parameters
    ----------
    votes : DataFrame
        As :func:`votes` gives it.
    question : str
        Its name, for the table.

    Returns
    -------
    DataFrame
        The ``gold`` table, sorted by sentence_id, with a row for every sentence that has a vote. ``probability`` is the
        share of votes for the winning label (of each of them, on a tie): a share, not a calibrated probability.
    """
    counts = votes.groupby(["sentence_id", "label"]).size().unstack(fill_value=0).sort_index()
    most, total = counts.max(axis=1).to_numpy(), counts.sum(axis=1).to_numpy()
    tied = counts.eq(most, axis=0).sum(axis=1).to_numpy() > 1
    return _table(counts, question, "majority", most / total, total, most, tied)


def modelled(
    votes: pd.DataFrame, question: str, labels: list[str], method: Model, min_probability: float
) -> pd.DataFrame:
    """The most probable label under a model of annotators; null on a tie, or where it is not probable enough.

    Parameters
    ----------
    votes, question
        As for :func:`majority`.
    labels : list of str
        Those of the question.
    method : "dawid-skene", "mace" or "glad"
        The model.
    min_probability : float
        Below it the label is left open.

    Returns
    -------
    DataFrame
        As of :func:`majority`; ``probability`` is the model's own.
    """
    probable = posterior(votes, labels, method)
    counts = votes.groupby(["sentence_id", "label"]).size().unstack(fill_value=0).reindex(probable.index)
    ordered = np.sort(probable.to_numpy(), axis=1)
    open_ = (ordered[:, -1] - ordered[:, -2] <= _EQUAL) | (ordered[:, -1] < min_probability)
    most, total = counts.max(axis=1).to_numpy(), counts.sum(axis=1).to_numpy()
    return _table(probable, question, method, ordered[:, -1], total, most, open_)


def _table(
    scores: pd.DataFrame,
    question: str,
    method: Method,
    probability: npt.NDArray[np.float64],
    total: npt.NDArray[np.int64],
    most: npt.NDArray[np.int64],
    open_: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sentence_id": scores.index.to_numpy(),
            "question": question,
            "label": scores.idxmax(axis=1).astype(object).where(~open_, None).to_numpy(),
            "method": method,
            "probability": probability,
            "votes": total,
            "unanimous": (most == total) & (total > 1),
            "adjudicator": None,
        }
    )[list(tables.GOLD.columns)]
