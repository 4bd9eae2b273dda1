"""Pieces of words, cut a word at a time: texts repeat their words, and a word has the same pieces wherever it stands."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer


class Pieces(TfidfVectorizer):
    """TF-IDF of character n-grams inside word boundaries: what ``analyzer="char_wb"`` gives, bit for bit, sooner.

    scikit-learn cuts each occurrence of a word and looks every piece up; here each word of a call is cut once.

    Parameters
    ----------
    ngram_range : tuple of int
        The shortest and the longest piece, in characters.
    sublinear_tf : bool
        Whether n occurrences weigh 1 + log n.
    min_df : int
        Texts that a piece must occur in.
    max_features : int, optional
        The most frequent pieces, and no more than this; by default all.
    """

    def __init__(
        self,
        ngram_range: tuple[int, int] = (1, 1),
        sublinear_tf: bool = False,
        min_df: int = 1,
        max_features: int | None = None,
    ) -> None:
        super().__init__(
            analyzer="char_wb",
            ngram_range=ngram_range,
            sublinear_tf=sublinear_tf,
            min_df=min_df,
            max_features=max_features,
        )

    def _count_vocab(self, raw_documents: Iterable[str], fixed_vocab: bool) -> tuple[dict[str, int], sp.csr_matrix]:
        """The step of scikit-learn's vectorizers that counts; all others are theirs."""
        vocabulary: dict[str, int] = self.vocabulary_ if fixed_vocab else defaultdict()
        if isinstance(vocabulary, defaultdict):
            vocabulary.default_factory = vocabulary.__len__  # A piece that is new gets the next column.
        column = vocabulary.get if fixed_vocab else vocabulary.__getitem__
        prepared = self.build_preprocessor()
        low, high = self.ngram_range
        known: dict[str, NDArray[np.int32]] = {}

        def columns(word: str) -> NDArray[np.int32]:
            if (found := known.get(word)) is None:
                padded = f" {word} "
                size = len(padded)
                lengths = range(low, min(high + 1, size))
                there = [column(padded[at : at + n]) for n in lengths for at in range(size - n + 1)]
                if size <= high:  # A word that is shorter than a piece counts once, whole.
                    there.append(column(padded))
                known[word] = found = np.array([at for at in there if at is not None], dtype=np.int32)
            return found

        none = np.zeros(0, dtype=np.int32)
        rows, counts, ends = [none], [none], [0]
        for text in raw_documents:
            found, count = np.unique(np.concatenate([none, *map(columns, prepared(text).split())]), return_counts=True)
            rows.append(found)
            counts.append(count)
            ends.append(ends[-1] + len(found))
        if not vocabulary:
            raise ValueError("empty vocabulary; perhaps the texts hold no letters")
        parts = (np.concatenate(counts), np.concatenate(rows), np.array(ends))
        return dict(vocabulary), sp.csr_matrix(parts, shape=(len(ends) - 1, len(vocabulary)), dtype=self.dtype)
