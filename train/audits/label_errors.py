"""Audit 6, label errors: which gold labels are probably wrong, and whether votes explain as many."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from train.audits.finding import Finding, Suspicion, table
from train.audits.material import Material
from train.audits.panels import counted, doubt
from train.numbers import number

Array = NDArray[np.float64]

# The most confident share of the predictions, which should hardly ever contradict gold.
SURE = 0.5
# The share of wrong labels that is nothing to speak of.
TOLERATED = 0.01
# Sentences in the list.
LISTED = 50


def label_errors(of: Material) -> Finding:
    """Sentences whose gold label the held-out probabilities speak against, the most suspect first.

    The list is cleanlab's (confident learning, Northcutt, Jiang and Chuang, 2021). The verdict is about the half of the
    sentences of which the model is surest: it contradicts gold there more often than labels can be wrong by what
    annotators said, and by :data:`TOLERATED`, or it does not.
    """
    rows = of.held_out
    if len(rows) < 50 or rows["label"].nunique() < 2:
        return Finding(unknown="There are too few held-out predictions to look for wrong labels.")
    codes, values = of.codes(rows["label"]), probabilities(rows, of.labels)
    issues, quality = suspects(codes, values)
    listed = rows.assign(quality=quality)[issues].sort_values("quality", kind="stable")
    sure = values.max(axis=1) >= np.quantile(values.max(axis=1), 1 - SURE)
    against = values.argmax(axis=1) != codes
    allowed = np.maximum(TOLERATED, _doubt(of, rows))
    found, expected = int((sure & against).sum()), float(allowed[sure].sum())
    # A sum of different, rare, independent events is close to a Poisson variable (Le Cam, 1960).
    p = float(stats.poisson.sf(found - 1, expected))
    share = found / int(sure.sum())
    suspicions = []
    if found > expected:
        says = (
            f"{number(found)} of the {number(int(sure.sum()))} sentences that the model is surest of contradict their "
            f"gold label; by the annotators' votes {number(expected, 0)} could. Some "
            f"{number(100 * share, 0)} % of the labels may be wrong."
        )
        suspicions.append(Suspicion(says, p))
    table_rows = [
        [str(name), row["text"], row["label"], row["suggested"], row["quality"], row["agreement"]]
        for name, row in listed.assign(suggested=_suggested(listed, of.labels)).head(LISTED).iterrows()
    ]
    return Finding(
        clear=f"{number(len(listed))} of {number(len(rows))} labels are worth a second look; among the sentences that "
        f"the model is surest of, {number(found)} contradict gold, no more than votes and {number(100 * TOLERATED, 0)} "
        "% of slips explain.",
        suspicions=suspicions,
        p=p,
        numbers={"suspect": len(listed), "of": len(rows), "sure": int(sure.sum()), "against": found}
        | {"expected": expected, "share": share},
        tables=[
            table(
                "Labels to look at again", ["sentence_id", "text", "gold", "model", "quality", "agreement"], table_rows
            )
        ],
        parameters={"sure": SURE, "tolerated": TOLERATED, "listed": LISTED},
        note="`stance label adjudicate --from-run RUN` sends these sentences to people. A model that is sure and wrong "
        "for a reason of its own looks the same as a wrong label: people decide.",
    )


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
    return doubt(counted(of.votes, of.labels).reindex(rows.index, fill_value=0).to_numpy(), of.codes(rows["label"]))


def _suggested(rows: pd.DataFrame, labels: tuple[str, ...]) -> list[Any]:
    return [labels[at] for at in probabilities(rows, labels).argmax(axis=1)] if len(rows) else []
