"""What repeats in a corpus: documents that are copies of each other, and sentences that an outlet puts under many."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from corpus.console import counted
from corpus.copies.components import Components

_SHOWN = 5
# An outlet repeats a sentence that stands in so many of its documents.
_OFTEN, _LISTED = 20, 10


def copies(documents: pd.DataFrame, links: pd.DataFrame) -> dict[str, Any]:
    """Clusters of documents: connected components of the links between documents.

    Returns
    -------
    dict
        ``links`` (level to kind to number), ``clusters`` and ``documents`` (how many clusters of copies there are, and
        documents in them), ``largest`` (of the largest clusters ``documents``, ``outlets`` and the ``doc_id`` and
        ``title`` of one).
    """
    between = links[links["level"] == "document"]
    found = Components(zip(between["a"], between["b"], strict=True))
    members: dict[Any, list[str]] = {}
    for document in sorted({*between["a"], *between["b"]}):
        members.setdefault(found.root(document), []).append(document)
    of = documents.set_index("doc_id")
    largest = sorted(members.values(), key=lambda own: (-len(own), own))[:_SHOWN]
    kinds = Counter(zip(links["level"], links["kind"], strict=True))
    return {
        "links": {
            level: {kind: n for (of_level, kind), n in sorted(kinds.items()) if of_level == level}
            for level in ("document", "sentence")
        },
        "clusters": len(members),
        "documents": sum(map(len, members.values())),
        "largest": [
            {
                "documents": len(own), "outlets": int(of.loc[own, "outlet"].nunique()), "doc_id": own[0],
                "title": of.loc[own, "title"].dropna().min() if of.loc[own, "title"].notna().any() else None,
            }
            for own in largest
        ],
    }  # fmt: skip


def copies_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The result of :func:`copies` for people."""
    if not found["clusters"]:
        return
    yield ""
    yield (
        f"{counted(found['documents'], 'document')} are copies of others, in {counted(found['clusters'], 'cluster')}; "
        "the largest:"
    )
    for row in found["largest"]:
        sizes = f"{counted(row['documents'], 'document')} of {counted(row['outlets'], 'outlet')}"
        yield f"  {sizes}: {row['title'] or '(no title)'} ({row['doc_id']})"


def repeated(documents: pd.DataFrame, sentences: pd.DataFrame) -> list[dict[str, Any]]:
    """The sentences that an outlet has in twenty documents or more: ``outlet``, ``text``, ``documents``; the commonest.

    What stands under so many articles is the outlet's frame rather than news; ``filters.boilerplate_texts`` takes it.
    """
    outlet = sentences["doc_id"].map(documents.set_index("doc_id")["outlet"]).fillna("")
    often = sentences[sentences["text"].map(sentences["text"].value_counts()) >= _OFTEN]
    counts = often.groupby([outlet[often.index], "text"])["doc_id"].nunique()
    counts = counts[counts >= _OFTEN].sort_values(ascending=False, kind="stable")[:_LISTED]
    listed = zip(counts.index.get_level_values(0), counts.index.get_level_values(1), counts, strict=True)
    return [{"outlet": str(of), "text": str(text), "documents": int(n)} for of, text, n in listed]
