"""Sentences to distinct texts, and those among them that share most of their characters."""

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.copies.minhash import (
    Pairs,
    agreement,
    band_keys,
    bands,
    close_pairs,
    jaccard,
    pieces,
    signatures,
    unique_pairs,
)
from corpus.pipeline.store import Codes, Store, begins, code, code_range
from corpus.text.words import at_odds, names, normalized, numbers, stems, unknown

# An estimate of a similarity from 128 permutations has a standard error of at most 0.044.
_SLACK = 0.2


def distinct(
    store: Store, part: int, low: str | None, high: str | None, threshold: float, near_from: int
) -> dict[str, Any]:
    """The texts whose key is between ``low`` and ``high``: one row for all sentences that are equal.

    Writes ``texts`` (raw, id, words, stems), by key; the text of a sentence's document (``places``), exact links
    (``equal``); signatures and bands of the texts that are long enough to be compared (``sketches``, ``bands``).

    Returns
    -------
    dict
        ``texts``, how many.
    """
    rows = store.between("keys", "key", low, high).sort_by([("key", "ascending"), ("sentence_id", "ascending")])
    first = begins(rows["key"])
    own = np.cumsum(first) - 1
    kept = rows.filter(pa.array(first))
    keys, raw = kept["key"].to_pylist(), kept["text"].to_pylist()
    words = np.array([len(key.split()) for key in keys], np.int64)
    columns = {
        "raw": kept["text"], "id": kept["sentence_id"], "words": pa.array(words),
        "stems": pa.array([sorted(stems(text)) for text in raw], pa.list_(pa.string())),
    }  # fmt: skip
    store.write("texts", part, pa.table(columns))
    ids = kept["sentence_id"].take(pa.array(own))
    places = {"doc_id": rows["doc_id"], "start": rows["start"], "code": pa.array(code(part, own)), "id": ids}
    store.write("places", part, pa.table(places).sort_by([("doc_id", "ascending"), ("start", "ascending")]))
    equal = pa.table({"a": ids, "b": rows["sentence_id"]}).filter(pa.array(~first))
    store.write("equal", part, equal.sort_by([("a", "ascending"), ("b", "ascending")]))
    if threshold < 1:
        _write_bands(store, part, keys, np.flatnonzero(words >= near_from), threshold)
    return {"texts": len(keys)}


def _write_bands(store: Store, part: int, keys: list[str], long: Codes, threshold: float) -> None:
    sketches = signatures([keys[row] for row in long.tolist()])
    # The low byte of each value: an eighth of an eighth of a wrong agreement more, a quarter of the space.
    small = np.zeros((len(keys), sketches.shape[1]), np.uint8)
    small[long] = sketches.astype(np.uint8)
    store.write_array("sketches", part, small)
    found = np.ascontiguousarray(band_keys(sketches, *bands(threshold)).T)
    order = np.argsort(found, axis=1, kind="stable")
    store.write_array("bands", part, np.take_along_axis(found, order, axis=1))
    store.write_array("bands-rows", part, long[order].astype(np.uint32))


def meet(store: Store, part: int, low: int, high: int, threshold: float) -> dict[str, Any]:
    """Pairs of texts that meet in a bucket whose key is from ``low`` to ``high``, and may be near: array ``met``."""
    held = [
        (other, store.read_array("bands", other), store.read_array("bands-rows", other))
        for other in store.parts("bands")
    ]
    found: list[Pairs] = [np.empty((0, 2), np.int64)]
    for band in range(bands(threshold)[0]):
        keys, codes = [], []
        for other, own, rows in held:
            start = np.searchsorted(own[band], np.uint64(low))
            stop = np.searchsorted(own[band], np.uint64(high), "right")
            keys.append(own[band, start:stop])
            codes.append(code(other, np.asarray(rows[band, start:stop])))
        pairs = close_pairs(np.concatenate(keys), np.concatenate(codes))
        if len(pairs):
            several, at = np.unique(pairs, return_inverse=True)
            sketches = store.take_rows("sketches", several)
            found.append(pairs[agreement(sketches, at.reshape(-1, 2)) >= threshold - _SLACK])
    pairs = unique_pairs(np.concatenate(found))
    store.write_array("met", part, pairs)
    return {"pairs": len(pairs)}


def verify(store: Store, part: int, threshold: float) -> dict[str, Any]:
    """Of the pairs that met, whose first text is in this partition, those that are near: table ``near``."""
    low, high = code_range(part)
    found: list[Pairs] = [np.empty((0, 2), np.int64)]
    for other in store.parts("met"):
        met = store.read_array("met", other)
        start, stop = np.searchsorted(met[:, 0], [low, high])
        found.append(met[start:stop])
    pairs = unique_pairs(np.concatenate(found))
    texts = Texts(store, pairs)
    shingles = cache(lambda which: pieces(normalized(texts.raw[which]) or texts.raw[which]))
    similarity = np.array([jaccard(shingles(a), shingles(b)) for a, b in pairs.tolist()], dtype=float)
    near = similarity >= threshold
    pairs, similarity = pairs[near], similarity[near]
    apart = np.array([texts.differ(a, b) for a, b in pairs.tolist()], dtype=bool)
    store.write("near", part, texts.table(pairs[~apart], similarity[~apart]))
    return {"pairs": int((~apart).sum())}


class Texts:
    """The texts of some pairs, and what is compared in them."""

    def __init__(self, store: Store, pairs: Pairs) -> None:
        codes = np.unique(pairs)
        self.raw: dict[int, str] = dict(zip(codes.tolist(), store.take("texts", "raw", codes).to_pylist(), strict=True))
        self.numbers = cache(lambda which: numbers(self.raw[which]))
        self._names = cache(lambda which: names(self.raw[which]))
        self._stems = cache(lambda which: stems(self.raw[which]))

    def differ(self, a: int, b: int) -> bool:
        """Whether each has a figure or a name that the other lacks."""
        return at_odds(self.numbers(a), self.numbers(b)) or self.elsewhere(a, b)

    def elsewhere(self, a: int, b: int) -> bool:
        """Whether each has a name that the other lacks."""
        return unknown(self._names(a), self._stems(b)) and unknown(self._names(b), self._stems(a))

    def table(self, pairs: Pairs, similarity: Any) -> pa.Table:
        """Pairs with their similarity and the figures of both."""
        figures = pa.list_(pa.string())
        return pa.table(
            {
                "a": pairs[:, 0],
                "b": pairs[:, 1],
                "similarity": similarity,
                "figures_a": pa.array([sorted(self.numbers(a)) for a in pairs[:, 0].tolist()], figures),
                "figures_b": pa.array([sorted(self.numbers(b)) for b in pairs[:, 1].tolist()], figures),
            }
        )
