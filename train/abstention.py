"""When a run abstains: a bar on the probability of an answer, found on held-out answers only."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Of the exact bound of the error that has to stay below the risk.
CONFIDENCE = 0.9


def sureness(answers: pd.DataFrame, label: str = "label") -> NDArray[np.float64]:
    """The probability of each row's answer, from the columns ``label`` and p_LABEL; shape (n_rows,)."""
    return np.array([answers.at[at, f"p_{name}"] for at, name in answers[label].items()], dtype=float)


def bar(held_out: pd.DataFrame, gold: pd.Series, risk: float, label: str = "label") -> float:
    """How sure an answer must be for errors among those given to stay below ``risk``.

    Parameters
    ----------
    held_out : pandas.DataFrame
        Answers of models that had not seen their rows, as :func:`train.crossfit.out_of_fold` gives them; the column
        ``label`` and p_LABEL.
    gold : pandas.Series
        The right label of each, by the same index, and perhaps of more rows.
    risk : float
        The share of wrong answers among those given that is accepted.

    Returns
    -------
    float
        As :func:`train.conformal.sure_enough`; infinity where no answers are right often enough, or none are there.
    """
    # It loads SciPy, which predicting without a risk does not need.
    from train.conformal import sure_enough

    right = (held_out[label] == gold.reindex(held_out.index)).to_numpy(dtype=bool)
    return sure_enough(sureness(held_out, label), right, risk, CONFIDENCE)


def unkept(risk: float) -> str:
    """What a reader is told where no bar keeps the risk."""
    return (
        "The run abstains from every sentence: no answers out of fold, however sure, are right often enough to promise "
        f"that at most {100 * risk:g} % of them are wrong."
    )


def told(found: Mapping[str, Any]) -> dict[str, Any]:
    """How the errors of the test compare with the risk, for ``abstention`` of a question in metrics.json.

    Returns
    -------
    dict
        ``says``, words without a number, or None where no sentence of the test is answered; ``digits`` that the error,
        its interval and the risk need so that what is more than another looks like it.
    """
    error, risk = found["error"], found["risk"]
    if error["value"] is None:
        return {"says": None, "digits": 2 if round(risk, 2) == risk else 3}
    low, high = (error["value"] if edge is None else edge for edge in (error["low"], error["high"]))
    share, low, high, accepted = (round(number, 3) for number in (error["value"], low, high, risk))
    alone = error["low"] is None
    if share > accepted:
        more = (
            "" if alone else ", though its interval holds that" if low <= accepted else ", and all of its interval is"
        )
        says = f"more than was accepted{more}"
    else:
        says = f"no more than was accepted{', though its interval reaches above that' if high > accepted else ''}"
    written = {round(number, 2) for number in (share, low, high)}
    return {"says": says, "digits": 2 if round(risk, 2) == risk and risk not in written else 3}


def parameters(settings: Any) -> dict[str, float | None]:
    """What the bar of a run was found with, for its receipt."""
    return {"risk": settings.risk, "confidence": CONFIDENCE}
