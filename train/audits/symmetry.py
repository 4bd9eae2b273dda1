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
# Groups with fewer test sentences are not listed.
_FEW = 20


def symmetry(of: Material) -> Finding:
    """Error rates towards both sides; and what becomes of an answer when the sides change places in the text."""
    if of.data.sides is None:
        return Finding(unknown="The question has no two sides to compare.")
    rows = of.tested
    if rows["doc_id"].nunique() < 5:
        return Finding(unknown="There are too few test documents to compare errors towards the two sides.")
    first, second = of.data.sides
    overall, draws = _rates(of, rows, of.data.sides)
    tests = (
        [
            2
            * chance.above(
                _signed(draws, overall["difference"]), abs(overall["difference"]), 0.0, rows["doc_id"].nunique()
            )
        ]
        if overall["difference"] is not None
        else []
    )
    suspicions = []
    if overall["difference"] is not None and abs(overall["difference"]) >= DIFFERENCE:
        more = first if overall["difference"] > 0 else second
        says = (
            f"Errors go towards {more}: {number(100 * overall[first], 0)} % of the other sentences are taken for "
            f"{first}, {number(100 * overall[second], 0)} % for {second}."
        )
        suspicions.append(Suspicion(says, tests[0]))
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
    groups = [["all", "", *_row(overall, of.data.sides)]]
    for name, column in (("outlet country", "country"), ("language", "language")):
        for value, part in rows.groupby(column):
            if len(part) >= _FEW:
                groups.append([name, str(value), *_row(_rates(of, part, of.data.sides)[0], of.data.sides)])
    columns = ["by", "value", "sentences", f"wrongly {first}", f"wrongly {second}", "difference", "low", "high"]
    tables = [table("Errors towards each side", columns, groups)]
    if swapped is not None:
        tables.append(
            table(
                "Worst cases of the exchange",
                ["text", "exchanged", "answer", "answer to the exchanged", "gold"],
                swapped.pop("worst"),
            )
        )
    factor = len(tests)
    return Finding(
        clear=_clear(overall, swapped, of.data.sides),
        suspicions=[Suspicion(s.says, min(1.0, (s.p or 0.0) * factor)) for s in suspicions],
        p=corrected(tests),
        numbers={"errors": overall, "swap": swapped},
        tables=tables,
        parameters={
            "difference": DIFFERENCE,
            "consistent": swap.CONSISTENT,
            "most_sentences": swap.MOST,
            "draws": DRAWS,
        },
        seed=of.seed,
        note="The exchange is made by the table corpus/gazetteer.csv; a sentence that would be absurd with the sides "
        "exchanged is exchanged all the same.",
    )


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
    return rates | {"n": len(rows), "difference": found.value, "low": found.low, "high": found.high}, values


def _signed(draws: metrics.Array, difference: float) -> metrics.Array:
    return draws if difference >= 0 else -draws


def _row(found: dict[str, Any], sides: tuple[str, str]) -> list[Any]:
    return [found["n"], found[sides[0]], found[sides[1]], found["difference"], found["low"], found["high"]]


def _clear(overall: dict[str, Any], swapped: dict[str, Any] | None, sides: tuple[str, str]) -> str:
    said = (
        f"{number(100 * overall[sides[0]], 0)} % of the other test sentences are taken for {sides[0]}, "
        f"{number(100 * overall[sides[1]], 0)} % for {sides[1]}"
    )
    if swapped is None or swapped["sides"]["value"] is None:
        return f"{said}; no test sentence names a side, so nothing could be exchanged."
    turned = swapped["sides"]
    return (
        f"{said}; with the sides exchanged in the text the stance turns over in {number(100 * turned['value'], 0)} % "
        f"of {number(turned['n'])} sentences ({interval(turned['low'], turned['high'])} as a share)."
    )
