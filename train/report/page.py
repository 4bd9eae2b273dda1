"""report.html: one page that holds everything, for people who read it on screen or on paper."""

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from corpus.files import write_text
from train import run
from train.evaluation.evaluate import evaluate
from train.evaluation.receipts import receipts
from train.models import BASELINE, DESCRIPTIONS
from train.numbers import counted, interval, number
from train.report import plots
from train.report.summary import summarize

_SCORES = {"macro_f1": "Macro-F1", "semeval_f1": "SemEval F1", "accuracy": "Accuracy"}


def report(of: run.Run) -> Path:
    """Evaluate ``of`` and write its report.html.

    Raises
    ------
    CheckFailed
        The dataset changed since the run was fitted.
    """
    metrics = evaluate(of).metrics
    path, dataset = of.path / run.REPORT, of.dataset()
    write_text(path, render(summarize(of, dataset, metrics, receipts(of, dataset, metrics))))
    return path


def render(summary: dict[str, Any]) -> str:
    """The page for a summary of :func:`train.report.summary.summarize`; every text in it is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, percent=lambda share: f"{number(100 * share, 0)} %")
    environment.globals.update(interval=interval, plural=counted)
    drawn = [question | _drawn(question["scores"]) for question in summary["questions"]]
    page = summary | {"questions": drawn, "score_names": _SCORES, "baseline": BASELINE}
    page["description"] = DESCRIPTIONS[summary["run"]["model"]]
    return environment.get_template("report.html").render(page)


def _drawn(scores: dict[str, Any]) -> dict[str, Any]:
    """The plots of one question, the systems of its score table in order, and what their asterisks stand for."""
    if scores["skipped"]:
        return {"plots": {}, "systems": {}, "notes": []}
    baseline, held_out = scores["baseline"][BASELINE], scores["out_of_fold"]
    systems = {
        "Model, test": scores,
        "Majority, test": baseline,
        "Difference, test": baseline["difference"],
        "Model, out of fold": held_out,
        "Majority, out of fold": held_out["baseline"][BASELINE],
    }
    shown = [system[name] for system in systems.values() for name in _SCORES if system[name]]
    return {
        "systems": systems,
        "notes": list(dict.fromkeys(score["note"] for score in shown if score["note"])),
        # Drawn by matplotlib, which escapes every text.
        "plots": {name: Markup(svg) for name, svg in _plots(scores, systems).items()},  # noqa: S704
    }


def _plots(scores: dict[str, Any], systems: dict[str, Any]) -> dict[str, str]:
    names = [name for name in _SCORES if scores[name]]
    looks = {
        "Model, test": (plots.MODEL, "o"),
        "Model, out of fold": (plots.SECOND, "D"),
        "Majority, test": (plots.BASE, "s"),
    }
    dots = [
        plots.Dots(
            system,
            [tuple(systems[system][name][part] for part in ("value", "low", "high")) for name in names],
            colour,
            marker,
        )
        for system, (colour, marker) in looks.items()
    ]
    labels, per_class = scores["labels"], scores["per_class"]
    classes = [f"{number(per_class[la]['f1'])} · {number(per_class[la]['support'])} in gold" for la in labels]
    shares, notes = _shares(scores["label_counts"], labels)
    return {
        "scores": plots.intervals([_SCORES[name] for name in names], dots),
        "classes": plots.bars(labels, {"F1": [per_class[la]["f1"] for la in labels]}, classes, "F1 on the test split"),
        "confusion": plots.heat_map(labels, scores["confusion"]),
        "labels": plots.bars(labels, shares, notes, "share of the sentences with that gold label"),
    }


def _shares(counts: dict[str, dict[str, int]], labels: list[str]) -> tuple[dict[str, list[float | None]], list[str]]:
    """Share of each label in train and test, and the counts as a note for each row."""
    totals = {part: sum(found.values()) for part, found in counts.items()}
    shares: dict[str, list[float | None]] = {
        part: [found[label] / totals[part] if totals[part] else None for label in labels]
        for part, found in counts.items()
    }
    notes = [" · ".join(f"{number(found[label])} {part}" for part, found in counts.items()) for label in labels]
    return shares, notes
