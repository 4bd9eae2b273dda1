"""report.html: one page that holds everything, for people who read it on screen or on paper."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from markupsafe import Markup

from corpus.files import write_text
from train import run
from train.abstention import told
from train.audits.plots import plot
from train.evaluation.evaluate import evaluated
from train.evaluation.outputs import record
from train.evaluation.probability import area
from train.evaluation.receipts import LISTED, numbers, numbers_of, numbers_of_audits, pointer
from train.models import BASELINE, DESCRIPTIONS
from train.numbers import number
from train.report import curves, plots
from train.report.cards import dataset_card, model_card
from train.report.csv_tables import file_name, write_tables
from train.report.rendering import environment
from train.report.summary import summarize

_SCORES = {"macro_f1": "Macro-F1", "semeval_f1": "SemEval F1", "accuracy": "Accuracy", "mcc": "Matthews correlation"}
# Those on a scale from 0 to 1.
_DRAWN = ("macro_f1", "semeval_f1", "accuracy")
_WORST = ("alarm", "unknown", "clear")


def report(of: run.Run, advance: Callable[[int], None] = lambda n: None) -> Path:
    """Write report.html, the tables as CSV, the cards of ``of`` and their hashes, evaluating it unless that is done.

    Raises
    ------
    CheckFailed
        The dataset changed since the run was fitted.
    """
    found, dataset = evaluated(of, advance), of.dataset()
    path = of.path / run.REPORT
    summary = summarize(of, dataset, found)
    write_text(path, render(summary))
    write_tables(of.path, summary)
    write_text(of.path / run.MODEL_CARD, model_card(summary))
    write_text(of.path / run.DATASET_CARD, dataset_card(dataset, summary))
    record(of.path, summary["looks"])
    return path


def render(summary: dict[str, Any]) -> str:
    """The page for a summary of :func:`train.report.summary.summarize`; every text in it is escaped."""
    known = numbers_of(summary["metrics"]) | numbers_of_audits(summary["audits"])
    known |= numbers({"looks": summary["looks"]}, "outputs")
    drawn = [question | _drawn(question, summary) for question in summary["questions"]]
    page = summary | {"questions": drawn, "score_names": _SCORES, "baseline": BASELINE, "rows_shown": LISTED}
    page["description"] = DESCRIPTIONS[summary["run"]["model"]]
    return environment(known).get_template("report.html").render(page)


def _drawn(question: dict[str, Any], summary: dict[str, Any]) -> dict[str, Any]:
    """The plots of one question, the systems of its score table in order, its audits, and what asterisks stand for."""
    scores, at = question["scores"], pointer("metrics", "questions", question["name"])
    audits = _audits(question["name"], summary["audits"]["questions"].get(question["name"], {}))
    human = next((audit["numbers"].get("together") for audit in audits if audit["name"] == "ceiling"), None)
    found = {
        "at": at,
        "data": pointer("metrics", "data", "questions", question["name"]),
        "audited": pointer(question["name"]),
        "audits": audits,
        "alarms": [audit for audit in audits if audit["verdict"] == "alarm"],
        "worst": min((audit["verdict"] for audit in audits), key=_WORST.index, default="unknown"),
        "human": human,
        "ceiling": pointer("audits", "questions", question["name"], "ceiling", "numbers", "together")
        if human
        else None,
    }
    if scores["skipped"]:
        return found | {"plots": {}, "systems": {}, "notes": []}
    baseline, held_out = scores["baseline"][BASELINE], scores["out_of_fold"]
    systems = {
        "Model, test": (at, scores),
        "Majority, test": (f"{at}/baseline/{BASELINE}", baseline),
        "Difference, test": (f"{at}/baseline/{BASELINE}/difference", baseline["difference"]),
        "Model, out of fold": (f"{at}/out_of_fold", held_out),
        "Majority, out of fold": (f"{at}/out_of_fold/baseline/{BASELINE}", held_out["baseline"][BASELINE]),
    }
    shown = {f"{where}/{name}/note": system[name] for where, system in systems.values() for name in _SCORES}
    notes = {score["note"]: where for where, score in shown.items() if score and score["value"] is not None}
    return found | {
        "systems": {name: {"at": where, "scores": system} for name, (where, system) in systems.items()},
        "notes": {where: note for note, where in notes.items() if note},
        "areas": {
            part: area(rows["risk_coverage"], rows["n_units"])
            for part, rows in (("test", scores), ("out_of_fold", held_out))
        },
        "told": told(scores["abstention"]) if "abstention" in scores else None,
        # Drawn by matplotlib, which escapes every text.
        "plots": {
            name: Markup(svg)  # noqa: S704
            for name, svg in _plots(scores, {name: system for name, (_, system) in systems.items()}).items()
        },
    }


def _audits(question: str, named: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The audits of a question as the page lists them: the worst verdict first, else in their own order."""
    found = []
    for name, audit in named.items():
        at = pointer("audits", "questions", question, name)
        tables = [
            table | {"at": f"{at}/tables/{number}", "csv": file_name(question, name, str(number + 1))}
            for number, table in enumerate(audit["tables"])
        ]
        title = name[:1].upper() + name[1:]
        svg = Markup(plot(name, audit))  # noqa: S704
        found.append(audit | {"name": name, "at": at, "title": title, "plot": svg, "tables": tables})
    return sorted(found, key=lambda audit: _WORST.index(audit["verdict"]))


def _plots(scores: dict[str, Any], systems: dict[str, Any]) -> dict[str, str]:
    names = [name for name in _DRAWN if scores[name]]
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
        "reliability": curves.reliability(scores["calibration"], scores["out_of_fold"]["calibration"]),
        "risk": curves.risk_coverage(scores["risk_coverage"]["points"]),
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
