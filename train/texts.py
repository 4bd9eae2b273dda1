"""What a model reads of a text: its columns, its characters, and which of its tokens are about a target.

Nothing here needs scikit-learn: an exported model reads its texts with this too.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from corpus.errors import TableError
from corpus.text.target import WORDS, found
from corpus.text.target import Span as Span

# What a record says about itself.
ORIGIN = ("target", "outlet", "byline", "event")
# Columns beside `text` that models may use; a missing one counts as empty.
OPTIONAL = (*ORIGIN, "target_start")
# What a reader sees beside the sentence.
CONTEXT = ("title", "before", "after")
COLUMNS = ("text", *OPTIONAL, *CONTEXT)

# Characters on each side of a target that are read as its surroundings: some eight words.
WINDOW = 50
# Characters of a text that are handed to the tokenizer; 256 tokens never reach so far in running text.
_CHARACTERS = 8000
_HASHTAG = re.compile(r"#(\w+)")


def as_table(X: Iterable[str] | pd.DataFrame) -> pd.DataFrame:
    """Texts, or a table, as a table with the columns :data:`COLUMNS`.

    Parameters
    ----------
    X : iterable of str, or pandas.DataFrame
        A table needs ``text``; the others may be missing or null. ``target`` is whom or what the stance is about: a
        mention where it occurs in the text, else a topic; ``target_start`` is where in the text it begins, if known.

    Returns
    -------
    pandas.DataFrame
        Indexed 0, 1, ...; ``target_start`` a number or NaN, all others strings, "" for nothing.

    Raises
    ------
    TableError
        A text is missing or no string, or a place no whole number from 0: which row.
    """
    if isinstance(X, str):
        raise TypeError("expected several texts, got one string: put it in a list")
    frame = X.reset_index(drop=True) if isinstance(X, pd.DataFrame) else pd.DataFrame({"text": _column(X)})
    if "text" not in frame.columns:
        raise TableError("model input", f"missing; expected text and perhaps {', '.join(COLUMNS[1:])}", column="text")
    strings = [name for name in COLUMNS if name != "target_start"]
    columns = {"text": frame["text"]} | {
        name: frame[name].where(frame[name].notna(), "") if name in frame.columns else "" for name in strings[1:]
    }
    table = pd.DataFrame(columns, index=frame.index)
    for name in strings:
        wrong = ~table[name].map(lambda value: isinstance(value, str)).astype(bool)
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            got = table[name].iloc[row]
            raise TableError(
                "model input", f"expected text, got {type(got).__name__} {got!r:.40}", column=name, row=row
            )
    return table.assign(target_start=_places(frame))


def _places(frame: pd.DataFrame) -> "pd.Series[float]":
    if "target_start" not in frame.columns:
        return pd.Series(np.nan, frame.index)
    given = frame["target_start"]
    places = pd.to_numeric(given, errors="coerce")
    wrong = (given.notna() & given.ne("")) & ~(places.ge(0) & places.mod(1).eq(0))
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        expected = "expected the place in the text where the target begins, from 0"
        raise TableError("model input", f"{expected}, got {given.iloc[row]!r:.40}", column="target_start", row=row)
    return places.astype(float)


def _column(X: Any) -> list[Any]:
    values = X.tolist() if isinstance(X, np.ndarray | pd.Series) else list(X)
    # A column of texts, shape (n, 1), is what scikit-learn's own tools hand over.
    return [value[0] if isinstance(value, list | tuple) and len(value) == 1 else value for value in values]


def readable(text: str) -> str:
    """A text as a reader takes it in: the words of a hashtag apart, and what is no character replaced.

    ``#StandWithUkraine2022`` is ``Stand With Ukraine 2022``; one in small letters only loses its mark.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _HASHTAG.sub(lambda tag: WORDS.sub(" ", tag[1]), text)


def span_of(text: str, target: str, start: float = np.nan) -> Span | None:
    """Where a target stands in the :func:`shortened` text, as :func:`corpus.text.target.found` says; None if nowhere.

    ``start`` is where in ``text``, as it is, the target begins; NaN if that is not known.
    """
    near = None if np.isnan(start) else len(readable(text[: int(start)].rstrip("#")))
    return found(shortened(text), target, near)


def shortened(text: str) -> str:
    """A text as it is handed to the tokenizer."""
    return readable(text[:_CHARACTERS])


def around(places: NDArray[np.int64], spans: Sequence[Span]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which tokens are in the spans, and which in these and their surroundings; all in both where there is none."""
    inside = np.zeros(len(places), dtype=bool)
    near = inside.copy()
    real = places[:, 1] > places[:, 0]
    for start, end in spans:
        inside |= real & (places[:, 1] > start) & (places[:, 0] < end)
        near |= real & (places[:, 1] > start - WINDOW) & (places[:, 0] < end + WINDOW)
    every = np.ones(len(places), dtype=bool)
    return (inside, near) if inside.any() else (every, every)
