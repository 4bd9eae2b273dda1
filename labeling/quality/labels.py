"""Which labels, and which sentences, need a talk: where people part ways, and whether they do so more and more."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from labeling.quality.agreement import agreement

# Below it, Krippendorff (2004) draws not even tentative conclusions.
TENTATIVE = 0.667
DISPUTED = 10
_OTHER = "\N{ZERO WIDTH SPACE}other"  # a label that no question has


def labels_of(
    votes: pd.DataFrame, labels: Sequence[str], question: str, texts: Mapping[str, str], *, draws: int, seed: int
) -> dict[str, Any]:
    """What people's answers to one question say about its labels.

    Parameters
    ----------
    votes : DataFrame
        Columns ``sentence_id``, ``annotator``, ``label``, ``doc_id``, ``updated_at``; a row for each vote.
    labels : sequence of str
        Of the question, in order.
    question : str
        Its name.
    texts : mapping
        sentence_id -> text.
    draws, seed : int
        Of the intervals.

    Returns
    -------
    dict
        ``question``; ``alpha``, ``ac1``, ``raw``, ``items``; ``labels`` (for each: ``share`` of the votes, ``alpha``
        of it against all others, ``talk``); ``confusion`` (row: what one said, column: share of what the others said
        of the same sentence); ``weeks`` (``week``, ``alpha``, ``items``); ``disputed`` (the sentences with the most
        divided votes: ``sentence_id``, ``text``, ``votes``).
    """
    names = list(labels)
    whole = agreement(votes, names, question, draws=draws, seed=seed)
    counts = votes.groupby(["sentence_id", "label"]).size().unstack(fill_value=0).reindex(columns=names, fill_value=0)
    shares = votes["label"].value_counts(normalize=True)
    per_label = []
    for label in names:
        against = votes.assign(label=votes["label"].where(votes["label"] == label, _OTHER))
        alpha = agreement(against, [label, _OTHER], question, draws=draws, seed=seed).alpha
        low = alpha.value is not None and (alpha.value if alpha.high is None else alpha.high) < TENTATIVE
        share = float(shares.get(label, 0.0))
        per_label.append({"label": label, "share": share, "alpha": alpha.as_dict(), "talk": low})
    return {
        "question": question,
        "alpha": whole.alpha.as_dict(),
        "ac1": whole.ac1.as_dict(),
        "raw": whole.raw.as_dict(),
        "items": whole.items_with_overlap,
        "labels": per_label,
        "confusion": confusion(counts.to_numpy()),
        "weeks": _weeks(votes, names, question, draws=draws, seed=seed),
        "disputed": _disputed(counts, texts),
    }


def confusion(counts: "np.ndarray[Any, Any]") -> list[list[float]]:
    """(labels, labels): of the votes beside a vote for the row's label, the share for each label; rows sum to one.

    Each sentence weighs as much as it has votes: its pairs are divided by one less than these (the coincidences of
    Krippendorff's alpha).
    """
    counts = counts[counts.sum(axis=1) >= 2].astype(float)
    weight = 1 / (counts.sum(axis=1) - 1)
    pairs = (counts * weight[:, None]).T @ counts - np.diag((counts * weight[:, None]).sum(axis=0))
    total = pairs.sum(axis=1, keepdims=True)
    shares = np.divide(pairs, total, out=np.zeros_like(pairs), where=total > 0)
    return [[float(share) for share in row] for row in shares]


def _weeks(votes: pd.DataFrame, names: list[str], question: str, *, draws: int, seed: int) -> list[dict[str, Any]]:
    last = votes.groupby("sentence_id")["updated_at"].transform("max")
    found = []
    for week, part in votes.groupby(last.dt.strftime("%G-W%V")):
        result = agreement(part, names, question, draws=draws, seed=seed)
        found.append({"week": str(week), "alpha": result.alpha.as_dict(), "items": result.items_with_overlap})
    return found


def _disputed(counts: pd.DataFrame, texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The sentences with the highest entropy of votes; of equal ones, those with more votes first."""
    total = counts.sum(axis=1)
    share = counts.div(total, axis=0).to_numpy()
    entropy = -(share * np.log(np.where(share > 0, share, 1))).sum(axis=1)
    order = pd.DataFrame({"entropy": entropy.round(9), "votes": total, "sentence": counts.index}, index=counts.index)
    order = order[order["entropy"] > 0].sort_values(["entropy", "votes", "sentence"], ascending=[False, False, True])
    return [
        {
            "sentence_id": str(sentence),
            "text": texts.get(str(sentence), "(no longer in the corpus)"),
            "votes": {str(label): int(n) for label, n in counts.loc[sentence].items() if n},
        }
        for sentence in order.index[:DISPUTED]
    ]
