"""The tables of a report as CSV files, for people who go on computing. No cell is ever a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus.files import write_text
from train import run

_SCORE = ("value", "low", "high")
Rows = Iterable[Sequence[Any]]


def write_tables(folder: Path, metrics: Mapping[str, Any], audits: Mapping[str, Any]) -> list[Path]:
    """Write ``folder/tables/*.csv`` for metrics.json and audits.json, and remove those of an earlier report."""
    home = folder / run.TABLES
    for old in home.glob("*.csv"):
        old.unlink()
    written = []
    for name, columns, rows in tables(metrics, audits):
        path = home / f"{name}.csv"
        write_text(path, text(columns, rows))
        written.append(path)
    return written


def tables(metrics: Mapping[str, Any], audits: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str], Rows]]:
    """Name, columns and rows of each table."""
    for question, scores in metrics["questions"].items():
        parts = {"test": scores, "out of fold": scores["out_of_fold"]}
        yield file_name(question, "scores"), ("part", "score", *_SCORE, "reliable", "note"), _scores(parts)
        columns = (
            "part",
            "label",
            "support",
            *(f"{s}{e}" for s in ("precision", "recall", "f1") for e in ("", " low", " high")),
        )
        yield file_name(question, "labels"), columns, _labels(parts)
        confusion = ([gold, *row] for gold, row in zip(scores["labels"], scores["confusion"], strict=True))
        yield file_name(question, "confusion"), ("gold", *scores["labels"]), confusion
        bins = ([part, *each.values()] for part, found in parts.items() for each in found["calibration"])
        yield file_name(question, "calibration"), ("part", "low", "high", "n", "confidence", "accuracy"), bins
        points = (
            [part, point["coverage"], point["threshold"], point["n"], *(point["risk"][key] for key in _SCORE)]
            for part, found in parts.items()
            for point in found["risk_coverage"]["points"]
        )
        yield (
            file_name(question, "risk-coverage"),
            ("part", "coverage", "threshold", "n", "risk", "low", "high"),
            points,
        )
    for question, named in audits["questions"].items():
        verdicts = ([name, *(audit[key] for key in ("verdict", "p", "says"))] for name, audit in named.items())
        yield file_name(question, "audits"), ("audit", "verdict", "p", "says"), verdicts
        for name, audit in named.items():
            for at, table in enumerate(audit["tables"], 1):
                yield file_name(question, name, str(at)), table["columns"], table["rows"]


def file_name(*parts: str) -> str:
    """Names as part of a file name: letters, digits and dashes."""
    return "-".join(re.sub(r"[^A-Za-z0-9_]+", "-", part).strip("-") or "x" for part in parts)


def text(columns: Sequence[str], rows: Rows) -> str:
    """CSV; a text that a spreadsheet would compute gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(_cell, columns))
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.lstrip()[:1] in tuple("=+-@\t\r|") and value else value


def _scores(parts: Mapping[str, Any]) -> Iterator[list[Any]]:
    for part, found in parts.items():
        for name, score in found.items():
            if isinstance(score, dict) and "reliable" in score:
                yield [part, name, *(score[key] for key in (*_SCORE, "reliable", "note"))]


def _labels(parts: Mapping[str, Any]) -> Iterator[list[Any]]:
    for part, found in parts.items():
        for label, row in found["per_class"].items():
            each = (row["intervals"][name][key] for name in ("precision", "recall", "f1") for key in _SCORE)
            yield [part, label, row["support"], *each]
