"""One answer as a file gives it, before it is known which sentence of the corpus it is about."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from corpus.errors import listed
from corpus.labels import COMMENT, CONFIDENCE, EVIDENCE
from corpus.sources.record import UnusableError
from labeling.ledger.records import Kind
from labeling.questions import notes_text

__all__ = ["Format", "Given", "Item", "Row", "Unusable", "UnusableError"]

_VERSION = re.compile(r"[\w.-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Given:
    """What one annotator answered to one question about one text, by whichever of its names the file knows it.

    ``label`` is None for a skip. Times are UTC. ``kind``, ``cue``, ``notes`` and ``labels_version`` are as in
    the ledger's :class:`~labeling.ledger.records.Answer`.
    """

    place: str
    annotator: str
    question: str
    label: str | None
    sentence_id: str | None = None
    record_id: str | None = None
    text: str | None = None
    target: str | None = None
    target_start: int | None = None
    skip_reason: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    lead_time_s: float | None = None
    suggestion: bool = False
    kind: Kind = "normal"
    cue: bool | None = None
    notes: str | None = None
    labels_version: str | None = None


@dataclass(frozen=True, slots=True)
class Unusable:
    """An answer of a file that cannot be used, and why."""

    place: str
    reason: str


# Kinds of items that go to files and come from them; what was answered in training rounds is about no corpus.
KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind != "training")

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


def place_of(row: Row, name: str) -> int | None:
    """The column ``name`` as a place in a text; None where it is empty.

    Raises
    ------
    UnusableError
        It is no whole number of 0 or more.
    """
    written = text_of(row, name)
    if written is None:
        return None
    # Tables that lack some numbers write the others as 12.0.
    if not re.fullmatch(r"\d{1,12}(\.0*)?", written, re.ASCII):
        raise UnusableError(f"{name} is not a place in the text, from 0")
    return int(float(written))


def shown_how(row: Row) -> dict[str, Any]:
    """What kind of item an answer is to, what was in view (``cue``: outlet and byline; ``suggestion``), and the version
    of questions and guideline that it was given under.

    Raises
    ------
    UnusableError
        The kind is none that we know, or the version is none.
    """
    version = text_of(row, "labels_version")
    if version is not None and not _VERSION.fullmatch(version):
        raise UnusableError("labels_version: expected letters, digits and .-_, at most 64")
    kind = text_of(row, "kind") or "normal"
    if kind not in KINDS:
        raise UnusableError(f"kind {kind[:40]}: expected one of {listed(KINDS)}")
    cue = text_of(row, "cue")
    return {
        "kind": kind,
        "cue": None if cue is None else _yes(cue),
        "suggestion": _yes(text_of(row, "suggestion") or ""),
        "labels_version": version,
    }


def unusual(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The version of the labels; kind of item and suggestion only where they are not as with most answers."""
    version = {} if answer["labels_version"] is None else {"labels_version": answer["labels_version"]}
    kind = {} if answer["kind"] == "normal" else {"kind": answer["kind"]}
    return version | kind | ({"suggestion": True} if answer["suggestion"] else {})


def _yes(written: str) -> bool:
    return written.lower() in ("true", "1")


def noted(row: Row, evidence: Any = None) -> str | None:
    """The notes of an answer from the columns comment, confidence and evidence, as the ledger keeps them.

    ``evidence`` stands in for the column: [start, end, words] for each span, or JSON text of that.

    Raises
    ------
    UnusableError
        The evidence is no such list.
    """
    found: dict[str, Any] = {}
    said = row.get(COMMENT)
    if text := "\n".join(str(line) for line in (said if isinstance(said, list) else [said]) if line is not None):
        found[COMMENT] = text
    if confidence := text_of(row, CONFIDENCE):
        found[CONFIDENCE] = confidence
    if spans := _spans(row.get(EVIDENCE) if evidence is None else evidence):
        found[EVIDENCE] = spans
    return notes_text(found)


def _spans(written: Any) -> list[list[Any]]:
    try:
        rows = json.loads(written) if isinstance(written, str) and written.strip() else written or []
        return sorted([int(start), int(end), str(words)] for start, end, words in rows)
    except (ValueError, TypeError, RecursionError):
        raise UnusableError("evidence is no list of [start, end, words]") from None


def written_time(moment: datetime | None) -> str | None:
    """A time as ISO 8601 in UTC, to the microsecond."""
    return None if moment is None else moment.astimezone(UTC).isoformat()
