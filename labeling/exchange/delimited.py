"""CSV: long, a row for each answer; or wide, a column for each annotator. No cell is ever a formula."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TextIO

from corpus.errors import InputError, UsageError, listed
from labeling.exchange.answer import (
    Given,
    Item,
    Row,
    Unusable,
    UnusableError,
    noted,
    place_of,
    seconds_of,
    shown_how,
    text_of,
    time_of,
)

COLUMNS = (
    "sentence_id", "id", "text", "annotator", "question", "label", "state", "skip_reason", "created_at", "updated_at",
    "lead_time_s", "kind", "cue", "suggestion", "labels_version", "comment", "confidence",
    "evidence",
)  # fmt: skip
_NAMES = ("sentence_id", "id", "text")

# What a spreadsheet would compute: such a cell gets an apostrophe, and one that begins like an escaped cell as well,
# so that reading takes away exactly what writing put there.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r\n]")


def escaped(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def unescaped(cell: str) -> str:
    """The inverse of :func:`escaped`."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def read_long(rows: Iterator[tuple[str, Row | str]], question: str | None) -> Iterator[Item]:
    """Each row is an answer: ``sentence_id``, ``id`` or ``text``; ``annotator``; ``question``; ``label``.

    ``target`` and ``target_start`` choose among sentences with one text. ``question`` stands for the column where there
    is none. ``created_at``, ``updated_at``, ``lead_time_s``, ``state`` (submitted or skipped), ``skip_reason``,
    ``kind``, ``cue``, ``suggestion``, ``labels_version``, ``comment``, ``confidence`` and ``evidence`` (JSON: [[start,
    end, words]]) are read if they are there.
    """
    for place, row in rows:
        if isinstance(row, str):
            yield Unusable(place, row)
            continue
        try:
            yield _long(place, row, question)
        except UnusableError as error:
            yield Unusable(place, str(error))


def _long(place: str, row: Row, question: str | None) -> Given:
    state = text_of(row, "state") or "submitted"
    if state not in ("submitted", "skipped"):
        raise UnusableError(f"state {state}: expected submitted or skipped")
    label = text_of(row, "label") if state == "submitted" else None
    if label is None and state == "submitted":
        raise UnusableError("no label")
    return Given(
        place=place,
        annotator=_needed(row, "annotator"),
        question=text_of(row, "question") or question or _needed(row, "question"),
        label=label,
        **named(row),
        skip_reason=text_of(row, "skip_reason"),
        created_at=time_of(row, "created_at"),
        updated_at=time_of(row, "updated_at"),
        lead_time_s=seconds_of(row, "lead_time_s", "lead_time"),
        **shown_how(row),
        notes=noted(row),
    )


def named(row: Row) -> dict[str, Any]:
    """The names by which a row knows its sentence, and the target that tells it from others with this text.

    Raises
    ------
    UnusableError
        ``target_start`` is no place in a text.
    """
    names = {"sentence_id": "sentence_id", "record_id": "id", "text": "text", "target": "target"}
    found = {name: text_of(row, column) for name, column in names.items()}
    return {**found, "target_start": place_of(row, "target_start")}


def _needed(row: Row, name: str) -> str:
    found = text_of(row, name)
    if found is None:
        raise UnusableError(f"no {name}")
    return found


def read_wide(rows: Iterator[tuple[str, Row | str]], question: str, people: Sequence[str]) -> Iterator[Item]:
    """Each row is a sentence; each column of ``people`` holds that annotator's label, an empty cell none."""
    for place, row in rows:
        if isinstance(row, str):
            yield Unusable(place, row)
            continue
        try:
            of = named(row)
        except UnusableError as error:
            yield Unusable(place, str(error))
            continue
        for name in people:
            if label := text_of(row, name):
                yield Given(place, name, question, label, **of)


def check_header(path: Path, header: Sequence[str], *, wide: bool) -> None:
    """Raise unless the columns that are needed are there.

    Raises
    ------
    InputError
        With what was expected and what was got.
    """
    if not set(header) & set(_NAMES):
        raise InputError(path, f"expected one of the columns {listed(_NAMES)}, got {listed(header, 20)}", line=1)
    if not wide and (lacking := [name for name in ("annotator", "label") if name not in header]):
        raise InputError(
            path,
            f"no column {listed(lacking)}; got {listed(header, 20)}",
            line=1,
            todo="For one column an annotator, say --annotator-columns PATTERN --question Q",
        )


def matching(header: Sequence[str], patterns: str) -> list[str]:
    """The columns that match one of the comma-separated patterns (``worker_*``), in order.

    Raises
    ------
    UsageError
        There are none.
    """
    wanted = [pattern.strip() for pattern in patterns.split(",") if pattern.strip()]
    found = [name for name in header if any(fnmatchcase(name, pattern) for pattern in wanted)]
    if not found:
        raise UsageError(f"--annotator-columns {patterns}: no column matches; there are: {listed(header, 30)}")
    return found


def write(answers: Iterator[dict[str, Any]], file: TextIO) -> None:
    """The long form, with every column of :data:`COLUMNS`."""
    writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for answer in answers:
        spans = json.dumps(answer["evidence"], ensure_ascii=False) if answer["evidence"] else None
        writer.writerow({name: escaped(value) for name, value in (answer | {"evidence": spans}).items()})
