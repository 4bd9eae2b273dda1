"""Copies: the stages from sentences to the links between them, and to clusters; and what is decided between stages.

Held here at once are the pairs that are linked, and the vocabulary; of the other sentences nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from corpus.copies.components import Components, unchained
from corpus.copies.minhash import Pairs, close_pairs, unique_pairs
from corpus.pipeline import copying, holding, meaning, texts
from corpus.pipeline.stages import Stages
from corpus.pipeline.store import Array, Store, ranges

if TYPE_CHECKING:
    from corpus.copies.duplicates import CopyRules

# A document of more sentences is a list or a book, not a report; its sentences are compared, it is not aligned.
_LONGEST = 2000
# Pairs of documents that are aligned at once.
_CANDIDATES = 2048
Range = tuple[Any, Any]


@dataclass(frozen=True)
class _Linked:
    """Pairs of texts with their similarity, and the figures in each of the texts."""

    pairs: Pairs
    similarity: Array
    figures: Mapping[int, frozenset[str]]

    def only(self, where: Array) -> "_Linked":
        return _Linked(self.pairs[where], self.similarity[where], self.figures)

    def without(self, texts: Array) -> "_Linked":
        return self.only(np.logical_not(np.isin(self.pairs, texts).any(axis=1)))


def find(stages: Stages, sample: Sequence[str], documents: Sequence[Range], *, parts: int, rules: "CopyRules") -> int:
    """Link the sentences of the table ``keys`` and their documents; see :func:`links_between` and ``clusters``.

    Parameters
    ----------
    stages : Stages
        Where the build is under way.
    sample : sequence of str
        Of the keys.
    documents : sequence of (low, high)
        Ranges of doc_id, a partition each.
    parts : int
        How many partitions texts come in.
    rules : CopyRules
        What counts as a copy.

    Returns
    -------
    int
        How many clusters there are.
    """
    store = stages.store
    by_key = [(part, *between) for part, between in enumerate(ranges(sample, parts))]
    by_document = [(part, *between) for part, between in enumerate(documents)]
    of_texts, of_documents = [(part,) for part, *_ in by_key], [(part,) for part, *_ in by_document]
    found = stages.map(
        "texts", texts.distinct, [(*call, rules.threshold, rules.near_from_words) for call in by_key], len(by_key)
    )
    stages.forget("keys")
    count: int = sum(part["texts"] for part in found)
    near = _near(stages, of_texts, rules)
    _hold(stages, by_document, len(by_key))
    held = _stock(stages, of_texts, near, rules.stock_documents)
    stock = store.read_array("stock-sentences", 0)
    telling = near.without(stock)
    stems, width = _number_stems(stages, of_texts)
    _index(stages, "text", of_texts, count, stems, width)
    calls = [(*part, count, stems, width, rules.rewritten) for part in of_texts]
    stages.map("sentences in other words", copying.say_alike, calls, len(calls))
    alone = _fitting(telling, _linked(store, "alone"))
    linked = np.concatenate([telling.pairs, alone.pairs])
    store.write_array("telling", 0, telling.pairs)
    store.write_array("linked", 0, linked)
    copies = _documents(stages, of_texts, of_documents, linked, (count, stems, width), rules)
    # A short sentence of a report that many carry is no stock sentence: it counts once for all copies of the report.
    story = Components(zip(copies["a"].to_pylist(), copies["b"].to_pylist(), strict=True))
    dull = _often(held, near.pairs, rules.stock_documents, story)
    near = near.without(dull)
    _write_links(store, near, alone, copies)
    return count - _write_clusters(store)


def _near(stages: Stages, of_texts: Sequence[tuple[int]], rules: "CopyRules") -> _Linked:
    if rules.threshold < 1:
        count = len(of_texts)
        keys = [(part * 2**64 // count, (part + 1) * 2**64 // count - 1) for part in range(count)]
        calls = [(part, *between, rules.threshold) for part, between in enumerate(keys)]
        stages.map("buckets", texts.meet, calls, count)
        stages.forget("bands", "bands-rows", "sketches")
        stages.map("near copies", texts.verify, [(*part, rules.threshold) for part in of_texts], count)
        stages.forget("met")
    near = _linked(stages.store, "near")
    return near.only(unchained(near.pairs, near.similarity, near.figures))


def _linked(store: Store, name: str) -> _Linked:
    figures: dict[int, frozenset[str]] = {}
    # Most texts have no figures, or those of another text: each set is held once.
    one: dict[frozenset[str], frozenset[str]] = {}
    pairs, similarity = [np.empty((0, 2), np.int64)], [np.empty(0)]
    for part in store.parts(name):
        table = store.read(name, part)
        a, b = table["a"].to_numpy(), table["b"].to_numpy()
        pairs.append(np.column_stack([a, b]))
        similarity.append(table["similarity"].to_numpy())
        for codes, own in ((a, "figures_a"), (b, "figures_b")):
            sets = map(frozenset, table[own].to_pylist())
            figures.update(zip(codes.tolist(), (one.setdefault(held, held) for held in sets), strict=True))
    every = np.concatenate(pairs)
    order = np.lexsort((every[:, 1], every[:, 0]))
    different = np.ones(len(order), np.bool_)
    different[1:] = (every[order][1:] != every[order][:-1]).any(axis=1)
    return _Linked(every[order][different], np.concatenate(similarity)[order][different], figures)


def _hold(stages: Stages, by_document: Sequence[tuple[Any, ...]], parts: int) -> None:
    stages.map("documents", holding.compose, by_document, len(by_document))
    stages.forget("places")
    width = 16**8
    bounds = [f"{width * part // parts:08x}" for part in range(1, parts)]
    by_hash = list(zip(range(parts), [None, *bounds], [*bounds, None], strict=True))
    stages.map("equal documents", holding.same, by_hash, parts)
    stages.forget("hashes")
    stages.map("stories", holding.number, by_document, len(by_document))
    stages.forget("composed", "again")


def _stock(stages: Stages, of_texts: Sequence[tuple[int]], near: _Linked, stock_documents: int) -> Pairs:
    store = stages.store
    store.write_array("near-codes", 0, np.unique(near.pairs))
    stages.map("stock sentences", holding.count_holders, [(*part, stock_documents) for part in of_texts], len(of_texts))
    stages.forget("held")
    held: Pairs = np.concatenate([store.read_array("held-short", part) for part in store.parts("held-short")])
    own = np.concatenate([store.read_array("stock", part) for part in store.parts("stock")])
    store.write_array("stock-sentences", 0, np.union1d(own, _often(held, near.pairs, stock_documents, Components())))
    return held


def _often(held: Pairs, near: Pairs, stock_documents: int, story: Components) -> Array:
    """Texts that stand, as they are or nearly so, in many documents that are not of one story.

    ``held`` says in which documents the short ones among ``near`` stand.
    """
    documents: dict[int, set[Any]] = defaultdict(set)
    for text, document in held.tolist():
        documents[text].add(story.root(document))
    around = {text: set(own) for text, own in documents.items()}
    for a, b in near.tolist():
        for text, other in ((a, b), (b, a)):
            if text in around:
                around[text] |= documents.get(other, set())
    return np.array(sorted(text for text, own in around.items() if len(own) >= stock_documents), np.int64)


def _number_stems(stages: Stages, of_texts: Sequence[tuple[int]]) -> tuple[int, int]:
    stages.map("words", meaning.count_stems, of_texts, len(of_texts))
    stems = meaning.add_stems(stages.store)
    stages.map("stems", meaning.number_stems, of_texts, len(of_texts))
    return stems, max(1, -(-stems // len(of_texts)))


def _index(stages: Stages, name: str, parts: Sequence[tuple[int]], total: int, stems: int, width: int) -> None:
    calls = [(*part, name, total, copying.RAREST[name]) for part in parts]
    stages.map(f"rare words of a {name}", meaning.index_rows, calls, len(calls))
    starts = range(0, max(1, stems), width)
    by_stem = [(number, name, start, min(start + width, stems)) for number, start in enumerate(starts)]
    stages.map(f"index of a {name}", meaning.index_stems, by_stem, len(by_stem))
    stages.forget(f"{name}-rare")


def _fitting(telling: _Linked, alone: _Linked) -> _Linked:
    """Those of ``alone`` that fit in with the near copies, which come first."""
    pairs = np.concatenate([telling.pairs, alone.pairs])
    rank = np.repeat([1.0, 0.0], [len(telling.pairs), len(alone.pairs)])
    return alone.only(unchained(pairs, rank, {**telling.figures, **alone.figures})[len(telling.pairs) :])


def _documents(
    stages: Stages,
    of_texts: Sequence[tuple[int]],
    of_documents: Sequence[tuple[int]],
    linked: Pairs,
    known: tuple[int, int, int],
    rules: "CopyRules",
) -> pa.Table:
    store, (count, stems, width) = stages.store, known
    stages.map("what documents tell", meaning.tell, [(*part, _LONGEST) for part in of_documents], len(of_documents))
    meaning.add_story_stems(store, stems)
    stories = sum(len(store.read("stories", part)) for part in store.parts("stories"))
    _index(stages, "story", of_documents, stories, stems, width)
    store.write_array("groups", 0, _groups(linked))
    calls = [(*part, stories, stems, width) for part in of_documents]
    stages.map("documents in other words", copying.tell_alike, calls, len(calls))
    stages.map("documents of the same sentences", copying.hold_alike, of_texts, len(of_texts))
    grouped = np.concatenate([store.read_array("held-by-group", part) for part in store.parts("held-by-group")])
    candidates: list[Pairs] = [close_pairs(grouped[:, 0], grouped[:, 1])]
    candidates += [
        np.asarray(store.read_array(name, part)) for name in ("by-words", "by-sentence") for part in store.parts(name)
    ]
    pairs = unique_pairs(np.concatenate(candidates))
    store.write_array("candidates", 0, pairs)
    starts = range(0, max(1, len(pairs)), _CANDIDATES)
    compared = [
        (number, start, start + _CANDIDATES, count, rules.coverage, rules.aligned)
        for number, start in enumerate(starts)
    ]
    stages.map("documents compared", copying.align_stories, compared, len(compared))
    return _all(store, "story-copies")


def _all(store: Store, name: str) -> pa.Table:
    return pa.concat_tables([store.read(name, part) for part in store.parts(name)])


def _groups(linked: Pairs) -> Pairs:
    joined = Components(linked.tolist())
    codes = np.unique(linked)
    return np.column_stack([codes, np.array([joined.root(one) for one in codes.tolist()], np.int64)])


def _write_links(store: Store, near: _Linked, alone: _Linked, copies: pa.Table) -> None:
    """Tables ``links-sentence`` and ``links-document``: those that are not exact, with ids, sorted."""
    other = dict(zip(map(tuple, alone.pairs.tolist()), alone.similarity.tolist(), strict=True))
    found = _all(store, "sentence-copies")
    pairs = zip(found["a"].to_pylist(), found["b"].to_pylist(), strict=True)
    other.update(zip(pairs, found["similarity"].to_pylist(), strict=True))
    nearby = dict(zip(map(tuple, near.pairs.tolist()), near.similarity.tolist(), strict=True))
    rows = [(*pair, "near", similarity) for pair, similarity in nearby.items()]
    rows += [(*pair, "rewritten", similarity) for pair, similarity in other.items() if pair not in nearby]
    _write(store, "sentence", rows, "texts", "id")
    columns = (copies[name].to_pylist() for name in ("a", "b", "kind", "similarity"))
    _write(store, "document", list(zip(*columns, strict=True)), "stories", "doc_id")


def _write(store: Store, level: str, rows: Sequence[tuple[Any, ...]], table: str, name: str) -> None:
    codes = np.unique(np.array([row[:2] for row in rows], np.int64).reshape(-1, 2))
    ids = dict(zip(codes.tolist(), store.take(table, name, codes).to_pylist(), strict=True))
    named = sorted((ids[a], ids[b], *rest, a, b) for a, b, *rest in _by_id(rows, ids))
    columns = list(zip(*named, strict=True)) or [()] * 6
    arrays = [pa.array(column, kind) for column, kind in zip(columns, _LINK.values(), strict=True)]
    store.write(f"links-{level}", 0, pa.table(dict(zip(_LINK, arrays, strict=True))))


def _by_id(rows: Iterable[tuple[Any, ...]], ids: Mapping[int, str]) -> Iterable[tuple[Any, ...]]:
    return ((a, b, *rest) if ids[a] < ids[b] else (b, a, *rest) for a, b, *rest in rows)


_LINK = {
    "a": pa.string(), "b": pa.string(), "kind": pa.string(), "similarity": pa.float64(), "code_a": pa.int64(),
    "code_b": pa.int64(),
}  # fmt: skip


def _write_clusters(store: Store) -> int:
    """Table ``clusters``: of each text that is linked to another its cluster. Returns how many clusters that saves."""
    links = store.read("links-sentence", 0)
    a, b = links["code_a"].to_pylist(), links["code_b"].to_pylist()
    names = dict(zip([*a, *b], [*links["a"].to_pylist(), *links["b"].to_pylist()], strict=True))
    joined = Components(zip(a, b, strict=True))
    smallest: dict[Any, str] = {}
    for text, name in names.items():
        root = joined.root(text)
        smallest[root] = min(name, smallest.get(root, name))
    codes = sorted(names)
    clusters = pa.array([smallest[joined.root(one)] for one in codes], pa.string())
    store.write("clusters", 0, pa.table({"code": pa.array(codes, pa.int64()), "cluster_id": clusters}))
    return len(codes) - len(smallest)


_EXACT = {"sentence": "equal", "document": "same"}


def links_between(store: Store, level: str, low: str | None, high: str | None) -> pa.Table:
    """The links of sentences or documents whose first id is between ``low`` and ``high``, sorted."""
    exact = store.between(_EXACT[level], "a", low, high)
    other = store.between(f"links-{level}", "a", low, high)
    exact = exact.append_column("kind", pa.array(["exact"] * len(exact), pa.string()))
    exact = exact.append_column("similarity", pa.array([1.0] * len(exact), pa.float64()))
    both = pa.concat_tables([exact, other.select(exact.column_names)]).sort_by([("a", "ascending"), ("b", "ascending")])
    return both.append_column("level", pa.array([level] * len(both), pa.string()))
