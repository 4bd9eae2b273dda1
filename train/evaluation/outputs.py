"""outputs.json: the hashes of what a report is, so that an edit is found that no cited number shows."""

from pathlib import Path
from typing import Any

from corpus.files import read_json, sha256_file, write_json
from train import run

FORMAT_VERSION = 1
# A report's page, its PDF, cards and tables.
_WRITTEN = (run.REPORT, run.PDF, run.MODEL_CARD, run.DATASET_CARD, f"{run.TABLES}/*.csv")


def record(folder: Path) -> None:
    """Write outputs.json: the SHA-256 of each file of the report that is in a run's folder."""
    files = [path for pattern in _WRITTEN for path in sorted(folder.glob(pattern))]
    hashes = {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}
    write_json(folder / run.OUTPUTS, {"format_version": FORMAT_VERSION, "files": hashes})


def edited(folder: Path) -> list[dict[str, Any]]:
    """Files that are not what the report wrote: name (``page:report.html``), reported and recomputed hash.

    None where there is no outputs.json: earlier reports have none.

    Raises
    ------
    InputError
        outputs.json is damaged.
    """
    path = folder / run.OUTPUTS
    if not path.is_file():
        return []
    todo = "Write the report again with `stance train report RUN`"
    reported = {run.REPORT: None} | read_json(path, FORMAT_VERSION, {"files": dict}, todo)["files"]
    found = {name: sha256_file(folder / name) if (folder / name).is_file() else None for name in reported}
    return [
        {"name": f"page:{name}", "reported": sha256, "recomputed": found[name]}
        for name, sha256 in reported.items()
        if sha256 != found[name]
    ]
