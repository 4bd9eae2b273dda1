"""What is in a corpus, in numbers."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from corpus.console import counted


def stats(documents: pd.DataFrame, sentences: pd.DataFrame, dropped: pd.DataFrame) -> dict[str, Any]:
    """Counts of the three corpus tables, as plain values.

    Returns
    -------
    dict
        documents, sentences, clusters; outlets, events and languages (name, or "" where unknown, to documents and
        sentences); words (quartiles of the words in a sentence); published (first and last day); dropped (reason to
        rows).
    """
    per_document = sentences["doc_id"].value_counts()
    words = sentences["text"].map(lambda text: len(text.split()))
    quartiles = list(words.quantile([0, 0.25, 0.5, 0.75, 1])) if len(words) else []
    dates = documents["published_at"].dropna()
    return {
        "documents": len(documents),
        "sentences": len(sentences),
        "clusters": int(sentences["cluster_id"].nunique()),
        **{f"{name}s": _by(documents, name, per_document) for name in ("outlet", "event", "language")},
        "words": dict(zip(("min", "q25", "median", "q75", "max"), map(float, quartiles), strict=False)),
        "published": [dates.min().date().isoformat(), dates.max().date().isoformat()] if len(dates) else [],
        "dropped": {str(reason): int(n) for reason, n in dropped["reason"].value_counts().sort_index().items()},
    }


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The result of :func:`stats` for people."""
    sizes = [counted(found[f"{noun}s"], noun) for noun in ("sentence", "document", "cluster")]
    yield "{} of {}, {}".format(*sizes)
    if found["published"]:
        yield "published {} to {}".format(*found["published"])
    if found["words"]:
        words = "words a sentence: {min:g} to {max:g}, median {median:g}, half of them {q25:g} to {q75:g}"
        yield words.format(**found["words"])
    for title in ("outlets", "events", "languages"):
        rows = [(name or "(unknown)", str(n["documents"]), str(n["sentences"])) for name, n in found[title].items()]
        rows.insert(0, (title, "documents", "sentences"))
        width = max(len(name) for name, _, _ in rows)
        yield ""
        yield from (f"{name:<{width}}  {documents:>9}  {sentences:>9}" for name, documents, sentences in rows)
    yield ""
    yield from [f"dropped {n}: {reason}" for reason, n in found["dropped"].items()] or ["dropped: none"]


def _by(documents: pd.DataFrame, name: str, per_document: pd.Series) -> dict[str, dict[str, int]]:
    """Documents and sentences by value, the most documents first."""
    counted = documents["doc_id"].map(per_document).fillna(0).astype(int)
    grouped = counted.groupby(documents[name].fillna("")).agg(["size", "sum"])
    grouped = grouped.sort_values("size", ascending=False, kind="stable")
    return {str(name): {"documents": int(n), "sentences": int(total)} for name, n, total in grouped.itertuples()}
