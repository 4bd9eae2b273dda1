"""What a model is given: texts, or a table that also says about whom or what, and who published it where."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils import Tags

from corpus.errors import TableError

# Columns beside `text` that models may use; a missing one counts as empty.
OPTIONAL = ("target", "outlet", "byline", "event")
# What a reader sees beside the sentence.
CONTEXT = ("title", "before", "after")
COLUMNS = ("text", *OPTIONAL, *CONTEXT)

_HASHTAG = re.compile(r"#(\w+)")
# Between a small letter or digit and a capital, before the last capital of several, between a letter and a digit.
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|_+")


def as_table(X: Iterable[str] | pd.DataFrame) -> pd.DataFrame:
    """Texts, or a table, as a table with the columns :data:`COLUMNS`.

    Parameters
    ----------
    X : iterable of str, or pandas.DataFrame
        A table needs ``text``; the others may be missing or null. ``target`` is whom or what the stance is about: a
        mention where it occurs in the text, else a topic.

    Returns
    -------
    pandas.DataFrame
        Indexed 0, 1, ...; all strings, "" for nothing.

    Raises
    ------
    TableError
        A text is missing or no string: which row.
    """
    if isinstance(X, str):
        raise TypeError("expected several texts, got one string: put it in a list")
    frame = X.reset_index(drop=True) if isinstance(X, pd.DataFrame) else pd.DataFrame({"text": _column(X)})
    if "text" not in frame.columns:
        raise TableError("model input", f"missing; expected text and perhaps {', '.join(COLUMNS[1:])}", column="text")
    found = {"text": frame["text"]} | {
        name: frame[name].where(frame[name].notna(), "") if name in frame.columns else "" for name in COLUMNS[1:]
    }
    table = pd.DataFrame(found, index=frame.index)
    for name in COLUMNS:
        wrong = ~table[name].map(lambda value: isinstance(value, str)).astype(bool)
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            got = table[name].iloc[row]
            raise TableError(
                "model input", f"expected text, got {type(got).__name__} {got!r:.40}", column=name, row=row
            )
    return table


def _column(X: Any) -> list[Any]:
    values = X.tolist() if isinstance(X, np.ndarray | pd.Series) else list(X)
    # A column of texts, shape (n, 1), is what scikit-learn's own tools hand over.
    return [value[0] if isinstance(value, list | tuple) and len(value) == 1 else value for value in values]


def readable(text: str) -> str:
    """A text as a reader takes it in: the words of a hashtag apart, and what is no character replaced.

    ``#StandWithUkraine2022`` is ``Stand With Ukraine 2022``; one in small letters only loses its mark.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _HASHTAG.sub(lambda found: _WORDS.sub(" ", found[1]), text)


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
        self.encoder_ = OneHotEncoder(handle_unknown="ignore").fit(as_table(X)[list(OPTIONAL)].to_numpy(dtype=str))
        return self

    def transform(self, X: Any) -> Any:
        """A column for each value that was seen, shape (n_rows, n_values)."""
        return self.encoder_.transform(as_table(X)[list(OPTIONAL)].to_numpy(dtype=str))

    def __sklearn_is_fitted__(self) -> bool:
        """Whether the values are known."""
        return hasattr(self, "encoder_")
