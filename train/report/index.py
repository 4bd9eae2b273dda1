"""index.html: all runs of a workspace on one page, with how the scores of each dataset went."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup

from corpus.files import write_text
from train import run
from train.report.curves import sparkline
from train.report.rendering import environment

NAME = "index.html"


def write_index(runs: Path) -> Path:
    """Write ``runs/index.html`` from the metrics.json of each run that was evaluated."""
    path = runs / NAME
    write_text(path, environment({}).get_template("index.html").render(groups=groups(runs)))
    return path


def groups(runs: Path) -> list[dict[str, Any]]:
    """By dataset and question, its runs in the order in which they were fitted, and a line through their macro-F1."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for folder, metrics, audits in _evaluated(runs):
        for question, scores in metrics["questions"].items():
            named = audits.get("questions", {}).get(question, {})
            found.setdefault((metrics["dataset"]["name"], question), []).append(
                {
                    "run": folder.name,
                    "page": f"{folder.name}/{run.REPORT}" if (folder / run.REPORT).is_file() else None,
                    "version": metrics["dataset"]["version"],
                    "model": metrics["model"],
                    "score": scores["macro_f1"],
                    "n_test": scores["n_test"],
                    "enough": scores["sufficiency"]["verdict"],
                    "alarms": [name for name, audit in named.items() if audit["verdict"] == "alarm"],
                    "audits": len(named),
                }
            )
    return [
        {"dataset": dataset, "question": question, "runs": rows, "line": Markup(_line(rows))}  # noqa: S704
        for (dataset, question), rows in sorted(found.items())
    ]


def _line(rows: list[dict[str, Any]]) -> str:
    values = [row["score"]["value"] for row in rows if row["score"]["value"] is not None]
    return sparkline(values) if values else ""


def _evaluated(runs: Path) -> Iterator[tuple[Path, dict[str, Any], dict[str, Any]]]:
    """Folder, metrics.json and audits.json; a run that is not evaluated, or is being written, is left out."""
    folders = [file.parent for file in runs.glob(f"*/{run.METRICS}")]
    for folder in sorted(folders, key=lambda folder: (_fitted_at(folder), folder.name)):
        if "questions" in (metrics := _content(folder / run.METRICS)):
            yield folder, metrics, _content(folder / run.AUDITS)


def _fitted_at(folder: Path) -> float:
    """When its model was written; 0 where it has none any more."""
    model = folder / run.MODEL
    return model.stat().st_mtime if model.is_file() else 0.0


def _content(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
