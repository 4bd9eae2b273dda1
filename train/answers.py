"""What models say of sentences as plain records: one for each row, or for each line as it comes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from train.predict import Limits, predictions
from train.texts import COLUMNS

if TYPE_CHECKING:
    from train.exported import Exported
    from train.predict import Model
    from train.run import Run


def said(
    models: Mapping[str, Model], rows: pd.DataFrame, bounds: dict[str, Limits], model_id: str
) -> list[dict[str, Any]]:
    """What the models say of each of ``rows``, as plain records in their order.

    Returns
    -------
    list of dict
        For each row ``{question: {label, abstained, p, set}}``: ``label`` None where the model abstains, ``p`` the
        probability of each label, ``set`` only with a promised coverage.
    """
    found: list[dict[str, Any]] = [{} for _ in range(len(rows))]
    table = predictions(models, rows, bounds, model_id)
    for question, own in table.groupby("question", sort=False):
        classes = [str(label) for label in models[str(question)].classes_]
        for record, row in zip(found, own.to_dict("records"), strict=True):
            p = {label: round(float(row[f"p_{label}"]), 6) for label in classes}
            record[str(question)] = {"label": row["label"], "abstained": bool(row["abstained"]), "p": p}
            if bounds[str(question)].least is not None:
                record[str(question)]["set"] = [label for label in classes if row[f"in_{label}"]]
    return found


def answers(
    of: Run | Exported,
    lines: Iterable[str],
    bounds: dict[str, Limits],
    rejected: Callable[[str], None] = lambda reason: None,
) -> Iterator[dict[str, Any]]:
    """Lines to one record each, as they come: id (of a record that has one), text, and what :func:`said` says.

    A line is a text, or a JSON object with ``text`` and what else a record may hold. Blank lines are left out;
    ``rejected`` is called with the reason why a record cannot be used.
    """
    models = of.answerers()
    for number, line in enumerate(lines, start=1):
        try:
            row = _row(line.strip(), f"line {number}")
        except ValueError as error:
            rejected(f"line {number}: {error}")
            continue
        if row is not None:
            name = {} if row["record_id"] is None else {"id": row["record_id"]}
            rows = pd.DataFrame([row]).assign(sentence_id="line")
            yield {**name, "text": row["text"], **said(models, rows, bounds, of.id)[0]}


def _row(line: str, place: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line) if line.startswith("{") else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or "text" not in value:
        return {"text": line, "record_id": None} if line else None
    # What reads records of any kind: lines of text need none of it.
    from corpus.sources.record import Reading, UnusableError, record

    try:
        found = record(place, value, Reading())
    except UnusableError as error:
        raise ValueError(str(error)) from None
    return {name: found.fields.get(name) for name in COLUMNS} | {"text": found.text, "record_id": found.fields["id"]}
