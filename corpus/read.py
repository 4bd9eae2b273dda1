"""Sources to records, streamed: text files, JSON lines, CSV. What cannot be used is rejected with place and reason."""

import csv
import glob
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.errors import InputError, listed

# What a record may say about itself; every other column is kept as x_NAME.
UNDERSTOOD = ("id", "title", "outlet", "byline", "published_at", "url", "language", "event", "target", "split")


@dataclass(frozen=True)
class Record:
    """One document as its source gives it.

    Parameters
    ----------
    source : str
        File name, and ":" and the line for a record of several in a file. No folder: tables are the same everywhere.
    text : str
        Never blank. The title, where a record has nothing else.
    fields : mapping of str to str or None
        The ``UNDERSTOOD`` columns but for ``published_at``.
    published_at : datetime or None
        UTC. A date without a time is midnight UTC, and a time without a zone is taken as UTC.
    extra : mapping of str to str
        Every other column by its name in the source; what is no string there is JSON here.
    prose : bool
        A whole text file, whose lines mean something, rather than a record.
    """

    source: str
    text: str
    fields: Mapping[str, str | None]
    published_at: datetime | None
    extra: Mapping[str, str]
    prose: bool = False


@dataclass(frozen=True)
class Rejected:
    """A record, or a whole file that was found in a folder, that cannot be used, and why."""

    source: str
    reason: str
    text: str | None = None


class _UnusableError(Exception):
    """The reason why a record is rejected."""


def expand(sources: Sequence[str]) -> dict[Path, bool]:
    """The files that files, folders and globs stand for, in order, and whether each was named itself.

    A folder stands for every file below it with a suffix that can be read; hidden files are left out.

    Raises
    ------
    InputError
        Nothing is there, or nothing that can be read.
    """
    files: dict[Path, bool] = {}
    for source in sources:
        path = Path(source)
        if path.is_dir():
            found = [file for file in sorted(path.rglob("*")) if file.is_file() and file.suffix.lower() in READERS]
            found = [file for file in found if not any(part.startswith(".") for part in file.relative_to(path).parts)]
            if not found:
                raise InputError(source, f"no file in this folder ends in {listed(READERS)}")
        elif path.exists():
            found = [path]
        elif glob.has_magic(source):
            names = sorted(glob.glob(source, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
            found = [Path(name) for name in names if Path(name).is_file()]
            if not found:
                raise InputError(source, "no file matches this pattern", todo="Check it, or name a file or folder")
        else:
            raise InputError(source, "there is no such file or folder", todo="Check the path")
        for file in found:
            files[file] = files.get(file, False) or file == path
    return files


def read(path: Path) -> Iterator[Record | Rejected]:
    """Stream the records of one file.

    Raises
    ------
    InputError
        The file cannot be read as a whole: missing, empty, binary, not UTF-8, of an unknown kind.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(path, f"expected a file that ends in {listed(READERS)}, got {path.suffix or 'no suffix'!r}")
    try:
        with path.open("rb") as file:
            if b"\0" in file.read(8192):
                raise InputError(
                    path, "expected UTF-8 text, got NUL bytes: a binary or UTF-16 file", todo="Save it as UTF-8"
                )
        read_any = False
        for item in reader(path):
            read_any = True
            yield item
    except OSError as error:
        raise InputError(path, f"cannot be read ({error.strerror})") from None
    if not read_any:
        raise InputError(path, "expected text, got an empty file", todo="Check where it came from")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line number and line with its end, as UTF-8 without a byte order mark."""
    offset = 0
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                problem = (
                    f"expected UTF-8, got byte 0x{raw[error.start]:02x} at byte {offset + error.start} of the file"
                )
                raise InputError(path, problem, line=number, todo="Save it as UTF-8") from None
            offset += len(raw)
            yield number, line


def _text(path: Path) -> Iterator[Record | Rejected]:
    # Windows line ends become \n: the same text is the same document wherever it was checked out.
    text = "".join(line for _, line in _lines(path)).replace("\r\n", "\n")
    if text.strip():
        fields = dict.fromkeys(name for name in UNDERSTOOD if name != "published_at")
        yield Record(path.name, text, fields, None, {}, prose=True)


def _json_lines(path: Path) -> Iterator[Record | Rejected]:
    for number, line in _lines(path):
        if not line.strip():
            continue
        source = f"{path.name}:{number}"
        try:
            yield _record(source, _json(line))
        except _UnusableError as unusable:
            yield Rejected(source, str(unusable), line.strip())


def _json(line: str) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise _UnusableError(f"not JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise _UnusableError(f"not JSON that can be read: {error}") from None
    if not isinstance(value, dict):
        raise _UnusableError(f"expected a JSON object, got {_kind(value)}")
    return value


def _csv(path: Path) -> Iterator[Record | Rejected]:
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader((line for _, line in _lines(path)), strict=True)
    header: list[str] | None = None
    while True:
        source = f"{path.name}:{rows.line_num + 1}"
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise InputError(path, f"not CSV: {error}", line=rows.line_num) from None
        if row is None:
            return
        if header is None:
            header = _header(path, row)
            continue
        if row:
            try:
                if len(row) != len(header):
                    raise _UnusableError(f"expected {len(header)} columns as in the header, got {len(row)}")
                yield _record(source, dict(zip(header, row, strict=True)))
            except _UnusableError as unusable:
                yield Rejected(source, str(unusable), _csv_line(row))


def _header(path: Path, names: list[str]) -> list[str]:
    if not {"text", "title"} & set(names):
        raise InputError(path, f"expected a column named text or title, got {listed(names)}", line=1)
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(path, f"column {doubled[0]!r} is there twice", line=1)
    return names


def _csv_line(row: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(row)
    return line.getvalue()


# A new format is one function here.
READERS: dict[str, Callable[[Path], Iterator[Record | Rejected]]] = {
    ".txt": _text,
    ".jsonl": _json_lines,
    ".csv": _csv,
}


def _record(source: str, row: Mapping[str, Any]) -> Record:
    """One row as a record; raises :class:`_UnusableError` with the reason where it is none."""
    for name in ("text", "title"):
        if not isinstance(row.get(name), str | None):
            raise _UnusableError(f"{name}: expected a string, got {_kind(row[name])}")
    columns = {name: text for name, value in row.items() if (text := _string(value)) is not None}
    for name, value in [*columns.items(), *((name, name) for name in columns)]:
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise _UnusableError(
                f"{name.encode('ascii', 'replace').decode()}: holds half a surrogate pair, which is no text"
            )
    text = columns.get("text") or columns.get("title")
    if text is None:
        raise _UnusableError("empty text" if "text" in row else "no text and no title")
    published = _time(columns["published_at"]) if "published_at" in columns else None
    fields = {name: columns.get(name) for name in UNDERSTOOD if name != "published_at"}
    extra = {name: value for name, value in columns.items() if name not in (*UNDERSTOOD, "text")}
    return Record(source, text, fields, published, extra)


def _string(value: Any) -> str | None:
    """A value as text; None for null and for blank text."""
    if isinstance(value, str):
        return value if value.strip() else None
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _time(value: str) -> datetime:
    try:
        time = datetime.fromisoformat(value.strip())
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise _UnusableError(
            f"published_at: expected a date as in 2026-03-31 or 2026-03-31T09:30:00Z, got {value!r:.60}"
        ) from None


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "an array", bool: "true or false", type(None): "null", str: "a string"}
    return kinds.get(type(value), "a number")
