"""What fitting and answering compute in the same way. Nothing here needs scikit-learn."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Probabilities are kept this far from 0 and 1: no finite number of rows shows that something cannot be.
FLOOR = 1e-3
# Landmarks that distances are taken to at once.
_FEW = 128


def squared_distances(a: Array, b: Array, centre: Array | float = 0.0) -> Array:
    """Between rows of ``a`` and rows of ``b``, shape (len(a), len(b)); never below 0.

    With ``centre``, which is taken off both, in 64 bits all is: in 32, the last digits of a row's values would depend
    on which rows are beside it. Rows of ``b`` are widened to that a few at a time, as all would not fit into a cache.
    """
    a = a - centre
    own = (a * a).sum(axis=1)[:, None]
    found = np.empty((len(a), len(b)), dtype=a.dtype)
    wide = np.empty((min(_FEW, len(b)), a.shape[1]), dtype=a.dtype)
    for at in range(0, len(b), _FEW):
        few = np.subtract(b[at : at + _FEW], centre, out=wide[: len(b) - at])
        found[:, at : at + _FEW] = own + (few * few).sum(axis=1)[None] - 2 * (a @ few.T)
    clipped: Array = np.maximum(found, 0, out=found)
    return clipped


def gaussian(dense: Array, landmarks: Array, centre: Array, rate: float) -> Array:
    """``exp(-rate * squared distance)``, shape (len(dense), len(landmarks))."""
    found = squared_distances(dense, landmarks, centre)
    found *= -rate
    similar: Array = np.exp(found, out=found)
    return similar


def nearness(target: Array, landmarks: Array, same_target: float) -> Array:
    """What kernel values are multiplied by: 1 for rows about the target of the landmark, and less for others."""
    return np.asarray((1 + same_target * (target @ landmarks.T)) / (1 + same_target))
