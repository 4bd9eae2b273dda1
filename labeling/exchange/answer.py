"""One answer as a file gives it, before it is known which sentence of the corpus it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from corpus.sources.record import UnusableError

__all__ = ["IMPORTED", "Format", "Given", "Item", "Row", "Unusable", "UnusableError"]

# The server that an imported answer has in the ledger: none, but rows of the ledger are known by one.
IMPORTED = "import"


@dataclass(frozen=True, slots=True)
class Given:
    """What one annotator answered to one question about one text, by whichever of its names the file knows it.

    ``label`` is None for a skip. Times are UTC.
    """

    place: str
    annotator: str
    question: str
    label: str | None
    sentence_id: str | None = None
    record_id: str | None = None
    text: str | None = None
    skip_reason: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    lead_time_s: float | None = None
    suggestion: bool = False


@dataclass(frozen=True, slots=True)
class Unusable:
    """An answer of a file that cannot be used, and why."""

    place: str
    reason: str


Item = Given | Unusable
Row = Mapping[str, Any]
Format = Literal["csv", "label-studio", "label-studio-min", "prodigy", "doccano"]


def text_of(row: Row, *names: str) -> str | None:
    """The first of the columns ``names`` that is there and not blank, as text; ends are trimmed."""
    for name in names:
        value = row.get(name)
        if value is not None and (text := str(value).strip()):
            return text
    return None


def time_of(row: Row, name: str) -> datetime | None:
    """The column ``name`` as a UTC time: ISO 8601, without a zone taken as UTC, or seconds since 1970.

    Raises
    ------
    UnusableError
        It is neither.
    """
    written = text_of(row, name)
    if written is None:
        return None
    try:
        if written.replace(".", "", 1).isdecimal():
            return datetime.fromtimestamp(float(written), UTC)
        found = datetime.fromisoformat(written)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise UnusableError(f"{name} is not a time") from None


def seconds_of(row: Row, *names: str) -> float | None:
    """The first of the columns ``names`` that is there, as a number of seconds.

    Raises
    ------
    UnusableError
        It is no number of 0 or more.
    """
    written = text_of(row, *names)
    if written is None:
        return None
    try:
        found = float(written)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise UnusableError(f"{names[0]} is not a number of seconds")
    return found


def written_time(moment: datetime | None) -> str | None:
    """A time as ISO 8601 in UTC, to the microsecond."""
    return None if moment is None else moment.astimezone(UTC).isoformat()
