"""Agreement on a question of a workspace, overall and by a column of the documents, as a plain record."""

from typing import Any

import pandas as pd

from corpus import tables
from corpus.errors import TooFewLabels, UsageError, listed
from corpus.labels import Labels
from corpus.workspace import Workspace
from labeling.agreement import Agreement, Level, agreement
from labeling.gold import unknown, votes
from labeling.ledger import Ledger


def measure(
    workspace: Workspace, labels: Labels, question: str, *, by: str | None, level: Level, draws: int, seed: int
) -> dict[str, Any]:
    """The agreement of what is in the ledger.

    Returns
    -------
    dict
        ``question``, ``level``, ``alpha``, ``ac1``, ``raw`` (each value, low, high), ``pairwise`` (list), ``items``,
        ``items_with_overlap``, ``annotators``, ``left_out`` (notes about labels that are not known); with ``by``, the
        same for each value of that column.

    Raises
    ------
    TooFewLabels
        Nobody answered the question.
    UsageError
        ``by`` is no column of the documents.
    """
    names = list(labels.question(question).labels)
    annotations = Ledger(workspace.ledger).annotations()
    given = votes(annotations, question, names)
    if given.empty:
        raise TooFewLabels(f"no answer to {question} in the ledger yet: label some sentences, then `stance label pull`")
    sentences = tables.read(workspace.corpus / "sentences.parquet", tables.SENTENCES)
    document = sentences.set_index("sentence_id")["doc_id"]
    # A sentence that the corpus no longer holds stands for itself.
    given["doc_id"] = given["sentence_id"].map(document).fillna(given["sentence_id"])
    record = _record(agreement(given, names, question, level=level, draws=draws, seed=seed))
    record["left_out"] = unknown(annotations, question, names)
    if by is None:
        return record
    documents = tables.read(workspace.corpus / "documents.parquet", tables.DOCUMENTS)
    if by not in documents.columns:
        raise UsageError(f"--by {by}: the documents have no such column; there are: {listed(documents.columns, 30)}")
    value = given["doc_id"].map(documents.set_index("doc_id")[by]).astype("string").fillna("(none)")
    record["by"] = {
        str(name): _record(agreement(part, names, question, level=level, draws=draws, seed=seed))
        for name, part in given.groupby(value)
    }
    return record


def _record(found: Agreement) -> dict[str, Any]:
    pairwise = found.pairwise.astype(object).where(pd.notna(found.pairwise), None)
    return {
        "question": found.question,
        "level": found.level,
        "alpha": found.alpha.as_dict(),
        "ac1": found.ac1.as_dict(),
        "raw": found.raw.as_dict(),
        "pairwise": pairwise.to_dict("records"),
        "items": found.items,
        "items_with_overlap": found.items_with_overlap,
        "annotators": found.annotators,
    }
