"""Texts that share most of their characters: MinHash signatures, bands, candidate pairs, true similarity.

Each step is a function of its rows alone or of the band keys, so that signatures can be computed partition by partition
and the bands grouped by a shuffle.
"""

from collections.abc import Sequence
from functools import cache, reduce
from typing import Any

import numpy as np
import numpy.typing as npt
from datasketch import MinHash, MinHashLSH

Pairs = npt.NDArray[np.int64]

_SHINGLE = 5
_PERMUTATIONS = 128
_SEED = 1
# Two rows of one bucket meet when at most so many lie between them: a bucket of m rows costs 16 m, not m squared.
_NEIGHBOURS = 16
_BLOCK = 1 << 16


@cache
def bands(threshold: float) -> tuple[int, int]:
    """How many bands a signature has, and how many rows each, to find the pairs from this similarity on.

    As datasketch chooses them, for MinHash banding (Broder 1997; Leskovec, Rajaraman & Ullman, "Mining of Massive
    Datasets", ch. 3). A pair that is missed costs more than a candidate too many, which the check of the true
    similarity sorts out: hence the weights.
    """
    index = MinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS, weights=(0.02, 0.98))
    return index.b, index.r


def signatures(texts: Sequence[str]) -> npt.NDArray[np.uint32]:
    """The MinHash signature of each text, shape (n_texts, 128): that of its character 5-grams, hashed to 32 bits."""
    multiplier, shift = MinHash(num_perm=_PERMUTATIONS, seed=_SEED, scheme="affine32").permutations
    found = np.empty((len(texts), _PERMUTATIONS), np.uint32)
    for row, text in enumerate(texts):
        values = _mixed(hashes(text))
        # In blocks, since a line of 64 MiB is a text too.
        found[row] = reduce(
            np.minimum,
            ((values[at : at + _BLOCK, None] * multiplier + shift).min(axis=0) for at in range(0, len(values), _BLOCK)),
        )
    return found


def hashes(text: str) -> npt.NDArray[np.uint32]:
    """One 32-bit hash for each character 5-gram of ``text``, set between spaces."""
    codes = np.frombuffer(f" {text} ".encode("utf-32-le", "surrogatepass"), np.uint32)
    if len(codes) < _SHINGLE:
        codes = np.pad(codes, (0, _SHINGLE - len(codes)))
    found: npt.NDArray[np.uint32] = np.zeros(len(codes) - _SHINGLE + 1, np.uint32)
    for place in range(_SHINGLE):
        found = found * np.uint32(0x01000193) ^ codes[place : place + len(found)]
    return found


def _mixed(values: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    # MurmurHash3's finalizer, which datasketch applies before its permutations too.
    values = (values ^ (values >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    values = (values ^ (values >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return values ^ (values >> np.uint32(16))


def band_keys(sketches: npt.NDArray[np.uint32], bands: int, rows: int) -> npt.NDArray[np.uint64]:
    """One key for each text and band, shape (n_texts, bands): texts with the same key in a band are candidates."""
    keys: npt.NDArray[np.uint64] = np.zeros((len(sketches), bands), np.uint64)
    for place in range(rows):
        keys = (keys ^ sketches[:, place : bands * rows : rows]) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys


def close_pairs(groups: npt.NDArray[Any], members: npt.NDArray[np.int64]) -> Pairs:
    """Distinct pairs (a, b), a < b, of members of one group with less than 16 others of the group between them.

    Parameters
    ----------
    groups, members : arrays of one length
        A member may be in many groups.
    """
    order = np.lexsort((members, groups))
    groups, members = groups[order], members[order].astype(np.int64)
    found = [np.empty((0, 2), np.int64)]
    for step in range(1, min(_NEIGHBOURS, len(groups) - 1) + 1):
        same = (groups[:-step] == groups[step:]) & (members[:-step] != members[step:])
        if not same.any():
            break
        found.append(np.column_stack([members[:-step][same], members[step:][same]]))
    return unique_pairs(np.concatenate(found))


def unique_pairs(pairs: Pairs) -> Pairs:
    """Each row once, sorted."""
    ordered: Pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    first = np.ones(len(ordered), np.bool_)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return ordered[first]


def agreement(sketches: npt.NDArray[Any], pairs: Pairs) -> npt.NDArray[np.float64]:
    """The share of equal values in the signatures of each pair of rows: an estimate of their similarity."""
    parts = (pairs[start : start + _BLOCK] for start in range(0, len(pairs), _BLOCK))
    return np.concatenate(
        [np.empty(0), *((sketches[part[:, 0]] == sketches[part[:, 1]]).mean(axis=1) for part in parts)]
    )


def pieces(text: str) -> frozenset[str]:
    """The character 5-grams of ``text``, set between spaces."""
    padded = f" {text} "
    return frozenset(padded[at : at + _SHINGLE] for at in range(max(1, len(padded) - _SHINGLE + 1)))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """The Jaccard similarity of two sets that are not both empty."""
    common = len(a & b)
    return common / (len(a) + len(b) - common)
