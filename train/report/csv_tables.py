"""The tables of a report as CSV files, for people who go on computing. No cell is ever a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus.files import sha256_text, write_text
from train import run
from train.evaluation import probability

_SCORE = ("value", "low", "high")
_ABSTENTION = ("answered", "risk", "threshold")
# Characters of a name: a file's may have 255 bytes, and a letter takes up to four.
_LONGEST = 40
Rows = Iterable[Sequence[Any]]


def write_tables(folder: Path, summary: Mapping[str, Any]) -> list[Path]:
    """Write ``folder/tables/*.csv`` for a summary, and remove those of an earlier report."""
    home = folder / run.TABLES
    for old in home.glob("*.csv"):
        old.unlink()
    written = []
    for name, columns, rows in tables(summary):
        path = home / f"{name}.csv"
        write_text(path, text(columns, rows))
        written.append(path)
    return written


def tables(summary: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str], Rows]]:
    """Name, columns and rows of each table of a summary of :func:`train.report.summary.summarize`."""
    for question, scores in summary["metrics"]["questions"].items():
        yield from _of_scores(question, scores)
    for question, named in summary["audits"]["questions"].items():
        verdicts = ([name, *(audit[key] for key in ("verdict", "p", "says"))] for name, audit in named.items())
        yield file_name(question, "audits"), ("audit", "verdict", "p", "says"), verdicts
        for name, audit in named.items():
            for at, table in enumerate(audit["tables"], 1):
                yield file_name(question, name, str(at)), table["columns"], table["rows"]
    columns: Sequence[str]
    for each in summary["questions"]:
        columns = ("why", "text", "outlet", "gold", "predicted", "probability", "abstained", "votes")
        yield file_name(each["name"], "sentences"), columns, _sentences(each["examples"])
    columns = ("question", "answered by two or more", "unanimous", "ties", "alpha", "alpha low", "alpha high")
    yield "agreement", columns, map(_agreement, summary["questions"])
    columns = ("name", "sentences", "skipped", "simulated")
    yield "annotators", columns, ([each[key] for key in columns] for each in summary["annotators"])
    columns = ("sentences", "documents", "outlets", "clusters")
    parts = ([part, *(found[key] for key in columns)] for part, found in summary["split"]["parts"].items())
    yield "split", ("part", *columns), parts


def _of_scores(question: str, scores: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str], Rows]]:
    parts = {"test": scores, "out of fold": scores["out_of_fold"]}
    yield file_name(question, "scores"), ("part", "system", "score", *_SCORE, "reliable", "note"), _scores(parts)
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
    columns = ("part", "coverage", "threshold", "n", "risk", "low", "high")
    yield file_name(question, "risk-coverage"), columns, points


def file_name(question: str, *parts: str) -> str:
    """Names as part of a file name: letters of any script, digits, dashes.

    A question whose name is not such a one gets some of its hash, so that no two share a file.
    """
    plain, *others = (re.sub(r"[^\w]+", "-", part).strip("-")[:_LONGEST] or "x" for part in (question, *parts))
    return "-".join([plain if plain == question else f"{plain}-{sha256_text(question)[:6]}", *others])


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
        ((baseline, of_baseline),) = found["baseline"].items()
        votes = {f"votes: {name}": score for name, score in (found["soft"] or {}).items()}
        area = probability.area(found["risk_coverage"], found["n_units"]).as_dict()
        abstention = found.get("abstention", {})
        systems = {
            "model": {**found, "aurc": area, **abstention, **votes},
            baseline: of_baseline,
            f"model less {baseline}": of_baseline["difference"],
        }
        for system, scores in systems.items():
            for name, score in scores.items():
                if isinstance(score, dict) and "reliable" in score:
                    yield [part, system, name, *(score[key] for key in (*_SCORE, "reliable", "note"))]
        # No scores, and so without an interval; risk and bar stand with the test.
        for name in _ABSTENTION:
            if name in abstention:
                yield [part, "model", name, abstention[name], None, None, None, None]


def _labels(parts: Mapping[str, Any]) -> Iterator[list[Any]]:
    for part, found in parts.items():
        for label, row in found["per_class"].items():
            each = (row["intervals"][name][key] for name in ("precision", "recall", "f1") for key in _SCORE)
            yield [part, label, row["support"], *each]


def _sentences(examples: Mapping[str, Any]) -> Iterator[list[Any]]:
    keys = ("text", "outlet", "gold", "predicted", "probability", "abstained")
    for why, found in examples.items():
        for each in found:
            votes = "; ".join(f"{label} {count}" for label, count in each["votes"].items())
            yield [why, *(each[key] for key in keys), votes]


def _agreement(question: Mapping[str, Any]) -> list[Any]:
    shared, alpha = question["unanimous"], question["agreement"].get("alpha") or {}
    counts = [shared["shared"], shared["unanimous"], question["scores"]["ties"]]
    return [question["name"], *counts, *(alpha.get(key) for key in _SCORE)]
