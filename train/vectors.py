"""Sentence vectors as a scikit-learn transformer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train import encoder
from train.embedding import Vectors, meaning
from train.inputs import OfTexts


class Meaning(OfTexts):
    """What each sentence says, and what is said about its target, as vectors of a frozen encoder.

    The vector of a sentence is the mean over its tokens of the hidden states of some layers, side by side. Beside it
    stands the mean over the tokens of the target and a window around it; where no target occurs in the text, the
    sentence's again.

    Parameters
    ----------
    encoder : str
        A folder, or "" for the encoder of the package.
    layers : sequence of int
        Hidden layers, counted from 1.

    Attributes
    ----------
    encoder_sha256_ : str
        The encoder that it was fitted with; another one is refused.
    neutral_ : numpy.ndarray of shape (2 * width,)
        The mean of the training sentences, which stands for a sentence that the encoder cannot read: one without Latin
        letters, where the encoder is that of the package.
    """

    def __init__(self, encoder: str = "", layers: Sequence[int] = (4, 5, 6)) -> None:
        self.encoder = encoder
        self.layers = layers

    def fit(self, X: Any, y: Any = None) -> "Meaning":
        """Remember which encoder it is, and the mean of what it reads."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Any, y: Any = None, **parameters: Any) -> Vectors:
        """As :meth:`transform`; vectors of training texts are kept in the cache."""
        model = encoder.load(self.encoder, self.layers)
        self.encoder_sha256_ = model.sha256
        found, read = self._vectors(X, keep=True)
        mean = found[read].mean(axis=0, dtype=np.float64) if read.any() else np.zeros(found.shape[1])
        self.neutral_ = mean.astype(np.float32)
        found[~read] = self.neutral_
        return found

    def transform(self, X: Any) -> Vectors:
        """Vectors, shape (n_rows, 2 * width): of the sentence, of the target and its surroundings."""
        found, read = self._vectors(X, keep=False)
        # Models that were saved before there was a neutral vector have none.
        found[~read] = getattr(self, "neutral_", 0.0)
        return found

    def _vectors(self, X: Any, *, keep: bool) -> tuple[Vectors, NDArray[np.bool_]]:
        return meaning(X, self.encoder, self.layers, self.encoder_sha256_, keep=keep)

    def __sklearn_is_fitted__(self) -> bool:
        """Whether the encoder is known."""
        return hasattr(self, "encoder_sha256_")
