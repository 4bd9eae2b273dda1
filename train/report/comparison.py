"""compare.html: several runs side by side on one test."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from corpus.files import sha256_text, write_json, write_text
from train.numbers import interval, number
from train.report import plots
from train.report.rendering import environment

_NAMES = {"macro_f1": "Macro-F1", "semeval_f1": "SemEval F1", "accuracy": "Accuracy"}
_SURE = 0.05


def write_comparison(runs: Path, found: dict[str, Any]) -> Path:
    """Write ``runs/compare-HASH/compare.json`` and ``compare.html``; the same runs have the same folder."""
    ids = [each["id"] for each in found["runs"]]
    folder = runs / f"compare-{sha256_text(' '.join(ids))[:8]}"
    write_json(folder / "compare.json", found)
    questions = [
        {
            "title": question.replace("_", " ").capitalize(),
            "found": result,
            "plot": Markup(_plot(result)),  # noqa: S704
            "sentences": [sentence(row) for row in result["pairs"]["macro_f1"]],
        }
        for question, result in found["questions"].items()
    ]
    page = environment({}).get_template("compare.html").render(found=found, questions=questions, names=_NAMES)
    write_text(folder / "compare.html", page)
    return folder / "compare.html"


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
