"""compare.html: several runs side by side on one test, with its PDF and its tables as CSV."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from corpus.files import read_json, sha256_text, write_json, write_text
from train import run
from train.evaluation.receipts import FORMAT_VERSION
from train.numbers import interval, number
from train.report import csv_tables, plots
from train.report.rendering import environment

_NAMES = {"macro_f1": "Macro-F1", "semeval_f1": "SemEval F1", "accuracy": "Accuracy"}
_OWN = _NAMES | {
    "mcc": "Matthews correlation",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "ece": "Expected calibration error",
}
_SURE = 0.05


def write_comparison(home: Path, found: dict[str, Any], runs: Sequence[run.Run]) -> Path:
    """Write ``home/compare-HASH/``: compare.json, compare.html, tables/*.csv; the same runs have the same folder."""
    folder = home / f"compare-{sha256_text(' '.join(each.id for each in runs))[:8]}"
    write_json(folder / "compare.json", found)
    questions = [
        {
            "title": question.replace("_", " ").capitalize(),
            "found": result,
            "plot": Markup(_plot(result)),  # noqa: S704
            "sentences": [sentence(row) for row in result["pairs"]["macro_f1"]],
            "scores": dict(_own_scores(question, runs)),
            "audits": _own_audits(question, runs),
        }
        for question, result in found["questions"].items()
    ]
    page = environment({}).get_template("compare.html").render(found=found, questions=questions, names=_NAMES)
    write_text(folder / "compare.html", page)
    for question, shown in zip(found["questions"], questions, strict=True):
        for name, columns, rows in _tables(question, shown, [each.id for each in runs]):
            write_text(folder / run.TABLES / f"{name}.csv", csv_tables.text(columns, rows))
    return folder / "compare.html"


def _evaluated(of: run.Run, file: str, question: str) -> Mapping[str, Any]:
    """What the run's own evaluation says of a question; nothing where there was none."""
    path = of.path / file
    if not path.is_file():
        return {}
    todo = f"Write it anew with `stance train evaluate {of.id}`"
    return read_json(path, FORMAT_VERSION, {"questions": dict}, todo)["questions"].get(question) or {}


def _own_scores(question: str, runs: Sequence[run.Run]) -> Iterator[tuple[str, list[Any]]]:
    """Each score's name, and what each run has; None where it was not evaluated."""
    known = [_evaluated(each, run.METRICS, question) for each in runs]
    for key, name in _OWN.items():
        if any(own.get(key) for own in known):
            yield name, [own.get(key) for own in known]
    for label in dict.fromkeys(label for own in known for label in own.get("per_class", {})):
        rows = [own.get("per_class", {}).get(label) for own in known]
        yield f"F1 of {label}", [row and row["intervals"]["f1"] for row in rows]


def _own_audits(question: str, runs: Sequence[run.Run]) -> dict[str, list[Any]]:
    """What each audit says of each run; None where it was not made."""
    known = [_evaluated(each, run.AUDITS, question) for each in runs]
    return {name: [own.get(name) for own in known] for name in dict.fromkeys(name for own in known for name in own)}


def _tables(question: str, shown: Mapping[str, Any], ids: Sequence[str]) -> Iterator[tuple[str, Sequence[str], Any]]:
    edges = ("value", "low", "high")
    pairs = (
        [name, row["b"], row["a"], *(row["difference"][key] for key in edges), row["p"], row["p_holm"], row["smallest"]]
        for name, rows in shown["found"]["pairs"].items()
        for row in rows
    )
    columns = ("score", "run", "against", "difference", "low", "high", "p", "p corrected", "smallest that would show")
    yield csv_tables.file_name(question, "differences"), columns, pairs
    scores = (
        [name, each, *(own[key] for key in edges)]
        for name, all_ in shown["scores"].items()
        for each, own in zip(ids, all_, strict=True)
        if own
    )
    yield csv_tables.file_name(question, "scores"), ("score", "run", *edges), scores
    audits = (
        [name, each, *(own[key] for key in ("verdict", "p", "says"))]
        for name, all_ in shown["audits"].items()
        for each, own in zip(ids, all_, strict=True)
        if own
    )
    yield csv_tables.file_name(question, "audits"), ("audit", "run", "verdict", "p", "says"), audits


def sentence(row: dict[str, Any]) -> str:
    """What one pair comes to, in words."""
    difference, p = row["difference"], row["p_holm"]
    if difference["value"] is None or p is None:
        return f"{row['a']} and {row['b']}: the difference is undefined."
    better, worse = (row["b"], row["a"]) if difference["value"] > 0 else (row["a"], row["b"])
    edges = (difference["low"], difference["high"])
    if better == row["a"] and None not in edges:  # Said of the better one, it is the other way round.
        edges = (-edges[1], -edges[0])
    seen = f"{number(abs(difference['value']))} ({interval(*edges)}; p = {number(p, 3)})"
    small = (
        "Which difference this test would show cannot be said."
        if row["smallest"] is None
        else f"This test would show a difference of {number(row['smallest'])} or more in four of five cases."
    )
    if p <= _SURE:
        return f"{better} is better than {worse} by {seen}. {small}"
    return f"{row['a']} and {row['b']} are not shown to differ: {seen}. {small}"


def _plot(result: dict[str, Any]) -> str:
    rows = list(result["scores"])
    looks = ((plots.MODEL, "o", "macro_f1"), (plots.SECOND, "D", "accuracy"))
    dots = [
        plots.Dots(
            _NAMES[name], [tuple(result["scores"][r][name][k] for k in ("value", "low", "high")) for r in rows], c, m
        )
        for c, m, name in looks
    ]
    return plots.intervals(rows, dots)
