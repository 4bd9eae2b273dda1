"""Audit 8, enough data: what more labels would bring, and what this test set can tell."""

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from train.audits.finding import Finding, Suspicion, table
from train.audits.material import Material
from train.audits.standin import Standin, folds_of
from train.evaluation import metrics
from train.evaluation.extrapolation import MIN_SEEDS, MIN_SIZES, power_law
from train.numbers import number

# The two scores of the example that the report answers: 0.74 or 0.77?
DIFFERENCE = 0.03
_SHARES = (0.1, 0.2, 0.35, 0.6, 1.0)
_REPEATS = 10
MORE = 500
_FITS = 500


def enough(of: Material) -> Finding:
    """A learning curve with its extrapolation, and the size of a test that could tell two models apart."""
    sufficiency = of.scores["sufficiency"]
    curve = _curve(of, of.standin)
    power = _power(of)
    numbers = {"curve": curve, "power": power}
    rows = [[part["labels"], part["value"], part["low"], part["high"]] for part in curve["points"]]
    more = curve["more"]
    forecast = [] if more is None else [[more[key] for key in ("now", "labels", "gain", "low", "high")]]
    sizes = [] if power is None else [[power[key] for key in ("have", "smallest", "sentences", "documents")]]
    said = []
    if more is not None:
        said.append(
            f"{number(MORE)} more labels would probably bring {number(more['gain'])} macro-F1 "
            f"({number(more['low'])} to {number(more['high'])})"
        )
    if power is not None:
        said.append(
            f"to tell 0.74 from 0.77, {number(power['sentences'])} test sentences of {number(power['documents'])} "
            f"documents are needed, and there are {number(power['have'])}"
        )
    text = "; ".join(said)
    return Finding(
        clear=f"{text[:1].upper()}{text[1:]}." if text else "The test is large enough for what is claimed.",
        suspicions=[Suspicion(reason, None) for reason in sufficiency["reasons"]],
        numbers=numbers,
        tables=[
            table("Learning curve of the stand-in", ["labels", "macro_f1", "low", "high"], rows),
            table("What more labels would bring", ["labels now", "more", "macro_f1 gained", "low", "high"], forecast),
            table(
                "What this test can tell",
                ["test sentences", "smallest difference", "sentences for 0.74 or 0.77", "documents for 0.74 or 0.77"],
                sizes,
            ),
        ],
        parameters={"shares": list(_SHARES), "repeats": _REPEATS, "more": MORE, "difference": DIFFERENCE},
        seed=of.seed,
        note="The curve is that of the stand-in on held-out documents; its extrapolation holds for more labels of the "
        "same kind, not for another sample.",
    )


def _curve(of: Material, standin: Standin) -> dict[str, Any]:
    """Macro-F1 on held-out documents by the number of training labels, over several draws; extrapolated."""
    documents = standin.groups
    sizes: dict[float, list[float]] = {share: [] for share in _SHARES}
    labels: dict[float, list[int]] = {share: [] for share in _SHARES}
    for repeat in range(_REPEATS):
        rng = np.random.default_rng([of.seed, repeat])
        fold = folds_of(documents, rng)
        held = fold == 0
        names = rng.permutation(np.unique(documents[~held]))
        for share in _SHARES:
            kept = np.isin(documents, names[: max(2, round(share * len(names)))])
            if len(np.unique(standin.codes[kept])) < 2:
                continue
            found = standin.forward(np.where(held, 1, np.where(kept, 0, 2)).astype(np.intp), last=1)
            sizes[share].append(standin.macro_f1(found))
            labels[share].append(int(kept.sum()))
    points = [
        {
            "labels": round(float(np.mean(labels[share]))),
            "value": float(np.mean(sizes[share])),
            "low": float(np.min(sizes[share])),
            "high": float(np.max(sizes[share])),
        }
        for share in _SHARES
        if sizes[share]
    ]
    runs = [
        [sizes[share][at] for share in _SHARES]
        for at in range(_REPEATS)
        if all(len(sizes[s]) == _REPEATS for s in _SHARES)
    ]
    measured = len({part["labels"] for part in points})
    enough = measured >= MIN_SIZES and len(runs) >= MIN_SEEDS
    more = _extrapolated(points, runs, len(of.data.train), of.seed) if enough else None
    return {"points": points, "more": more}


def _extrapolated(points: list[dict[str, Any]], runs: list[list[float]], now: int, seed: int) -> dict[str, Any]:
    """What :data:`MORE` labels would bring by a power law, with the interval over resampled draws of the curve."""
    values = np.array(runs)
    drawn = values[np.random.default_rng(seed).integers(len(values), size=(_FITS, len(values)))].mean(axis=1)
    at = np.array([part["labels"] for part in points], dtype=float)
    ceiling, distance, rate = power_law(at, np.concatenate([values.mean(axis=0)[None], drawn]))
    gains = distance * (now**-rate - (now + MORE) ** -rate)
    low, high = np.quantile(gains[1:], (0.025, 0.975))
    reached = float((ceiling - distance * now**-rate)[0])
    edges = {"gain": float(gains[0]), "low": float(low), "high": float(high)}
    return {"labels": MORE, "now": now, "reached": reached, **edges}


def _power(of: Material) -> dict[str, Any] | None:
    """Test sentences that would show :data:`DIFFERENCE` in four of five cases, at 5 %, in a paired comparison.

    The spread of a difference is that between the run's model and the stand-in on the same test documents.
    """
    rows = of.tested
    standin = of.standin
    fold = folds_of(standin.groups, np.random.default_rng(of.seed))
    answer = pd.Series(np.asarray(of.labels)[standin.out_of_fold(fold)], standin.rows.index)
    rows = rows.assign(other=answer.reindex(rows.index)).dropna(subset=["other"])
    counts, draws = of.draws(rows, "predicted", "other")
    if draws is None or len(counts) < 5:
        return None
    documents = rows["doc_id"].nunique()
    differences = metrics.macro_f1(draws[:, 0]) - metrics.macro_f1(draws[:, 1])
    spread = float(np.nanstd(differences, ddof=1))
    if spread == 0:
        return None
    reach = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    needed = math.ceil(documents * (reach * spread / DIFFERENCE) ** 2)
    return {
        "documents": needed,
        "sentences": math.ceil(needed * len(rows) / documents),
        "have": len(of.tested),
        "smallest": float(reach * spread),
    }
