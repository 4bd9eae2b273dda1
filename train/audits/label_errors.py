"""Audit 6, label errors: which gold labels are probably wrong, and whether votes explain as many."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from train.audits import panels
from train.audits.finding import NOMINAL, Finding, Suspicion, table
from train.audits.material import Material
from train.numbers import counted, number

Array = NDArray[np.float64]

# The most confident shares of the predictions; the first should hardly ever contradict gold.
SURE = {"three fifths": 0.6, "quarter": 0.25}
# Errors of a weak model thin out towards the surest, wrong labels do not: the rate of contradictions in the second
# share must be at least this much of that in the first.
THINNED = 0.5
# The share of wrong labels that is nothing to speak of.
TOLERATED = 0.01
# Sentences in the list.
LISTED = 50


def label_errors(of: Material) -> Finding:
    """Sentences whose gold label the held-out probabilities speak against, the most suspect first.

    The list is cleanlab's (confident learning, Northcutt, Jiang and Chuang, 2021). The verdict is about the
    sentences of which the model is surest: it contradicts gold there more often than labels can be wrong by what
    annotators said, and by :data:`TOLERATED`, or it does not. If that thins out among the surest of all, the fault is
    the model's own.
    """
    rows = of.held_out
    if len(rows) < 50 or rows["label"].nunique() < 2:
        return Finding(unknown="There are too few held-out predictions to look for wrong labels.")
    codes, values = of.codes(rows["label"]), probabilities(rows, of.labels)
    issues, quality = suspects(codes, values)
    listed = rows.assign(quality=quality)[issues].sort_values("quality", kind="stable")
    against = values.argmax(axis=1) != codes
    allowed = np.maximum(TOLERATED, _doubt(of, rows))
    parts = [_surest(rows["unit"], values.max(axis=1), against, allowed, share) for share in SURE.values()]
    found, expected, sure = (parts[0][key] for key in ("against", "expected", "sure"))
    p, (share, among) = float(parts[0]["p"]), (part["against"] / part["sure"] for part in parts)
    said = (
        f"{number(found)} of the {number(sure)} sentences that the model is surest of contradict their gold label; "
        f"votes and slips explain {number(expected, 0)}"
    )
    surest = dict(zip(SURE, parts, strict=True))
    suspicions = []
    if found > expected and among >= THINNED * share:
        says = (
            f"{said}. Up to {number(100 * share, 0)} % of the "
            "labels may be wrong, or the model is sure and wrong: people should look at the list."
        )
        suspicions.append(Suspicion(says, p))
        said += ", and chance may have made the rest"
    elif p <= NOMINAL:
        said += (
            f". But their share falls to {number(100 * among, 0)} % among the surest of all, as that of a model's own "
            "errors does and that of wrong labels does not"
        )
    table_rows = [
        [str(name), row["text"], row["label"], row["suggested"], row["quality"], row["agreement"]]
        for name, row in listed.assign(suggested=_suggested(listed, of.labels)).head(LISTED).iterrows()
    ]
    return Finding(
        clear=f"{said}. {counted(len(listed), 'label is', 'labels are')} worth a second look, of {number(len(rows))}.",
        suspicions=suspicions,
        p=p,
        numbers={
            "suspect": len(listed),
            "of": len(rows),
            "share": share,
            "surest": surest,
        },
        tables=[
            table(
                "Sentences that the model is surest of",
                ["the surest", "sentences", "contradict gold", "explained by votes and slips", "p"],
                [[name, *(part[key] for key in ("sure", "against", "expected", "p"))] for name, part in surest.items()],
            ),
            table(
                "Labels to look at again", ["sentence_id", "text", "gold", "model", "quality", "agreement"], table_rows
            ),
        ],
        parameters={"sure": SURE, "thinned": THINNED, "tolerated": TOLERATED, "listed": LISTED},
        note="`stance label adjudicate --from-run RUN` sends these sentences to people. A model that is sure and wrong "
        "for a reason of its own looks the same as a wrong label: people decide.",
    )


def _surest(
    units: pd.Series, confidence: Array, against: NDArray[np.bool_], allowed: Array, share: float
) -> dict[str, float | int]:
    """How many of the surest contradict gold, how many could, and how probable so many are."""
    sure = confidence >= np.quantile(confidence, 1 - share)
    found, expected = int((sure & against).sum()), float(allowed[sure].sum())
    # A sum of different, rare, independent events is close to a Poisson variable (Le Cam, 1960). Contradictions that
    # come together, in documents, count as so many fewer (the dispersion of a quasi-Poisson model; Wedderburn, 1974).
    by = pd.DataFrame({"found": against[sure], "n": 1}).groupby(units.to_numpy()[sure]).sum()
    usual = by["n"] * found / int(sure.sum())
    excess = float(((by["found"] - usual) ** 2 / usual).sum()) / max(1, len(by) - 1) if found else 1.0
    fewer = max(1.0, excess)
    # The tail of a Poisson variable, also between whole numbers.
    p = float(stats.gamma.cdf(expected / fewer, found / fewer)) if found else 1.0
    return {"sure": int(sure.sum()), "against": found, "expected": expected, "p": p}


def probabilities(rows: pd.DataFrame, labels: tuple[str, ...]) -> Array:
    """Held-out probabilities, shape (n_rows, n_labels); rows sum to one."""
    values = rows[[f"p_{label}" for label in labels]].fillna(0.0).to_numpy(dtype=float)
    summed: Array = values / np.maximum(values.sum(axis=1, keepdims=True), 1e-12)
    return summed


def suspects(codes: NDArray[np.intp], values: Array) -> tuple[NDArray[np.bool_], Array]:
    """Which labels cleanlab finds wrong, and the quality of every label, from 0 to 1.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_rows,)
    values : numpy.ndarray of shape (n_rows, n_classes)
        Held-out probabilities. Classes that no row has are left out.
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    there, codes = np.unique(codes, return_inverse=True)
    values = values[:, there]
    values = values / np.maximum(values.sum(axis=1, keepdims=True), 1e-12)
    empty = values.sum(axis=1) == 0
    values[empty] = 1 / len(there)
    issues = np.asarray(find_label_issues(codes, values, n_jobs=1), dtype=bool)
    quality = np.asarray(get_label_quality_scores(codes, values), dtype=float)
    return issues, quality


def _doubt(of: Material, rows: pd.DataFrame) -> Array:
    """How probable it is that gold is wrong by what people said, for each row; 0 where nobody was asked twice."""
    return panels.doubt(
        panels.counted(of.votes, of.labels).reindex(rows.index, fill_value=0).to_numpy(), of.codes(rows["label"])
    )


def _suggested(rows: pd.DataFrame, labels: tuple[str, ...]) -> list[Any]:
    return [labels[at] for at in probabilities(rows, labels).argmax(axis=1)] if len(rows) else []
