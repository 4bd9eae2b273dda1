"""The sentences of a file, as rows to predict: a table's, a text file's lines, or records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd
import pyarrow.parquet as pq

from corpus.documents import content_id, doc_id, sentence_id
from corpus.errors import InputError
from train import origin
from train.texts import COLUMNS

if TYPE_CHECKING:
    from corpus.sources import Record, Rejected

T = TypeVar("T")


def rows_of(
    source: Path,
    size: int,
    rejected: Callable[[Rejected], None] = lambda item: None,
    context: Collection[str] = (),
    repeated: Callable[[int], None] = lambda n: None,
) -> Iterator[pd.DataFrame]:
    """The sentences of a file, ``size`` at a time: sentence_id, record_id, text and what :mod:`train.texts` knows.

    A Parquet table with ``sentence_id`` and ``text`` is taken as it is, with what the documents beside it say, and what
    of ``context`` is the sentences around (:func:`train.origin.joining`); in a text file each line is a sentence; in
    any other file that `stance corpus build` reads, each record, by its ``sentence_id`` if it has one. A sentence that
    comes again is left out; ``repeated`` is called with how many are.

    Raises
    ------
    InputError
        It cannot be read.
    """
    seen: set[str] = set()
    for block in _blocks(source, size, rejected, context):
        new = block[~block["sentence_id"].isin(seen) & ~block["sentence_id"].duplicated()]
        seen.update(new["sentence_id"])
        repeated(len(block) - len(new))
        if len(new):
            yield new.reset_index(drop=True)


def beside(source: Path) -> Path | None:
    """The table of documents that a table of sentences needs, whether it is there or not; None for other files."""
    table = _sentences(source)
    return None if table is None else origin.documents_of(source, table.schema_arrow.names)


def _sentences(source: Path) -> pq.ParquetFile | None:
    """A Parquet table with ``sentence_id`` and ``text``; None if ``source`` is something else."""
    if source.suffix != ".parquet" or not source.is_file():
        return None
    try:
        file = pq.ParquetFile(source)
    except (OSError, ValueError) as error:
        raise InputError(source, f"is not a Parquet file that can be read ({error})") from None
    return file if {"sentence_id", "text"} <= set(file.schema_arrow.names) else None


def _blocks(
    source: Path, size: int, rejected: Callable[[Rejected], None], context: Collection[str]
) -> Iterator[pd.DataFrame]:
    if (table := _sentences(source)) is not None:
        there = table.schema_arrow.names
        columns = [name for name in ("sentence_id", "record_id", "doc_id", "index", "start", *COLUMNS) if name in there]
        complete = origin.joining(source, there, context)
        yield from (complete(block.to_pandas()) for block in table.iter_batches(size, columns=columns))
        return
    if source.suffix == ".txt" and source.is_file():
        with source.open(encoding="utf-8", errors="replace") as lines:
            texts = (text for line in lines if (text := line.strip()))
            for some in _some(texts, size):
                yield pd.DataFrame({"sentence_id": [content_id("line", text) for text in some], "text": some})
        return
    for items in _some(_records(source, rejected), size):
        yield pd.DataFrame([_row(item) for item in items])


def _row(item: Record) -> dict[str, Any]:
    """The record as the one sentence that `stance corpus build --unit line` makes of it."""
    text, start = item.text.strip(), len(item.text) - len(item.text.lstrip())
    known = item.extra.get("sentence_id") or sentence_id(doc_id(item, item.text), start, text)
    row: dict[str, Any] = {name: item.fields.get(name) for name in COLUMNS}
    if row["target_start"] is not None:
        row["target_start"] = int(row["target_start"]) - start
    return row | {"sentence_id": known, "record_id": item.fields["id"], "text": text}


def _records(source: Path, rejected: Callable[[Rejected], None]) -> Iterator[Record]:
    # What reads pages and archives: texts and tables need none of it.
    from corpus.sources import Record, Rejected, read

    for item in read(source):
        if isinstance(item, Record):
            yield item
        elif isinstance(item, Rejected):
            rejected(item)


def _some(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """``items``, ``size`` at a time."""
    rest = iter(items)
    while some := tuple(islice(rest, size)):
        yield some
