"""How often a test set was looked at: whoever looks and then chooses has fitted to it.

The log is ``looks.jsonl`` in the folder of the dataset version, so that it travels with the test set.
"""

import getpass
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.files import json_text, sha256_text

LOG = "looks.jsonl"


def looks(dataset: Path) -> list[dict[str, Any]]:
    """The looks at the test rows of a dataset version, the first first: when, who, runs, what, result."""
    try:
        lines = (dataset / LOG).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [json.loads(line) for line in lines if line.strip()]


def look(dataset: Path, runs: Iterable[str], what: str, result: Any) -> bool:
    """Note that somebody saw ``result`` of ``runs`` on the test rows, unless that was seen before.

    Parameters
    ----------
    dataset : Path
        Folder of the dataset version.
    runs : iterable of str
        IDs.
    what : str
        ``evaluate`` or ``compare``.
    result : JSON value
        What was seen; only its hash is kept. The same result again is no new look.

    Returns
    -------
    bool
        False where the look could not be noted: the folder is read-only.
    """
    known = {"runs": list(runs), "what": what, "result": sha256_text(json_text(result))[:16]}
    if any(known.items() <= line.items() for line in looks(dataset)):
        return True
    line = {"when": datetime.now(UTC).isoformat(timespec="seconds"), "who": _who()} | known
    try:
        with (dataset / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")
    except OSError:
        return False
    return True


def seen(measured: Mapping[str, Any]) -> dict[str, Any]:
    """What one sees of the test in metrics.json: the confusion matrix of each question that has test rows.

    Later versions of stancelab compute further scores from the same answers, which are no further look.
    """
    return {name: scores["confusion"] for name, scores in measured["questions"].items() if scores["n"]}


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
