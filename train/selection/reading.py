"""What a learning curve shows: means with intervals, strategies against random, what more labels would bring."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from corpus.sampling.strategies import RANDOM
from train.evaluation.extrapolation import Forecast, forecast

Array = NDArray[np.float64]


def points(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and 95 % interval over seeds of each point: model, strategy, labels, seeds, mean, low, high.

    Student's t on seeds. Draws share rows, so an interval is about the luck of drawing from these rows, not about
    another corpus. With one seed it is null.
    """
    rows = []
    for (model, strategy, labels), own in table.groupby(["model", "strategy", "labels"], sort=False):
        mean, half = _interval(own["macro_f1"].to_numpy(dtype=float))
        rows.append((model, strategy, labels, len(own), mean, mean - half, mean + half))
    return pd.DataFrame(rows, columns=["model", "strategy", "labels", "seeds", "mean", "low", "high"])


def against_random(table: pd.DataFrame) -> pd.DataFrame:
    """What each strategy brings over random with the same labels and seeds: model, strategy, labels, gain, low, high.

    Intervals are paired by seed and hold together over all sizes of a curve (Bonferroni), so that a strategy does not
    seem better because many sizes were looked at.
    """
    wide = table.pivot_table(index=["model", "labels", "seed"], columns="strategy", values="macro_f1")
    rows: list[tuple[Any, ...]] = []
    if RANDOM in wide:
        sizes = table["labels"].nunique()
        for strategy in [name for name in dict.fromkeys(table["strategy"]) if name != RANDOM]:
            gains = (wide[strategy] - wide[RANDOM]).groupby(level=["model", "labels"], sort=False)
            for (model, labels), own in gains:
                mean, half = _interval(own.to_numpy(dtype=float), sizes)
                rows.append((model, strategy, labels, mean, mean - half, mean + half))
    return pd.DataFrame(rows, columns=["model", "strategy", "labels", "gain", "low", "high"])


def forecasts(table: pd.DataFrame) -> dict[tuple[str, str], Forecast]:
    """What 100 more labels would bring, by model and strategy."""
    found = {}
    for (model, strategy), own in table.groupby(["model", "strategy"], sort=False):
        wide = own.pivot_table(index="seed", columns="labels", values="macro_f1")
        found[str(model), str(strategy)] = forecast([int(n) for n in wide.columns], wide.to_numpy(dtype=float))
    return found


def sentences(table: pd.DataFrame) -> list[str]:
    """The curve in words: what more labels would bring, and whether a strategy saves any."""
    said = [f"{model}, {strategy}: {of.words}" for (model, strategy), of in forecasts(table).items()]
    compared = against_random(table)
    for (model, strategy), own in compared.groupby(["model", "strategy"], sort=False):
        better, worse = own[own["low"] > 0], own[own["high"] < 0]
        if better.empty and worse.empty:
            said.append(f"{model}, {strategy}: neither better nor worse than random at any of {len(own)} sizes.")
        for part, word in ((better, "better"), (worse, "worse")):
            if len(part):
                at = max(part.to_dict("records"), key=lambda row: abs(row["gain"]))
                said.append(
                    f"{model}, {strategy}: {word} than random with {', '.join(str(n) for n in part['labels'])} labels; "
                    f"with {at['labels']} by {100 * abs(at['gain']):.1f} points ({100 * at['low']:.1f} to "
                    f"{100 * at['high']:.1f})."
                )
    return said


def _interval(values: Array, looks: int = 1) -> tuple[float, float]:
    if len(values) < 2:
        return float(values.mean()), float("nan")
    wide = stats.t.ppf(1 - 0.025 / looks, len(values) - 1)
    return float(values.mean()), float(wide * values.std(ddof=1) / np.sqrt(len(values)))
