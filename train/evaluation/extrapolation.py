"""What more labels would probably bring: a power law fitted to a learning curve, with a bootstrap over seeds.

Scores of most learners approach a ceiling as a power of the number of labels: ``ceiling - distance * n ** -rate``
(Figueroa et al., "Predicting sample size required for classification performance", 2012; Viering and Loog, "The
Shape of Learning Curves", 2023, which also says when not).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MORE = 100
# Less than this for 100 labels is not worth an afternoon of three people.
WORTH = 0.01
MIN_SIZES, MIN_SEEDS = 4, 3
# Slower than the first, a curve is a straight line over any range that people label; faster than the last, a step.
_RATES = np.linspace(0.05, 2.0, 40)
_DRAWS = 2000


@dataclass(frozen=True)
class Forecast:
    """What ``more`` labels would bring after ``labels``, in points of the score (0 to 1).

    Parameters
    ----------
    labels, more : int
        The largest size that was measured, and how many further ones.
    score : float
        Mean over seeds at ``labels``.
    gain, low, high : float or None
        Probable gain with its 95 % interval; None where there is too little to fit a curve to.
    ceiling, distance, rate : float or None
        Of the fitted curve.
    verdict : str
        ``label more``, ``stop``, ``cannot tell`` or ``too little measured``.
    words : str
        The same for a reader.
    """

    labels: int
    more: int
    score: float
    gain: float | None
    low: float | None
    high: float | None
    ceiling: float | None
    distance: float | None
    rate: float | None
    verdict: str
    words: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values, rounded to six digits."""
        return {key: round(value, 6) if isinstance(value, float) else value for key, value in vars(self).items()}


def power_law(sizes: Array, scores: Array) -> tuple[Array, Array, Array]:
    """The least squares fit of ``ceiling - distance * n ** -rate`` to each row of scores.

    Parameters
    ----------
    sizes : numpy.ndarray of shape (n_sizes,)
        Numbers of labels.
    scores : numpy.ndarray of shape (n_curves, n_sizes)
        0 to 1.

    Returns
    -------
    ceiling, distance, rate : numpy.ndarray of shape (n_curves,)
        The ceiling is at most 1, the distance at least 0: more labels do no harm in the long run.
    """
    fits = [_fit(sizes, scores, rate) for rate in _RATES]
    errors = np.stack([error for _, _, error in fits])
    best = errors.argmin(axis=0)
    rows = np.arange(len(scores))
    ceiling, distance = (np.stack([fit[at] for fit in fits])[best, rows] for at in (0, 1))
    return ceiling, distance, _RATES[best]


def _fit(sizes: Array, scores: Array, rate: float) -> tuple[Array, Array, Array]:
    """Ceiling, distance and squared error at one rate: a straight line in ``n ** -rate``, inside its bounds."""
    # In units of the smallest size, so that numbers stay near 1.
    x = (sizes / sizes[0]) ** -rate
    centred = x - x.mean()
    slope = np.minimum((scores @ centred) / (centred @ centred), 0.0)
    ceiling = scores.mean(axis=1) - slope * x.mean()
    slope = np.where(ceiling > 1, np.minimum((scores - 1) @ x / (x @ x), 0.0), slope)
    ceiling = np.minimum(ceiling, 1.0)
    error = ((scores - ceiling[:, None] - slope[:, None] * x) ** 2).sum(axis=1)
    return ceiling, -slope * sizes[0] ** rate, error


def forecast(sizes: list[int], scores: Array, *, more: int = MORE, seed: int = 0) -> Forecast:
    """What ``more`` labels would bring.

    Parameters
    ----------
    sizes : list of int
        Increasing numbers of labels.
    scores : numpy.ndarray of shape (n_seeds, n_sizes)
        Each row is one draw of rows to label and to test; 0 to 1.
    more : int
        Further labels, drawn in the same way.
    seed : int
        Of the bootstrap, which draws whole rows with replacement and fits a curve to the mean of each draw.

    Notes
    -----
    The interval is about the fitted curve. Scores of further rows of the same kind vary around it, and it knows nothing
    of news of another kind.
    """
    scores = np.asarray(scores, dtype=float)
    n, now = sizes[-1], float(scores[:, -1].mean())
    at = f"With {n} labels the score is {now:.3f}."
    if len(sizes) < MIN_SIZES or len(scores) < MIN_SEEDS:
        words = (
            f"{at} What {more} more would bring cannot be said from {len(sizes)} sizes and {len(scores)} seeds; "
            f"it takes {MIN_SIZES} and {MIN_SEEDS}."
        )
        return Forecast(n, more, now, None, None, None, None, None, None, "too little measured", words)
    rng = np.random.default_rng(seed)
    drawn = scores[rng.integers(len(scores), size=(_DRAWS, len(scores)))].mean(axis=1)
    x = np.asarray(sizes, dtype=float)
    ceiling, distance, rate = power_law(x, np.concatenate([scores.mean(axis=0)[None], drawn]))
    gains = distance * (n**-rate - (n + more) ** -rate)
    low, high = (float(edge) for edge in np.quantile(gains[1:], (0.025, 0.975)))
    gain = float(gains[0])
    verdict, advice = _verdict(low, high)
    words = (
        f"{at} {more} more would probably bring {100 * gain:.1f} points (95 % interval {100 * low:.1f} to "
        f"{100 * high:.1f}): {advice}."
    )
    fitted = (float(ceiling[0]), float(distance[0]), float(rate[0]))
    return Forecast(n, more, now, gain, low, high, *fitted, verdict, words)


def _verdict(low: float, high: float) -> tuple[str, str]:
    bar = f"{100 * WORTH:.0f} point"
    if low >= WORTH:
        return "label more", f"more labels still bring {bar} or more"
    if high < WORTH:
        return "stop", f"less than {bar}, so further labels of this kind are hardly worth it"
    return "cannot tell", f"whether it is {bar} or more, this curve cannot tell"
