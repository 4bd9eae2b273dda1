"""How the sentences of a batch are chosen: windows of time, limits, shares, uncertainty. No files, no workspace."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from corpus.errors import StanceError, UsageError, listed

Shares = Literal["proportional", "equal"]
Measure = Literal["margin", "entropy"]


@dataclass(frozen=True)
class Limits:
    """What of the corpus may be drawn.

    Parameters
    ----------
    since, until : date or None
        First and last day (UTC) of publication; with either, documents without a date are not drawn.
    per_document, per_cluster : int or None
        At most so many sentences of a document, and of a cluster of copies, in one batch.
    """

    since: date | None = None
    until: date | None = None
    per_document: int | None = None
    per_cluster: int | None = None


NO_LIMITS = Limits()


def within(rows: pd.DataFrame, documents: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """The rows whose documents were published in the window."""
    if limits.since is None and limits.until is None:
        return rows
    day = rows["doc_id"].map(documents.set_index("doc_id")["published_at"]).dt.date
    inside = day.notna()
    if limits.since is not None:
        inside &= day.map(lambda found: pd.notna(found) and found >= limits.since)
    if limits.until is not None:
        inside &= day.map(lambda found: pd.notna(found) and found <= limits.until)
    kept: pd.DataFrame = rows[inside]
    return kept


def capped(rows: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """The first rows of each document and cluster, in the order of ``rows``, as many as allowed."""
    if limits.per_document is None and limits.per_cluster is None:
        return rows
    taken: Counter[tuple[str, str]] = Counter()
    most = {"doc": limits.per_document, "cluster": limits.per_cluster}
    kept = []
    for document, cluster in zip(rows["doc_id"], rows["cluster_id"], strict=True):
        both = [("doc", document), ("cluster", cluster)]
        fits = all((limit := most[kind]) is None or taken[kind, value] < limit for kind, value in both)
        taken.update(both if fits else ())
        kept.append(fits)
    return rows[kept]


def quotas(sizes: pd.Series, wanted: int, shares: Shares) -> dict[Hashable, int]:
    """How many to take of each stratum.

    Parameters
    ----------
    sizes : Series of int
        What there is, indexed by stratum.
    wanted : int
        At most the sum of ``sizes``.
    shares : "proportional" or "equal"
        ``proportional``: by largest remainder. ``equal``: the same of each; what a small stratum lacks is shared among
        the others.

    Returns
    -------
    dict
        Stratum to number; they sum to ``wanted``, and none is more than there is.
    """
    if shares == "proportional":
        exact = sizes * (wanted / sizes.sum())
        quota = np.floor(exact).astype(int)
        rest = (exact - quota).sort_values(ascending=False, kind="stable").index[: wanted - int(quota.sum())]
        quota[list(rest)] += 1
        return dict(quota)
    left, given = wanted, {}
    # The smallest first: what it cannot give is spread over those after it.
    for place, (stratum, size) in enumerate(sizes.sort_values(kind="stable").items()):
        given[stratum] = min(int(size), left // (len(sizes) - place))
        left -= given[stratum]
    return given


def by_stratum(rows: pd.DataFrame, keys: pd.Series, wanted: int, shares: Shares) -> pd.DataFrame:
    """The first rows of each stratum, in the order of ``rows``; ``keys`` is indexed like them."""
    quota = quotas(keys.value_counts().sort_index(), wanted, shares)
    return rows[keys.groupby(keys).cumcount() < keys.map(quota)]


def uncertainty(probabilities: npt.NDArray[np.float64], measure: Measure) -> npt.NDArray[np.float64]:
    """How uncertain each row is, 0 to 1.

    Parameters
    ----------
    probabilities : array (sentences, classes)
        Rows sum to one; at least two classes.
    measure : "margin" or "entropy"
        One minus the distance between the two likeliest classes, or the entropy as a share of the largest possible
        (Settles, "Active Learning Literature Survey", 2009, section 3.1).
    """
    if measure == "margin":
        first, second = np.sort(probabilities, axis=1)[:, :-3:-1].T
        return np.asarray(1 - (first - second))
    logs = np.log(np.where(probabilities > 0, probabilities, 1))
    return np.asarray(-(probabilities * logs).sum(axis=1) / np.log(probabilities.shape[1]))


def most_uncertain(
    rows: pd.DataFrame, predictions: pd.DataFrame, question: str | None, measure: Measure
) -> tuple[pd.DataFrame, npt.NDArray[np.float64]]:
    """The rows that have a prediction, the most uncertain first, and the probabilities of each (n_rows, n_classes).

    Raises
    ------
    UsageError
        The predictions are of several questions and ``question`` names none, or one that is not there.
    StanceError
        No row has a prediction, or fewer than two classes have probabilities.
    """
    asked = sorted(predictions["question"].unique())
    if question not in asked and (question is not None or len(asked) > 1):
        raise UsageError(f"the predictions answer {listed(asked)}: name one of them with --question")
    own = predictions[predictions["question"] == (question or next(iter(asked), None))].set_index("sentence_id")
    probabilities = own[[name for name in own.columns if name.startswith("p_")]].dropna(axis="columns", how="all")
    probabilities = probabilities[probabilities.index.isin(rows["sentence_id"])].dropna()
    if probabilities.empty or probabilities.shape[1] < 2:
        raise StanceError(
            f"none of the {len(rows)} sentences that are left has a prediction with probabilities of two classes; "
            "predict on this corpus first"
        )
    known = rows[rows["sentence_id"].isin(probabilities.index)]
    found = probabilities.loc[known["sentence_id"]].to_numpy(dtype=np.float64)
    order = np.argsort(-uncertainty(found, measure), kind="stable")
    return known.iloc[order], found[order]


def strata(rows: pd.DataFrame, documents: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """What each row has in ``columns`` of its document or, where the sentence has such a column, its own; a tuple."""
    of_document = documents.set_index("doc_id")
    values: dict[str, Any] = {
        name: rows[name] if name in rows.columns else rows["doc_id"].map(of_document[name]) for name in columns
    }
    frame = pd.DataFrame(values, index=rows.index).astype("string").fillna("")
    return pd.Series(list(frame.itertuples(index=False, name=None)), rows.index)
