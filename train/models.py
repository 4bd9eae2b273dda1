"""Models by name: each an unfitted scikit-learn pipeline from an iterable of texts to labels."""

from collections.abc import Callable

from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from corpus.errors import UsageError, listed
from train.features import ngrams
from train.settings import TrainSettings

BASELINE = "majority"


def _tfidf(seed: int, settings: TrainSettings) -> Pipeline:
    classifier = LogisticRegression(
        C=settings.tfidf.C, class_weight="balanced", max_iter=settings.tfidf.max_iterations, random_state=seed
    )
    return Pipeline([("features", ngrams(settings.tfidf)), ("classifier", classifier)])


def _majority(seed: int, settings: TrainSettings) -> Pipeline:
    return Pipeline([("classifier", DummyClassifier(strategy="most_frequent"))])


MODELS: dict[str, Callable[[int, TrainSettings], Pipeline]] = {"tfidf": _tfidf, BASELINE: _majority}

# What a reader of the report is told about each.
DESCRIPTIONS: dict[str, str] = {
    "tfidf": "Words, pairs of words and pieces of words, weighted by TF-IDF, feed a multinomial logistic regression in "
    "which every label weighs the same. It knows words and spellings, not meaning.",
    BASELINE: "Always the most frequent label of the training sentences.",
}


def make(name: str, seed: int, settings: TrainSettings) -> Pipeline:
    """A new, unfitted model.

    Raises
    ------
    UsageError
        There is no model of that name.
    """
    if name not in MODELS:
        raise UsageError(f"no model {name!r}; there are: {listed(MODELS)}")
    return MODELS[name](seed, settings)
