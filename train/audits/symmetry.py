"""Audit 4, symmetry: does the model err towards one side, and does it know a stance or only a name?"""

from typing import Any

import numpy as np
import pandas as pd

from train.audits import chance, swap
from train.audits.finding import Finding, Suspicion, corrected, table
from train.audits.material import DRAWS, Material
from train.evaluation import metrics
from train.numbers import interval, number

# Errors towards one side matter when they are this much more frequent than those towards the other.
DIFFERENCE = 0.1
# Groups with fewer test sentences or documents are not compared; of more groups than _MOST, the largest are.
_FEW, _DOCUMENTS, _MOST = 20, 10, 20


def symmetry(of: Material) -> Finding:
    """Error rates towards both sides; and what becomes of an answer when the sides change places in the text."""
    if of.data.sides is None:
        return Finding(unknown="The question has no two sides to compare.")
    rows = of.tested
    if rows["unit"].nunique() < 5:
        return Finding(unknown="There are too few test documents to compare errors towards the two sides.")
    overall, p = _compared(of, rows, of.data.sides)
    groups = {(name, value): _compared(of, part, of.data.sides) for name, value, part in _groups(rows)}
    every = [("", overall, p), *((f"where the {n} is {v}: ", found, p) for (n, v), (found, p) in groups.items())]
    tests = [p for _, _, p in every if p is not None]
    suspicions = [
        Suspicion(_lopsided(where, found, of.data.sides), p)
        for where, found, p in every
        if p is not None and abs(found["difference"]) >= DIFFERENCE
    ]
    swapped = swap.swapped(of)
    if swapped is not None and swapped["sides"]["value"] is not None:
        p = swapped.pop("p")
        tests.append(p)
        if swapped["sides"]["value"] < swap.CONSISTENT:
            says = (
                f"When Russia and the United States change places in a sentence, its stance turns over in only "
                f"{number(100 * swapped['sides']['value'], 0)} % of {number(swapped['sides']['n'])} sentences: the "
                "model goes by names."
            )
            suspicions.append(Suspicion(says, p))
    listed = [["all", "", *_row(overall, of.data.sides)]]
    listed += [[name, value, *_row(found, of.data.sides)] for (name, value), (found, _) in groups.items()]
    first, second = of.data.sides
    columns = ["by", "value", "sentences", f"wrongly {first}", f"wrongly {second}", "difference", "low", "high"]
    tables = [table("Errors towards each side", columns, listed)]
    if swapped is not None:
        columns = ["answer", "sentences", "share as it should be", "low", "high"]
        shares = {"turns over with the sides": swapped["sides"], "stays neutral": swapped["neutral"]}
        rows_of = [[name, *(part[key] for key in ("n", "value", "low", "high"))] for name, part in shares.items()]
        tables.append(table("Answers with the sides exchanged", columns, rows_of))
        tables.append(
            table(
                "Worst cases of the exchange",
                ["text", "exchanged", "answer", "answer to the exchanged", "gold"],
                swapped.pop("worst"),
            )
        )
    factor = len(tests)
    return Finding(
        clear=_clear(overall, swapped, of.data.sides, exchanged=swap.applies(of)),
        suspicions=[Suspicion(s.says, min(1.0, (s.p or 0.0) * factor)) for s in suspicions],
        p=corrected(tests),
        numbers={"errors": overall, "by": _nested(groups), "swap": swapped},
        tables=tables,
        parameters={
            "difference": DIFFERENCE,
            "consistent": swap.CONSISTENT,
            "most_sentences": swap.MOST,
            "draws": DRAWS,
        },
        seed=of.seed,
        note=_note(swapped),
    )


