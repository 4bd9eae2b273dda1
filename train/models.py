"""Models by name: each an unfitted scikit-learn pipeline from texts, or a table with more, to labels.

The last step is called ``classifier``; it takes ``sample_weight``, and ``groups`` where it holds rows out itself.
"""

from collections.abc import Callable

from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline

from corpus.errors import UsageError, listed
from train import features
from train.finetuned import FineTuned
from train.inputs import Metadata, Texts
from train.kernel import SumKernelClassifier
from train.settings import TrainSettings

BASELINE = "majority"


def _linear(seed: int, settings: TrainSettings) -> LogisticRegression:
    return LogisticRegression(
        C=settings.tfidf.C, class_weight="balanced", max_iter=settings.tfidf.max_iterations, random_state=seed
    )


def _tfidf(seed: int, settings: TrainSettings) -> Pipeline:
    return Pipeline(
        [("texts", Texts()), ("features", features.ngrams(settings.tfidf)), ("classifier", _linear(seed, settings))]
    )


def _metadata(seed: int, settings: TrainSettings) -> Pipeline:
    return Pipeline([("features", Metadata()), ("classifier", _linear(seed, settings))])


def _majority(seed: int, settings: TrainSettings) -> Pipeline:
    return Pipeline([("texts", Texts()), ("classifier", DummyClassifier(strategy="most_frequent"))])


def _encoder(seed: int, settings: TrainSettings) -> Pipeline:
    return _kernel(seed, settings, words=False)


def _hybrid(seed: int, settings: TrainSettings) -> Pipeline:
    return _kernel(seed, settings, words=True)


def _kernel(seed: int, settings: TrainSettings, *, words: bool) -> Pipeline:
    """What sentences mean, how they are written if ``words``, and their targets, compared by kernels."""
    written = Pipeline([("texts", Texts()), ("ngrams", features.ngrams(settings.tfidf))])
    parts = [("meaning", features.meaning(settings.encoder)), ("words", written), ("targets", features.targets())]
    classifier = SumKernelClassifier(
        dense=features.meaning_width(settings.encoder),
        targets=features.TARGETS,
        gamma=settings.kernel.gamma,
        share=settings.kernel.words,
        same_target=settings.kernel.same_target,
        landmarks=settings.kernel.exact_up_to,
        random_state=seed,
    )
    chosen = [part for part in parts if words or part[0] != "words"]
    return Pipeline([("features", FeatureUnion(chosen)), ("classifier", classifier)])


def _finetuned(seed: int, settings: TrainSettings) -> Pipeline:
    own = settings.finetuned
    classifier = FineTuned(settings.encoder.folder, own.epochs, own.rate, own.batch, random_state=seed)
    return Pipeline([("classifier", classifier)])


MODELS: dict[str, Callable[[int, TrainSettings], Pipeline]] = {
    "hybrid": _hybrid,
    "encoder": _encoder,
    "finetuned": _finetuned,
    "tfidf": _tfidf,
    "metadata": _metadata,
    BASELINE: _majority,
}

# Those that need a sentence encoder.
ENCODED = frozenset({"hybrid", "encoder", "finetuned"})

# What a reader of the report is told about each.
DESCRIPTIONS: dict[str, str] = {
    "hybrid": "Sentences are compared by what they mean (hidden states of a small language model, frozen) and by how "
    "they are written (words, pairs of words and pieces of words, weighted by TF-IDF); kernel ridge regression learns "
    "the labels from these comparisons. Probabilities are calibrated on sentences that were held out.",
    "encoder": "Sentences are compared by what they mean (hidden states of a small language model, frozen); kernel "
    "ridge regression learns the labels from these comparisons. Probabilities are calibrated on sentences that were "
    "held out.",
    "finetuned": "A small language model reads the sentence, with its target beside it; all its layers and a linear "
    "head were fitted to the labels. Probabilities are calibrated on sentences that were held out.",
    "tfidf": "Words, pairs of words and pieces of words, weighted by TF-IDF, feed a multinomial logistic regression in "
    "which every label weighs the same. It knows words and spellings, not meaning.",
    "metadata": "Outlet, byline, event and target feed a multinomial logistic regression; not a word of the text is "
    "read. What it gets right, a model of the text may owe to them too.",
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
