"""Stories that may be copies of each other, found by words or by sentences in common; and their sentences aligned."""

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.copies.aligned import Known, compare
from corpus.copies.minhash import Pairs, close_pairs
from corpus.pipeline.holding import slices
from corpus.pipeline.meaning import neighbours, rows
from corpus.pipeline.store import Store
from corpus.pipeline.texts import Texts

# Rarest words of a sentence that make candidates, and how many candidates are looked at.
_RAREST, _TOP = 12, 8
# Of a document, and from which cosine on.
_RAREST_OF_STORY, _TOP_OF_STORY, _FLOOR = 40, 10, 0.25
# A sentence that is linked for its content alone has at least so many content words.
_CONTENT_WORDS = 8
RAREST = {"text": _RAREST, "story": _RAREST_OF_STORY}


def say_alike(store: Store, part: int, total: int, stems: int, width: int, floor: float) -> dict[str, Any]:
    """Texts that say the same in other words than one of this partition: table ``alone``."""
    pairs, cosine = neighbours(store, part, "text", total, stems, width, _RAREST, _TOP, floor)
    codes, at = np.unique(pairs, return_inverse=True)
    bounds, _ = store.take_lists("text", codes)
    enough = (np.diff(bounds)[at.reshape(-1, 2)] >= _CONTENT_WORDS).all(axis=1)
    pairs, cosine = pairs[enough], cosine[enough]
    texts = Texts(store, pairs)
    kept = np.array([not texts.differ(a, b) for a, b in pairs.tolist()], dtype=bool)
    store.write("alone", part, texts.table(pairs[kept], cosine[kept]))
    return {}


def tell_alike(store: Store, part: int, total: int, stems: int, width: int) -> dict[str, Any]:
    """Stories that have rare words in common with one of this partition: array ``by-words``."""
    pairs, _ = neighbours(store, part, "story", total, stems, width, _RAREST_OF_STORY, _TOP_OF_STORY, _FLOOR)
    store.write_array("by-words", part, pairs)
    return {}


def hold_alike(store: Store, part: int) -> dict[str, Any]:
    """Stories that hold the same text of this partition: ``by-sentence``.

    Texts that are linked to others (array ``groups``: text, group; sorted) are put off: ``held-by-group`` (group,
    story).
    """
    held = slices(store, "held-by-story", part)
    groups = store.read_array("groups", 0)
    at = np.minimum(np.searchsorted(groups[:, 0], held[:, 0]), max(len(groups) - 1, 0))
    linked = groups[at, 0] == held[:, 0] if len(groups) else np.zeros(len(held), np.bool_)
    store.write_array("by-sentence", part, close_pairs(held[~linked, 0], held[~linked, 1]))
    grouped = np.column_stack([groups[at[linked], 1], held[linked, 1]]) if linked.any() else np.empty((0, 2), np.int64)
    store.write_array("held-by-group", part, grouped)
    return {}


def align_stories(
    store: Store, part: int, start: int, stop: int, total: int, coverage: float, aligned: float
) -> dict[str, Any]:
    """Candidates ``start`` to ``stop`` compared: tables ``story-copies`` and ``sentence-copies`` (a, b, ...)."""
    candidates: Pairs = np.asarray(store.read_array("candidates", 0)[start:stop])
    stories = np.unique(candidates)
    bounds, held = store.take_lists("told", stories)
    codes = np.unique(held)
    places = np.searchsorted(codes, held)
    own = (places[start:stop] for start, stop in pairwise(bounds.tolist()))
    told = dict(zip(stories.tolist(), own, strict=True))
    texts = Texts(store, codes.reshape(-1, 1))
    near, linked = _among(store, "telling", codes), _among(store, "linked", codes)
    known = Known(codes, rows(store, "text", codes, total), near, linked, texts.numbers, texts.elsewhere)
    copies, sentences = [], []
    for a, b in candidates.tolist():
        found = compare((a, told[a]), (b, told[b]), known, coverage=coverage, aligned=aligned)
        if found:
            copies.append((a, b, found.covered, found.kind))
            sentences += found.sentences
    _write(
        store,
        "story-copies",
        part,
        copies,
        {"a": pa.int64(), "b": pa.int64(), "similarity": pa.float64(), "kind": pa.string()},
    )
    _write(store, "sentence-copies", part, sentences, {"a": pa.int64(), "b": pa.int64(), "similarity": pa.float64()})
    return {}


def _among(store: Store, name: str, codes: Any) -> set[tuple[int, int]]:
    pairs = np.asarray(store.read_array(name, 0))
    return set(map(tuple, pairs[np.isin(pairs, codes).all(axis=1)].tolist()))


def _write(store: Store, name: str, part: int, found: list[tuple[Any, ...]], schema: dict[str, pa.DataType]) -> None:
    columns = list(zip(*found, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.values(), strict=True)]
    store.write(name, part, pa.table(dict(zip(schema, arrays, strict=True))))
