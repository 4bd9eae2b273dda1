"""What stands around: the mentions of each side inside a sentence, and the title and sentences beside it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from corpus.text.gazetteer import SIDES, mentions
from train import encoder
from train.embedding import Vectors, cached, embedded, focus
from train.inputs import OfTexts
from train.languages import is_latin
from train.texts import Span, as_table, shortened


class Sides(OfTexts):
    """What is said about Russia and about the United States: both are read as targets.

    For each side the mean over the tokens of its mentions (:mod:`corpus.text.gazetteer`) and a window around them;
    where it is not mentioned, or the encoder cannot read the sentence, the sentence's own vector.

    Parameters
    ----------
    encoder : str
        A folder, or "" for the encoder of the package.
    layers : sequence of int
        Hidden layers, counted from 1.
    """

    def __init__(self, encoder: str = "", layers: Sequence[int] = (4, 5, 6)) -> None:
        self.encoder = encoder
        self.layers = layers

    def fit(self, X: Any, y: Any = None) -> "Sides":
        """Remember which encoder it is."""
        self.encoder_sha256_ = encoder.load(self.encoder, self.layers).sha256
        return self

    def fit_transform(self, X: Any, y: Any = None, **parameters: Any) -> Vectors:
        """As :meth:`transform`; vectors of training texts are kept in the cache."""
        return self.fit(X)._vectors(X, keep=True)

    def transform(self, X: Any) -> Vectors:
        """Vectors, shape (n_rows, 2 * width): of Russia, of the United States."""
        return self._vectors(X, keep=False)

    def _vectors(self, X: Any, *, keep: bool) -> Vectors:
        model = encoder.load(self.encoder, self.layers, self.encoder_sha256_)
        texts = [shortened(text) for text in as_table(X)["text"]]
        rows = [(text, _spans(text)) for text in texts]

        def embed(row: tuple[str, Any]) -> Vectors:
            tokens, places = model.tokens(row[0])
            return np.concatenate([focus(tokens, places, spans) for spans in row[1]])

        return cached(rows, embed, model.sha256, 2 * model.width, keep=keep)

    def __sklearn_is_fitted__(self) -> bool:
        """Whether the encoder is known."""
        return hasattr(self, "encoder_sha256_")


class Context(OfTexts):
    """What another column says: the title, the sentence before or the one after.

    Parameters
    ----------
    column : str
        Its name, of :data:`train.texts.CONTEXT`.
    encoder, layers
        As of :class:`Sides`.

    Attributes
    ----------
    neutral_ : numpy.ndarray of shape (width,)
        The mean of the training rows, which stands for a missing text and one that the encoder cannot read.
    """

    def __init__(self, column: str = "title", encoder: str = "", layers: Sequence[int] = (4, 5, 6)) -> None:
        self.column = column
        self.encoder = encoder
        self.layers = layers

    def fit(self, X: Any, y: Any = None) -> "Context":
        """Remember the encoder and the mean."""
        model = encoder.load(self.encoder, self.layers)
        self.encoder_sha256_, self.neutral_ = model.sha256, np.zeros(model.width, dtype=np.float32)
        found = self._vectors(X, keep=True)
        there = found.any(axis=1)
        if there.any():
            self.neutral_ = found[there].mean(axis=0, dtype=np.float64).astype(np.float32)
        return self

    def transform(self, X: Any) -> Vectors:
        """Vectors, shape (n_rows, width)."""
        return self._vectors(X, keep=False)

    def _vectors(self, X: Any, *, keep: bool) -> Vectors:
        model = encoder.load(self.encoder, self.layers, self.encoder_sha256_)
        texts = [shortened(text) for text in as_table(X)[self.column]]
        read = np.array([bool(text.strip()) and (bool(self.encoder) or is_latin(text)) for text in texts], dtype=bool)
        rows = [(text if ok else "", None) for text, ok in zip(texts, read, strict=True)]
        found = cached(rows, lambda row: embedded(model, *row), model.sha256, 2 * model.width, keep=keep)
        found = found[:, : model.width]
        found[~read] = self.neutral_
        return found

    def __sklearn_is_fitted__(self) -> bool:
        """Whether the encoder is known."""
        return hasattr(self, "encoder_sha256_")


def _spans(text: str) -> tuple[tuple[Span, ...], ...]:
    found = mentions(text)
    return tuple(tuple((one.start, one.end) for one in found if one.side == side) for side in SIDES)
