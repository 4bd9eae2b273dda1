"""Label Studio's JSON (tasks with their annotations) and JSON_MIN (one flat object an annotation)."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from corpus.labels import COMMENT, CONFIDENCE, EVIDENCE, SKIP
from labeling.exchange.answer import (
    Given,
    Item,
    Row,
    Unusable,
    UnusableError,
    noted,
    seconds_of,
    shown_how,
    time_of,
    unusual,
)
from labeling.exchange.delimited import named
from labeling.questions import notes, notes_text, result
from labeling.regions import well_formed


def read(rows: Iterator[tuple[str, Row | str]], questions: list[str]) -> Iterator[Item]:
    """Tasks as the server exports them; ``questions`` are those that a skip leaves open."""
    for place, task in rows:
        if isinstance(task, str):
            yield Unusable(place, task)
        elif not isinstance(task.get("data"), Mapping) or not isinstance(task.get("annotations"), list):
            yield Unusable(place, "no task with data and annotations")
        else:
            for annotation in task["annotations"]:
                yield from _annotation(place, task["data"], annotation, questions)


def _annotation(place: str, data: Row, annotation: Any, questions: list[str]) -> Iterator[Item]:
    try:
        if not isinstance(annotation, Mapping):
            raise UnusableError("an annotation that is no object")
        chosen = _chosen(annotation.get("result") or [])
        skipped = bool(annotation.get("was_cancelled"))
        reason = chosen.pop(SKIP, None)
        chosen.pop(CONFIDENCE, None)  # said about the answer, not an answer
        if not skipped and not chosen:
            raise UnusableError("no label")
        for question in questions if skipped else chosen:
            yield Given(
                place=place,
                annotator=_who(annotation.get("completed_by")),
                question=question,
                label=None if skipped else chosen[question],
                **named(data),
                skip_reason=reason if skipped else None,
                created_at=time_of(annotation, "created_at"),
                updated_at=time_of(annotation, "updated_at"),
                lead_time_s=seconds_of(annotation, "lead_time"),
                **shown_how(annotation),
                notes=_notes(annotation.get("result")),
            )
    except UnusableError as error:
        yield Unusable(place, str(error))


def _chosen(regions: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for region in regions if isinstance(regions, list) else []:
        if isinstance(region, Mapping) and region.get("type") == "choices" and isinstance(region.get("value"), Mapping):
            labels = region["value"].get("choices")
            if isinstance(labels, list) and len(labels) == 1 and "from_name" in region:
                found[str(region["from_name"])] = str(labels[0])
            elif labels:
                raise UnusableError("more than one label")
    return found


def _notes(regions: Any) -> str | None:
    found = regions if isinstance(regions, list) else []
    said = [r for r in found if isinstance(r, Mapping) and r.get("from_name") in (COMMENT, CONFIDENCE, EVIDENCE)]
    if not all(map(well_formed, said)):
        raise UnusableError("a comment, a confidence or evidence that cannot be read")
    return notes_text(notes(said))


def _who(completed_by: Any) -> str:
    if isinstance(completed_by, Mapping):
        completed_by = completed_by.get("email") or completed_by.get("id")
    if completed_by is None:
        raise UnusableError("no annotator")
    # An export without names knows people by number; the ledger calls them so too.
    return f"user {completed_by}" if isinstance(completed_by, int) else str(completed_by)


def read_min(rows: Iterator[tuple[str, Row | str]], questions: list[str]) -> Iterator[Item]:
    """Flat objects; of their keys, ``questions`` are answers. Skips are not told apart in this format."""
    for place, row in rows:
        if isinstance(row, str):
            yield Unusable(place, row)
            continue
        try:
            chosen = {name: row[name] for name in questions if row.get(name)}
            if not chosen:
                raise UnusableError("no label")
            for question, label in chosen.items():
                if not isinstance(label, str):
                    raise UnusableError("more than one label")
                yield Given(
                    place=place,
                    annotator=_who(row.get("annotator")),
                    question=question,
                    label=label,
                    **named({name: value for name, value in row.items() if name != "id"}),
                    created_at=time_of(row, "created_at"),
                    updated_at=time_of(row, "updated_at"),
                    lead_time_s=seconds_of(row, "lead_time"),
                    **shown_how(row),
                    notes=noted(row, _evidence(row.get(EVIDENCE))),
                )
        except UnusableError as error:
            yield Unusable(place, str(error))


def _evidence(marked: Any) -> list[list[Any]]:
    try:
        return [[mark["start"], mark["end"], mark.get("text", "")] for mark in marked or ()]
    except (TypeError, KeyError, AttributeError):
        raise UnusableError("evidence is no list of marks") from None


def tasks(answers: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A task for each sentence, with an annotation for each person's answers; ``answers`` come by sentence."""
    for number, (sentence, of_sentence) in enumerate(groupby(answers, lambda a: a["sentence_id"]), start=1):
        rows = list(of_sentence)
        yield {
            "id": number,
            "data": {"sentence_id": sentence, "id": rows[0]["id"], "text": rows[0]["text"] or ""},
            "annotations": [_exported(list(part)) for _, part in groupby(rows, lambda a: a["annotation_id"])],
        }


def _exported(rows: list[dict[str, Any]]) -> dict[str, Any]:
    first = rows[0]
    skipped = first["state"] == "skipped"
    given = {row["question"]: row["label"] for row in rows if row["label"] is not None}
    return {
        "completed_by": {"email": first["annotator"]},
        "was_cancelled": skipped,
        "result": result(
            given | ({SKIP: first["skip_reason"]} if first["skip_reason"] else {}),
            {name: first[name] for name in (COMMENT, CONFIDENCE, EVIDENCE) if first[name]},
        ),
        "created_at": first["created_at"],
        "updated_at": first["updated_at"],
        "lead_time": first["lead_time_s"],
    } | _shown(first)


def _shown(answer: Mapping[str, Any]) -> dict[str, Any]:
    return unusual(answer) | ({} if answer["cue"] is None else {"cue": answer["cue"]})


def flat(answers: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A flat object for each annotation; skips have no place in this format and are left out."""
    by_annotation = groupby(answers, lambda a: (a["sentence_id"], a["annotation_id"]))
    for number, (_, rows) in enumerate(by_annotation, start=1):
        given = [row for row in rows if row["state"] == "submitted"]
        if given:
            first = given[0]
            yield (
                {
                    "id": number,
                    "sentence_id": first["sentence_id"],
                    "text": first["text"] or "",
                    "annotator": first["annotator"],
                    "created_at": first["created_at"],
                    "updated_at": first["updated_at"],
                    "lead_time": first["lead_time_s"],
                }
                | {row["question"]: row["label"] for row in given}
                | {name: first[name] for name in (COMMENT, CONFIDENCE) if first[name]}
                | _marks(first[EVIDENCE])
                | _shown(first)
            )


def _marks(evidence: Any) -> dict[str, Any]:
    marks = [{"start": s, "end": e, "text": words, "labels": [EVIDENCE]} for s, e, words in evidence or ()]
    return {EVIDENCE: marks} if marks else {}
