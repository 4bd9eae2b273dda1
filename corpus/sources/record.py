"""What a source gives: records, what was rejected and why, and what was decided on the way."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from corpus.sources.dates import DateOrder, parse
from corpus.sources.outlets import Outlet, resolve
from corpus.text.language import code
from corpus.text.normalize import normalize
from corpus.text.target import found

# What a record may say about itself; every other column is kept as x_NAME.
UNDERSTOOD = (
    "id", "title", "outlet", "byline", "published_at", "url", "language", "event", "target", "target_start", "split",
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """One document as its source gives it.

    Parameters
    ----------
    source : str
        File name, and ":" and the line for a record of several in a file. No folder: tables are the same everywhere.
    text : str
        Normalized, never blank. The title, where a record has nothing else.
    fields : mapping of str to str or None
        The ``UNDERSTOOD`` columns but for ``published_at``. ``target_start`` is where in ``text`` the target begins;
        None where it does not occur there.
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


@dataclass(frozen=True)
class Note:
    """Something that was decided about a source, for the user to check."""

    source: str
    message: str


Item = Record | Rejected | Note


@dataclass(frozen=True)
class Reading:
    """How sources are read; see ``configs/corpus.yaml``.

    Parameters
    ----------
    columns : mapping of str to str
        What is understood (``text`` and ``UNDERSTOOD``) to the column that holds it, before any detection.
    date_order : "auto", "dmy" or "mdy"
        What 03/04/2026 means; ``auto`` looks at the other dates of the file.
    outlets : mapping of str to Outlet
        Known outlets by domain.
    record_bytes : int
        A longer line, record or page is rejected: the most that is held in memory at once.
    unpacked_bytes, unpacked_ratio
        What comes out of a packed file at most: in all, and for each byte of it.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    date_order: Literal["auto", "dmy", "mdy"] = "auto"
    outlets: Mapping[str, Outlet] = field(default_factory=dict)
    record_bytes: int = 64 << 20
    unpacked_bytes: int = 64 << 30
    unpacked_ratio: int = 200


class UnusableError(Exception):
    """The reason why a record is rejected."""


def prose(source: str, text: str) -> Record | None:
    """A whole text file as a record; None when it is blank."""
    text = normalize(text)
    fields = dict.fromkeys(name for name in UNDERSTOOD if name != "published_at")
    return Record(source, text, fields, None, {}, prose=True) if text.strip() else None


def record(source: str, row: Mapping[str, Any], reading: Reading, date_order: DateOrder = "mdy") -> Record:
    """One row, its columns named as they are understood, as a record.

    Raises
    ------
    UnusableError
        With the reason, when it is none.
    """
    for name in ("text", "title"):
        if not isinstance(row.get(name), str | None):
            raise UnusableError(f"{name}: expected a string, got {kind(row[name])}")
    columns = {name: text for name, value in row.items() if (text := _string(value)) is not None}
    for name, value in [*columns.items(), *((name, name) for name in columns)]:
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise UnusableError(
                f"{name.encode('ascii', 'replace').decode()}: holds half a surrogate pair, which is no text"
            )
    raw = columns.get("text") or columns.get("title") or ""
    for name in _NORMALIZED & columns.keys():
        columns[name] = normalize(columns[name])
        if not columns[name].strip():
            del columns[name]
    text = columns.get("text") or columns.get("title")
    if text is None:
        raise UnusableError("empty text" if "text" in row else "no text and no title")
    published = _time(row["published_at"], date_order) if "published_at" in columns else None
    fields = {name: columns.get(name) for name in UNDERSTOOD if name != "published_at"}
    fields["outlet"], facts = resolve(fields["outlet"], fields["url"], reading.outlets)
    if (given := fields["language"]) and (known := code(given)) != given:
        # What is no language that we know is kept as it was written; the text will tell.
        fields["language"], facts = known, facts | ({} if known else {"language_given": given})
    if start := fields["target_start"]:
        fields["target_start"] = _place(start, fields["target"], raw, text)
    extra = {name: value for name, value in columns.items() if name not in (*UNDERSTOOD, "text")}
    return Record(source, text, fields, published, {**extra, **facts})


_NORMALIZED = frozenset({"text", "title", "outlet", "byline", "event", "target"})
_WHOLE = re.compile(r"(\d+)(?:\.0*)?", re.ASCII)


def _place(start: str, target: str | None, raw: str, text: str) -> str | None:
    """Where in the text as it is kept the target begins, of which the source says where in its own it does."""
    if (known := _WHOLE.fullmatch(start.strip())) is None:
        raise UnusableError(
            f"target_start: expected the place in the text where the target begins, from 0, got {start!r:.60}"
        )
    near = int(known[1])
    span = found(text, target or "", near if raw == text else len(normalize(raw[:near])))
    return None if span is None else str(span[0])


def _string(value: Any) -> str | None:
    """A value as text; None for null and for blank text."""
    if isinstance(value, str):
        return value if value.strip() else None
    if value is None or (isinstance(value, float) and value != value):
        return None
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _time(value: Any, first: DateOrder) -> datetime:
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    found = parse(str(value), first)
    if found is None:
        raise UnusableError(
            f"published_at: expected a date as in 2026-03-31 or 2026-03-31T09:30:00Z, got {value!r:.60}"
        )
    return found


def kind(value: Any) -> str:
    """What a JSON value is, in words."""
    kinds = {dict: "an object", list: "an array", bool: "true or false", type(None): "null", str: "a string"}
    return kinds.get(type(value), "a number")