def _groups(rows: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """(attribute, value, rows) of each country and language, where there is more than one."""
    found = []
    for name, column in (("outlet country", "country"), ("language", "language")):
        for value in sorted(rows[column].value_counts().index[:_MOST], key=str) if rows[column].nunique() > 1 else []:
            part = rows[rows[column] == value]
            if len(part) >= _FEW and part["unit"].nunique() >= _DOCUMENTS:
                found.append((name, str(value), part))
    return found


def _compared(of: Material, rows: pd.DataFrame, sides: tuple[str, str]) -> tuple[dict[str, Any], float | None]:
    """The error rates of these rows; and how probable a difference as large, either way, is where there is none."""
    found, draws = _rates(of, rows, sides)
    if found["difference"] is None:
        return found, None
    one_side = chance.above(draws, abs(found["difference"]), 0.0, rows["unit"].nunique())
    return found, min(1.0, 2 * one_side)


def _lopsided(where: str, found: dict[str, Any], sides: tuple[str, str]) -> str:
    first, second = sides
    more = first if found["difference"] > 0 else second
    begun = f"{where}errors" if where else "errors"
    shares = [number(100 * found["rates"][side], 0) for side in sides]
    return (
        f"{begun[0].upper()}{begun[1:]} go towards {more}: {shares[0]} % of the other sentences are taken for {first}, "
        f"{shares[1]} % for {second}."
    )


def _nested(groups: dict[tuple[str, str], tuple[dict[str, Any], float | None]]) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for (name, value), (found, _) in groups.items():
        nested.setdefault(name, {})[value] = found
    return nested


def _rates(of: Material, rows: pd.DataFrame, sides: tuple[str, str]) -> tuple[dict[str, Any], metrics.Array]:
    """How often other sentences are taken for each side, and the difference with its interval; resamples of it."""
    places = [of.labels.index(side) for side in sides]
    counts, draws = of.draws(rows, "predicted")
    counts, draws = counts[:, 0], None if draws is None else draws[:, 0]

    def rate(confusion: metrics.Array, at: int) -> metrics.Array:
        wrong = confusion[..., :, at].sum(-1) - confusion[..., at, at]
        others = confusion.sum((-2, -1)) - confusion[..., at, :].sum(-1)
        found: metrics.Array = np.divide(wrong, others, out=np.full(np.shape(wrong), np.nan), where=others > 0)
        return found

    def difference(confusion: metrics.Array) -> metrics.Array:
        return rate(confusion, places[0]) - rate(confusion, places[1])

    found = metrics.estimate(counts, difference, draws)
    rates = {side: float(rate(counts.sum(0), at)) for side, at in zip(sides, places, strict=True)}
    values = np.zeros(0) if draws is None else difference(draws)
    # Apart from the rest: a side may be called "low".
    return {"rates": rates, "n": len(rows), "difference": found.value, "low": found.low, "high": found.high}, values


def _row(found: dict[str, Any], sides: tuple[str, str]) -> list[Any]:
    return [found["n"], *(found["rates"][side] for side in sides), found["difference"], found["low"], found["high"]]


def _note(swapped: dict[str, Any] | None) -> str:
    if swapped is None:
        return ""
    return (
        "The exchange is made by the table corpus/text/gazetteer.csv; a sentence that would be absurd with the sides "
        f"exchanged is exchanged all the same. Left out as it is unsure what would stand for their words: "
        f"{number(swapped['unsure'])} sentences."
    )


def _clear(overall: dict[str, Any], swapped: dict[str, Any] | None, sides: tuple[str, str], *, exchanged: bool) -> str:
    first, second = (number(100 * overall["rates"][side], 0) for side in sides)
    said = f"{first} % of the other test sentences are taken for {sides[0]}, {second} % for {sides[1]}"
    if not exchanged:
        return f"{said}; the sides are not Russia and the United States, so they are not exchanged in the text."
    if swapped is None or swapped["sides"]["value"] is None:
        return f"{said}; no test sentence that is taken for a side names one that could be exchanged in the text."
    turned = swapped["sides"]
    return (
        f"{said}; with the sides exchanged in the text the stance turns over in {number(100 * turned['value'], 0)} % "
        f"of {number(turned['n'])} sentences ({interval(turned['low'], turned['high'])} as a share)."
    )
