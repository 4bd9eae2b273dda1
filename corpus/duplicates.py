"""Sentences and documents that are the same, nearly so, or rewritten: the links between them, and the clusters."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from corpus.copies import Copies, copied
from corpus.minhash import Pairs, near_pairs
from corpus.rewritten import neighbours, vectors
from corpus.tables import LINKS
from corpus.words import at_odds, names, numbers, stems, unknown

# A stock sentence is shorter; a sentence that is linked for its content alone has at least so many content words.
_SHORT_WORDS = 12
_CONTENT_WORDS = 8
# Rarest words of a sentence that make candidates, and how many candidates are looked at.
_RAREST, _TOP = 12, 8


@dataclass(frozen=True)
class CopyRules:
    """What counts as a copy.

    Parameters
    ----------
    threshold : float
        Two sentences are near duplicates from this Jaccard similarity of their character 5-grams on, case and
        punctuation aside, unless each has a figure or a name that the other lacks.
    near_from_words : int
        Shorter sentences ("He declined to comment.") are linked only where they are equal.
    rewritten : float
        Two sentences say the same in other words from this cosine of their weighted stems on.
    coverage, aligned : float
        See :func:`corpus.copies.copied`.
    stock_documents : int
        A short sentence that stands, nearly alike, in so many documents is a stock sentence: it is linked only where
        it is equal, and no evidence for its documents.
    """

    threshold: float = 0.6
    near_from_words: int = 6
    rewritten: float = 0.75
    coverage: float = 0.4
    aligned: float = 0.4
    stock_documents: int = 5


COPY_RULES = CopyRules()


def find_links(sentences: pd.DataFrame, rules: CopyRules = COPY_RULES) -> pd.DataFrame:
    """The evidence that sentences, and documents, are copies of each other.

    Parameters
    ----------
    sentences : DataFrame
        Columns ``sentence_id`` (unique), ``doc_id``, ``start`` and ``text``.
    rules : CopyRules
        What counts as a copy.

    Returns
    -------
    DataFrame
        As :data:`corpus.tables.LINKS`, sorted; ``a`` < ``b``. Equal texts are linked to the one with the smallest id,
        and only that one to other texts. The order of the rows of ``sentences`` is of no consequence.
    """
    texts = _distinct(sentences)
    near = _near(texts, rules.threshold, rules.near_from_words)
    near = near.only(_unchained(near, texts.numbers))
    apart = np.arange(len(texts.documents))
    stock = _stock(texts, near.pairs, rules.stock_documents, apart)
    telling = near.without(stock)
    content = [frozenset() if dull else stems(text) for text, dull in zip(texts.raw, stock, strict=True)]
    about = vectors(content)
    alone = _same_content(texts, content, neighbours(about.unit, rarest=_RAREST, top=_TOP, floor=rules.rewritten))
    # Near copies first: what links a text in other words must fit in with them.
    both = _Near(np.concatenate([telling.pairs, alone]), np.repeat([1.0, 0.0], [len(telling.pairs), len(alone)]))
    alone = alone[_unchained(both, texts.numbers)[len(telling.pairs) :]]
    found = copied(
        texts.documents, content, about, texts.numbers, lambda a, b: _elsewhere(texts, a, b),
        np.concatenate([telling.pairs, alone]), near=len(telling.pairs), coverage=rules.coverage, aligned=rules.aligned,
    )  # fmt: skip
    # A short sentence of a report that many carry is no stock sentence: it counts once for all copies of the report.
    stories = _stories(len(apart), found.documents)
    near = near.without(_stock(texts, near.pairs, rules.stock_documents, stories))
    return _table(sentences, texts, near, found)


def cluster_ids(sentences: pd.DataFrame, links: pd.DataFrame) -> pd.Series:
    """The cluster of each sentence: the connected component of its links.

    Returns
    -------
    Series of str
        Indexed like ``sentences``: the smallest sentence_id of the component.
    """
    own = links[links["level"] == "sentence"]
    joined = Components(sentences["sentence_id"])
    for a, b in zip(own["a"], own["b"], strict=True):
        joined.join(a, b)
    roots = sentences["sentence_id"].map(joined.root)
    return sentences["sentence_id"].groupby(roots).transform("min").astype("object")


def normalized(text: str) -> str:
    """Case folded, with one space for all that is neither letter nor digit."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


class Components:
    """Connected components of ``items`` by union-find with path halving."""

    def __init__(self, items: Iterable[Hashable]) -> None:
        self._parent: dict[Hashable, Hashable] = {item: item for item in items}

    def root(self, item: Hashable) -> Hashable:
        """The item that stands for the component of ``item``."""
        parent = self._parent
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    def join(self, a: Hashable, b: Hashable) -> None:
        """Put the components of two items together."""
        self._parent[self.root(a)] = self.root(b)


@dataclass(frozen=True)
class _Texts:
    """Distinct texts, sorted; a text is known by its place. ``documents`` are distinct too, each a tuple of texts."""

    keys: list[str]
    raw: list[str]
    ids: list[str]
    numbers: list[frozenset[str]]
    code_of: dict[str, int]
    documents: list[tuple[int, ...]]
    doc_ids: list[list[str]]


@dataclass(frozen=True)
class _Near:
    pairs: Pairs
    similarity: npt.NDArray[np.float64]

    def only(self, where: npt.NDArray[np.bool_]) -> "_Near":
        return _Near(self.pairs[where], self.similarity[where])

    def without(self, texts: npt.NDArray[np.bool_]) -> "_Near":
        return self.only(~(texts[self.pairs[:, 0]] | texts[self.pairs[:, 1]]))


