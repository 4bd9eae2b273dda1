"""Parquet files and JSON documents: plain records, or the tasks of Label Studio."""

import codecs
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from corpus.errors import InputError
from corpus.sources.encoding import unicode_stream
from corpus.sources.lines import json_lines, row, rows
from corpus.sources.record import Item, Note, Reading, UnusableError, kind
from corpus.sources.streams import HEAD, Source

_BATCH = 1024


def parquet(source: Source, reading: Reading) -> Iterator[Item]:
    """Each row is a record; a batch of rows is in memory at a time.

    Raises
    ------
    InputError
        It is no Parquet file.
    """
    # Its directory stands at the end: what comes out of a packed file must be on disk.
    with tempfile.TemporaryFile() as spilled:
        if source.path is None:
            shutil.copyfileobj(source.stream, spilled)
            spilled.seek(0)
        try:
            file = pq.ParquetFile(source.path or pa.PythonFile(spilled, "r"))
            yield from rows(source, _parquet_rows(source, file), reading)
        except (pa.ArrowException, OSError) as error:
            raise InputError(source.place, f"not a Parquet file that can be read ({error})") from None


def _parquet_rows(source: Source, file: pq.ParquetFile) -> Iterator[tuple[str, str, Any]]:
    number = 0
    for batch in file.iter_batches(batch_size=_BATCH):
        for found in batch.to_pylist():
            number += 1
            yield f"{source.name}:{number}", "", found


def json_document(source: Source, reading: Reading) -> Iterator[Item]:
    """An array of tasks or records, streamed; one of them alone; or JSON lines by another name.

    Raises
    ------
    InputError
        It is no JSON from some place on; what stands before it is given.
    """
    stream, notes = unicode_stream(source)
    yield from notes
    if stream.peek(HEAD).startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
    head = stream.peek(HEAD)[:HEAD].lstrip()
    if head.startswith(b"["):
        yield from rows(source, _tasks(source, stream, reading.record_bytes), reading)
    elif head:
        first, _, rest = head.partition(b"\n")
        found = row(first.decode("utf-8", "replace"))
        if rest.strip() and not isinstance(found, UnusableError):
            yield Note(source.name, "JSON lines, not one JSON document")
            yield from json_lines(Source(source.name, source.place, stream), reading)
        else:
            data = stream.read(reading.record_bytes + 1)
            if len(data) > reading.record_bytes:
                raise InputError(
                    source.place, f"one JSON object of more than {reading.record_bytes:,} bytes (sources.record_mb)"
                )
            written = data.decode("utf-8-sig", "replace")
            found = row(written)
            if (wrapped := _wrapped(found)) is not None:
                name, records = wrapped
                yield Note(source.name, f"the records under {name!r} are read, not what is beside them")
                numbered = enumerate(records, start=1)
                yield from rows(source, ((f"{source.name}:{n}", "", _task(own)) for n, own in numbered), reading)
            else:
                yield from rows(source, iter([(f"{source.name}:1", written, _task(found))]), reading)


def _wrapped(found: Mapping[str, Any] | UnusableError) -> tuple[str, list[dict[str, Any]]] | None:
    """The name and the records of ``{"status": "ok", "articles": [...]}``, as services answer; else None."""
    if isinstance(found, UnusableError) or {"text", "title", "data"} & found.keys():
        return None
    lists = [(name, value) for name, value in found.items() if isinstance(value, list) and value]
    lists = [(name, value) for name, value in lists if all(isinstance(item, dict) for item in value)]
    return lists[0] if len(lists) == 1 else None


def _tasks(source: Source, stream: BinaryIO, longest: int) -> Iterator[tuple[str, str, Any]]:
    """The values of an array, with no more of it in memory than the one that is being read and the next."""
    # Bytes that are no UTF-8 become surrogates, for which the record that holds them, and no other, is rejected.
    text = codecs.getreader("utf-8")(stream, "surrogateescape")
    decode = json.JSONDecoder().raw_decode
    buffer, number, ended = text.read(HEAD), 0, False
    at = buffer.index("[") + 1
    at = _next(buffer, at)
    while True:
        problem = "it breaks off"
        try:
            value, end = decode(buffer, at)
            follows = _next(buffer, end)
        except (ValueError, RecursionError) as error:
            problem, end = str(error), None
        if end is not None and (follows < len(buffer) or ended):
            number += 1
            found = value if isinstance(value, dict) else UnusableError(f"expected a JSON object, got {kind(value)}")
            yield f"{source.name}:{number}", "", _task(found)
            at = follows
            if buffer[at : at + 1] == "]":
                return
            continue
        # Incomplete, or wrong: more text will tell. Twice as much each time: what is tried again stays in proportion.
        buffer = buffer[at:]
        at = 0
        more = text.read(max(HEAD, len(buffer)))
        if (not more and ended) or len(buffer) > longest:
            raise InputError(source.place, f"not JSON after {number} records ({problem})")
        buffer, ended = buffer + more, not more


def _next(text: str, at: int) -> int:
    """Where the next value begins, after the comma and the white space before it."""
    while at < len(text) and text[at] in ", \t\r\n":
        at += 1
    return at


def _task(found: Mapping[str, Any] | UnusableError) -> Mapping[str, Any] | UnusableError:
    """A Label Studio task is what its ``data`` hold; people's answers in it are for `stance label import`."""
    data = found.get("data") if not isinstance(found, UnusableError) else None
    return data if isinstance(data, dict) else found
