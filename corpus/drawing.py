"""Inline SVG by matplotlib that takes its colours and its font from the page around it."""

import io
import re
import warnings
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# Drawn in these, then replaced by the page's variables, so that a plot follows light, dark and print. The page gives
# them values from the Okabe-Ito palette, which people who do not see red and green can tell apart.
INK, SOFT, LINE = "#010101", "#020202", "#030303"
MODEL, SECOND, BASE, HEAT = "#040404", "#050505", "#060606", "#070707"
_VARIABLES = {INK: "ink", SOFT: "soft", LINE: "line", MODEL: "model", SECOND: "second", BASE: "base", HEAT: "heat"}

# Typed loosely: matplotlib's own type is a list of every key it knows.
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "stancelab",
    # A label such as "$x$" is a label, not a formula.
    "text.parse_math": False,
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": LINE,
    "xtick.color": LINE,
    "xtick.labelcolor": SOFT,
    "ytick.color": LINE,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
}
_WIDTH = 5.2


def styled() -> Any:
    """Within the block, figures are drawn for :func:`svg`."""
    return mpl.rc_context(_STYLE)


def axes_of(height: float, width: float = _WIDTH) -> tuple[Figure, Axes]:
    """An empty figure, in inches, and its axes."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="none")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot(facecolor="none")
    return figure, axes


def svg(figure: Figure) -> str:
    """The figure as an ``<svg>`` element: no date, no identifiers that differ between runs, the page's colours."""
    file = io.BytesIO()
    nothing: dict[str, Any] = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with warnings.catch_warnings():
        # Text is drawn by the browser; the font that only measures it need not have every letter.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(file, format="svg", metadata=nothing, transparent=True)
    text = file.getvalue().decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r' (width|height)="[\d.]+pt"', "", text, count=2)
    text = re.sub(r'<g id="[xy]tick_\d+">', '<g class="tick">', text)
    # Names of groups repeat from plot to plot; nothing refers to them.
    text = re.sub(r'<g id="[^"]*">', "<g>", text)
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    for colour, name in _VARIABLES.items():
        text = text.replace(colour, f"var(--{name})")
    return text
