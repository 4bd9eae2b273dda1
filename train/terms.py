"""Words and pieces of words in texts, counted; and a vocabulary of them as bytes. Nothing here needs scikit-learn."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

# One-letter words are words too: "a", "I", and the single letters of other scripts.
WORD = r"(?u)\b\w+\b"

_NONE = np.zeros(0, dtype=np.intp)
# The column of a term; None for one that has none.
Column = Callable[[str], int | None]
# For each term of each text its column and how often it occurs; and where each text's terms end, from 0 on.
Counts = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]


def pieces(texts: Iterable[str], ngrams: tuple[int, int], column: Column) -> Counts:
    """Pieces of each word of ``texts``, with a space before and after it, as scikit-learn's ``char_wb`` cuts them.

    Texts repeat their words, and a word has the same pieces wherever it stands: each is cut once.

    Parameters
    ----------
    texts : iterable of str
    ngrams : tuple of int
        The shortest and the longest piece, in characters.
    column : callable
    """
    low, high = ngrams
    known: dict[str, NDArray[np.intp]] = {}

    def columns(word: str) -> NDArray[np.intp]:
        if (found := known.get(word)) is None:
            padded = f" {word} "
            size = len(padded)
            lengths = range(low, min(high + 1, size))
            there = [column(padded[at : at + n]) for n in lengths for at in range(size - n + 1)]
            if size <= high:  # A word that is shorter than a piece counts once, whole.
                there.append(column(padded))
            known[word] = found = _there(there)
        return found

    return _counted(np.concatenate([_NONE, *map(columns, text.lower().split())]) for text in texts)


def words(texts: Iterable[str], ngrams: tuple[int, int], column: Column, pattern: str = WORD) -> Counts:
    """Words of ``texts`` and sequences of words, with one space between them.

    Parameters
    ----------
    texts : iterable of str
    ngrams : tuple of int
        The shortest and the longest sequence, in words.
    column : callable
    pattern : str
        What a word is.
    """
    (low, high), word = ngrams, re.compile(pattern)

    def columns(text: str) -> NDArray[np.intp]:
        found = word.findall(text.lower())
        return _there(
            column(" ".join(found[at : at + n])) for n in range(low, high + 1) for at in range(len(found) - n + 1)
        )

    return _counted(map(columns, texts))


def _there(columns: Iterable[int | None]) -> NDArray[np.intp]:
    return np.array([at for at in columns if at is not None], dtype=np.intp)


def _counted(texts: Iterable[NDArray[np.intp]]) -> Counts:
    found: list[NDArray[np.intp]] = [_NONE]
    counts: list[NDArray[np.intp]] = [_NONE]
    ends = [0]
    for columns in texts:
        own, count = np.unique(columns, return_counts=True)
        found.append(own)
        counts.append(count)
        ends.append(ends[-1] + len(own))
    return np.concatenate(found), np.concatenate(counts), np.array(ends, dtype=np.intp)


def packed(vocabulary: dict[str, int]) -> NDArray[np.uint8]:
    """Terms in the order of their columns, a line each, as bytes; no term holds the end of a line."""
    terms = sorted(vocabulary, key=vocabulary.__getitem__)
    return np.frombuffer("\n".join(terms).encode("utf-8", "surrogatepass"), dtype=np.uint8)


def unpacked(data: NDArray[Any]) -> dict[str, int]:
    """The vocabulary that :func:`packed` took."""
    terms = data.tobytes().decode("utf-8", "surrogatepass").split("\n")
    return {term: column for column, term in enumerate(terms)}
