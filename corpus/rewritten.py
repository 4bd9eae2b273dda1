"""Texts that say the same in other words: candidates by rare words in common, and the alignment of two documents."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from corpus.minhash import Pairs

# As if there were so many documents more, without any word of this corpus: in a small one every word is a little rare.
_PRIOR = 1000
# A word in more texts than this makes no candidates: cost grows with the texts, not with their square.
_COMMON = 200
_PART = 4096


@dataclass(frozen=True)
class Vectors:
    """What texts are about, as vectors.

    Attributes
    ----------
    unit : csr matrix of shape (n_texts, n_stems)
        Rows of length 1, so that a product of two is their cosine; zeros for a text without content words.
    mass : array of shape (n_texts,)
        The information of a text: the sum of the weights of its stems, log((N + 1000) / (n + 1)) for a stem in n of N
        texts (Spärck Jones 1972, with a prior).
    """

    unit: sparse.csr_matrix
    mass: npt.NDArray[np.float64]


def vectors(stems: Sequence[frozenset[str]]) -> Vectors:
    """The vectors of texts, given their stems."""
    names = sorted(set().union(*stems))
    place = {name: number for number, name in enumerate(names)}
    rows = [sorted(place[name] for name in own) for own in stems]
    bounds = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((column for row in rows for column in row), np.int64, int(bounds[-1]))
    counts = np.bincount(columns, minlength=len(names))
    weight = np.log((len(rows) + _PRIOR) / (counts + 1))
    binary = sparse.csr_matrix((np.ones(len(columns)), columns, bounds), shape=(len(rows), len(names)))
    mass = binary @ weight
    scale = np.divide(1, np.sqrt(mass), out=np.zeros_like(mass), where=mass > 0)
    unit = sparse.diags(scale) @ binary @ sparse.diags(np.sqrt(weight))
    return Vectors(sparse.csr_matrix(unit), mass)


def neighbours(unit: sparse.csr_matrix, *, rarest: int, top: int, floor: float) -> Pairs:
    """For each row those of highest cosine, among the rows that have a rare word in common.

    Parameters
    ----------
    unit : csr matrix
        Of :class:`Vectors`.
    rarest : int
        How many words of a row, its rarest, make candidates.
    top : int
        How many of the candidates of a row are kept.
    floor : float
        The lowest cosine.

    Returns
    -------
    array of shape (n_pairs, 2)
        The smaller number first, sorted.
    """
    shared = _rarest(unit, rarest)
    transposed = sparse.csr_matrix(shared.T)
    count = unit.shape[0]
    coded = [np.empty(0, np.int64)]
    for start in range(0, count, _PART):
        found = sparse.coo_matrix(shared[start : start + _PART] @ transposed)
        a, b, score = found.row.astype(np.int64) + start, found.col.astype(np.int64), found.data.round(9)
        # What the rarest words alone give is a lower bound of the cosine.
        some = (a != b) & (score >= floor / 2)
        a, b, score = a[some], b[some], score[some]
        order = np.lexsort((b, -score, a))
        a, b = a[order], b[order]
        best = _rank(a) < top
        coded.append(np.minimum(a, b)[best] * count + np.maximum(a, b)[best])
    every = np.unique(np.concatenate(coded))
    pairs = np.column_stack([every // max(count, 1), every % max(count, 1)])
    return pairs[cosines(unit, pairs) >= floor]


def cosines(unit: sparse.csr_matrix, pairs: Pairs) -> npt.NDArray[np.float64]:
    """The cosine of each pair of rows."""
    parts = [
        np.asarray(unit[part[:, 0]].multiply(unit[part[:, 1]]).sum(axis=1)).ravel()
        for part in (pairs[start : start + _PART] for start in range(0, len(pairs), _PART))
    ]
    return np.concatenate([np.empty(0), *parts])


def align(similarity: npt.NDArray[np.float64], floor: float) -> list[tuple[int, int]]:
    """Rows and columns matched one to one, the most similar first, down to ``floor``; in any order of the text.

    A rewritten article moves its sentences about, so that an alignment in order would lose them.
    """
    a, b = np.nonzero(similarity >= floor)
    left, right, matched = set(a.tolist()), set(b.tolist()), []
    for place in np.lexsort((b, a, -similarity[a, b].round(9))):
        row, column = int(a[place]), int(b[place])
        if row in left and column in right:
            left.remove(row)
            right.remove(column)
            matched.append((row, column))
    return matched


def _rarest(unit: sparse.csr_matrix, rarest: int) -> sparse.csr_matrix:
    counts = np.bincount(unit.indices, minlength=unit.shape[1])
    rows = np.repeat(np.arange(unit.shape[0]), np.diff(unit.indptr))
    frequency = counts[unit.indices]
    useful = (frequency > 1) & (frequency <= _COMMON)
    rows, columns, data, frequency = rows[useful], unit.indices[useful], unit.data[useful], frequency[useful]
    order = np.lexsort((columns, frequency, rows))
    kept = order[_rank(rows[order]) < rarest]
    return sparse.csr_matrix((data[kept], (rows[kept], columns[kept])), shape=unit.shape)


def _rank(groups: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The place of each element in its run of equal ``groups``, from 0 on."""
    start = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]]) if len(groups) else np.empty(0, np.int64)
    return np.arange(len(groups)) - np.repeat(start, np.diff(np.r_[start, len(groups)]))
