"""What a task of Label Studio holds of a sentence: what its page shows, and by which its answers are known again."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

# Characters on each side of a mention that tell it from another one.
_AROUND = 20


def task_data(row: Mapping[Any, Any], *, item: str | None = None, cue: bool = False) -> dict[str, str]:
    """The data of one task.

    Parameters
    ----------
    row : mapping
        A row of the ``batch`` table.
    item : str, optional
        The opaque name of an assigned item. It tells the second showing of a sentence from the first, and its reader
        not which is which.
    cue : bool
        Whether outlet and byline are in view, beside the date. Without, they are not in the data at all: stance is
        coded without knowing who wrote it, and the page's source would tell.
    """
    published = row["published_at"]
    about = [_target(row), "" if pd.isna(published) else f"{published:%d %B %Y}".lstrip("0")]
    if cue:
        about += ["" if pd.isna(row[name]) else str(row[name]) for name in ("outlet", "byline")]
    data = {
        "sentence_id": str(row["sentence_id"]),
        "text": str(row["text"]),
        "title": "" if pd.isna(row["title"]) else str(row["title"]),
        "date": " · ".join(part for part in about if part),
        "before": str(row["before"]),
        "after": str(row["after"]),
    }
    return data if item is None else data | {"item": item}


def _target(row: Mapping[Any, Any]) -> str:
    """Whom or what the questions are about, where a record says so; which mention of it, where that is known."""
    if pd.isna(row["target"]):
        return ""
    target, start = str(row["target"]), row["target_start"]
    if pd.isna(start):
        return f"About: {target}"
    at, end = int(start), int(start) + len(target) + _AROUND
    return f"About: {target} (“…{row['text'][max(0, at - _AROUND) : end].strip()}…”)"
