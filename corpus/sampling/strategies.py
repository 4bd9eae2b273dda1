"""Which items to label next, from arrays alone: what each is like, what a model thinks of it, what is labelled already.

``stance corpus sample`` draws batches with these, ``stance train curve`` measures what they bring.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from corpus.errors import UsageError, listed
from corpus.sampling.choosing import by_stratum, uncertainty

Array = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]

RANDOM, UNCERTAIN, TYPICLUST, BADGE, DIVERSE = "random", "uncertain", "typiclust", "badge", "diverse"
STRATEGIES = (RANDOM, UNCERTAIN, TYPICLUST, BADGE, DIVERSE)
# Those that look at what items are like.
VECTORS = frozenset({TYPICLUST, BADGE, DIVERSE})
# Those that look at what a model thinks; typiclust does once enough are labelled.
MODEL = frozenset({UNCERTAIN, BADGE})


def choose(
    strategy: str,
    n: int,
    *,
    taken: npt.NDArray[np.bool_],
    seed: int,
    vectors: Array | None = None,
    probabilities: Array | None = None,
    measure: Literal["margin", "entropy"] = "margin",
) -> Positions:
    """Positions of the ``n`` items to label next.

    Parameters
    ----------
    strategy : str
        ``random``; ``uncertain``: the least sure, equally many of each class that is predicted; ``typiclust``: typical
        items of clusters that nothing is labelled of, and with ``probabilities`` as ``uncertain``; ``badge``: unsure
        and unlike each other; ``diverse``: one of each cluster.
    n : int
        At most as many as are not taken.
    taken : array of shape (n_items,)
        What is labelled already.
    seed : int
    vectors : array of shape (n_items, n_columns)
        What items are like; needed by those in :data:`VECTORS`.
    probabilities : array of shape (n_items, n_classes)
        Rows sum to one; needed by those in :data:`MODEL`.
    measure : "margin" or "entropy"
        What is uncertain, as :func:`corpus.sampling.choosing.uncertainty` says.

    Raises
    ------
    UsageError
        There is no such strategy, or it lacks what it looks at.
    """
    if strategy not in STRATEGIES:
        raise UsageError(f"no strategy {strategy!r}; there are: {listed(STRATEGIES)}")
    free = np.random.default_rng(seed).permutation(np.flatnonzero(~taken))
    if strategy == UNCERTAIN or (strategy == TYPICLUST and probabilities is not None):
        return free[uncertain(_needed(probabilities, strategy)[free], n, measure)]
    if strategy == BADGE:
        return free[badge(_needed(vectors, strategy)[free], _needed(probabilities, strategy)[free], n, seed)]
    if strategy in VECTORS:
        from corpus.sampling import diverse

        if strategy == TYPICLUST:
            return diverse.typiclust(_needed(vectors, strategy), taken, n, seed)
        return free[diverse.spread(_needed(vectors, strategy)[free], n, seed)]
    return free[:n]


def _needed(given: Array | None, strategy: str) -> Array:
    if given is None:
        raise UsageError(
            f"strategy {strategy} lacks what it looks at: a vector for each item, the probabilities of a model, or both"
        )
    return given


def uncertain(probabilities: Array, n: int, measure: Literal["margin", "entropy"] = "margin") -> Positions:
    """The ``n`` least sure, equally many of each class that is predicted.

    The most uncertain alone are often one borderline of two classes, or one kind of odd text; a model that learns from
    them gets worse at the rest.
    """
    order = pd.DataFrame({"position": np.argsort(-uncertainty(probabilities, measure), kind="stable")})
    keys = pd.Series(probabilities.argmax(axis=1)[order["position"]], order.index)
    return by_stratum(order, keys, n, "equal")["position"].to_numpy(dtype=np.intp)


def badge(vectors: Array, probabilities: Array, n: int, seed: int) -> Positions:
    """``n`` items by k-means++ on the gradients that their likeliest labels would cause.

    Ash et al., "Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds" (2020). A gradient is the outer
    product of (p - likeliest) and the vector: distances between two come from two small products, so that no table of
    classes times columns is held.
    """
    pull = probabilities - np.eye(probabilities.shape[1])[probabilities.argmax(axis=1)]
    squared = (pull * pull).sum(axis=1) * (vectors * vectors).sum(axis=1)
    rng = np.random.default_rng(seed)
    chosen = [int(squared.argmax())]
    free = np.ones(len(vectors), dtype=bool)
    nearest = np.full(len(vectors), np.inf)
    while len(chosen) < n:
        last = chosen[-1]
        free[last] = False
        products = (pull @ pull[last]) * (vectors @ vectors[last])
        nearest = np.minimum(nearest, np.maximum(squared + squared[last] - 2 * products, 0.0))
        chance = np.where(free, nearest, 0.0)
        # A rounding error is no distance: items that are all alike are drawn evenly.
        if chance.sum() <= 1e-9 * squared.sum():
            chance = free.astype(float)
        chosen.append(int(rng.choice(len(vectors), p=chance / chance.sum())))
    return np.asarray(chosen[:n], dtype=np.intp)
