"""Agreement on a question of a workspace, overall and by whatever tells where it is low, as a plain record."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from corpus import tables
from corpus.documents import column
from corpus.errors import CheckFailed, TooFewLabels
from corpus.labels import Labels
from corpus.workspace import Workspace
from labeling.gold.aggregate import counted, unknown
from labeling.ledger.ledger import Ledger, open_ledger
from labeling.quality.agreement import Agreement, Level, agreement

# What `by` may be beside a column of the documents.
QUESTION, LABEL, BATCH, WEEK = "question", "label", "batch", "week"
_OTHER = "(any other)"


def measure(
    workspace: Workspace, labels: Labels, question: str, *, by: str | None, level: Level, draws: int, seed: int
) -> dict[str, Any]:
    """The agreement of what is in the ledger.

    Parameters
    ----------
    workspace, labels, question
        Whose answers, to what.
    by : str
        Also the figures for each part: ``question``; ``label`` (it against all others); ``batch``; ``week`` (ISO 8601,
        of the last answer to a sentence: drift); or a column of the documents.
    level, draws, seed
        As :func:`labeling.quality.agreement.agreement` takes them.

    Returns
    -------
    dict
        ``question``, ``level``, ``alpha``, ``ac1``, ``raw`` (each value, low, high), ``pairwise`` (list), ``items``,
        ``items_with_overlap``, ``annotators``, ``left_out`` (notes about labels that are not known); with ``by``, the
        same for each value of it.

    Raises
    ------
    TooFewLabels
        Nobody answered the question.
    UsageError
        ``by`` is none of these.
    """
    ledger = open_ledger(workspace)
    annotations = ledger.annotations()
    given = _given(workspace, annotations, labels, question)
    names = list(labels.question(question).labels)

    def figures(part: pd.DataFrame, question: str, names: list[str]) -> dict[str, Any]:
        # Of two labels the level says nothing, and one against the others has no order.
        return _record(
            agreement(part, names, question, level="nominal" if by == LABEL else level, draws=draws, seed=seed)
        )

    record = _record(agreement(given, names, question, level=level, draws=draws, seed=seed))
    record["left_out"] = unknown(annotations, question, names)
    if by == QUESTION:
        answered = set(annotations[annotations["state"] == "submitted"]["question"])
        record["by"] = {
            name: figures(_given(workspace, annotations, labels, name), name, list(spec.labels))
            for name, spec in labels.enabled.items()
            if name in answered
        }
    elif by == LABEL:
        record["by"] = {
            name: figures(
                given.assign(label=given["label"].where(given["label"] == name, _OTHER)), name, [name, _OTHER]
            )
            for name in names
        }
    elif by is not None:
        record["by"] = {name: figures(part, question, names) for name, part in _parts(workspace, ledger, given, by)}
    return record


def so_far(workspace: Workspace, ledger: Ledger, labels: Labels, *, draws: int, seed: int) -> list[dict[str, Any]]:
    """Alpha of every question in every batch that has answers to it, by batch.

    Returns
    -------
    list of dict
        ``batch``, ``question``, ``alpha`` (nominal: value, low, high, and a note where one is undefined), ``items``,
        ``items_with_overlap``, ``annotators``.
    """
    annotations = ledger.annotations()
    found = []
    for question, spec in labels.enabled.items():
        given = _answers(workspace, annotations, labels, question)
        for batch, part in _parts(workspace, ledger, given, BATCH):
            record = _record(agreement(part, list(spec.labels), question, draws=draws, seed=seed))
            keys = ("question", "alpha", "items", "items_with_overlap", "annotators")
            found.append({"batch": batch} | {key: record[key] for key in keys})
    return sorted(found, key=lambda record: str(record["batch"]))


def _given(workspace: Workspace, annotations: pd.DataFrame, labels: Labels, question: str) -> pd.DataFrame:
    """The counted answers, of which there must be one."""
    given = _answers(workspace, annotations, labels, question)
    if given.empty:
        raise TooFewLabels(
            f"no answer to {question} in the ledger yet: label some sentences, then `stance label pull`, "
            "or `stance label import` some"
        )
    return given


def _answers(workspace: Workspace, annotations: pd.DataFrame, labels: Labels, question: str) -> pd.DataFrame:
    """The counted answers, each with the document of its sentence."""
    given = counted(annotations, question, labels.question(question).labels)
    sentences = tables.read_if_there(workspace.corpus / "sentences.parquet", tables.SENTENCES)
    document = sentences.set_index("sentence_id")["doc_id"]
    # A sentence that the corpus no longer holds stands for itself.
    return given.assign(doc_id=given["sentence_id"].map(document).fillna(given["sentence_id"]))


def _parts(workspace: Workspace, ledger: Ledger, given: pd.DataFrame, by: str) -> Iterator[tuple[str, pd.DataFrame]]:
    if by == BATCH:
        batches = {(p.server, p.project): p.batch for p in ledger.projects()}
        places = zip(given["server"], given["project"], strict=True)
        value = pd.Series([batches.get(place) for place in places], given.index, "string").fillna("(imported)")
    elif by == WEEK:
        last = given.groupby("sentence_id")["updated_at"].transform("max")
        value = last.dt.strftime("%G-W%V").astype("string").fillna("(no time)")
    else:
        documents = tables.read(workspace.corpus / "documents.parquet", tables.DOCUMENTS)
        found = documents.set_index("doc_id")[column(documents, by)]
        value = given["doc_id"].map(found).astype("string").fillna("(none)")
    for name, part in given.groupby(value):
        yield str(name), part


def require(record: dict[str, Any], at_least: float) -> None:
    """Raise unless alpha reaches the bar; one that is undefined does not.

    Raises
    ------
    CheckFailed
        With both figures.
    """
    alpha = record["alpha"]["value"]
    if alpha is None or alpha < at_least:
        got = "undefined" if alpha is None else f"{alpha:.3f}"
        raise CheckFailed(f"agreement on {record['question']}: alpha is {got}, the bar is {at_least:.3f}")


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
