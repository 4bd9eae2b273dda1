"""Who has labelled how much of what."""

from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from corpus.workspace import Workspace
from labeling.ledger.ledger import Ledger, Project


def status(workspace: Workspace, ledger: Ledger) -> list[dict[str, Any]]:
    """One record for each batch and annotator who labelled in it or has it assigned.

    Returns
    -------
    list of dict
        ``batch``, ``annotator``, ``sentences`` (assigned to them, else in the batch), ``submitted``, ``skipped``,
        ``median_seconds`` (of what was submitted; None where the server measured none). Training rounds, hidden items
        and adjudication are not counted.
    """
    annotations = ledger.annotations(more=("item",))
    annotations = annotations[annotations["state"] != "deleted"].drop_duplicates("annotation_id")
    assigned = ledger.assignments()
    assigned = assigned[assigned["kind"] == "normal"]
    own = dict(iter(assigned.groupby(["server", "batch", "annotator"])))
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for project in ledger.projects():
        here = annotations[(annotations["server"] == project.server) & (annotations["project"] == project.project)]
        if project.role == "assigned" and project.annotator is not None:
            # One whose labels were migrated has two projects for a batch.
            name = (project.server, project.batch, project.annotator)
            items = own.get(name, assigned.iloc[:0])["item"]
            found[name] = _record(project, project.annotator, len(items), annotations[annotations["item"].isin(items)])
        elif project.role == "pool":
            path = workspace.batches / f"{project.batch}.parquet"
            sentences = pq.read_metadata(path).num_rows if path.is_file() else 0
            for person, rows in here.groupby("annotator"):
                found[project.server, project.project, str(person)] = _record(project, str(person), sentences, rows)
    return [*found.values()]


def _record(project: Project, annotator: str, sentences: int, rows: pd.DataFrame) -> dict[str, Any]:
    submitted = rows[rows["state"] == "submitted"]
    seconds = submitted["lead_time_s"].dropna()
    return {
        "batch": project.batch,
        "annotator": annotator,
        "sentences": sentences,
        "submitted": len(submitted),
        "skipped": int((rows["state"] == "skipped").sum()),
        "median_seconds": round(float(seconds.median()), 1) if len(seconds) else None,
    }
