"""The known answers of hidden gold items, as their labels read now."""

import json

import pandas as pd

from labeling.ledger import label_versions
from labeling.ledger.ledger import Ledger
from labeling.studio.migration import migrated

_COLUMNS = ["server", "project", "item", "annotator", "sentence_id", "known"]


def known_answers(ledger: Ledger, items: pd.DataFrame) -> pd.DataFrame:
    """One row for each item and question whose answer is known.

    Parameters
    ----------
    ledger : Ledger
        Knows under which label set each project was made, and how its labels read in later ones.
    items : DataFrame
        Of the form of :meth:`Ledger.assignments`.

    Returns
    -------
    DataFrame
        Columns ``server``, ``project``, ``item``, ``annotator``, ``sentence_id``, ``question``, ``label``. A label that
        has to be given again under the new label set is left out.
    """
    versions = {(p.server, p.project): p.labels_version for p in ledger.projects()}
    rows = [
        (*row[:-1], question, label, versions.get((row[0], row[1])))
        for row in items.loc[items["known"].notna(), _COLUMNS].itertuples(index=False, name=None)
        for question, label in json.loads(row[-1]).items()
    ]
    frame = pd.DataFrame(rows, columns=[*_COLUMNS[:-1], "question", "label", "labels_version"], dtype=object)
    if rows:
        with ledger.reading() as connection:
            frame = migrated(frame, label_versions.changes(connection))
    return frame[frame["label"].notna()].drop(columns="labels_version").reset_index(drop=True)
