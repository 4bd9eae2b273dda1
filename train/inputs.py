"""Transformers that read texts, or a table that also says about whom or what, and who published it where."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils import Tags

from train.texts import ORIGIN, as_table, readable


class OfTexts(TransformerMixin, BaseEstimator):
    """Base of transformers that take texts or a table and learn nothing before they have seen some."""

    def __sklearn_tags__(self) -> Tags:
        """Say that input is text, so that scikit-learn's checks do not hand over numbers."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.no_validation = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """True: what needs fitting says so itself."""
        return True


class Texts(OfTexts):
    """The texts of the input, for parts that read nothing else."""

    def fit(self, X: Any, y: Any = None) -> "Texts":
        """Learn nothing."""
        return self

    def transform(self, X: Any) -> list[str]:
        """One text for each row."""
        return [readable(text) for text in as_table(X)["text"]]


class Targets(OfTexts):
    """Whom or what each row is about, as one column of a fixed number for each target.

    Parameters
    ----------
    columns : int
        Targets that are told apart; past these, further ones are all zeros, as is an empty target.
    """

    def __init__(self, columns: int = 64) -> None:
        self.columns = columns

    def fit(self, X: Any, y: Any = None) -> "Targets":
        """Remember the targets, the most frequent first."""
        counts = as_table(X)["target"].str.strip().str.lower().value_counts()
        names = sorted((name for name in counts.index if name), key=lambda name: (-counts[name], name))
        self.targets_ = np.array(names[: self.columns], dtype=str)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Zeros and ones, shape (n_rows, columns)."""
        target = as_table(X)["target"].str.strip().str.lower().to_numpy(dtype=str)
        found = np.zeros((len(target), self.columns), dtype=np.float32)
        found[:, : len(self.targets_)] = target[:, None] == self.targets_[None]
        return found

    def __sklearn_is_fitted__(self) -> bool:
        """Whether the targets are known."""
        return hasattr(self, "targets_")


class Metadata(OfTexts):
    """Outlet, byline, event and target as numbers, and not a word of the text."""

    def fit(self, X: Any, y: Any = None) -> "Metadata":
        """Remember the values."""
        self.encoder_ = OneHotEncoder(handle_unknown="ignore").fit(as_table(X)[list(ORIGIN)].to_numpy(dtype=str))
        return self

    def transform(self, X: Any) -> Any:
        """A column for each value that was seen, shape (n_rows, n_values)."""
        return self.encoder_.transform(as_table(X)[list(ORIGIN)].to_numpy(dtype=str))

    def __sklearn_is_fitted__(self) -> bool:
        """Whether the values are known."""
        return hasattr(self, "encoder_")
