"""How far annotators agree beyond chance, with intervals that respect that sentences of a document belong together.

All statistics are functions of sums over items, so a bootstrap over documents needs each document's sum once: the
draws are multinomial counts of documents, and one matrix product gives every draw's sums.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from corpus.errors import UsageError, listed

Level = Literal["nominal", "ordinal", "interval"]
Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int16]
Places = npt.NDArray[np.intp]

LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")
FEW_DOCUMENTS = 20  # below it a percentile interval over documents is too narrow to be believed
_BLOCK = 4096  # documents whose draws are numbers of eight bytes at a time; elsewhere they take two


@dataclass(frozen=True)
class Estimate:
    """A statistic and its 95 % interval; None where it is undefined, and then ``note`` says why."""

    value: float | None
    low: float | None
    high: float | None
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"value": self.value, "low": self.low, "high": self.high} | ({"note": self.note} if self.note else {})


@dataclass(frozen=True)
class Agreement:
    """Agreement on one question.

    ``pairwise`` has a row for each pair of annotators who share items: ``a``, ``b``, ``items``, ``agreement`` (the raw
    share) and Cohen's ``kappa`` with ``low`` and ``high``.
    """

    question: str
    level: Level
    alpha: Estimate
    ac1: Estimate
    raw: Estimate
    pairwise: pd.DataFrame
    items: int
    items_with_overlap: int
    annotators: int


def agreement(
    votes: pd.DataFrame, labels: list[str], question: str, *, level: Level = "nominal", draws: int = 1000, seed: int = 0
) -> Agreement:
    """Krippendorff's alpha, Gwet's AC1, raw agreement and pairwise kappa.

    Parameters
    ----------
    votes : DataFrame
        One row for each (sentence_id, annotator): columns ``sentence_id``, ``annotator``, ``label``, ``doc_id``.
    labels : list of str
        All labels of the question, in their order, which ``ordinal`` and ``interval`` use (ranks 0, 1, 2, ...).
    question : str
        Its name, for the result.
    level : {"nominal", "ordinal", "interval"}
        How far apart two labels are.
    draws : int
        Bootstrap draws over documents for the 95 % percentile intervals.
    seed : int
        Of the draws.

    Raises
    ------
    UsageError
        A vote has a label that is not among ``labels``.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability. Gwet (2008), Computing inter-rater reliability and
    its variance in the presence of high agreement. Cohen (1960), A coefficient of agreement for nominal scales.
    """
    if not set(votes["label"]) <= set(labels):
        raise UsageError(
            f"votes on {question} have labels that are not among those asked for: "
            f"{listed(sorted(set(votes['label']) - set(labels)))}; known: {listed(labels)}"
        )
    votes = votes.drop_duplicates(["sentence_id", "annotator"], keep="last")
    counts, document_of_item = _counts(votes, labels)
    weights = _draws(len(set(document_of_item)), draws, seed)
    pairable = counts.sum(axis=1) >= 2
    place = document_of_item.to_numpy()
    sums = _by_document(_item_sums(counts), place)
    return Agreement(
        question=question,
        level=level,
        alpha=_estimate(sums, weights, lambda s: _alpha(s, len(labels), level), "no two labels differ, or no overlap"),
        ac1=_estimate(sums, weights, lambda s: _ac1(s, len(labels)), "no item has two labels"),
        raw=_estimate(sums, weights, lambda s: _raw(s, len(labels)), "no item has two labels"),
        pairwise=_pairwise(votes, labels, document_of_item, weights),
        items=len(counts),
        items_with_overlap=int(pairable.sum()),
        annotators=votes["annotator"].nunique(),
    )


def _counts(votes: pd.DataFrame, labels: list[str]) -> tuple[Array, pd.Series]:
    """(n_items, n_labels) counts of votes, and each item's document as a number, indexed by sentence_id."""
    codes = pd.Categorical(votes["label"], categories=labels).codes
    items, index = pd.factorize(votes["sentence_id"], sort=True)
    counts = np.zeros((len(index), len(labels)))
    np.add.at(counts, (items, codes), 1)
    documents = votes.drop_duplicates("sentence_id").set_index("sentence_id")["doc_id"].reindex(index)
    return counts, pd.Series(pd.factorize(documents, sort=True)[0], index=index)


