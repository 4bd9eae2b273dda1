"""Texts to features."""

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from train.settings import TfidfSettings


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
