"""Pieces of words against scikit-learn's own."""

import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from train.ngrams import Pieces

WORDS = st.text(alphabet=st.sampled_from("aAbİßя é\t\x1c\n'🙂"), max_size=12)
TEXTS = st.lists(st.lists(WORDS, max_size=8).map(" ".join), min_size=1, max_size=6)


@given(texts=TEXTS, unseen=TEXTS, ngrams=st.sampled_from([(1, 1), (2, 4), (3, 5), (5, 6)]), least=st.integers(1, 2))
@example(["Abc abc", "cab"], ["abc"], (2, 4), 1)
def test_pieces_are_those_of_scikit_learn(
    texts: list[str], unseen: list[str], ngrams: tuple[int, int], least: int
) -> None:
    shared = {"ngram_range": ngrams, "sublinear_tf": True, "min_df": least, "max_features": 40}
    ours, theirs = Pieces(**shared), TfidfVectorizer(analyzer="char_wb", **shared)
    try:
        expected = theirs.fit_transform(texts)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error).partition(";")[0])):
            ours.fit(texts)
        return
    found = ours.fit_transform(texts)
    assert list(ours.vocabulary_.items()) == list(theirs.vocabulary_.items())
    for own, other in ((found, expected), (ours.transform(unseen), theirs.transform(unseen))):
        assert own.shape == other.shape
        for part in ("data", "indices", "indptr"):
            np.testing.assert_array_equal(getattr(own, part), getattr(other, part), strict=True)
