"""A file of labels to answers: which format it is, and its rows."""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, get_args

from corpus.errors import InputError, UsageError, listed
from corpus.sources.delimited import sniff, split
from corpus.sources.encoding import Unreadable, lines, unicode_stream
from corpus.sources.record import Reading, UnusableError
from corpus.sources.streams import HEAD, Source, buffered
from labeling.exchange import delimited, doccano, label_studio, prodigy
from labeling.exchange.answer import Format, Item, Row

FORMATS: tuple[Format, ...] = get_args(Format)


def read(
    path: Path,
    questions: Sequence[str],
    *,
    form: Format | None = None,
    question: str | None = None,
    columns: str | None = None,
    annotator: str | None = None,
) -> Iterator[Item]:
    """The answers of a file, streamed (but for JSON, which is one value).

    Parameters
    ----------
    path : Path
        The file. Without ``form``, ``.csv`` and ``.tsv`` are CSV, and what a ``.json`` or ``.jsonl`` is, its first
        object tells.
    questions : sequence of str
        Those that the label configuration knows.
    form : Format
        The format.
    question : str
        For a file, or a row of it, that names no question.
    columns : str
        Comma-separated patterns of the columns that are annotators: the CSV is wide.
    annotator : str
        For a file that names none (Prodigy, doccano); doccano's is named after its person if nothing is said.

    Raises
    ------
    InputError
        The file cannot be read, is empty or lacks a column.
    UsageError
        It cannot be told what the file is, or the options do not fit it.
    """
    try:
        if path.stat().st_size == 0:
            raise InputError(path, "expected labels, got an empty file", todo="Check where it came from")
        with path.open("rb", buffering=0) as file:
            source = Source(path.name, str(path), buffered(file), path)
            if form == "csv" or (form is None and source.suffix in (".csv", ".tsv")):
                yield from _csv(source, path, question, columns)
                return
            if columns is not None:
                raise UsageError(f"--annotator-columns is for CSV; {path.name} is none")
            rows = _objects(source)
            first = next(rows, None)
            if first is None:
                raise InputError(path, "expected labels, got an empty list", todo="Check where it came from")
            form = form or _told(path, first[1])
            rows = chain([first], rows)
            if form == "label-studio":
                yield from label_studio.read(rows, list(questions))
            elif form == "label-studio-min":
                yield from label_studio.read_min(rows, list(questions))
            elif form == "prodigy":
                yield from prodigy.read(rows, question, annotator)
            else:
                yield from doccano.read(rows, question, annotator or path.stem)
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror or error})") from None


def _csv(source: Source, path: Path, question: str | None, columns: str | None) -> Iterator[Item]:
    if columns is not None and question is None:
        raise UsageError("--annotator-columns needs --question Q: a wide table does not say what was asked")
    csv.field_size_limit(sys.maxsize)
    stream, _ = unicode_stream(source)
    head = stream.peek(HEAD)[: 1 << 18].decode("utf-8-sig", "replace")
    dialect = sniff(head[: head.rfind("\n") + 1] or head, "\t" if source.suffix == ".tsv" else ",")
    reading = Reading()
    found = split(lines(stream, reading), dialect, reading.record_bytes, place=source.place)
    number, header, _ = next(found, (1, [], ""))
    if isinstance(header, UnusableError):
        raise InputError(path, f"not a header: {header}", line=number)
    delimited.check_header(path, header, wide=columns is not None)
    if twice := [name for name, count in Counter(header).items() if name and count > 1]:
        raise InputError(
            path,
            f"more than one column {listed(twice)}",
            line=number,
            todo="Take out, or rename, all but the one to read",
        )
    rows = _mapped(path.name, header, found)
    if columns is None:
        yield from delimited.read_long(rows, question)
    else:
        yield from delimited.read_wide(rows, str(question), delimited.matching(header, columns))


def _mapped(
    name: str, header: Sequence[str], found: Iterator[tuple[int, list[str] | UnusableError, str]]
) -> Iterator[tuple[str, Row | str]]:
    for number, row, _ in found:
        place = f"{name}:{number}"
        if isinstance(row, UnusableError):
            yield place, str(row)
        elif len(row) == len(header):
            yield place, {key: delimited.unescaped(cell) for key, cell in zip(header, row, strict=True)}
        elif row:
            yield place, "not as many columns as the header"


def _objects(source: Source) -> Iterator[tuple[str, Row | str]]:
    """The objects of a JSON array, or one a line; for one that is none, why."""
    stream, _ = unicode_stream(source)
    head = stream.peek(HEAD)[:HEAD].decode("utf-8-sig", "replace").lstrip()
    if head.startswith("["):
        try:
            values = json.loads(stream.read().decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise InputError(source.place, f"not JSON ({error})", todo="Export it again") from None
        for number, value in enumerate(values, start=1):
            yield f"{source.name}:{number}", value if isinstance(value, dict) else "not a JSON object"
        return
    for number, line in lines(stream, Reading()):
        place = f"{source.name}:{number}"
        if isinstance(line, Unreadable):
            yield place, str(line)
        elif line.strip():
            yield place, _object(line)


def _object(line: str) -> Row | str:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    return value if isinstance(value, dict) else "not a JSON object"


def _told(path: Path, first: Row | str) -> Format:
    if not isinstance(first, str):
        if "data" in first and "annotations" in first:
            return "label-studio"
        if "annotation_id" in first or ("annotator" in first and "label" not in first and "labels" not in first):
            return "label-studio-min"
        if "answer" in first or "_task_hash" in first or "accept" in first:
            return "prodigy"
        if "label" in first or "labels" in first:
            return "doccano"
    raise UsageError(f"{path}: its first row does not tell the format; say --format, one of {listed(FORMATS)}")
