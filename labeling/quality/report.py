"""Everything that the page for the lead shows, as a plain record: gathered from the ledger and the corpus."""

from typing import Any

import pandas as pd

from corpus import tables
from corpus.errors import TooFewLabels
from corpus.labels import Labels
from corpus.workspace import Workspace
from labeling.gold.aggregate import counted
from labeling.ledger.known_answers import known_answers
from labeling.ledger.ledger import Ledger, open_ledger
from labeling.people.addresses import is_simulated
from labeling.quality.annotators import Work, annotators
from labeling.quality.labels import labels_of


def summarize(workspace: Workspace, labels: Labels, *, draws: int, seed: int) -> dict[str, Any]:
    """Who and which labels need a talk.

    Returns
    -------
    dict
        ``annotators`` (as :func:`labeling.quality.annotators.annotators`, and ``simulated``), ``questions`` (as
        :func:`labeling.quality.labels.labels_of`), ``talk`` (``annotators`` and ``labels`` by name: the short answer).

    Raises
    ------
    TooFewLabels
        Nobody answered yet.
    """
    ledger = open_ledger(workspace)
    sentences = tables.read_if_there(workspace.corpus / "sentences.parquet", tables.SENTENCES)
    answers = ledger.annotations(kinds=("normal", "gold", "retest"))
    answers = answers[answers["question"].isin(labels.enabled)]
    if answers[answers["state"] != "deleted"].empty:
        raise TooFewLabels("nobody answered yet: label some sentences, then `stance label pull`")
    texts = dict(zip(sentences["sentence_id"], sentences["text"], strict=True))
    words = sentences.set_index("sentence_id")["text"].map(lambda text: len(text.split()))
    answers = answers.assign(words=answers["sentence_id"].map(words))
    documents = dict(zip(sentences["sentence_id"], sentences["doc_id"], strict=True))
    names = {name: list(spec.labels) for name, spec in labels.enabled.items()}
    people = annotators(Work(answers, _known(ledger), documents, names), draws=draws, seed=seed)
    people = [record | {"simulated": is_simulated(record["annotator"])} for record in people]
    questions = []
    for name, known in names.items():
        votes = counted(answers[answers["kind"] == "normal"], name, known)
        if len(votes):
            votes = votes.assign(doc_id=votes["sentence_id"].map(documents).fillna(votes["sentence_id"]))
            questions.append(labels_of(votes, known, name, texts, draws=draws, seed=seed))
    return {
        "annotators": people,
        "questions": questions,
        "talk": {
            "annotators": {record["annotator"]: record["talk"] for record in people if record["talk"]},
            "labels": {q["question"]: [la["label"] for la in q["labels"] if la["talk"]] for q in questions},
        },
    }


def _known(ledger: Ledger) -> pd.DataFrame:
    """The known answers of gold items, one row for each annotator, sentence and question."""
    items = ledger.assignments()
    found = known_answers(ledger, items[items["kind"] == "gold"])
    return found[["annotator", "sentence_id", "question", "label"]].drop_duplicates()
