"""A plot for each audit, as SVG that takes its colours from the page."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from corpus.drawing import BASE, INK, LINE, MODEL, SECOND, axes_of, styled, svg
from train.numbers import number
from train.report.plots import Dots, bars, intervals

Numbers = Mapping[str, Any]

# More rows than this make no plot that can be read; all of them are in the table.
_ROWS = 24


def plot(name: str, audit: Mapping[str, Any]) -> str:
    """The plot of one audit of :func:`train.audits.audits`; an empty string where there is nothing to draw."""
    numbers = audit["numbers"]
    return _PLOTS[name](numbers) if name in _PLOTS and numbers else ""


def _leaks(numbers: Numbers) -> str:
    splits, alone = numbers["splits"], numbers["metadata"]
    rows = [
        *(f"split by {name}" if name != "random" else "random split" for name in splits),
        *(f"only {n}" for n in alone),
    ]
    rows = [row.replace("only all", "all metadata") for row in rows]
    parts = [*splits.values(), *alone.values()]
    found = [(part["value"], part.get("low"), part.get("high")) for part in parts]
    dealt = [(part["by_chance"], None, None) for part in parts]
    return intervals(
        rows, [Dots("macro-F1", found, MODEL, "o"), Dots("with values dealt to other documents", dealt, BASE, "s")]
    )


def _ceiling(numbers: Numbers) -> str:
    people = dict(list(numbers["people"].items())[:_ROWS])
    together = numbers["together"]
    rows = ["all together", *people]
    own = [_edges(together["people"]), *(_edges(part) for part in people.values())]
    model = [_edges(together["model"]), *(_edges(part, "model_") for part in people.values())]
    return intervals(rows, [Dots("annotator", own, SECOND, "D"), Dots("model, same sentences", model, MODEL, "o")])


def _panel(numbers: Numbers) -> str:
    without = dict(list(numbers["without"].items())[:_ROWS])
    rows = ["whole panel", *(f"without {name}" for name in without)]
    parts = [numbers["whole"], *without.values()]
    if numbers["camps"]:
        for name, members in numbers["camps"]["members"].items():
            rows.append(f"without the camp of {members[0]}" + (f" (of {len(members)})" if len(members) > 1 else ""))
            parts.append(numbers["camps"]["without"][name])
    looks = {"model": ("model", MODEL, "o"), "standin": ("stand-in", SECOND, "D"), "majority": ("majority", BASE, "s")}
    return intervals(
        rows,
        [Dots(title, [(p["scores"][key], None, None) for p in parts], c, m) for key, (title, c, m) in looks.items()],
    )


def _symmetry(numbers: Numbers) -> str:
    rates, swap = numbers["errors"]["rates"], numbers["swap"]
    rows = [f"wrongly {side}" for side in rates]
    found: list[tuple[float | None, float | None, float | None]] = [(rate, None, None) for rate in rates.values()]
    if swap:
        rows += ["stance turns with the sides", "neutral stays neutral"]
        found += [_edges(swap["sides"]), _edges(swap["neutral"])]
    return intervals(rows, [Dots("share of test sentences", found, MODEL, "o")])


def _slices(numbers: Numbers) -> str:
    every = [(f"{by}: {value}", part) for by, values in numbers["slices"].items() for value, part in values.items()]
    weakest = sorted(every, key=lambda pair: (pair[1]["macro_f1"] is None, pair[1]["macro_f1"] or 0.0))[:_ROWS]
    if not weakest:
        return ""
    found = [(part["macro_f1"], part["low"], part["high"]) for _, part in weakest]
    return intervals([name for name, _ in weakest], [Dots("macro-F1, weakest first", found, MODEL, "o")])


def _label_errors(numbers: Numbers) -> str:
    rows, parts = [], []
    for name, part in numbers["surest"].items():
        rows += [f"contradict gold, of the surest {name}", "as many could, by the votes"]
        parts += [(part["against"], part["sure"]), (part["expected"], part["sure"])]
    rows, parts = [*rows, "suspect, of all"], [*parts, (numbers["suspect"], numbers["of"])]
    shares = [found / of for found, of in parts]
    # As the page cites them.
    notes = [f"{number(found)} of {number(of)}" for found, of in parts]
    return bars(rows, {"share": shares}, notes, "share of the sentences")


def _words(numbers: Numbers) -> str:
    rows = [f"masked: {name}" for name in numbers["masked"]]
    values = list(numbers["masked"].values())
    return bars(rows, {"macro-F1": values}, [number(value) for value in values], "macro-F1 of the stand-in")


def _enough(numbers: Numbers) -> str:
    points = numbers["curve"]["points"]
    if not points:
        return ""
    at = np.array([part["labels"] for part in points], dtype=float)
    with styled():
        figure, axes = axes_of(2.8)
        axes.plot(at, [part["value"] for part in points], "o-", color=MODEL, linewidth=2, label="held-out documents")
        axes.fill_between(
            at,
            [part["low"] for part in points],
            [part["high"] for part in points],
            color=MODEL,
            alpha=0.15,
            linewidth=0,
        )
        if more := numbers["curve"]["more"]:
            start, end = more["reached"], more["now"] + more["labels"]
            line = ([more["now"], end], [start, start + more["gain"]])
            axes.plot(*line, "--", color=SECOND, linewidth=2, label=f"{number(more['labels'])} more labels")
            axes.plot([end, end], [start + more["low"], start + more["high"]], color=SECOND, linewidth=2.2)
        _curve_axes(axes)
        return svg(figure)


def _curve_axes(axes: Axes) -> None:
    axes.set(xlabel="labelled sentences to learn from", ylabel="macro-F1 of the stand-in")
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.tick_params(labelcolor=INK)
    axes.legend(frameon=False, fontsize=9, loc="lower right")


def _edges(part: Numbers, prefix: str = "") -> tuple[float | None, float | None, float | None]:
    return part[f"{prefix}value"], part[f"{prefix}low"], part[f"{prefix}high"]


_PLOTS: dict[str, Callable[[Numbers], str]] = {
    "leaks": _leaks,
    "ceiling": _ceiling,
    "panel": _panel,
    "symmetry": _symmetry,
    "slices": _slices,
    "label errors": _label_errors,
    "words": _words,
    "enough data": _enough,
}
