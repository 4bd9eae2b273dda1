"""Why two sentences, or two documents, are copies: the shortest path of links between them."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from corpus.console import counted
from corpus.errors import NotFound, UsageError


def why(
    first: str, second: str, *, sentences: pd.DataFrame, documents: pd.DataFrame, links: pd.DataFrame
) -> dict[str, Any]:
    """The evidence that two sentences, or two documents, are copies.

    Parameters
    ----------
    first, second : str
        Two sentence_ids or two doc_ids.
    sentences, documents, links : DataFrame
        The tables of the corpus.

    Returns
    -------
    dict
        ``level`` (sentence or document), ``linked``, ``path`` (the links from ``first`` to ``second``: a, b, kind,
        similarity; empty when there are none), ``texts`` by id.

    Raises
    ------
    NotFound
        No sentence and no document has one of the ids.
    UsageError
        One is a sentence, the other a document.
    """
    texts = {
        "sentence": dict(zip(sentences["sentence_id"], sentences["text"], strict=True)),
        "document": dict(zip(documents["doc_id"], documents["text"], strict=True)),
    }
    levels = [_level(one, texts) for one in (first, second)]
    if levels[0] != levels[1]:
        raise UsageError(f"{first} is a {levels[0]}, {second} a {levels[1]}; name two sentences or two documents")
    own = links[links["level"] == levels[0]]
    path = _path(own, first, second)
    shown = dict.fromkeys([first, *(step["b"] for step in path), second])
    return {
        "level": levels[0],
        "linked": bool(path) or first == second,
        "path": path,
        "texts": {one: texts[levels[0]][one] for one in shown},
    }


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The result of :func:`why` for people."""
    ids = list(found["texts"])
    yield from _shown(ids[0], found["texts"][ids[0]])
    for step in found["path"]:
        yield f"  {step['kind']}, {_MEASURE[found['level'], step['kind']]} {step['similarity']:.2f}"
        yield from _shown(step["b"], found["texts"][step["b"]])
    if not found["linked"]:
        yield f"  no link, nor a path of links: not in one cluster of {found['level']}s"
        yield from _shown(ids[-1], found["texts"][ids[-1]])


_MEASURE = {
    ("sentence", "exact"): "case and punctuation aside:", ("document", "exact"): "sentence by sentence:",
    ("sentence", "near"): "Jaccard similarity of characters", ("document", "near"): "share found again",
    ("sentence", "rewritten"): "cosine of stems", ("document", "rewritten"): "share found again in other words",
}  # fmt: skip
_LENGTH = 400


def _shown(name: str, text: str) -> Iterator[str]:
    yield name
    yield "    " + " ".join(text[:_LENGTH].split()) + (" ..." if len(text) > _LENGTH else "")


def _level(name: str, texts: Mapping[str, Mapping[str, str]]) -> str:
    for level, known in texts.items():
        if name in known:
            return level
    sizes = [counted(len(known), level) for level, known in texts.items()]
    raise NotFound("sentence or document", name, sizes, "Their ids are in sentences.parquet and documents.parquet.")


def _path(links: pd.DataFrame, first: str, second: str) -> list[dict[str, Any]]:
    """Breadth first, the neighbours in order of their ids, so that the same links give the same path."""
    beside: dict[str, dict[str, tuple[str, float]]] = defaultdict(dict)
    for a, b, kind, similarity in links[["a", "b", "kind", "similarity"]].itertuples(index=False):
        beside[a][b] = beside[b][a] = (kind, float(similarity))
    before, queue = {first: ""}, deque([first])
    while queue and second not in before:
        here = queue.popleft()
        for other in sorted(beside[here]):
            if other not in before:
                before[other] = here
                queue.append(other)
    path: list[dict[str, Any]] = []
    while second != first and second in before:
        kind, similarity = beside[before[second]][second]
        path.insert(0, {"a": before[second], "b": second, "kind": kind, "similarity": similarity})
        second = before[second]
    return path