def _draws(documents: int, draws: int, seed: int) -> Counts:
    """(documents, draws): how often each document is in each bootstrap draw; no draws with fewer than two documents."""
    if documents < 2:
        return np.empty((documents, 0), dtype=np.int16)
    rng = np.random.default_rng(seed)
    drawn = np.empty((documents, draws), dtype=np.int16)
    for number in range(draws):
        # As a multinomial draw with equal shares, and many times faster for many documents.
        drawn[:, number] = np.bincount(rng.integers(documents, size=documents), minlength=documents)
    return drawn


def _drawn(sums: Array, weights: Counts) -> Array:
    """(draws, n_columns): the sums (n_documents, n_columns) of the documents in each draw."""
    found = np.zeros((weights.shape[1], sums.shape[1]))
    for start in range(0, len(sums), _BLOCK):
        block = slice(start, start + _BLOCK)
        found += weights[block].T.astype(np.float64) @ sums[block]
    return found


def _item_sums(counts: Array) -> Array:
    """What every statistic is made of, per item.

    Columns: K*K coincidences (each item's pairs of votes, weighted by 1 / (m - 1)), K shares of labels, one for "has
    a vote", the share of agreeing pairs, and one for "has two votes".
    """
    n, k = counts.shape
    m = counts.sum(axis=1)
    pairs = m >= 2
    safe = np.where(pairs, m - 1, 1)
    coincidences = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(k)
    coincidences = np.where(pairs[:, None, None], coincidences / safe[:, None, None], 0)
    shares = np.divide(counts, m[:, None], out=np.zeros_like(counts), where=m[:, None] > 0)
    agreeing = np.where(pairs, (counts * (counts - 1)).sum(axis=1) / np.where(pairs, m * (m - 1), 1), 0)
    return np.column_stack([coincidences.reshape(n, k * k), shares, m > 0, agreeing, pairs])


def _by_document(sums: Array, place: Places) -> Array:
    """(n_documents, n_columns): the items' sums added up within documents; ``place`` is each item's document."""
    out = np.zeros((int(place.max()) + 1 if len(place) else 0, sums.shape[1]))
    np.add.at(out, place, sums)
    return out


def _estimate(sums: Array, weights: Counts, statistic: Callable[[Array], Array], undefined: str) -> Estimate:
    """The statistic of all documents together, and its percentile interval over the draws."""
    value = float(statistic(sums.sum(axis=0)[None])[0])
    if np.isnan(value):
        return Estimate(None, None, None, undefined)
    if len(sums) < 2 or not weights.size:
        return Estimate(value, None, None, "no interval: all items are of one document")
    drawn = statistic(_drawn(sums, weights))
    drawn = drawn[~np.isnan(drawn)]
    if len(drawn) < weights.shape[1] / 2:
        return Estimate(value, None, None, "no interval: undefined in most bootstrap draws")
    low, high = np.quantile(drawn, [0.025, 0.975])
    few = sums.shape[0] < FEW_DOCUMENTS
    note = f"interval unreliable: {sums.shape[0]} documents, fewer than {FEW_DOCUMENTS}" if few else ""
    return Estimate(value, float(low), float(high), note)


def _alpha(sums: Array, k: int, level: Level) -> Array:
    """(draws,): 1 - observed / expected disagreement, from coincidences (Krippendorff 2011, eq. for any metric)."""
    o = sums[:, : k * k].reshape(-1, k, k)
    n_c = o.sum(axis=2)
    n = n_c.sum(axis=1)
    distance = _distance(n_c, level)
    observed = (o * distance).sum(axis=(1, 2))
    expected = (n_c[:, :, None] * n_c[:, None, :] * distance).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - (n - 1) * observed / expected, np.nan)


