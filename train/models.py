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
