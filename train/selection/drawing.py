"""A learning curve as a picture."""

from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from corpus.files import replacing

# Okabe and Ito's colours, which people who do not see red and green can tell apart; models differ by marker too.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = "osD^v<>"


def draw(points: pd.DataFrame, question: str, folder: Path) -> list[Path]:
    """Write curve.svg and curve.png from :func:`train.selection.reading.points`; the same points, the same bytes."""
    paths = [folder / "curve.svg", folder / "curve.png"]
    with mpl.rc_context({"svg.hashsalt": "stancelab", "svg.fonttype": "none", "text.parse_math": False}):
        figure = Figure(figsize=(7.5, 4.5), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        models = list(dict.fromkeys(points["model"]))
        for at, ((model, strategy), own) in enumerate(points.groupby(["model", "strategy"], sort=False)):
            colour, marker = _COLOURS[at % len(_COLOURS)], _MARKERS[models.index(model) % len(_MARKERS)]
            axes.plot(own["labels"], own["mean"], color=colour, marker=marker, ms=4, label=f"{model}, {strategy}")
            axes.fill_between(own["labels"], own["low"], own["high"], color=colour, alpha=0.15, linewidth=0)
        axes.set_xscale("log", base=2)
        axes.set_xticks(sorted(set(points["labels"])))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.set_xlabel("labelled sentences")
        axes.set_ylabel("macro-F1 on held-out training rows")
        axes.set_title(f"{question}: mean and 95 % interval over {int(points['seeds'].max())} seeds", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
        for path in paths:
            with replacing(path) as beside:
                kind = path.suffix[1:]
                metadata = {"Date": None} if kind == "svg" else {"Software": None}
                figure.savefig(beside, format=kind, dpi=150, metadata=metadata)
    return paths