def _distance(n_c: Array, level: Level) -> Array:
    """(draws, K, K) squared differences between labels."""
    k = n_c.shape[1]
    if level == "nominal":
        return np.broadcast_to(1 - np.eye(k), (len(n_c), k, k))
    if level == "interval":
        ranks = np.arange(k, dtype=np.float64)
        return np.broadcast_to((ranks[:, None] - ranks[None, :]) ** 2, (len(n_c), k, k))
    # Ordinal: the labels between two, both ends counted half, weighed by how often they occur.
    upto = np.cumsum(n_c, axis=1) - n_c / 2
    squared: Array = (upto[:, :, None] - upto[:, None, :]) ** 2
    return squared


def _ac1(sums: Array, k: int) -> Array:
    """(draws,): Gwet's first-order agreement coefficient for any number of raters."""
    shares, rated = sums[:, k * k : k * k + k], sums[:, k * k + k]
    with np.errstate(divide="ignore", invalid="ignore"):
        pi = shares / rated[:, None]
        chance = (pi * (1 - pi)).sum(axis=1) / (k - 1)
        value: Array = (_raw(sums, k) - chance) / (1 - chance)
    return value


def _raw(sums: Array, k: int) -> Array:
    """(draws,): mean share of agreeing pairs, over items with two votes or more."""
    agreeing, pairs = sums[:, k * k + k + 1], sums[:, k * k + k + 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(pairs > 0, agreeing / pairs, np.nan)


def _kappa(tables: Array, k: int) -> Array:
    """(draws,): Cohen's kappa of (draws, K*K) tables of counts."""
    p = tables.reshape(-1, k, k)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = p / p.sum(axis=(1, 2), keepdims=True)
        chance = (p.sum(axis=1) * p.sum(axis=2)).sum(axis=1)
        observed = np.trace(p, axis1=1, axis2=2)
        return np.where(chance < 1, (observed - chance) / (1 - chance), np.nan)


def _pairwise(votes: pd.DataFrame, labels: list[str], document_of_item: pd.Series, weights: Counts) -> pd.DataFrame:
    k = len(labels)
    given = pd.DataFrame(
        {
            "item": pd.factorize(votes["sentence_id"])[0],
            "who": pd.Categorical(votes["annotator"], categories=sorted(votes["annotator"].unique())).codes,
            "code": pd.Categorical(votes["label"], categories=labels).codes.astype(np.intp),
            "document": document_of_item.loc[votes["sentence_id"]].to_numpy(),
        }
    )
    both = given.merge(given.drop(columns="document"), on="item", suffixes=("_a", "_b"))
    both = both[both["who_a"] < both["who_b"]]
    people, rows = sorted(votes["annotator"].unique()), []
    for (a, b), shared in both.groupby([both["who_a"].map(people.__getitem__), both["who_b"].map(people.__getitem__)]):
        # Only the documents of these two: a draw that has none of them counts nothing here.
        documents, place = np.unique(shared["document"].to_numpy(), return_inverse=True)
        tables = np.zeros((len(documents), k * k))
        np.add.at(tables, (place, (shared["code_a"] * k + shared["code_b"]).to_numpy()), 1)
        kappa = _estimate(
            tables, weights[documents], lambda s: _kappa(s, k), "both gave one and the same label throughout"
        )
        total = tables.sum(axis=0).reshape(k, k)
        rows.append(
            {"a": a, "b": b, "items": len(shared)}
            | {"agreement": float(np.trace(total) / total.sum())}
            | {"kappa": kappa.value, "low": kappa.low, "high": kappa.high}
        )
    return pd.DataFrame(rows, columns=["a", "b", "items", "agreement", "kappa", "low", "high"])
