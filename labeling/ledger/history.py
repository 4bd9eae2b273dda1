"""Who said what about a sentence, and when."""

import json
from typing import Any

import pandas as pd

from corpus.errors import NotFound
from corpus.labels import EVIDENCE
from labeling.ledger.ledger import Ledger

_COLUMNS = (
    *("sentence_id", "updated_at", "recorded_at", "annotator", "question", "label", "state", "skip_reason", "notes"),
    *("kind", "cue", "suggestion", "labels_version", "revision", "server", "project", "annotation_id"),
)


def history(ledger: Ledger, sentence: str) -> list[dict[str, Any]]:
    """Every revision of every answer about a sentence, oldest first, labels as they were given.

    Parameters
    ----------
    ledger : Ledger
        Where to look.
    sentence : str
        A sentence_id, or as many of its first characters as no other sentence of the ledger has.

    Raises
    ------
    NotFound
        No sentence, or more than one, begins so.
    """
    found = ledger.sentences(sentence)
    if sentence in found:
        found = [sentence]
    if len(found) != 1:
        raise NotFound(
            "answers about a sentence whose id begins with", sentence, found,
            "Ids are in the batch (`batches/NAME.parquet`) and in `stance corpus why`. Pull first: `stance label pull`",
        )  # fmt: skip
    rows = ledger.history(found[0])
    return [{name: _plain(row[name]) for name in _COLUMNS} for row in rows.to_dict("records")]


def said_beside(notes: str | None) -> list[tuple[str, str]]:
    """Comment, confidence and words that decided, of an answer's ``notes``, as people read them: (name, text) each."""
    found = json.loads(notes) if notes else {}
    return [
        (name, " · ".join(words for _, _, words in value) if name == EVIDENCE else str(value))
        for name, value in found.items()
    ]


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return f"{value:%Y-%m-%dT%H:%M:%S.%fZ}" if isinstance(value, pd.Timestamp) else value
