"""The second stage: of records that are one document the first is kept; documents and sentences come in their order."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.pipeline.laying import DROPPED_ORDER, DROPPED_ROWS
from corpus.pipeline.store import Store, begins
from corpus.text.words import normalized

_SAMPLE, _PREFIX = 64, 40


def settle(store: Store, part: int, low: str | None, high: str | None) -> dict[str, Any]:
    """The documents with ``low`` <= doc_id < ``high``: tables ``documents``, ``sentences``, ``dropped`` and ``keys``.

    The latter are the sentences by what makes two of them equal, for the duplicates.

    Returns
    -------
    dict
        ``documents`` and ``sentences``, how many; ``again``, the orders of documents that came before;
        ``keys`` and ``dropped``, samples of what those tables are sorted by.
    """
    laid = store.between("laid-documents", "doc_id", low, high).sort_by(
        [("doc_id", "ascending"), ("order", "ascending")]
    )
    first = begins(laid["doc_id"])
    again = laid.filter(pa.array(~first))
    documents = laid.filter(pa.array(first))
    every = store.between("laid-sentences", "doc_id", low, high)
    every = every.filter(pc.is_in(every["order"], documents["order"])).sort_by(
        [("doc_id", "ascending"), ("start", "ascending")]
    )
    filtered = every.filter(pc.is_valid(every["reason"]))
    sentences = every.filter(pc.is_null(every["reason"])).drop_columns(["order", "source", "reason"])
    dropped = pa.concat_tables([_rows(again, "documents", "same document"), _rows(filtered, "filter", None)])
    dropped = dropped.sort_by(DROPPED_ORDER)
    store.write("documents", part, documents.drop_columns(["order"]))
    store.write("sentences", part, sentences)
    store.write("dropped", part, dropped)
    return {
        "documents": len(documents),
        "sentences": len(sentences),
        "again": again["order"].to_pylist(),
        "dropped": dropped["source"].take(_places(len(dropped))).to_pylist(),
        "keys": write_keys(store, part, sentences),
    }


def write_keys(store: Store, part: int, sentences: pa.Table) -> list[str]:
    """The table ``keys`` of some sentences, sorted; returns a sample of their keys."""
    keys = pa.array([normalized(text) or text for text in sentences["text"].to_pylist()], pa.string())
    table = sentences.select(["sentence_id", "doc_id", "start", "text"]).append_column("key", keys)
    table = table.sort_by([("key", "ascending"), ("sentence_id", "ascending")])
    store.write("keys", part, table)
    return [key[:_PREFIX] for key in table["key"].take(_places(len(table))).to_pylist()]


def _places(count: int) -> pa.Array:
    return pa.array(np.unique(np.linspace(0, max(count - 1, 0), min(count, _SAMPLE)).astype(np.int64)))


def _rows(table: pa.Table, step: str, reason: str | None) -> pa.Table:
    count = len(table)
    columns = {
        "start": table["start"] if "start" in table.column_names else pa.array(np.zeros(count, np.int64)),
        "step": pa.array([step] * count, pa.string()),
        "reason": pa.array([reason] * count, pa.string()) if reason else table["reason"],
    }
    return pa.table(
        {name: columns[name] if name in columns else table[name] for name in DROPPED_ROWS.names}, DROPPED_ROWS
    )
