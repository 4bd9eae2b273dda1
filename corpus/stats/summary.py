"""What is in a corpus, in numbers."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from corpus.console import counted
from corpus.stats.copies import copies, copies_lines, repeated

# The steps of a build in their order, and what each one lets through.
_STEPS = {"read": "records", "documents": "records", "filter": "sentences"}


# In a reason: what differs from record to record. It is in the table; here a thousand bad dates are one line.
_DETAIL = re.compile(r"(?:, got | at (?:column|byte) \d| \(|; the file is left out).*", re.DOTALL)
_LONGEST_REASON = 90


def reasons(dropped: pd.Series) -> dict[str, int]:
    """Reasons without their details to the number of rows, by name."""
    kinds = dropped.map(lambda reason: _DETAIL.sub("", reason)[:_LONGEST_REASON])
    return {str(reason): int(n) for reason, n in kinds.value_counts().sort_index().items()}


def stats(
    documents: pd.DataFrame, sentences: pd.DataFrame, dropped: pd.DataFrame, links: pd.DataFrame
) -> dict[str, Any]:
    """Counts of the corpus tables, as plain values.

    Returns
    -------
    dict
        documents, sentences, clusters; outlets, events and languages (name, or "" where unknown, to documents and
        sentences); words (quartiles of the words in a sentence); published (first and last day); dropped (reason to
        rows); attrition (what each step dropped, see :func:`attrition`); flags (filter to sentences that are flagged
        and kept); copies and repeated (see :mod:`corpus.stats.copies`).
    """
    per_document = sentences["doc_id"].value_counts()
    words = sentences["text"].map(lambda text: len(text.split()))
    quartiles = list(words.quantile([0, 0.25, 0.5, 0.75, 1])) if len(words) else []
    dates = documents["published_at"].dropna()
    flags = sentences["flags"].dropna().str.split(",").explode().value_counts().sort_index()
    return {
        "documents": len(documents),
        "sentences": len(sentences),
        "clusters": int(sentences["cluster_id"].nunique()),
        **{f"{name}s": _by(documents, name, per_document) for name in ("outlet", "event", "language")},
        "words": dict(zip(("min", "q25", "median", "q75", "max"), map(float, quartiles), strict=False)),
        "published": [dates.min().date().isoformat(), dates.max().date().isoformat()] if len(dates) else [],
        "dropped": reasons(dropped["reason"]),
        "attrition": attrition(len(documents), sentences, dropped),
        "flags": {str(name): int(n) for name, n in flags.items()},
        "copies": copies(documents, links),
        "repeated": repeated(documents, sentences),
    }


def attrition(documents: int, sentences: pd.DataFrame, dropped: pd.DataFrame) -> list[dict[str, Any]]:
    """What came in, what each reason took away, and what was left.

    Returns
    -------
    list of dict
        In the order of the build: ``of`` (records or sentences), ``step``, ``reason``, ``dropped`` and ``left`` after
        it. A row without a reason is what a part began with. The last row is the sentences that only repeat another
        one: they stay in the corpus, and count once as a cluster.
    """
    step = dropped["step"].where(dropped["step"].isin(list(_STEPS)), "read")
    kind = step.map(_STEPS)
    rows: list[dict[str, Any]] = []
    for of, kept in (("records", documents), ("sentences", len(sentences))):
        left = kept + int((kind == of).sum())
        rows.append({"of": of, "step": "found", "reason": None, "dropped": 0, "left": left})
        for name in (name for name, of_step in _STEPS.items() if of_step == of):
            for reason, n in reasons(dropped.loc[step == name, "reason"]).items():
                left -= n
                rows.append({"of": of, "step": name, "reason": reason, "dropped": n, "left": left})
    clusters = int(sentences["cluster_id"].nunique())
    repeated = {"reason": "repeats another sentence (kept)", "dropped": len(sentences) - clusters, "left": clusters}
    return [*rows, {"of": "sentences", "step": "clusters", **repeated}]


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
        yield ""
        rows = [(name or "(unknown)", n["documents"], n["sentences"]) for name, n in found[title].items()]
        yield from _table((title, "documents", "sentences"), rows)
    yield ""
    yield from _table(("attrition", "dropped", "left"), map(attrition_row, found["attrition"]))
    yield from [] if found["dropped"] else ["dropped: none"]
    if found["flags"]:
        yield ""
        yield from _table(("flagged, and kept", "sentences"), found["flags"].items())
    yield from copies_lines(found["copies"])
    if found["repeated"]:
        yield ""
        often = ((f"{row['outlet'] or '(unknown)'}: {row['text']:.60}", row["documents"]) for row in found["repeated"])
        yield from _table(("repeated by an outlet", "documents"), often)


def attrition_row(row: Mapping[str, Any]) -> tuple[str, str, int]:
    """A row of :func:`attrition` for a table: what it is, what went, what was left."""
    if row["reason"] is None:
        return (f"{row['of']} {row['step']}", "", row["left"])
    return (f"  {row['step']}: {row['reason']}", f"-{row['dropped']}", row["left"])


def _table(head: tuple[str, ...], rows: Any) -> Iterator[str]:
    cells = [head, *([str(cell) for cell in row] for row in rows)]
    width = max(len(first) for first, *_ in cells)
    for first, *numbers in cells:
        yield f"{first:<{width}}" + "".join(f"  {number:>9}" for number in numbers)


def _by(documents: pd.DataFrame, name: str, per_document: pd.Series) -> dict[str, dict[str, int]]:
    """Documents and sentences by value, the most documents first."""
    counted = documents["doc_id"].map(per_document).fillna(0).astype(int)
    grouped = counted.groupby(documents[name].fillna("")).agg(["size", "sum"])
    grouped = grouped.sort_values("size", ascending=False, kind="stable")
    return {str(name): {"documents": int(n), "sentences": int(total)} for name, n, total in grouped.itertuples()}
