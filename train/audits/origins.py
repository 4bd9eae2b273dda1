"""Where a sentence comes from, as numbers: outlet, date, length, source type; and what they alone give away."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from train.audits import chance
from train.audits.finding import Suspicion
from train.audits.material import Material
from train.audits.standin import Array, Codes, Standin, cross_fitted, folds_of, macro_f1
from train.numbers import number

# Metadata come close when they bring this share of what the text brings, above chance.
CLOSE = 0.5
# An outlet that has fewer sentences than this is one of the others.
_FEW = 5
# Columns of documents, which are exchanged between documents, and columns of single sentences.
Columns = tuple[tuple[str, ...], tuple[str, ...]]
# Parts of time, each predicted from those before it.
BLOCKS = 5
_LENGTHS = 5


def metadata_alone(
    of: Material, standin: Standin, with_text: float
) -> tuple[dict[str, dict[str, Any]], list[float], list[Suspicion]]:
    """A ridge regression that reads no text; against documents whose origins were exchanged.

    Returns
    -------
    found : dict
        For each set of columns: value, by_chance, share (of what the text brings above chance).
    tests : list of float
        A p for each set that is tested.
    suspicions : list of Suspicion
    """
    rows, documents = standin.rows, standin.documents
    by_document = {"outlet": _outlets(rows), "date": _dates(rows)}
    by_row = {"length": _lengths(rows), "source type": _one_hot(rows["source_type"])}
    known = tuple(name for name, values in by_document.items() if values.shape[1])
    of_row = tuple(name for name, values in by_row.items() if values.shape[1])
    sets: dict[str, Columns] = {name: ((name,), ()) for name in known} | {name: ((), (name,)) for name in of_row}
    if len(known) == 2:
        sets["outlet and date"] = (known, ())
    if len(sets) > 1:
        sets["all"] = (known, of_row)
    fold = folds_of(standin.groups, np.random.default_rng(of.seed))
    first = np.unique(documents, return_index=True)[1]

    def scored(columns: Columns, rng: np.random.Generator | None) -> float:
        of_documents = np.hstack([by_document[name] for name in columns[0]] or [np.zeros((len(rows), 0))])
        of_rows = np.hstack([by_row[name] for name in columns[1]] or [np.zeros((len(rows), 0))])
        if rng is not None:
            of_documents = of_documents[first][rng.permutation(len(first))][documents]
            of_rows = of_rows[rng.permutation(len(rows))]
        values = np.hstack([of_documents, of_rows, np.ones((len(rows), 1))])
        return macro_f1(standin.codes, cross_fitted(values, standin.codes, standin.classes, fold), standin.classes)

    found: dict[str, dict[str, Any]] = {}
    tests: list[float] = []
    suspicions: list[Suspicion] = []
    for name, columns in sets.items():
        dealt = chance.repeated(partial(scored, columns), of.seed)
        value, nothing = scored(columns, None), float(np.mean(dealt))
        share = (value - nothing) / (with_text - nothing) if with_text > nothing else None
        found[name] = {"value": value, "by_chance": nothing, "share": share}
        if not columns[0]:
            continue  # Length and source type are of the sentence: they may rightly go with its stance.
        p = chance.against(value, dealt, larger=True)
        tests.append(p)
        if share is None or share >= CLOSE:
            each = {one: found[one]["value"] for one in (*columns[0], *columns[1]) if one != name}
            most = max(each, key=lambda one: each[one], default="")
            says = (
                f"From {_named(columns)} alone, without a word of the text, macro-F1 is {number(value)} "
                f"({number(nothing)} by chance{f', {number(each[most])} from the {most} alone' if each else ''}; "
                f"{number(with_text)} with the text)."
            )
            suspicions.append(Suspicion(says, p))
    return found, tests, suspicions


def _named(columns: Columns) -> str:
    *others, last = [*columns[0], *columns[1]]
    return f"{', '.join(others)} and {last}" if others else f"the {last}"


def order_of(rows: pd.DataFrame, documents: Codes) -> Array | None:
    """The date of each document as a number, NaN where it has none; None where dates are of too few days."""
    day = rows["published_at"].groupby(documents).first()
    if day.dt.date.nunique() < BLOCKS:
        return None
    return np.array([np.nan if pd.isna(at) else at.timestamp() for at in day])


def blocks_of(order: Array, documents: Codes) -> Codes:
    """The part of time that each row is in, 0 to 4, with as many documents in each; 5 for those without a date."""
    dated = np.isfinite(order)
    # NaN comes last.
    place = np.argsort(np.argsort(order, kind="stable"), kind="stable")
    blocks: Codes = np.where(dated, place * BLOCKS // dated.sum(), BLOCKS).astype(np.intp)[documents]
    return blocks


def dealt_dates(order: Array, rng: np.random.Generator) -> Array:
    """The dates, given to other documents that have one."""
    dealt, dated = order.copy(), np.isfinite(order)
    dealt[dated] = rng.permutation(order[dated])
    return dealt


def _outlets(rows: pd.DataFrame) -> Array:
    counts = rows["outlet"].value_counts()
    return _one_hot(
        rows["outlet"].where(
            rows["outlet"].map(counts) >= _FEW, rows["outlet"].isna().map({True: None, False: "other"})
        )
    )


def _dates(rows: pd.DataFrame) -> Array:
    """Month, day of the week and hour, as far as they differ; and the tenth of the whole time."""
    at = rows["published_at"]
    if at.isna().all():
        return np.zeros((len(rows), 0))
    tenth = pd.Series(np.floor(at.rank(method="average", pct=True) * 9.999), rows.index)
    parts = [at.dt.strftime("%Y-%m"), at.dt.dayofweek, at.dt.hour, tenth]
    return np.hstack([_one_hot(part) for part in parts])


def _lengths(rows: pd.DataFrame) -> Array:
    length = rows["words"].rank(method="average", pct=True)
    return _one_hot(pd.Series(np.floor(length * (_LENGTHS - 1e-3)), rows.index))


def _one_hot(values: pd.Series) -> Array:
    """A column for each value; none where there are fewer than two."""
    known = values.dropna()
    if known.nunique() < 2:
        return np.zeros((len(values), 0))
    columns: NDArray[np.float64] = pd.get_dummies(values.astype("object"), dtype=float).to_numpy()
    return columns
