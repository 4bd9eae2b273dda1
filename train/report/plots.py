"""The plots of the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from corpus.drawing import BASE, HEAT, INK, LINE, MODEL, SECOND, SOFT, axes_of, styled, svg
from train.numbers import number

__all__ = ["BASE", "MODEL", "SECOND", "Dots", "bars", "heat_map", "intervals"]


@dataclass(frozen=True)
class Dots:
    """One system in :func:`intervals`: a name and (value, low, high) for each row; any of them may be None."""

    name: str
    values: Sequence[tuple[float | None, float | None, float | None]]
    colour: str
    marker: str


def intervals(rows: Sequence[str], systems: Sequence[Dots]) -> str:
    """A dot for each score of each system, with its interval as a bar, on a scale from 0 to 1."""
    with styled():
        figure, axes = axes_of(0.75 + (0.2 + 0.14 * len(systems)) * len(rows))
        for place, system in enumerate(systems):
            for row, (value, low, high) in enumerate(system.values):
                if value is None:
                    continue
                y = row + (place - (len(systems) - 1) / 2) * 0.22
                if low is not None and high is not None:
                    axes.plot([low, high], [y, y], color=system.colour, linewidth=2.2, solid_capstyle="round")
                axes.plot([value], [y], system.marker, color=system.colour, markersize=6.5, clip_on=False)
        for system in systems:
            axes.plot([], [], system.marker, color=system.colour, linestyle="-", linewidth=2.2, label=system.name)
        _scale(axes, rows, "score (dot) and 95 % interval (bar)")
        _legend(axes, len(systems))
        return svg(figure)


def bars(rows: Sequence[str], groups: Mapping[str, Sequence[float | None]], notes: Sequence[str], axis: str) -> str:
    """Horizontal bars from 0 to 1: one or two ``groups`` for each row, the last in the colour of the model's test.

    ``notes`` stand at the end of the bars, one for each row.
    """
    with styled():
        figure, axes = axes_of(0.6 + 0.42 * len(rows) + (0.3 if len(groups) > 1 else 0))
        height = 0.62 / len(groups)
        for place, ((name, values), colour) in enumerate(
            zip(groups.items(), (SECOND, MODEL)[-len(groups) :], strict=True)
        ):
            middle = np.arange(len(rows)) + (place - (len(groups) - 1) / 2) * height
            axes.barh(middle, [value or 0.0 for value in values], height * 0.86, color=colour, label=name)
        for row, note in enumerate(notes):
            longest = max(values[row] or 0.0 for values in groups.values())
            axes.text(longest + 0.012, row, note, va="center", color=INK, fontsize=9)
        _scale(axes, rows, axis)
        if len(groups) > 1:
            _legend(axes, len(groups))
        return svg(figure)


def heat_map(labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> str:
    """Counts and row shares of a confusion matrix; the shade is the share of the row."""
    counts = np.asarray(confusion)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    size = len(labels)
    with styled():
        figure, axes = axes_of(0.9 + 0.5 * size + (0.5 if size > 4 else 0))
        for row, column in np.ndindex(size, size):
            share = float(shares[row, column])
            axes.add_patch(
                Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=HEAT, alpha=share, edgecolor="none", linewidth=0)
            )
            count = number(int(counts[row, column]))
            text = f"{count}\n{number(100 * share, 0)} %" if share else count
            axes.text(
                column,
                row,
                text,
                ha="center",
                va="center",
                fontsize=9 if size < 6 else 7.5,
                color=INK if share else SOFT,
            )
        axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5))
        axes.set_xticks(range(size), labels, rotation=28 if size > 4 else 0, ha="right" if size > 4 else "center")
        axes.set_yticks(range(size), labels)
        axes.set(xlabel="predicted", ylabel="gold")
        axes.tick_params(length=0, labelcolor=INK)
        axes.spines["bottom"].set_visible(False)
        axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
        axes.grid(which="minor", color=LINE, linewidth=1)
        axes.tick_params(which="minor", length=0)
        return svg(figure)


def _scale(axes: Axes, rows: Sequence[str], label: str) -> None:
    axes.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5), xlabel=label)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(np.linspace(0, 1, 6), [number(tick, 1) for tick in np.linspace(0, 1, 6)])
    axes.grid(axis="x", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)


def _legend(axes: Axes, columns: int) -> None:
    axes.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=columns,
        frameon=False,
        fontsize=9,
        handlelength=1.2,
        columnspacing=1.2,
    )
