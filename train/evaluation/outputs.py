"""outputs.json: the hashes of what a report is, and what it says that changes later: the looks at the test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus.files import read_json, sha256_file, write_json
from train import run

FORMAT_VERSION = 1
# A report's page, its PDF, cards and tables.
_WRITTEN = (run.REPORT, run.PDF, run.MODEL_CARD, run.DATASET_CARD, f"{run.TABLES}/*.csv")


def record(folder: Path, looks: Mapping[str, int] | None = None) -> None:
    """Write outputs.json: the SHA-256 of each file of the report that is in a run's folder.

    ``looks`` is what the page says of the looks at the test; without it those that outputs.json has are kept.
    """
    if looks is None:
        looks = looks_said(folder)
    write_json(folder / run.OUTPUTS, {"format_version": FORMAT_VERSION, "files": _hashes(folder), "looks": looks})


def edited(folder: Path) -> list[dict[str, Any]]:
    """Files that are not what the report wrote: name (``page:report.html``), reported and recomputed hash.

    A file of the report that it did not write, such as one more table, has no reported hash. None where there is no
    outputs.json: earlier reports have none.

    Raises
    ------
    InputError
        outputs.json is damaged.
    """
    if not (folder / run.OUTPUTS).is_file():
        return []
    reported, there = _read(folder)["files"], _hashes(folder)
    there |= {name: sha256_file(folder / name) for name in reported if (folder / name).is_file()}
    return [
        {"name": f"page:{name}", "reported": reported.get(name), "recomputed": there.get(name)}
        for name in {**reported, **there}
        if reported.get(name) != there.get(name)
    ]


def looks_said(folder: Path) -> dict[str, int]:
    """What the report says of the looks at the test: ``times`` and ``runs``; empty where it cites none of them.

    Raises
    ------
    InputError
        outputs.json is damaged.
    """
    found = _read(folder).get("looks") if (folder / run.OUTPUTS).is_file() else None
    return found if isinstance(found, dict) else {}


def _hashes(folder: Path) -> dict[str, str]:
    files = [path for pattern in _WRITTEN for path in sorted(folder.glob(pattern)) if path.is_file()]
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}


def _read(folder: Path) -> dict[str, Any]:
    todo = "Write the report again with `stance train report RUN`"
    return read_json(folder / run.OUTPUTS, FORMAT_VERSION, {"files": dict}, todo)
