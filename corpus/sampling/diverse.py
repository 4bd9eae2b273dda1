"""Items that are unlike each other, and each typical of many: for a first batch, when there is no model yet."""

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from corpus.errors import UsageError

try:
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors
    from sklearn.preprocessing import normalize
except ModuleNotFoundError:
    raise UsageError(
        "strategies diverse, typiclust and badge need scikit-learn: install stancelab[train], run `make setup`, or "
        "take another strategy"
    ) from None

Array = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]

# Beyond so many topics more clusters cost time and tell nothing; several sentences are then taken of each.
_CLUSTERS, _DIMENSIONS, _NEIGHBOURS = 500, 100, 20


def spread(vectors: Array, n: int, seed: int) -> Positions:
    """Positions of ``n`` items, one of each cluster before a second of any, the most typical first.

    Notes
    -----
    Typicality, the inverse of the mean distance to the nearest neighbours in the cluster, is that of TypiClust
    (Hacohen, Dekel & Weinshall, "Active Learning on a Budget", 2022).
    """
    if n >= len(vectors):
        return np.arange(len(vectors))
    cluster = _clusters(vectors, min(n, _CLUSTERS), seed)
    rank = np.zeros(len(vectors), dtype=np.int64)
    for label in np.unique(cluster):
        members = np.flatnonzero(cluster == label)
        rank[members[np.argsort(_distance(vectors[members]), kind="stable")]] = np.arange(len(members))
    size = np.bincount(cluster)[cluster]
    # Large clusters first, so that what is left out when n is small is the rare text.
    return np.asarray(np.lexsort((cluster, -size, rank))[:n])


def typiclust(vectors: Array, taken: npt.NDArray[np.bool_], n: int, seed: int) -> Positions:
    """Positions of ``n`` items that are not taken: the most typical of the largest clusters that have fewest taken.

    Hacohen, Dekel and Weinshall (2022), section 4.1: as many clusters as there will be labelled items, at most 500.

    Parameters
    ----------
    vectors : array of shape (n_items, n_columns)
    taken : array of shape (n_items,)
    n, seed : int
    """
    count = min(int(taken.sum()) + n, _CLUSTERS, len(vectors))
    cluster = _clusters(vectors, count, seed)
    size, covered = np.bincount(cluster), np.bincount(cluster, weights=taken).astype(np.int64)
    turn = np.full(len(vectors), np.iinfo(np.int64).max)
    for label in np.unique(cluster[~taken]):
        members = np.flatnonzero(cluster == label)
        typical = members[np.argsort(_distance(vectors[members]), kind="stable")]
        free = typical[~taken[typical]]
        # The first that is drawn of a cluster counts as the next one covered, and so on.
        turn[free] = covered[label] + np.arange(len(free))
    order = np.lexsort((cluster, -size[cluster], turn))
    return np.asarray(order[~taken[order]][:n])


def vectors_of(texts: Sequence[str], seed: int) -> Array:
    """TF-IDF of words in at most 100 dimensions, shape (n_texts, n_columns); rows have length one, or zero."""
    vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\w+")  # noqa: S106 - a pattern of words
    try:
        weights = vectorizer.fit_transform(texts)
    except ValueError:  # Not one of them has a word: they are all alike.
        return np.zeros((len(texts), 1))
    if weights.shape[1] > _DIMENSIONS:
        weights = TruncatedSVD(_DIMENSIONS, random_state=seed).fit_transform(weights)
    else:
        weights = weights.toarray()
    return np.asarray(normalize(weights), dtype=np.float64)


def _clusters(vectors: Array, count: int, seed: int) -> Positions:
    """The cluster of each item, 0, 1, ..."""
    with warnings.catch_warnings():
        # Fewer distinct items than clusters: then there are fewer.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = MiniBatchKMeans(count, random_state=seed, n_init=1, batch_size=4096)
        return np.asarray(model.fit_predict(vectors), dtype=np.intp)


def _distance(vectors: Array) -> Array:
    """Mean distance of each vector to its nearest neighbours; 0 for a single one."""
    near = min(_NEIGHBOURS, len(vectors) - 1)
    if near == 0:
        return np.zeros(1)
    distances, _ = NearestNeighbors(n_neighbors=near + 1).fit(vectors).kneighbors(vectors)
    return np.asarray(distances[:, 1:].mean(axis=1))
