"""What is in the ledger as a file for another tool."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from corpus.errors import TooFewLabels
from corpus.files import replacing
from corpus.labels import COMMENT, CONFIDENCE, EVIDENCE, Labels
from labeling.exchange import delimited, doccano, label_studio, prodigy
from labeling.exchange.answer import Format

_COLUMNS = [
    "sentence_id", "id", "text", "annotator", "annotation_id", "question", "label", "state", "skip_reason",
    "created_at", "updated_at", "lead_time_s", "kind", "cue", "suggestion",
    "labels_version",
]  # fmt: skip
_NOTES = (COMMENT, CONFIDENCE, EVIDENCE)


@dataclass(frozen=True)
class Saved:
    """What an export wrote: ``rows`` answers; those it ``left_out``, by reason."""

    rows: int
    left_out: dict[str, int]


def save(
    path: Path,
    form: Format,
    annotations: pd.DataFrame,
    labels: Labels,
    sentences: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    question: str | None = None,
) -> Saved:
    """Write the answers that stand, with what was noted and what was in view.

    What no format holds: earlier revisions, training rounds, batch and project.

    Parameters
    ----------
    path, form : Path, Format
        The file, whole or not at all, and what it is.
    annotations : DataFrame
        ``Ledger.annotations(KINDS, more=("cue", "notes"))``.
    labels : Labels
        The questions; answers to others are left out.
    sentences, documents : DataFrame
        For text and id. A sentence that the corpus no longer holds keeps its sentence_id alone.
    question : str
        Only this one.

    Raises
    ------
    TooFewLabels
        There is nothing to write.
    """
    wanted = [question] if question else list(labels.questions)
    asked = annotations[annotations["question"].isin(wanted)] if question else annotations
    reasons = {
        "deleted": asked["state"] == "deleted",
        "the question is not configured any more": ~asked["question"].isin(list(labels.questions)),
        "to be labelled again since the labels changed": (asked["state"] == "submitted") & asked["label"].isna(),
        "a skip, which label-studio-min cannot tell": (asked["state"] == "skipped") & (form == "label-studio-min"),
    }
    left_out, found = {}, asked
    for reason, rows_of in reasons.items():
        if here := int(rows_of[found.index].sum()):
            left_out[reason] = here
            found = found[~rows_of[found.index]]
    if found.empty:
        raise TooFewLabels(f"no answer to {', '.join(wanted)} in the ledger: `stance label pull` or `import` first")
    texts = sentences[["sentence_id", "doc_id", "text"]].merge(
        documents[["doc_id", "record_id"]].rename(columns={"record_id": "id"}), on="doc_id"
    )
    rows = found.merge(texts, on="sentence_id", how="left")[[*_COLUMNS, "notes"]]
    rows = rows.sort_values(["sentence_id", "annotator", "annotation_id", "question"], ignore_index=True)
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        options = {name: list(spec.labels) for name, spec in labels.questions.items()}
        if form == "csv":
            delimited.write(_records(rows), file)
        elif form == "label-studio":
            _array(label_studio.tasks(_records(rows)), file)
        elif form == "label-studio-min":
            _array(label_studio.flat(_records(rows)), file)
        else:
            made = prodigy.examples(_records(rows), options) if form == "prodigy" else doccano.lines(_records(rows))
            file.writelines(_json(line) + "\n" for line in made)
    return Saved(len(rows), left_out)


def _records(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for values in rows.itertuples(index=False, name=None):
        answer = {name: _plain(value) for name, value in zip(_COLUMNS, values[:-1], strict=True)}
        noted = json.loads(values[-1]) if isinstance(values[-1], str) else {}
        yield answer | {name: noted.get(name) for name in _NOTES}


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return bool(value) if isinstance(value, bool | np.bool_) else value


def _array(values: Iterable[dict[str, Any]], file: Any) -> None:
    """A JSON array, an element a line."""
    for number, value in enumerate(values):
        file.write(("[\n" if number == 0 else ",\n") + _json(value))
    file.write("\n]\n")


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
