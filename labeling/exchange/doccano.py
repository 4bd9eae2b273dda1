"""doccano's JSONL of text classification: a text and its labels a line; other keys travel along as its metadata."""

from collections.abc import Iterator
from typing import Any

from labeling.exchange.answer import (
    Given,
    Item,
    Row,
    Unusable,
    UnusableError,
    noted,
    seconds_of,
    shown_how,
    text_of,
    time_of,
    unusual,
)
from labeling.exchange.delimited import named

_META = (
    "annotator", "question", "state", "skip_reason", "created_at", "updated_at", "lead_time_s", "cue", "comment",
    "confidence", "evidence",
)  # fmt: skip


def read(rows: Iterator[tuple[str, Row | str]], question: str | None, annotator: str | None) -> Iterator[Item]:
    """Each line is an answer.

    doccano names no annotator in a line: its export is one file a person, named after them. ``annotator`` stands in for
    the metadata of that name, and ``question`` for that of ``question``. The ``id`` is doccano's own; the record's is
    read from ``record_id``.
    """
    for place, row in rows:
        if isinstance(row, str):
            yield Unusable(place, row)
            continue
        try:
            yield _given(place, row, question, annotator)
        except UnusableError as error:
            yield Unusable(place, str(error))


def _given(place: str, row: Row, question: str | None, annotator: str | None) -> Given:
    who, name = text_of(row, "annotator") or annotator, text_of(row, "question") or question
    if who is None:
        raise UnusableError("no annotator (say --annotator NAME)")
    if name is None:
        raise UnusableError("no question (say --question Q)")
    chosen = row.get("label", row.get("labels", []))
    chosen = [chosen] if isinstance(chosen, str) else chosen
    skipped = text_of(row, "state") == "skipped"
    if not isinstance(chosen, list) or (not chosen and not skipped):
        raise UnusableError("no label")
    if len(chosen) > 1:
        raise UnusableError("more than one label")
    return Given(
        place=place,
        annotator=who,
        question=name,
        label=None if skipped else str(chosen[0]).strip(),
        **(named(row) | {"record_id": text_of(row, "record_id")}),
        skip_reason=text_of(row, "skip_reason"),
        created_at=time_of(row, "created_at"),
        updated_at=time_of(row, "updated_at"),
        lead_time_s=seconds_of(row, "lead_time_s"),
        **shown_how(row),
        notes=noted(row),
    )


def lines(answers: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A line for each answer; a skip has no label."""
    for row in answers:
        yield {
            "text": row["text"] or "",
            "label": [] if row["label"] is None else [row["label"]],
            "sentence_id": row["sentence_id"],
            **({"record_id": row["id"]} if row["id"] is not None else {}),
            **{name: row[name] for name in _META if row[name] is not None},
            **unusual(row),
        }
