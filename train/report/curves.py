"""Plots of what a probability is worth: calibration, and risk against coverage; and the small line of an index."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from corpus.drawing import BASE, INK, LINE, MODEL, SECOND, axes_of, styled, svg
from train.numbers import number


def reliability(test: Sequence[Mapping[str, Any]], out_of_fold: Sequence[Mapping[str, Any]]) -> str:
    """The share of right answers against the probability that the model gave them, by bin.

    Parameters
    ----------
    test, out_of_fold : sequence of dict
        ``calibration`` of metrics.json; the area of a dot grows with the rows of its bin.
    """
    with styled():
        figure, axes = axes_of(3.4)
        axes.plot([0, 1], [0, 1], color=BASE, linewidth=1.2, linestyle="--", label="as sure as right")
        for name, bins, colour, marker in (
            ("out of fold", out_of_fold, SECOND, "D"),
            ("test", test, MODEL, "o"),
        ):
            most = max((each["n"] for each in bins), default=1)
            sizes = [14 + 76 * each["n"] / most for each in bins]
            across, up = ([each[key] for each in bins] for key in ("confidence", "accuracy"))
            axes.plot(across, up, color=colour, linewidth=1.4)
            axes.scatter(across, up, s=sizes, color=colour, marker=marker, label=name, zorder=3, clip_on=False)
        _unit(axes, "probability that the model gave its answer", "share of these answers that are right")
        axes.legend(frameon=False, fontsize=9, loc="upper left", handlelength=1.4)
        return svg(figure)


def risk_coverage(points: Sequence[Mapping[str, Any]]) -> str:
    """The share of wrong answers among those given, when only the surest are given."""
    with styled():
        figure, axes = axes_of(3.4)
        across = [point["coverage"] for point in points]
        risks = [point["risk"] for point in points]
        with_edges = [
            (x, risk["low"], risk["high"]) for x, risk in zip(across, risks, strict=True) if risk["low"] is not None
        ]
        if with_edges:
            x, low, high = zip(*with_edges, strict=True)
            axes.fill_between(x, low, high, color=MODEL, alpha=0.16, linewidth=0)
        axes.plot(
            across,
            [np.nan if risk["value"] is None else risk["value"] for risk in risks],
            "o-",
            color=MODEL,
            markersize=4,
        )
        _unit(axes, "coverage: share of the sentences that are answered", "risk: share of these answers that are wrong")
        highest = max((risk["high"] or risk["value"] or 0.0 for risk in risks), default=1.0)
        top = next(edge for edge in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if edge >= min(1.0, highest))
        axes.set_ylim(0, top)
        ticks = np.linspace(0, top, 5)
        axes.set_yticks(ticks, [number(float(tick), 3 if top < 0.2 else 2) for tick in ticks])
        return svg(figure)


def sparkline(values: Sequence[float], width: int = 120, height: int = 28) -> str:
    """A line through ``values`` on a scale from 0 to 1, its last point marked; SVG by hand, as it is so small."""
    step = (width - 8) / max(1, len(values) - 1)
    places = [(4 + at * step, height - 4 - value * (height - 8)) for at, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    x, y = places[-1]
    said = ", ".join(number(value) for value in values)
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="macro-F1: {said}" class="spark">'
        f'<polyline points="{line}" fill="none" stroke="var(--model)" stroke-width="1.8"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="var(--model)"/></svg>'
    )


def _unit(axes: Axes, x: str, y: str) -> None:
    ticks = np.linspace(0, 1, 6)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=x, ylabel=y)
    axes.set_xticks(ticks, [number(tick, 1) for tick in ticks])
    axes.set_yticks(ticks, [number(tick, 1) for tick in ticks])
    axes.grid(color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelcolor=INK)
