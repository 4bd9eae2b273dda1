"""CSV and its relatives: the dialect is told from the head of the file, and a broken row costs no other one."""

import csv
import io
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from corpus.errors import InputError, listed
from corpus.sources.columns import SYNONYMS
from corpus.sources.encoding import Unreadable, lines, unicode_stream
from corpus.sources.headless import is_data
from corpus.sources.headless import names as names_by_values
from corpus.sources.lines import FIRST_ROWS, rows
from corpus.sources.record import Item, Note, Reading, UnusableError
from corpus.sources.streams import HEAD, Source

Dialect = Mapping[str, Any]
# Where a row begins, its cells or what is wrong with it, and how it is written.
Found = tuple[int, list[str] | UnusableError, str]
_DELIMITERS = (",", "\t", ";", "|")
_NAMES = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
_SNIFFED_ON = 1 << 18
_SECOND_LOOKS = 128 << 20
# A cell of so many lines is a quote that was not closed.
_MOST_LINES = 10_000


def delimited(source: Source, reading: Reading) -> Iterator[Item]:
    """Each row is a record.

    Raises
    ------
    InputError
        No column holds text or a title, or one is there twice.
    """
    csv.field_size_limit(sys.maxsize)
    stream, notes = unicode_stream(source)
    yield from notes
    head = stream.peek(HEAD)[:_SNIFFED_ON]
    whole = len(head) < _SNIFFED_ON
    text = head.decode("utf-8-sig", "replace")
    dialect = sniff(text if whole else text[: max(map(text.rfind, "\r\n")) + 1], _usual(source))
    if said := _said(dialect, source):
        yield Note(source.name, said)
    found = split(lines(stream, reading), dialect, reading.record_bytes, place=source.place)
    start = next((item for item in found if item[1]), None)
    if start is None:
        return
    number, row, _ = start
    if isinstance(row, UnusableError):
        raise InputError(source.place, f"not a header: {row}", line=number)
    header = _header(source, row, reading, number)
    if header is None:
        first = [start, *islice(found, FIRST_ROWS)]
        header = names_by_values([cells for _, cells, _ in first if isinstance(cells, list)], reading.columns)
        if not {"text", "title", reading.columns.get("text"), reading.columns.get("title")} & set(header):
            raise _no_text(source, row, number)
        columns = [
            f"{name} in column {at}" for at, name in enumerate(header, start=1) if not name.startswith("column_")
        ]
        yield Note(source.name, f"no line of names; taken for {listed(columns)}. Write one before it if that is wrong")
        found = chain(first, found)
    yield from rows(source, _mapped(source, header, found), reading)


def _usual(source: Source) -> str:
    return "\t" if source.suffix == ".tsv" else ","


def _said(dialect: Dialect, source: Source) -> str:
    said = [f"separated by {_NAMES[dialect['delimiter']]}"] if dialect["delimiter"] != _usual(source) else []
    said += ["quotes escaped by backslashes"] if "escapechar" in dialect else []
    said += ["quotes mean nothing"] if dialect.get("quoting") == csv.QUOTE_NONE else []
    return ", ".join(said)


def _mapped(source: Source, header: Sequence[str], found: Iterator[Found]) -> Iterator[tuple[str, str, Any]]:
    for number, row, written in found:
        place = f"{source.name}:{number}"
        if isinstance(row, UnusableError):
            yield place, written, row
        elif len(row) == len(header):
            yield place, written, dict(zip(header, row, strict=True))
        elif row:
            problem = f"expected {len(header)} columns as in the header, got {len(row)}"
            yield place, written, UnusableError(problem)


def _header(source: Source, names: list[str], reading: Reading, line: int) -> list[str] | None:
    """The names of the columns; None where the first row is one of data."""
    plain = {name.strip().casefold().replace(" ", "_").replace("-", "_") for name in names}
    known = {*SYNONYMS["text"], *SYNONYMS["title"]}
    if not plain & known and not {reading.columns.get("text"), reading.columns.get("title")} & set(names):
        if is_data(names):
            return None
        raise _no_text(source, names, line)
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(source.place, f"column {doubled[0]!r} is there twice", line=line)
    return names


