"""Sentences that are unlike each other, and each typical of many: for a first batch, when there is no model yet."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from corpus.errors import UsageError

try:
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors
    from sklearn.preprocessing import normalize
except ModuleNotFoundError:
    raise UsageError(
        "--strategy diverse needs scikit-learn: install stancelab[train], run `make setup`, or take another strategy"
    ) from None

# Beyond so many topics more clusters cost time and tell nothing; several sentences are then taken of each.
_CLUSTERS, _DIMENSIONS, _NEIGHBOURS = 500, 100, 20


def diverse(texts: Sequence[str], n: int, seed: int) -> list[int]:
    """Positions of ``n`` of the texts, one of each cluster before a second of any, the most typical first.

    Notes
    -----
    Typicality, the inverse of the mean distance to the nearest neighbours in the cluster, is that of TypiClust
    (Hacohen, Dekel & Weinshall, "Active Learning on a Budget", 2022), here on TF-IDF vectors in 100 dimensions.
    """
    if n >= len(texts):
        return list(range(len(texts)))
    vectors = _vectors(texts, seed)
    clusters = min(n, _CLUSTERS)
    model = MiniBatchKMeans(clusters, random_state=seed, n_init=1, batch_size=4096)
    cluster = model.fit_predict(vectors)
    rank = np.zeros(len(texts), dtype=np.int64)
    for label in np.unique(cluster):
        members = np.flatnonzero(cluster == label)
        rank[members[np.argsort(_spread(vectors[members]), kind="stable")]] = np.arange(len(members))
    size = np.bincount(cluster, minlength=clusters)[cluster]
    # Large clusters first, so that what is left out when n is small is the rare text.
    order = np.lexsort((cluster, -size, rank))
    return [int(position) for position in order[:n]]


def _vectors(texts: Sequence[str], seed: int) -> npt.NDArray[np.float64]:
    vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\w+")  # noqa: S106 - a pattern of words
    weights = vectorizer.fit_transform(texts)
    if weights.shape[1] > _DIMENSIONS:
        weights = TruncatedSVD(_DIMENSIONS, random_state=seed).fit_transform(weights)
    else:
        weights = weights.toarray()
    return np.asarray(normalize(weights), dtype=np.float64)


def _spread(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean distance of each vector to its nearest neighbours; 0 for a single one."""
    near = min(_NEIGHBOURS, len(vectors) - 1)
    if near == 0:
        return np.zeros(1)
    distances, _ = NearestNeighbors(n_neighbors=near + 1).fit(vectors).kneighbors(vectors)
    return np.asarray(distances[:, 1:].mean(axis=1))