def _distinct(sentences: pd.DataFrame) -> _Texts:
    ordered = sentences.sort_values("sentence_id", kind="stable")
    first: dict[str, tuple[str, str]] = {}
    key_of: dict[str, str] = {}
    for sentence, text in zip(ordered["sentence_id"], ordered["text"], strict=True):
        key_of[sentence] = normalized(text) or text
        first.setdefault(key_of[sentence], (text, sentence))
    keys = sorted(first)
    place = {key: number for number, key in enumerate(keys)}
    own: dict[str, list[int]] = defaultdict(list)
    in_order = sentences.sort_values(["doc_id", "start"], kind="stable")
    for document, sentence in zip(in_order["doc_id"], in_order["sentence_id"], strict=True):
        own[document].append(place[key_of[sentence]])
    same: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for document in sorted(own):
        same[tuple(own[document])].append(document)
    documents = sorted(same, key=lambda texts: same[texts][0])
    raw = [first[key][0] for key in keys]
    return _Texts(
        keys, raw, [first[key][1] for key in keys], [numbers(text) for text in raw],
        {sentence: place[key] for sentence, key in key_of.items()}, documents, [same[texts] for texts in documents],
    )  # fmt: skip


def _near(texts: _Texts, threshold: float, near_from_words: int) -> _Near:
    long = np.array([at for at, key in enumerate(texts.keys) if len(key.split()) >= near_from_words], dtype=np.int64)
    pairs, similarity = near_pairs([texts.keys[at] for at in long], threshold)
    found = _Near(long[pairs], similarity)
    return found.only(np.array([not _differ(texts, a, b) for a, b in found.pairs.tolist()], dtype=bool))


def _same_content(texts: _Texts, content: Sequence[frozenset[str]], pairs: Pairs) -> Pairs:
    enough = [
        min(len(content[a]), len(content[b])) >= _CONTENT_WORDS and not _differ(texts, a, b) for a, b in pairs.tolist()
    ]
    kept: Pairs = pairs[np.array(enough, dtype=bool)]
    return kept


def _differ(texts: _Texts, a: int, b: int) -> bool:
    return at_odds(texts.numbers[a], texts.numbers[b]) or _elsewhere(texts, a, b)


def _elsewhere(texts: _Texts, a: int, b: int) -> bool:
    one, other = texts.raw[a], texts.raw[b]
    return unknown(names(one), stems(other)) and unknown(names(other), stems(one))


def _stock(texts: _Texts, near: Pairs, documents: int, stories: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which texts are short and stand, as they are or nearly so, in many documents that are not of one story."""
    held: dict[int, set[int]] = {at: set() for at, key in enumerate(texts.keys) if len(key.split()) < _SHORT_WORDS}
    for own, story in zip(texts.documents, stories.tolist(), strict=True):
        for text in held.keys() & own:
            held[text].add(story)
    around = {text: set(own) for text, own in held.items()}
    for a, b in near.tolist():
        for text, other in ((a, b), (b, a)):
            if text in around:
                around[text] |= held.get(other, set())
    found = np.zeros(len(texts.keys), np.bool_)
    found[[text for text, own in around.items() if len(own) >= documents]] = True
    return found


def _unchained(near: _Near, numbers: Sequence[frozenset[str]]) -> npt.NDArray[np.bool_]:
    """Which pairs to keep so that no text without figures brings together texts that are at odds; the best first."""
    joined = Components(range(len(numbers)))
    figures: dict[Hashable, set[frozenset[str]]] = {}
    kept = np.zeros(len(near.pairs), np.bool_)
    for row in np.lexsort((near.pairs[:, 1], near.pairs[:, 0], -near.similarity)).tolist():
        a, b = near.pairs[row].tolist()
        roots = joined.root(a), joined.root(b)
        one, other = (figures.setdefault(root, {numbers[text]}) for root, text in zip(roots, (a, b), strict=True))
        kept[row] = roots[0] == roots[1] or not any(at_odds(x, y) for x in one for y in other)
        if kept[row] and roots[0] != roots[1]:
            joined.join(a, b)
            figures[joined.root(a)] = one | other
    return kept


def _stories(count: int, copies: Iterable[tuple[int, int]]) -> npt.NDArray[np.int64]:
    joined = Components(range(count))
    for a, b in copies:
        joined.join(a, b)
    return np.array([joined.root(document) for document in range(count)], dtype=np.int64)


def _table(sentences: pd.DataFrame, texts: _Texts, near: _Near, found: Copies) -> pd.DataFrame:
    rows: list[tuple[str, str, str, str, float]] = []
    for sentence in sentences["sentence_id"]:
        first = texts.ids[texts.code_of[sentence]]
        if sentence != first:
            rows.append((first, sentence, "sentence", "exact", 1.0))
    for same in texts.doc_ids:
        rows += [(same[0], other, "document", "exact", 1.0) for other in same[1:]]
    nearby = set(map(tuple, near.pairs.tolist()))
    for (a, b), similarity in zip(near.pairs.tolist(), near.similarity.tolist(), strict=True):
        rows.append((*_sorted(texts.ids[a], texts.ids[b]), "sentence", "near", similarity))
    for (a, b), similarity in found.sentences.items():
        if (a, b) not in nearby:
            rows.append((*_sorted(texts.ids[a], texts.ids[b]), "sentence", "rewritten", similarity))
    for (a, b), (covered, kind) in found.documents.items():
        rows.append((*_sorted(texts.doc_ids[a][0], texts.doc_ids[b][0]), "document", kind, covered))
    table = pd.DataFrame(rows, columns=list(LINKS.columns)).astype({"similarity": "float64"})
    return table.sort_values(["level", "a", "b"], ignore_index=True)


def _sorted(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)