def _no_text(source: Source, names: list[str], line: int) -> InputError:
    problem = (
        f"expected a column named text or title, or a usual synonym, got {listed(f'{name:.40}' for name in names)}"
    )
    return InputError(source.place, problem, line=line, todo="Name it in sources.columns of configs/corpus.yaml")


def sniff(head: str, usual: str = ",") -> Dialect:
    """The dialect in which most rows of ``head`` are as wide as its header; the usual one where none is better."""
    chosen: Dialect = {"delimiter": usual, "strict": True}
    best = _fit(head, chosen)
    for delimiter in (usual, *(other for other in _DELIMITERS if other != usual)):
        dialects: list[Dialect] = [{"delimiter": delimiter, "strict": True}]
        if '\\"' in head:
            dialects.append({"delimiter": delimiter, "strict": True, "escapechar": "\\", "doublequote": False})
        if delimiter == "\t":
            dialects.append({"delimiter": delimiter, "strict": True, "quoting": csv.QUOTE_NONE})
        for dialect in dialects:
            fit = _fit(head, dialect)
            if fit > best:
                best, chosen = fit, dialect
    return chosen


def _fit(head: str, dialect: Dialect) -> float:
    """The share of rows that are as wide as the header; 0 for one column, which fits whatever is not the delimiter."""
    own = enumerate((line for line in io.StringIO(head, newline="") if line.strip()), start=1)
    try:
        found = [row for _, row, _ in split(own, dialect, len(head) + 1, second_looks=_SNIFFED_ON * 8)]
    except InputError:
        return 0.0
    if not found or isinstance(found[0], UnusableError) or len(found[0]) < 2:
        return 0.0
    cells = [row for row in found if not isinstance(row, UnusableError)]
    if "quoting" in dialect and any(len(cell) > 1 and cell[0] == cell[-1] == '"' for row in cells for cell in row):
        return 0.0
    # A single broken row is no reason for another dialect.
    return round(sum(len(row) == len(found[0]) for row in cells) / len(found), 1)


def split(
    numbered: Iterator[tuple[int, str]],
    dialect: Dialect,
    longest: int,
    *,
    place: str = "",
    second_looks: int = _SECOND_LOOKS,
) -> Iterator[Found]:
    """Line number, cells and text of each row; of one that is broken, its first line, and why.

    After a broken row (a quote that is not closed runs on into the next rows) reading goes on at the line after it.

    Parameters
    ----------
    longest : int
        Of a row, in characters.
    second_looks : int
        Characters that may be read again after broken rows: quotes that are wrong throughout must not take for ever.

    Raises
    ------
    InputError
        They were used up.
    """
    again: deque[tuple[int, str]] = deque()
    taken: list[tuple[int, str]] = []

    def feed() -> Iterator[str]:
        size = 0
        while (item := again.popleft() if again else next(numbered, None)) is not None:
            size = size + len(item[1]) if taken else len(item[1])
            taken.append(item)
            if isinstance(item[1], Unreadable):
                raise UnusableError(item[1])
            if size > longest or len(taken) > _MOST_LINES:
                raise UnusableError(
                    f"a row of more than {longest:,} characters or {_MOST_LINES:,} lines, or a quote that is not closed"
                )
            yield item[1]

    reader = csv.reader(feed(), **dialect)
    while True:
        taken.clear()
        try:
            row = next(reader, None)
        except (csv.Error, UnusableError) as error:
            problem = str(error) if isinstance(error, UnusableError) else f"not CSV: {error}"
            number, line = taken[0]
            second_looks -= sum(len(text) for _, text in taken[1:])
            if second_looks < 0:
                raise InputError(place, f"{problem}; too many rows are broken like this", line=number) from None
            again.extendleft(reversed(taken[1:]))
            yield number, UnusableError(problem), line.rstrip("\r\n")
            reader = csv.reader(feed(), **dialect)
            continue
        if row is None:
            return
        yield taken[0][0], row, "".join(text for _, text in taken).rstrip("\r\n")
