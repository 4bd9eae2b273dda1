"""What texts and documents are about, as sets of stems; and which are about the same, by rare stems in common."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from corpus.copies.minhash import Pairs, unique_pairs
from corpus.copies.rewritten import Vectors, best, cosines, rare, vectors
from corpus.pipeline.holding import flat
from corpus.pipeline.store import Array, Codes, Store, code, spans

# Rows that are compared with all others at once.
_ROWS = 8192


def count_stems(store: Store, part: int) -> dict[str, Any]:
    """In how many texts of this partition each stem is, stock sentences aside: table ``counts``, by stem."""
    counts = pc.value_counts(_telling(store, part).flatten())
    table = pa.table({"stem": counts.field("values"), "texts": counts.field("counts")})
    store.write("counts", part, table.sort_by("stem"))
    return {}


def add_stems(store: Store) -> int:
    """All stems, sorted, with the texts of each: table ``vocabulary``. Returns how many texts there are."""
    total = pa.table({"stem": pa.array([], pa.string()), "texts": pa.array([], pa.int64())})
    for part in store.parts("counts"):
        both = pa.concat_tables([total, store.read("counts", part)])
        total = both.group_by("stem").aggregate([("texts", "sum")]).rename_columns(["stem", "texts"])
    total = total.sort_by("stem")
    store.write("vocabulary", 0, total)
    store.write_array("text-frequency", 0, total["texts"].to_numpy().astype(np.int64))
    return len(total)


def _telling(store: Store, part: int) -> pa.ListArray:
    """The stems of the texts of a partition, none for a stock sentence."""
    found = store.read("texts", part)["stems"].combine_chunks()
    stock = store.read_array("stock-sentences", 0)
    dull = np.isin(code(part, np.arange(len(found))), stock)
    empty = pa.array([[]], found.type)
    return pc.if_else(pa.array(dull), empty[0], found) if dull.any() else found


def number_stems(store: Store, part: int) -> dict[str, Any]:
    """The stems of each text of this partition by their places in the vocabulary: lists ``text``."""
    found = _telling(store, part)
    ids = pc.index_in(found.flatten(), store.read("vocabulary", 0)["stem"].combine_chunks())
    _write_lists(
        store,
        "text",
        part,
        pc.list_value_length(found).to_numpy(zero_copy_only=False),
        ids.to_numpy(zero_copy_only=False),
    )
    return {}


def _write_lists(store: Store, name: str, part: int, lengths: Array, values: Array) -> None:
    store.write_array(f"{name}-bounds", part, np.r_[0, np.cumsum(lengths)].astype(np.int64))
    store.write_array(name, part, values.astype(np.int32))


def tell(store: Store, part: int, longest: int) -> dict[str, Any]:
    """The texts of each story that tell something, and their stems.

    Writes lists ``told`` (sorted codes of texts; none for a story of more than ``longest``), lists ``story`` (stems of
    those that have several texts), ``held-by-story`` (text, story), by text, and ``story-counts`` (stem, stories).
    """
    stories = store.read("stories", part)["codes"]
    codes, holders = flat(stories)
    whole = np.bincount(holders, minlength=len(stories))
    pairs = unique_pairs(np.column_stack([holders, codes])[whole[holders] <= longest])
    texts, at = np.unique(pairs[:, 1], return_inverse=True)
    bounds, stems = store.take_lists("text", texts)
    lengths = np.diff(bounds)
    telling = lengths[at] > 0
    pairs, at = pairs[telling], at[telling]
    told = np.bincount(pairs[:, 0], minlength=len(stories))
    store.write_array("told-bounds", part, np.r_[0, np.cumsum(told)].astype(np.int64))
    store.write_array("told", part, pairs[:, 1])
    by_text = np.lexsort((pairs[:, 0], pairs[:, 1]))
    store.write_array("held-by-story", part, np.column_stack([pairs[by_text, 1], code(part, pairs[by_text, 0])]))
    # Of one sentence alone its neighbours are known already.
    pairs, at = pairs[told[pairs[:, 0]] > 1], at[told[pairs[:, 0]] > 1]
    own = np.column_stack([np.repeat(pairs[:, 0], lengths[at]), stems[spans(bounds[at], lengths[at])]]).astype(np.int64)
    own = unique_pairs(own)
    _write_lists(store, "story", part, np.bincount(own[:, 0], minlength=len(stories)), own[:, 1])
    store.write_array("story-counts", part, np.column_stack(np.unique(own[:, 1], return_counts=True)))
    return {}


def add_story_stems(store: Store, stems: int) -> None:
    """In how many stories each stem is: array ``story frequency``."""
    total = np.zeros(stems, np.int64)
    for part in store.parts("story-counts"):
        counts = store.read_array("story-counts", part)
        total[counts[:, 0]] += counts[:, 1]
    store.write_array("story-frequency", 0, total)


def rows(store: Store, name: str, codes: Codes, total: int) -> Vectors:
    """The vectors of the texts or stories ``codes``, which are sorted, among ``total``."""
    frequency = store.read_array(f"{name}-frequency", 0)
    bounds, stems = store.take_lists(name, codes)
    return vectors(bounds, stems, frequency[stems], len(frequency), total)


def index_rows(store: Store, part: int, name: str, total: int, rarest: int) -> dict[str, Any]:
    """The rarest stems of each row of this partition: table ``NAME-rare`` (stem, row, value), by stem."""
    unit = rows(store, name, _codes(store, name, part), total).unit
    at, stems, values = rare(unit, np.asarray(store.read_array(f"{name}-frequency", 0)), rarest)
    order = np.argsort(stems, kind="stable")
    found = {"stem": stems[order].astype(np.int64), "row": code(part, at[order]), "value": values[order]}
    store.write(f"{name}-rare", part, pa.table(found))
    return {}


def index_stems(store: Store, part: int, name: str, low: int, high: int) -> dict[str, Any]:
    """The rows that have a stem from ``low`` to before ``high`` among their rarest: lists ``NAME-index`` and values."""
    found = store.between(f"{name}-rare", "stem", low, high)
    stems = found["stem"].to_numpy()
    order = np.argsort(stems, kind="stable")
    counts = np.bincount(stems - low, minlength=high - low)
    store.write_array(f"{name}-index-bounds", part, np.r_[0, np.cumsum(counts)].astype(np.int64))
    store.write_array(f"{name}-index", part, found["row"].to_numpy()[order])
    store.write_array(f"{name}-index-values", part, found["value"].to_numpy()[order])
    return {}


def _codes(store: Store, name: str, part: int) -> Codes:
    return code(part, np.arange(len(store.read_array(f"{name}-bounds", part)) - 1))


def neighbours(
    store: Store, part: int, name: str, total: int, stems: int, width: int, rarest: int, top: int, floor: float
) -> tuple[Pairs, Array]:
    """For each row of this partition those of highest cosine, among the rows that have a rare stem in common.

    Parameters
    ----------
    total, stems, width : int
        How many rows and stems there are, and how many stems a partition of the index holds.
    rarest : int
        How many stems of a row, its rarest, make candidates.
    top : int
        How many of the candidates of a row are kept.
    floor : float
        The lowest cosine.

    Returns
    -------
    pairs : array of shape (n_pairs, 2)
        The smaller code first, sorted.
    cosine : array of shape (n_pairs,)
    """
    frequency = np.asarray(store.read_array(f"{name}-frequency", 0))
    own = _codes(store, name, part)
    pairs: list[Pairs] = [np.empty((0, 2), np.int64)]
    for start in range(0, len(own), _ROWS):
        some = own[start : start + _ROWS]
        at, found, values = rare(rows(store, name, some, total).unit, frequency, rarest)
        shared, place = np.unique(found.astype(np.int64), return_inverse=True)
        where = ((shared // width) << 32) + shared % width
        bounds, others = store.take_lists(f"{name}-index", where)
        _, weight = store.take_lists(f"{name}-index", where, "values")
        candidates, column = np.unique(others, return_inverse=True)
        mine = sparse.csr_matrix((values, (at, place)), shape=(len(some), len(shared)))
        theirs = sparse.csr_matrix((weight, column, bounds), shape=(len(shared), len(candidates)))
        product = sparse.coo_matrix(mine @ theirs)
        pairs.append(best(some[product.row], candidates[product.col], product.data, top, floor / 2))
    every = unique_pairs(np.concatenate(pairs))
    codes, place = np.unique(every, return_inverse=True)
    cosine = cosines(rows(store, name, codes, total).unit, place.reshape(-1, 2))
    return every[cosine >= floor], cosine[cosine >= floor]
