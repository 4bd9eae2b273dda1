"""Documents as lists of texts: which are the same, which texts each holds, which texts are stock sentences."""

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.pipeline.store import Codes, Store, begins, code, code_range

# A stock sentence is shorter.
_SHORT_WORDS = 12


def compose(store: Store, part: int, low: str | None, high: str | None) -> dict[str, Any]:
    """The texts of the documents in this range of doc_id, in their order.

    Writes ``own`` (code and id of the text of each sentence, in the order of the sentences), ``composed`` (doc_id,
    codes) and ``hashes``, by which documents of the same texts meet.
    """
    places = store.between("places", "doc_id", low, high).sort_by([("doc_id", "ascending"), ("start", "ascending")])
    store.write("own", part, places.select(["code", "id"]))
    starts = np.flatnonzero(begins(places["doc_id"]))
    codes = places["code"].to_numpy()
    bounds = np.r_[starts, len(codes)]
    held = [codes[start:stop] for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]
    doc_ids = places["doc_id"].take(pa.array(starts))
    lists = pa.ListArray.from_arrays(pa.array(bounds.astype(np.int32)), pa.array(codes))
    store.write("composed", part, pa.table({"doc_id": doc_ids, "codes": lists}))
    digests = [hashlib.blake2b(own.tobytes(), digest_size=16).hexdigest() for own in held]
    hashes = pa.table({"hash": pa.array(digests, pa.string()), "doc_id": doc_ids})
    store.write("hashes", part, hashes.sort_by([("hash", "ascending"), ("doc_id", "ascending")]))
    return {}


def same(store: Store, part: int, low: str | None, high: str | None) -> dict[str, Any]:
    """Documents of the same texts: ``again`` (doc_id, first), by doc_id, and ``same`` (a, b), by the first."""
    rows = store.between("hashes", "hash", low, high).sort_by([("hash", "ascending"), ("doc_id", "ascending")])
    first = begins(rows["hash"])
    one = rows["doc_id"].filter(pa.array(first)).take(pa.array(np.cumsum(first) - 1))
    again = pa.table({"a": one, "b": rows["doc_id"]}).filter(pa.array(~first))
    store.write("same", part, again.sort_by([("a", "ascending"), ("b", "ascending")]))
    store.write("again", part, again.select(["b"]).sort_by("b"))
    return {}


def number(store: Store, part: int, low: str | None, high: str | None) -> dict[str, Any]:
    """The distinct documents of this range: ``stories`` (doc_id, codes); and ``held`` (text, story), by text.

    Returns
    -------
    dict
        ``stories``, how many.
    """
    composed = store.read("composed", part)
    again = store.between("again", "b", low, high)["b"]
    stories = composed.filter(pc.invert(pc.is_in(composed["doc_id"], again)))
    store.write("stories", part, stories)
    codes, holders = flat(stories["codes"])
    held = (
        np.unique(np.column_stack([codes, code(part, holders)]), axis=0) if len(codes) else np.empty((0, 2), np.int64)
    )
    store.write_array("held", part, held)
    return {"stories": len(stories)}


def flat(lists: Any) -> tuple[Codes, Codes]:
    """The values of a column of lists, and the row of each."""
    array = lists.combine_chunks() if isinstance(lists, pa.ChunkedArray) else lists
    lengths = pc.list_value_length(array).to_numpy(zero_copy_only=False).astype(np.int64)
    return array.flatten().to_numpy(), np.repeat(np.arange(len(array)), lengths)


def slices(store: Store, name: str, part: int) -> Codes:
    """The rows of all partitions of a pair array, sorted by its first column, that are of the texts of ``part``."""
    low, high = code_range(part)
    found: list[Codes] = [np.empty((0, 2), np.int64)]
    for other in store.parts(name):
        pairs = store.read_array(name, other)
        start, stop = np.searchsorted(pairs[:, 0], [low, high])
        found.append(np.asarray(pairs[start:stop]))
    return np.concatenate(found)


def count_holders(store: Store, part: int, stock_documents: int) -> dict[str, Any]:
    """Short texts of this partition: array ``stock`` of those that so many distinct documents hold, and ``held short``.

    The latter says which stories hold the short texts that are in ``near codes``: these count with their neighbours.
    """
    held = slices(store, "held", part)
    words = store.read("texts", part)["words"].to_numpy()
    held = held[words[held[:, 0] - code_range(part)[0]] < _SHORT_WORDS]
    texts, counts = np.unique(held[:, 0], return_counts=True)
    store.write_array("stock", part, texts[counts >= stock_documents])
    near = store.read_array("near-codes", 0)
    store.write_array("held-short", part, held[np.isin(held[:, 0], near)])
    return {}
