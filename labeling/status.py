"""Who has labelled how much of what."""

from typing import Any

import pyarrow.parquet as pq

from corpus.workspace import Workspace
from labeling.ledger import Ledger


def status(workspace: Workspace, ledger: Ledger) -> list[dict[str, Any]]:
    """One record for each batch and annotator who labelled in it.

    Returns
    -------
    list of dict
        ``batch``, ``annotator``, ``sentences`` (in the batch), ``submitted``, ``skipped``, ``median_seconds`` (of what
        was submitted; None where the server measured none).
    """
    annotations = ledger.annotations()
    annotations = annotations[annotations["state"] != "deleted"].drop_duplicates("annotation_id")
    found = []
    for project in ledger.projects():
        path = workspace.batches / f"{project.batch}.parquet"
        sentences = pq.read_metadata(path).num_rows if path.is_file() else 0
        here = annotations[(annotations["server"] == project.server) & (annotations["project"] == project.project)]
        for annotator, rows in here.groupby("annotator"):
            submitted = rows[rows["state"] == "submitted"]
            seconds = submitted["lead_time_s"].median()
            found.append(
                {
                    "batch": project.batch,
                    "annotator": str(annotator),
                    "sentences": sentences,
                    "submitted": len(submitted),
                    "skipped": int((rows["state"] == "skipped").sum()),
                    "median_seconds": None if seconds != seconds else round(float(seconds), 1),
                }
            )
    return found
