"""Prodigy's JSONL: one example a line, from the ``choice`` interface or the binary ``classification`` one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from corpus.labels import EVIDENCE
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

_META = (
    "sentence_id", "id", "question", "skip_reason", "created_at", "updated_at", "lead_time_s", "cue", "comment",
    "confidence",
)  # fmt: skip


def read(rows: Iterator[tuple[str, Row | str]], question: str | None, annotator: str | None) -> Iterator[Item]:
    """Each example is an answer; ``ignore`` is a skip.

    ``meta`` may hold sentence_id, id, question, what was in view and notes; ``spans`` with the label "evidence" are the
    words that decided. ``question`` and ``annotator`` stand in where an example names none.
    A binary ``reject`` says what a label is not, which is no label.
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
    meta = row["meta"] if isinstance(row.get("meta"), Mapping) else {}
    who = text_of(row, "_annotator_id", "_session_id") or annotator
    name = text_of(meta, "question") or question
    if who is None:
        raise UnusableError("no annotator (say --annotator NAME)")
    if name is None:
        raise UnusableError("no question (say --question Q)")
    answer = row.get("answer", "accept")
    if answer == "ignore":
        label = None
    elif answer == "accept":
        label = _label(row)
    else:
        raise UnusableError("rejected: says only what the label is not")
    return Given(
        place=place,
        annotator=who,
        question=name,
        label=label,
        sentence_id=text_of(meta, "sentence_id"),
        record_id=text_of(meta, "id"),
        text=text_of(row, "text"),
        skip_reason=text_of(meta, "skip_reason"),
        created_at=time_of(meta, "created_at") or time_of(row, "_timestamp"),
        updated_at=time_of(meta, "updated_at"),
        lead_time_s=seconds_of(meta, "lead_time_s"),
        **shown_how(meta),
        notes=noted(meta, _evidence(row)),
    )


def _evidence(row: Row) -> list[list[Any]]:
    spans = row.get("spans")
    marked = (
        [s for s in spans if isinstance(s, Mapping) and s.get("label") == EVIDENCE] if isinstance(spans, list) else []
    )
    text = str(row.get("text") or "")
    try:
        return [[s["start"], s["end"], s.get("text", text[s["start"] : s["end"]])] for s in marked]
    except (KeyError, TypeError):
        raise UnusableError("evidence is no list of [start, end, words]") from None


def _label(row: Row) -> str:
    accepted = row.get("accept")
    if accepted is None and isinstance(row.get("label"), str):
        accepted = [row["label"]]
    if not isinstance(accepted, list) or not accepted:
        raise UnusableError("no label")
    if len(accepted) > 1:
        raise UnusableError("more than one label")
    return str(accepted[0]).strip()


def examples(answers: Iterator[dict[str, Any]], labels: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Any]]:
    """An example of the ``choice`` interface for each answer; ``labels`` are the options of each question."""
    for row in answers:
        meta = {name: row[name] for name in _META if row[name] is not None}
        spans = [{"start": s, "end": e, "text": words, "label": EVIDENCE} for s, e, words in row["evidence"] or ()]
        stamp = row["created_at"]
        yield {
            "text": row["text"] or "",
            "options": [{"id": label, "text": label} for label in labels[row["question"]]],
            "accept": [] if row["label"] is None else [row["label"]],
            "answer": "ignore" if row["state"] == "skipped" else "accept",
            "_view_id": "choice",
            "_annotator_id": row["annotator"],
            "_session_id": row["annotator"],
            "_timestamp": None if stamp is None else int(datetime.fromisoformat(stamp).timestamp()),
            "meta": meta | unusual(row),
            **({"spans": spans} if spans else {}),
        }
