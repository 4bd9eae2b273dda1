"""Texts to features."""

from typing import Any

from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from train import encoder
from train.inputs import OfTexts, Targets
from train.ngrams import Pieces, Words
from train.settings import EncoderSettings, TfidfSettings
from train.surroundings import Context, Sides
from train.vectors import Meaning

# Columns kept for targets, at the end of a table of features.
TARGETS = 64


def ngrams(settings: TfidfSettings) -> FeatureUnion:
    """TF-IDF of word and of character n-grams, side by side.

    Character n-grams stay inside word boundaries: they carry stems and endings, which matter for names and
    inflected forms that a small training set shows only once. Sublinear term frequency (1 + log tf) and
    length-normalized rows, as in Manning, Raghavan and Schütze (2008), section 6.4.
    """
    shared: dict[str, Any] = {"sublinear_tf": True, "min_df": settings.min_sentences}
    words, characters = Words(settings.word_ngrams, **shared), Pieces(settings.char_ngrams, **shared)
    return FeatureUnion([("words", words), ("characters", characters)])


def meaning(settings: EncoderSettings) -> Pipeline | FeatureUnion:
    """Vectors of a frozen encoder, each column with mean 0 and variance 1.

    Of the sentence and its target; of each side and of what stands beside the sentence, where the settings say so.
    """
    shared = (settings.folder, settings.layers)
    found: list[tuple[str, OfTexts]] = [("vectors", Meaning(*shared))]
    if settings.sides:
        found.append(("sides", Sides(*shared)))
    found += [(name, Context(name, *shared)) for name in settings.context]
    parts = [(name, Pipeline([(name, part), ("scale", StandardScaler())])) for name, part in found]
    if len(parts) == 1:
        return parts[0][1]
    # Distances are of squares.
    weights = dict.fromkeys(settings.context, settings.context_weight**0.5)
    return FeatureUnion(parts, transformer_weights=weights or None)


def meaning_width(settings: EncoderSettings) -> int:
    """How many columns :func:`meaning` makes: two vectors of the sentence, two of the sides, one for each neighbour."""
    vectors = 2 + 2 * settings.sides + len(settings.context)
    return vectors * encoder.load(settings.folder, settings.layers).width


def targets() -> Targets:
    """A column for each target."""
    return Targets(TARGETS)
