"""Labelled records of a public set, by the steps of a user's own: build, import, aggregate, release."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from corpus import tables
from corpus.build import build_into
from corpus.labels import Labels
from corpus.versions import dataset
from corpus.workspace import Workspace
from labeling.exchange import load, read
from labeling.gold.aggregate import aggregate
from labeling.gold.release import release
from labeling.ledger.ledger import open_ledger
from train.labelled import Labelled, labelled


def released(records: pd.DataFrame, labels: Labels, question: str, seed: int) -> Labelled:
    """What `corpus build`, `label import`, `aggregate` and `release --split column:split` make of labelled records.

    Parameters
    ----------
    records : pandas.DataFrame
        id, text, split, label, and what else a record may have.
    labels : Labels
        The question and its labels.
    question : str
    seed : int
        Of the folds.
    """
    with TemporaryDirectory() as folder:
        workspace, source, given = Workspace(Path(folder)), Path(folder) / "records.csv", Path(folder) / "labels.csv"
        records.drop(columns="label").to_csv(source, index=False)
        records[["id", "label"]].assign(annotator="gold", question=question).to_csv(given, index=False)
        build_into(workspace.corpus, [str(source)], unit="line")
        placed = [
            tables.read(workspace.corpus / f"{of.name}.parquet", of) for of in (tables.SENTENCES, tables.DOCUMENTS)
        ]
        load.load(read.read(given, [question]), open_ledger(workspace), labels, *placed)
        tables.write(aggregate(open_ledger(workspace).annotations(), labels), workspace.gold, tables.GOLD)
        frozen = release(workspace, "data", labels, split="column:split", test_share=0.2, folds=5, seed=seed)
        return labelled(dataset.load(frozen.path), question)
