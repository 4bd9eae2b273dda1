"""What a prediction may promise: sets of labels that hold the right one, and silence where errors would be too many.

Both rest on held-out probabilities only, those of rows that the model which gave them had not seen.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

Array = NDArray[np.float64]


def thresholds(probabilities: Array, codes: NDArray[np.intp], coverage: float) -> Array:
    """The least probability with which each label enters a set, by the rows that have that label.

    Split conformal prediction for each class apart (Vovk, 2012): of new rows with a label, at least ``coverage`` have
    it in their set, whichever label it is, if they come from where the held-out rows came from.

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (n_rows, n_labels)
        Held out.
    codes : numpy.ndarray of shape (n_rows,)
        The right label of each row.
    coverage : float
        Between 0 and 1.

    Returns
    -------
    numpy.ndarray of shape (n_labels,)
        0 where a label has too few rows to leave any out: it is in every set.
    """
    found = np.zeros(probabilities.shape[1])
    for label in range(len(found)):
        own = np.sort(probabilities[codes == label, label])
        # With n rows, the k-th smallest leaves out k - 1 of n + 1 in expectation.
        rank = int(np.floor((1 - coverage) * (len(own) + 1) + 1e-9))
        found[label] = own[rank - 1] if rank else 0.0
    return found


def sets(probabilities: Array, least: Array) -> NDArray[np.bool_]:
    """Which labels are in each row's set, shape (n_rows, n_labels); a set may be empty: no label is likely enough."""
    inside: NDArray[np.bool_] = probabilities >= least
    return inside


def sure_enough(sureness: Array, right: NDArray[np.bool_], risk: float, confidence: float = 0.9) -> float:
    """How sure an answer must be for errors among those given to stay below ``risk``.

    Parameters
    ----------
    sureness, right : numpy.ndarray of shape (n_rows,)
        Held out: the probability of the answer, and whether it was right.
    risk : float
        The share of wrong answers among those given that is accepted.
    confidence : float
        Of the exact binomial bound (Clopper and Pearson, 1934) that must stay below ``risk``.

    Returns
    -------
    float
        The lowest probability that holds the bound; infinity if none does.
    """
    order = np.argsort(-sureness, kind="stable")
    given = np.arange(1, len(order) + 1)
    wrong = np.cumsum(~right[order])
    upper = np.where(wrong < given, beta.ppf(confidence, wrong + 1, np.maximum(given - wrong, 1)), 1.0)
    # Rows of one probability are answered together; a handful of rows bounds nothing and breaks nothing.
    ends = np.append(np.diff(sureness[order]) != 0, True)
    holds = (upper <= risk) & ends
    return float(sureness[order][np.flatnonzero(holds)[-1]]) if holds.any() else float("inf")
