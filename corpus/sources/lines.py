"""Text files and JSON lines."""

import json
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from corpus.errors import InputError
from corpus.sources.columns import understand
from corpus.sources.encoding import Unreadable, lines, unicode_stream
from corpus.sources.record import Item, Reading, Rejected, UnusableError, kind, prose, record
from corpus.sources.streams import Source

# Enough rows to tell what the columns hold.
FIRST_ROWS = 200


def text(source: Source, reading: Reading) -> Iterator[Item]:
    """A text file is one record.

    Raises
    ------
    InputError
        It is binary, in no encoding that can be told, or longer than a record may be.
    """
    stream, notes = unicode_stream(source)
    yield from notes
    parts, size = [], 0
    for number, line in lines(stream, reading):
        if isinstance(line, Unreadable):
            raise InputError(source.place, line, line=number, todo="Save it as UTF-8" if "UTF-8" in line else "")
        parts.append(line)
        size += len(line)
        if size > reading.record_bytes:
            problem = (
                f"a text file is one document, and this one is longer than {reading.record_bytes:,} (sources.record_mb)"
            )
            raise InputError(source.place, problem, todo="Split it, or give one record a line as .jsonl")
    found = prose(source.name, "".join(parts))
    if found is not None:
        yield found


def json_lines(source: Source, reading: Reading) -> Iterator[Item]:
    """Each line is a record; one that is none is rejected."""
    stream, notes = unicode_stream(source)
    yield from notes
    numbered = ((f"{source.name}:{number}", line, row(line)) for number, line in lines(stream, reading) if line.strip())
    yield from rows(source, numbered, reading)


def rows(source: Source, numbered: Iterator[tuple[str, str, Any]], reading: Reading) -> Iterator[Item]:
    """Rows, or the reasons why they are none, as records.

    Parameters
    ----------
    numbered : iterator of (str, str, mapping or UnusableError)
        Where the row is, how it is written (for those that are rejected), and what it holds.
    """
    first = list(islice(numbered, FIRST_ROWS))
    known = [found for _, _, found in first if not isinstance(found, UnusableError)]
    names = list(dict.fromkeys(name for found in known for name in found))
    columns, notes = understand(names, known, reading, source.name)
    yield from notes
    for place, written, found in chain(first, numbered):
        try:
            if isinstance(found, UnusableError):
                raise found
            yield record(place, columns.named(found), reading, columns.date_order)
        except UnusableError as unusable:
            yield Rejected(place, str(unusable), None if isinstance(written, Unreadable) else written.strip())


def row(line: str) -> Mapping[str, Any] | UnusableError:
    """A line of JSON as an object, or why it is none."""
    if isinstance(line, Unreadable):
        return UnusableError(line)
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        return UnusableError(f"not JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:
        return UnusableError(f"not JSON that can be read: {error}")
    return value if isinstance(value, dict) else UnusableError(f"expected a JSON object, got {kind(value)}")
