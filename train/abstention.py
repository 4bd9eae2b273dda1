"""When a run abstains: a bar on the probability of an answer, found on held-out answers only."""

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


def parameters(settings: Any) -> dict[str, float | None]:
    """What the bar of a run was found with, for its receipt."""
    return {"risk": settings.risk, "confidence": CONFIDENCE}
