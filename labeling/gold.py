"""From votes to one label per sentence and question; a tie is a fact, not a coin toss."""

import pandas as pd

from corpus import tables
from corpus.errors import TooFewLabels
from corpus.labels import Labels


def votes(annotations: pd.DataFrame, question: str) -> pd.DataFrame:
    """The votes on a question: submitted answers, one row for each (sentence_id, annotator).

    Parameters
    ----------
    annotations : DataFrame
        The ``annotations`` table. Of several annotations of a sentence by one person, the one updated last counts,
        deleted ones left out; if that one is a skip, the person has no vote.
    question : str
        The question.

    Returns
    -------
    DataFrame
        Columns ``sentence_id``, ``annotator``, ``label``; sorted by the first two.
    """
    chosen = annotations[(annotations["question"] == question) & (annotations["state"] != "deleted")]
    chosen = chosen.sort_values(["sentence_id", "annotator", "updated_at", "annotation_id"], na_position="first")
    chosen = chosen.drop_duplicates(["sentence_id", "annotator"], keep="last")
    chosen = chosen[chosen["state"] == "submitted"]
    return chosen[["sentence_id", "annotator", "label"]].reset_index(drop=True)


def aggregate(annotations: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """The ``gold`` table of every question that is asked, by majority.

    Raises
    ------
    TooFewLabels
        Nobody submitted an answer.
    """
    parts = [majority(given, name) for name in labels.enabled if len(given := votes(annotations, name))]
    if not parts:
        raise TooFewLabels("the ledger has no submitted label: label some sentences, then `stance label pull`")
    return pd.concat(parts, ignore_index=True)


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
    return pd.DataFrame(
        {
            "sentence_id": counts.index.to_numpy(),
            "question": question,
            "label": counts.idxmax(axis=1).astype(object).where(~tied, None).to_numpy(),
            "method": "majority",
            "probability": most / total,
            "votes": total,
            "unanimous": (most == total) & (total > 1),
            "adjudicator": None,
        }
    )[list(tables.GOLD.columns)]
