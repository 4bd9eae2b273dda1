"""Texts to features."""

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from train.inputs import Targets
from train.settings import EncoderSettings, TfidfSettings
from train.vectors import Meaning

# Columns kept for targets, at the end of a table of features.
TARGETS = 64


def ngrams(settings: TfidfSettings) -> FeatureUnion:
    """TF-IDF of word and of character n-grams, side by side.

    Character n-grams stay inside word boundaries: they carry stems and endings, which matter for names and
    inflected forms that a small training set shows only once. Sublinear term frequency (1 + log tf) and
    length-normalized rows, as in Manning, Raghavan and Schütze (2008), section 6.4.
    """
    shared = {"sublinear_tf": True, "min_df": settings.min_sentences}
    # One-letter words are kept: "a", "I", and the single letters of other scripts are words too.
    word = r"(?u)\b\w+\b"
    words = TfidfVectorizer(ngram_range=settings.word_ngrams, token_pattern=word, **shared)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=settings.char_ngrams, **shared)
    return FeatureUnion([("words", words), ("characters", characters)])


def meaning(settings: EncoderSettings) -> Pipeline:
    """Vectors of a frozen encoder, each column with mean 0 and variance 1."""
    return Pipeline([("vectors", Meaning(settings.folder, settings.layers)), ("scale", StandardScaler())])


def targets() -> Targets:
    """A column for each target."""
    return Targets(TARGETS)
