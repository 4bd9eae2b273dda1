"""Texts that say the same in other words: candidates by rare words in common, and the alignment of two documents."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from corpus.copies.minhash import Pairs

Array = npt.NDArray[Any]

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


def vectors(bounds: Array, stems: Array, frequency: Array, known: int, total: int) -> Vectors:
    """The vectors of texts.

    Parameters
    ----------
    bounds, stems : arrays of int
        The stems of text n, sorted, are ``stems[bounds[n]:bounds[n + 1]]``.
    frequency : array of the shape of ``stems``
        In how many of all texts the stem is.
    known, total : int
        How many stems and how many texts there are in all.
    """
    weight = np.log((total + _PRIOR) / (frequency + 1))
    shape = (len(bounds) - 1, known)
    mass = sparse.csr_matrix((weight, np.zeros(len(stems), np.int64), bounds), shape=(shape[0], 1)) @ np.ones(1)
    scale = np.divide(1, np.sqrt(mass), out=np.zeros_like(mass), where=mass > 0)
    return Vectors(sparse.csr_matrix((np.repeat(scale, np.diff(bounds)) * np.sqrt(weight), stems, bounds), shape), mass)


def rare(unit: sparse.csr_matrix, frequency: Array, rarest: int) -> tuple[Array, Array, Array]:
    """Of each row its rarest stems that some other row has as well: rows, stems and values.

    Parameters
    ----------
    unit : csr matrix
        Of :class:`Vectors`.
    frequency : array of shape (n_stems,)
        Of all rows that there are.
    """
    rows = np.repeat(np.arange(unit.shape[0]), np.diff(unit.indptr))
    columns, data, often = unit.indices, unit.data, frequency[unit.indices]
    useful = (often > 1) & (often <= _COMMON)
    rows, columns, data, often = rows[useful], columns[useful], data[useful], often[useful]
    order = np.lexsort((columns, often, rows))
    kept = order[_rank(rows[order]) < rarest]
    return rows[kept], columns[kept], data[kept]


def best(a: Array, b: Array, score: Array, top: int, floor: float) -> Pairs:
    """For each of ``a`` the ``top`` of ``b`` by score, from ``floor`` on; pairs, the smaller one first."""
    # What the rarest stems alone give is a lower bound of the cosine.
    score = score.round(9)
    some = (a != b) & (score >= floor)
    a, b, score = a[some], b[some], score[some]
    order = np.lexsort((b, -score, a))
    a, b = a[order], b[order]
    kept = _rank(a) < top
    return np.column_stack([np.minimum(a, b)[kept], np.maximum(a, b)[kept]])


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


def _rank(groups: Array) -> npt.NDArray[np.int64]:
    """The place of each element in its run of equal ``groups``, from 0 on."""
    start = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]]) if len(groups) else np.empty(0, np.int64)
    return np.arange(len(groups)) - np.repeat(start, np.diff(np.r_[start, len(groups)]))
