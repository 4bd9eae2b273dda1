"""TF-IDF of words and of pieces of words: scikit-learn's, counted and saved in less time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

from train.terms import WORD, packed, pieces, unpacked


class Words(TfidfVectorizer):  # type: ignore[misc]
    """TF-IDF of words and of sequences of words.

    Parameters
    ----------
    ngram_range : tuple of int
        The shortest and the longest n-gram.
    sublinear_tf : bool
        Whether n occurrences weigh 1 + log n.
    min_df : int
        Texts that an n-gram must occur in.
    max_features : int, optional
        The most frequent n-grams, and no more than this; by default all.
    """

    _reads: Mapping[str, str] = {"analyzer": "word", "token_pattern": WORD}

    def __init__(
        self,
        ngram_range: tuple[int, int] = (1, 1),
        sublinear_tf: bool = False,
        min_df: int = 1,
        max_features: int | None = None,
    ) -> None:
        super().__init__(
            **self._reads,
            ngram_range=ngram_range,
            sublinear_tf=sublinear_tf,
            min_df=min_df,
            max_features=max_features,
        )

    def __getstate__(self) -> dict[str, Any]:
        """What is saved: the vocabulary as one array. As a dictionary it took most of the time to read a model."""
        state: dict[str, Any] = dict(super().__getstate__())
        if "vocabulary_" in state:
            state["terms_"] = packed(state.pop("vocabulary_"))
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was saved."""
        rest = {name: value for name, value in state.items() if name != "terms_"}
        super().__setstate__(rest | ({"vocabulary_": unpacked(state["terms_"])} if "terms_" in state else {}))


class Pieces(Words):
    """TF-IDF of character n-grams inside word boundaries: what ``analyzer="char_wb"`` gives, bit for bit, sooner."""

    _reads: Mapping[str, str] = {"analyzer": "char_wb"}

    def _count_vocab(self, raw_documents: Iterable[str], fixed_vocab: bool) -> tuple[dict[str, int], sp.csr_matrix]:
        """The step of scikit-learn's vectorizers that counts; all others are theirs."""
        if fixed_vocab:
            vocabulary: dict[str, int] = self.vocabulary_
            columns, counts, ends = pieces(raw_documents, self.ngram_range, vocabulary.get)
        else:
            new: defaultdict[str, int] = defaultdict()
            new.default_factory = new.__len__  # A piece that is new gets the next column.
            columns, counts, ends = pieces(raw_documents, self.ngram_range, new.__getitem__)
            vocabulary = dict(new)
        if not vocabulary:
            raise ValueError("empty vocabulary; perhaps the texts hold no letters")
        shape = (len(ends) - 1, len(vocabulary))
        return vocabulary, sp.csr_matrix((counts, columns, ends), shape=shape, dtype=self.dtype)
