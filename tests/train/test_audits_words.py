"""The strongest words of the hybrid model are those of its own linear part."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import train_datasets as made
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import normalize

from train.audits.strongest import linear_part, strongest
from train.models import make
from train.settings import TfidfSettings, TrainSettings


@pytest.fixture(scope="module")
def fitted() -> tuple[Any, Pipeline]:
    rows = made.rows(documents=20)
    settings = TrainSettings(tfidf=TfidfSettings(word_ngrams=(1, 1), char_ngrams=(3, 3)))
    return rows, make("hybrid", 0, settings).fit(rows[["text"]], np.array(rows["stance"].tolist(), dtype=str))


def test_exchanged_words_move_the_scores_by_their_weights(fitted: tuple[Any, Pipeline]) -> None:
    rows, model = fitted
    found = linear_part(model)
    assert found is not None
    names, weights = found
    table = sp.csr_matrix(model[:-1].transform(rows[["text"]].head(12)))
    first = model[-1].dense
    own, other = table[:6], table[6:]
    written = slice(first, first + len(names))
    # What the sentences mean stays; how they are written is that of other ones.
    mixed = sp.hstack([own[:, :first], other[:, written], own[:, first + len(names) :]], format="csr")
    moved = model[-1].decision_scores(mixed) - model[-1].decision_scores(own)
    # The kernel brings this part of a row to unit length.
    there, here = (normalize(part[:, written]) for part in (other, own))
    np.testing.assert_allclose(moved, (there - here) @ weights, atol=1e-4)
    assert np.abs(moved).max() > 0.05


def test_words_of_a_stance_are_strongest_for_it(fitted: tuple[Any, Pipeline]) -> None:
    _, model = fitted
    standin: Any = None
    source, strong = strongest(model, standin, made.STANCES, 8)
    assert source == "model"
    for label, sentence in made.WORDS.items():
        only = set(sentence.lower().split()) - {
            word for other, text in made.WORDS.items() if other != label for word in text.lower().split()
        }
        words = [word for word, _ in strong[label] if not word.isdigit()]
        assert set(words[:4]) <= only, (label, words)
        weights = [weight for _, weight in strong[label]]
        assert weights == sorted(weights, reverse=True)
