"""How often a test set was looked at: whoever looks and then chooses has fitted to it.

The log is ``looks.jsonl`` in the folder of the dataset version, so that it travels with the test set. What versions
beside it know of the same sentences counts too.
"""

import getpass
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus import tables
from corpus.errors import StanceError
from corpus.files import json_text, sha256_text

LOG = "looks.jsonl"


def looks(dataset: Path) -> list[dict[str, Any]]:
    """The looks at the test rows of a dataset version, the first first: when, who, runs, what, result.

    Those at other versions beside it count too, where they test on some of the same sentences: what is used up is the
    sentences, and one more label makes another version. The same look in two logs is one.
    """
    found = {_key(line): line for log in (*_others(dataset), dataset / LOG) for line in _lines(log)}
    return sorted(found.values(), key=lambda line: str(line.get("when", "")))


def looked(dataset: Path) -> tuple[dict[str, int], list[str]]:
    """How often the test was looked at (``times``), by how many runs (``runs``), and their IDs."""
    log = looks(dataset)
    runs = sorted({run_id for line in log for run_id in line["runs"]})
    return {"times": len(log), "runs": len(runs)}, runs


def _others(dataset: Path) -> list[Path]:
    """Logs of other versions that share test sentences."""
    home = dataset.resolve().parent
    # In a workspace those of other names as well: its sealed test is one, whatever a release is called.
    logs = home.parent.glob(f"*/*/{LOG}") if home.parent.name == "datasets" else home.glob(f"*/{LOG}")
    own = _tested(dataset)
    return [log for log in sorted(logs) if log.parent != dataset.resolve() and own & _tested(log.parent)]


def _tested(dataset: Path) -> set[str]:
    try:
        split = tables.read(dataset / "split.parquet", tables.SPLIT)
    except StanceError:
        return set()
    return set(split.loc[split["split"] == "test", "sentence_id"])


def _lines(log: Path) -> list[dict[str, Any]]:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [_line(line) for line in lines if line.strip()]


def _line(text: str) -> dict[str, Any]:
    """A line of a log. One that is damaged, such as one half written, was a look too."""
    try:
        found = json.loads(text)
        json_text(found).encode("utf-8")  # It may have to be copied to another log.
        texts = [found["what"], found["result"], *found["runs"]]
        if isinstance(found["runs"], list) and all(isinstance(each, str) for each in texts):
            return dict(found)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return {"runs": [], "what": "unknown", "result": sha256_text(text)[:16]}


def _key(line: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*line["runs"], line["what"], line["result"])


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
    log = dataset / LOG
    own = {_key(line) for line in _lines(log)}
    if _key(known) in own:
        return True
    # With the looks at other versions, so that they travel too.
    there = {_key(line): line for line in looks(dataset)}
    there.setdefault(_key(known), {"when": datetime.now(UTC).isoformat(timespec="seconds"), "who": _who()} | known)
    new = [json.dumps(line, ensure_ascii=False) + "\n" for key, line in there.items() if key not in own]
    try:
        torn = log.is_file() and log.read_bytes()[-1:] not in (b"", b"\n")
        with log.open("a", encoding="utf-8") as file:
            file.write("\n" * torn + "".join(new))
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
