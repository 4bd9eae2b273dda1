"""What an assignment mixes in beside the batch: gold with known answers, sentences labelled before, an order."""

import json
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import get_args

import pandas as pd

from corpus import tables
from corpus.errors import InputError, NotFound, UsageError, listed
from corpus.labels import Labels
from corpus.sampling.choosing import most_uncertain
from corpus.sampling.draw import batch_table
from corpus.workspace import Workspace
from labeling.ledger.ledger import Ledger
from labeling.ledger.records import Kind


def adjudicated(workspace: Workspace, labels: Labels) -> dict[str, str]:
    """Sentence -> its answers as JSON, of the gold that an adjudicator decided."""
    if not workspace.gold.is_file():
        return {}
    gold = tables.read(workspace.gold, tables.GOLD)
    decided = gold[gold["adjudicator"].notna() & gold["label"].notna() & gold["question"].isin(labels.enabled)]
    return _as_json(decided[["sentence_id", "question", "label"]])


def known_file(path: Path, workspace: Workspace, labels: Labels) -> dict[str, str]:
    """Sentence -> its answers as JSON, from a CSV with ``sentence_id`` or ``text`` and a column for each question.

    Raises
    ------
    InputError
        It is no such file, has a label that is not configured, or a sentence that the corpus lacks.
    """
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(path, f"is no CSV that can be read ({error})") from None
    questions = [name for name in labels.enabled if name in rows.columns]
    by = next((name for name in ("sentence_id", "text") if name in rows.columns), None)
    if by is None or not questions:
        raise InputError(
            path,
            f"expected a column sentence_id or text and one of {listed(labels.enabled)}, got {listed(rows.columns)}",
        )
    sentences = tables.read(workspace.corpus / "sentences.parquet", tables.SENTENCES).drop_duplicates(by)
    ids = rows[by].map(sentences.set_index(by, drop=False)["sentence_id"])
    for line, (row, known) in enumerate(zip(rows.to_dict("records"), ids.notna(), strict=True), start=2):
        if not known:
            raise InputError(path, f"the corpus has no sentence with {by} {row[by][:80]!r}", line=line)
        for question in questions:
            if row[question] and row[question] not in labels.questions[question].labels:
                allowed = listed(labels.questions[question].labels)
                raise InputError(path, f"{question}: expected one of {allowed}, got {row[question]!r}", line=line)
    long = rows.assign(sentence_id=ids).melt("sentence_id", questions, "question", "label")
    return _as_json(long[long["label"] != ""])


def _as_json(rows: pd.DataFrame) -> dict[str, str]:
    """From sentence_id, question, label to sentence -> JSON of {question: label}."""
    return {
        str(sentence): json.dumps(dict(zip(own["question"], own["label"], strict=True)), ensure_ascii=False)
        for sentence, own in rows.groupby("sentence_id")
    }


def labelled_before(
    ledger: Ledger, annotators: Collection[str], batch: Collection[str], *, until: datetime
) -> dict[str, list[str]]:
    """Annotator -> sentences of other batches that may come back to them, sorted.

    Those that they labelled no later than ``until``, without a suggestion in view, and were not shown again yet. Of an
    answer without a time nobody knows how long ago it was given: its sentence does not come back.
    """
    found = ledger.annotations()
    found = found[
        (found["state"] == "submitted") & found["annotator"].isin(annotators) & ~found["sentence_id"].isin(batch)
    ]
    by = found.groupby(["annotator", "sentence_id"])
    fit = by.size().index[~by["suggestion"].any() & (by["updated_at"].max() <= until)]
    assigned = ledger.assignments()
    again = assigned[assigned["kind"] == "retest"]
    fit = fit.difference(pd.MultiIndex.from_frame(again[["annotator", "sentence_id"]]))
    return {str(person): sorted(own) for person, own in fit.to_frame(index=False).groupby("annotator")["sentence_id"]}


def met(ledger: Ledger, annotators: Collection[str]) -> dict[str, set[str]]:
    """Annotator -> sentences that they answered, skipped or took back, or have assigned, as whatever kind of item."""
    answered = ledger.annotations(get_args(Kind))
    rows = pd.concat([part[["annotator", "sentence_id"]] for part in (answered, ledger.assignments())])
    rows = rows[rows["annotator"].isin(annotators)]
    return {str(person): set(own) for person, own in rows.groupby("annotator")["sentence_id"]}


def least_sure_first(batch: pd.DataFrame, predictions: Path, question: str | None) -> list[str]:
    """The sentences of a batch for which there are predictions, those that the model is least sure of first."""
    found, _ = most_uncertain(batch, tables.read(predictions, tables.PREDICTIONS), question, "margin")
    return [str(sentence) for sentence in found["sentence_id"]]


def rows_of(workspace: Workspace, batch: pd.DataFrame, wanted: Collection[str]) -> pd.DataFrame:
    """The ``batch`` table's columns for every sentence named: from the batch, else another batch, else the corpus.

    Raises
    ------
    UsageError
        A sentence is in none of them: the corpus was built anew from other files.
    """
    found = batch[batch["sentence_id"].isin(wanted)]
    missing = set(wanted) - set(found["sentence_id"])
    for path in sorted(workspace.batches.glob("*.parquet")) if missing else ():
        more = tables.read(path, tables.BATCH)
        found = pd.concat([found, more[more["sentence_id"].isin(missing)]], ignore_index=True)
        missing -= set(more["sentence_id"])
    if missing:
        try:
            documents = tables.read(workspace.corpus / "documents.parquet", tables.DOCUMENTS)
            sentences = tables.read(workspace.corpus / "sentences.parquet", tables.SENTENCES)
        except NotFound:
            documents, sentences = pd.DataFrame(), pd.DataFrame({"sentence_id": []})
        here = sorted(missing & set(sentences["sentence_id"]))
        if lost := sorted(missing - set(here)):
            raise UsageError(
                f"{len(lost)} sentences that are to be shown again or as gold are in no batch and not in the corpus "
                f"({listed(lost, 3)}): build the corpus from the files that they come from"
            )
        found = pd.concat([found, batch_table(documents, sentences, here)], ignore_index=True)
    return found.drop_duplicates("sentence_id", ignore_index=True)
