"""Audit 5, slices: where the score holds and where it does not, with a search for weak spots that is paid for."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from train.audits.finding import NOMINAL, Finding, Suspicion, table
from train.audits.material import DRAWS, Material
from train.evaluation import metrics
from train.numbers import number

Array = NDArray[np.float64]

# A slice with fewer sentences or documents is shown with a warning, and is not searched.
SENTENCES, DOCUMENTS = 30, 10
# A weak slice matters when its share of errors is so much above that of the rest.
GAP = 0.1
_LISTED = 15
# Weak slices that the verdict names; the table has the others.
_NAMED = 3
# Rows of the table of slices: as many of each attribute.
_ROWS = 60
_MULTIPLIERS = 2000
# How often people agreed, and how long a sentence is, rightly go with errors; they are shown, and are no fault.
_SHOWN_ONLY = frozenset({"agreement"})


def slices(of: Material) -> Finding:
    """Scores by where a sentence comes from; among all of these and their pairs, the weakest is tested.

    The search is corrected for by a multiplier bootstrap over documents of the largest of all differences
    (Chernozhukov, Chetverikov and Kato, 2013), so the p of the weakest slice is that of a search among as many.
    """
    rows = of.held_out
    if rows["doc_id"].nunique() < DOCUMENTS:
        return Finding(unknown=f"Slices cannot be compared: fewer than {DOCUMENTS} documents have predictions.")
    attributes = _attributes(of, rows)
    shown = _single(attributes, _ROWS // len(attributes)) if attributes else []
    listed = [_scored(of, rows, name, value, where) for name, value, where in shown]
    searched = [part for part in _searched(attributes) if _large(rows, part[2])]
    weak = _weak(rows, searched, of.seed)
    weakest = weak[0] if weak else None
    # The surest slice can be a large one that is hardly weaker, so those behind it are looked at as well.
    suspicions = [
        Suspicion(
            f"The model is weak where {part['name']}: {number(100 * part['errors'], 0)} % errors in "
            f"{number(part['sentences'])} sentences, {number(100 * part['rest'], 0)} % elsewhere.",
            part["p"],
        )
        for part in weak
        if part["gap"] >= GAP
    ]
    columns = ["by", "value", "sentences", "documents", "macro_f1", "low", "high", "accuracy", "warning"]
    return Finding(
        unknown=None
        if searched
        else f"No slice has {SENTENCES} sentences of {DOCUMENTS} documents, so none is tested.",
        clear=_clear(len(searched), weakest, bool(suspicions)),
        suspicions=suspicions[:_NAMED],
        p=weakest["p"] if weakest is not None else None,
        numbers={"slices": _nested(listed), "searched": len(searched)},
        tables=[
            table("Scores by slice", columns, [[part[name] for name in columns] for part in listed]),
            table(
                "Weakest slices of the search",
                ["slice", "sentences", "errors", "errors elsewhere", "p, corrected for the search"],
                [[p["name"], p["sentences"], p["errors"], p["rest"], p["p"]] for p in weak[:_LISTED]],
            ),
        ],
        parameters={
            "sentences": SENTENCES,
            "documents": DOCUMENTS,
            "gap": GAP,
            "multipliers": _MULTIPLIERS,
            "draws": DRAWS,
        },
        seed=of.seed,
        note="Test sentences and training sentences predicted out of fold are taken together. Slices by agreement are "
        "shown but not searched: where people disagree, a model errs more, and that is no fault of it.",
    )


def _clear(searched: int, weakest: dict[str, Any] | None, suspected: bool) -> str:
    said = f"None of {number(searched)} slices errs {number(100 * GAP, 0)} points more often than the rest"
    said += " by more than chance" if suspected else ""
    if weakest is not None and weakest["p"] <= NOMINAL and weakest["gap"] < GAP:
        errors, rest = (number(100 * weakest[key], 0) for key in ("errors", "rest"))
        said += (
            f"; by less, but surely, one does: where {weakest['name']} there are {errors} % errors, {rest} % elsewhere"
        )
    return f"{said}."


def _attributes(of: Material, rows: pd.DataFrame) -> dict[str, pd.Series]:
    """A value for each row, by attribute; null where it is not known."""
    words = pd.cut(rows["words"], [0, 10, 20, 30, 10**9], labels=["to 10 words", "11 to 20", "21 to 30", "over 30"])
    agreement = pd.cut(rows["agreement"], [-1, 0.5, 0.75, 0.999, 1], labels=["to 50 %", "to 75 %", "to 99 %", "all"])
    source = rows["source_type"]
    found = {
        "outlet": rows["outlet"],
        "source type": source,
        "a source": source.map(lambda s: "none" if s == "none" else "any", na_action="ignore"),
        "event": rows["event"],
        "target": rows["target"],
        "month": rows["published_at"].dt.strftime("%Y-%m"),
        "length": words.astype("object"),
        "language": rows["language"],
        "country": rows["country"],
        "agreement": agreement.astype("object"),
    }
    return {name: values for name, values in found.items() if values.notna().any()}


def _single(attributes: dict[str, pd.Series], most: int = _LISTED) -> list[tuple[str, str, pd.Series]]:
    """(attribute, value, which rows) for the most frequent values of each."""
    return [
        (name, str(value), values == value)
        for name, values in attributes.items()
        for value in sorted(values.value_counts().head(most).index, key=str)
    ]


def _searched(attributes: dict[str, pd.Series]) -> list[tuple[str, str, pd.Series]]:
    """Slices by one attribute, or by two, under a name that can be read."""
    single = [part for part in _single(attributes) if part[0] not in _SHOWN_ONLY]
    found = [("", f"{name} is {value}", where) for name, value, where in single]
    for (name, value, where), (other, second, also) in combinations(single, 2):
        both = where & also
        # Where all news of an outlet is of one language, the pair is the outlet again.
        if name != other and both.sum() < min(where.sum(), also.sum()):
            found.append(("", f"{name} is {value} and {other} is {second}", both))
    return found


def _large(rows: pd.DataFrame, where: pd.Series) -> bool:
    inside = int(where.sum())
    return SENTENCES <= inside <= len(rows) - SENTENCES and rows.loc[where, "doc_id"].nunique() >= DOCUMENTS


def _scored(of: Material, rows: pd.DataFrame, name: str, value: str, where: pd.Series) -> dict[str, Any]:
    own = rows[where]
    counts, draws = of.draws(own, "predicted")
    one = None if draws is None else draws[:, 0]
    score = metrics.estimate(counts[:, 0], metrics.macro_f1, one)
    documents = int(own["doc_id"].nunique())
    warning = "" if len(own) >= SENTENCES and documents >= DOCUMENTS else "too few to rely on"
    return {
        "by": name, "value": value, "sentences": len(own), "documents": documents, "macro_f1": score.value,
        "low": score.low, "high": score.high, "accuracy": float((own["label"] == own["predicted"]).mean()),
        "warning": warning,
    }  # fmt: skip


def _weak(rows: pd.DataFrame, searched: list[tuple[str, str, pd.Series]], seed: int) -> list[dict[str, Any]]:
    """Slices by how far their errors are above those of the rest, in standard errors; the p is that of the search."""
    if not searched:
        return []
    wrong = (rows["label"] != rows["predicted"]).to_numpy(dtype=float)
    inside = np.stack([where.to_numpy(dtype=float) for _, _, where in searched], axis=1)
    count = inside.sum(axis=0)
    errors = wrong @ inside / count
    rest = (wrong.sum() - wrong @ inside) / (len(wrong) - count)
    # What each row adds to a slice's difference, summed by unit: units are what is independent.
    parts = inside * (wrong[:, None] - errors) / count - (1 - inside) * (wrong[:, None] - rest) / (len(wrong) - count)
    unit, names = pd.factorize(rows["unit"], sort=True)
    sums = np.zeros((len(names), inside.shape[1]))
    np.add.at(sums, unit, parts)
    spread = np.sqrt((sums**2).sum(axis=0))
    # As if one more error were on each side: a slice without any has a spread, too.
    spread = np.sqrt(spread**2 + 1 / (count + 1) ** 2 * np.maximum(errors, 1 / count))
    score = (errors - rest) / spread
    normal = np.random.default_rng(seed).standard_normal((_MULTIPLIERS, len(names)))
    largest = (normal @ sums / spread).max(axis=1)
    p = [(1 + float((largest >= value).sum())) / (1 + _MULTIPLIERS) for value in score]
    order = np.argsort(-score, kind="stable")
    return [
        {
            "name": searched[at][1], "sentences": int(count[at]), "errors": float(errors[at]), "rest": float(rest[at]),
            "gap": float(errors[at] - rest[at]), "p": p[at],
        }
        for at in order[: 4 * _LISTED]
    ]  # fmt: skip


def _nested(listed: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in listed:
        values = {key: part[key] for key in ("sentences", "macro_f1", "low", "high", "accuracy")}
        found.setdefault(part["by"], {})[part["value"]] = values
    return found
