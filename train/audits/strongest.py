"""The words that weigh most for each label: of the model itself where part of it is linear in words."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import Pipeline

from train.audits.standin import Standin
from train.kernel import SumKernelClassifier

Array = NDArray[np.float64]
Strong = dict[str, list[tuple[str, float]]]

_WORDS = "words__"


def strongest(model: Pipeline | None, standin: Standin, labels: tuple[str, ...], most: int) -> tuple[str, Strong]:
    """The words, or pairs of words, with the largest weights, and where the weights are from.

    Returns
    -------
    source : str
        ``model``: the weights of its linear part; ``texts``: it has none, so the words that are most typical of each
        label among the labelled sentences.
    strong : dict of str to list of (str, float)
        At most ``most`` for each label, the largest weight first.
    """
    found = None if model is None else linear_part(model)
    source = "texts" if found is None else "model"
    words, weights = _typical(standin, labels) if found is None else _of_words(*found, model, labels)
    strong = {}
    for at, label in enumerate(labels):
        order = np.lexsort((words, -weights[:, at]))[:most]
        strong[label] = [(str(words[word]), float(weights[word, at])) for word in order if weights[word, at] > 0]
    return source, strong


def linear_part(model: Pipeline) -> tuple[Array, Array] | None:
    """The names of the n-grams, and their weights of shape (n_ngrams, n_classes); None where nothing is linear in them.

    The cosine kernel of :class:`train.kernel.SumKernelClassifier` is linear: with landmarks S its share of the scores
    is the row times S' times the coefficients.
    """
    classifier, features = model[-1], model.named_steps.get("features")
    if features is None:
        return None
    if isinstance(classifier, SumKernelClassifier):
        written = dict(features.transformer_list).get("words")
        if written is None:
            return None
        weights = classifier.share * (classifier.sparse_.T @ classifier.coefficients_)
        names = written[-1].get_feature_names_out()
    elif hasattr(classifier, "coef_") and hasattr(features, "transformer_list"):
        names, weights = features.get_feature_names_out(), classifier.coef_.T
        if weights.shape[1] == 1:  # Two classes have one column: for the second, against the first.
            weights = np.hstack([-weights, weights])
    else:
        return None
    return (names, np.asarray(weights)) if len(names) == len(weights) else None


def _of_words(names: Array, weights: Array, model: Any, labels: tuple[str, ...]) -> tuple[Array, Array]:
    """Only words and pairs of words, and a column for each of ``labels``; 0 for one that the model never saw."""
    kept = np.array([str(name).startswith(_WORDS) for name in names], dtype=bool)
    words = np.array([str(name).removeprefix(_WORDS) for name in names[kept]], dtype=object)
    place = {str(label): at for at, label in enumerate(model.classes_)}
    columns = [weights[kept, place[label]] if label in place else np.zeros(int(kept.sum())) for label in labels]
    return words, np.stack(columns, axis=1)


def _typical(standin: Standin, labels: tuple[str, ...]) -> tuple[Array, Array]:
    """Log odds ratios in standard errors (Monroe, Colaresi and Quinn, 2008, with half an occurrence added)."""
    words = r"(?u)\b\w+\b"
    counter = CountVectorizer(ngram_range=(1, 2), token_pattern=words, min_df=2, binary=True, max_features=5000)
    try:
        seen = counter.fit_transform(standin.rows["text"]).astype(float)
    except ValueError:  # No word is in two sentences.
        return np.zeros(0, dtype=object), np.zeros((0, len(labels)))
    weights = np.zeros((seen.shape[1], len(labels)))
    for at in range(len(labels)):
        own = standin.codes == at
        a, b = np.asarray(seen[own].sum(0)).ravel() + 0.5, np.asarray(seen[~own].sum(0)).ravel() + 0.5
        x, y = a / (own.sum() + 1), b / ((~own).sum() + 1)
        weights[:, at] = (np.log(x / (1 - x)) - np.log(y / (1 - y))) / np.sqrt(1 / a + 1 / b)
    return counter.get_feature_names_out(), weights
