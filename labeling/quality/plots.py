"""The pictures of the page for the lead."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from corpus.drawing import BASE, HEAT, INK, LINE, MODEL, SECOND, SOFT, axes_of, styled, svg

_NAME_LENGTH = 26
_ROW = 0.42
_ACROSS = 72  # characters in a line of a legend, which is as wide as the picture


def shown(name: str) -> str:
    """A name in a picture: no control or direction characters, and not longer than there is room for."""
    plain = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    return plain if len(plain) <= _NAME_LENGTH else f"{plain[: _NAME_LENGTH - 1]}…"


def _rows(names: Sequence[str], more: float = 0.9) -> tuple[Figure, Axes]:
    figure, axes = axes_of(more + _ROW * len(names))
    axes.set_yticks(range(len(names)), [shown(name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def _across(names: Sequence[str]) -> int:
    """How many labels a line of a legend holds: columns are as wide as the longest, and its mark takes six more."""
    return max(1, min(len(names), 3, _ACROSS // (max(map(len, names)) + 6)))


def _legend(figure: Figure, columns: int) -> None:
    # Outside the axes, over the whole width: names on the left must not push it out of the picture.
    figure.legend(loc="outside upper center", ncols=columns, frameon=False, fontsize=9)


def estimates(names: Sequence[str], systems: Mapping[str, Sequence[Mapping[str, Any]]], axis: str) -> str:
    """A dot and its 95 % interval for each name and system; what is undefined is left out."""
    with styled():
        figure, axes = _rows(names)
        least = 0.0
        looks = zip(systems.items(), ((MODEL, "o"), (SECOND, "D"), (BASE, "s")), strict=False)
        for place, ((system, values), (colour, marker)) in enumerate(looks):
            shift = (place - (len(systems) - 1) / 2) * 0.2
            for row, value in enumerate(values):
                if value["value"] is None:
                    continue
                if value["low"] is not None:
                    axes.plot([value["low"], value["high"]], [row + shift] * 2, color=colour, linewidth=2)
                axes.plot([value["value"]], [row + shift], marker, color=colour, markersize=6, clip_on=False)
                least = min(least, value["value"] if value["low"] is None else value["low"])
            axes.plot([], [], marker, color=colour, linestyle="-", linewidth=2, label=system)
        axes.set(xlim=(min(0.0, np.floor(least * 5) / 5), 1), xlabel=axis)
        if least < 0:
            axes.axvline(0, color=SOFT, linewidth=1)
        _legend(figure, len(systems))
        return svg(figure)


def stacked(names: Sequence[str], shares: Sequence[Mapping[str, float]], colours: Mapping[str, str]) -> str:
    """For each name, the share of each label as a part of a bar."""
    with styled():
        across = _across([shown(label) for label in colours])
        lines = -(-len(colours) // across)
        figure, axes = _rows(names, 0.7 + 0.24 * lines)
        left = np.zeros(len(names))
        for label, colour in colours.items():
            part = np.array([share[label] for share in shares])
            axes.barh(range(len(names)), part, 0.62, left=left, color=colour, label=shown(label))
            left += part
        axes.set(xlim=(0, 1), xlabel="share of the answers")
        _legend(figure, across)
        return svg(figure)


def pace(names: Sequence[str], seconds: Sequence[Sequence[float] | None]) -> str:
    """For each name, the median of the seconds for an answer, and where the middle 80 % of them lie."""
    with styled():
        figure, axes = _rows(names, 0.65)
        for row, found in enumerate(seconds):
            if found is not None:
                axes.plot([found[0], found[2]], [row, row], color=SECOND, linewidth=2.2)
                axes.plot([found[1]], [row], "o", color=MODEL, markersize=6.5)
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(left=0)
        ticks = [tick for tick in (0, 1, 2, 5, 10, 30, 60, 180, 600, 3600) if tick <= axes.get_xlim()[1]]
        axes.set_xticks(ticks, [f"{tick}" for tick in ticks], minor=False)
        axes.minorticks_off()
        axes.set_xlabel("seconds: median, middle 80 %")
        return svg(figure)


def beside(labels: Sequence[str], confusion: Sequence[Sequence[float]]) -> str:
    """Where one says the row's label, what another says of the same sentence; the shade is the share."""
    with styled():
        size = len(labels)
        figure, axes = axes_of(1.1 + 0.5 * size)
        for row, column in np.ndindex(size, size):
            share = confusion[row][column]
            place = (column - 0.5, row - 0.5)
            axes.add_patch(Rectangle(place, 1, 1, facecolor=HEAT, alpha=share, edgecolor="none", linewidth=0))
            ink = INK if share else SOFT
            axes.text(column, row, f"{share:.0%}", ha="center", va="center", fontsize=9 if size < 6 else 7.5, color=ink)
        names = [shown(label) for label in labels]
        long = size > 3
        axes.set_xticks(range(size), names, rotation=28 if long else 0, ha="right" if long else "center")
        axes.set_yticks(range(size), names)
        axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), xlabel="another says", ylabel="one says")
        axes.tick_params(length=0, labelcolor=INK)
        axes.spines["bottom"].set_visible(False)
        return svg(figure)
