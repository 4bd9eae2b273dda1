"""``stance train evaluate`` and ``report``: scores and audits of a run, and the page that an evaluator reads."""

from typing import Any

import click

from corpus.console import Console, command
from train.cli.groups import group
from train.languages import said
from train.numbers import interval, number


@command(group, "evaluate", "stance train evaluate news-v1-tfidf-0a1b2c3d")
@click.argument("run")
@click.option("--camp", metavar="NAMES", help="Annotators who are a camp: ann,ben.  [default: camps are looked for]")
def evaluate_command(console: Console, run: str, camp: str | None) -> None:
    """Score RUN on its test split, with 95 % intervals; audit what could make the scores wrong.

    RUN is an ID or a path. Writes metrics.json, audits.json and receipts.json into the run's folder, and notes beside
    the dataset that its test set was looked at.
    """
    from train.evaluation.evaluate import evaluate
    from train.run import load as load_run

    names = tuple(dict.fromkeys(name.strip() for name in (camp or "").split(",") if name.strip()))
    with said(console.note), console.progress("evaluating") as advance:
        result = evaluate(load_run(console.workspace.run(run)), advance, names)
    if not result.noted:
        console.note("this look at the test set could not be noted: the dataset's folder is read-only")
    record = {"metrics": result.metrics, "audits": result.verdicts}
    console.result(record, [*_score_lines(result.metrics["questions"]), *_audit_lines(result.verdicts)])


@command(group, "report", "stance train report news-v1-tfidf-0a1b2c3d")
@click.argument("run")
def report_command(console: Console, run: str) -> None:
    """Write RUN's report.html: one self-contained page, to read on screen or on paper.

    RUN is an ID or a path. Evaluates the run first, unless that is done. Beside the page: report.pdf (where the
    machine has Chromium), tables/*.csv, model_card.md, dataset_card.md, outputs.json (hashes of all these); and in the
    folder of runs index.html.
    """
    from train.report.published import publish
    from train.run import load as load_run

    of = load_run(console.workspace.run(run))
    with said(console.note), console.progress("evaluating") as advance:
        made = publish(of, advance)
    if made.pdf is None:
        console.note("no PDF: there is no Chromium on this machine, or it failed")
    record = {"report": str(made.report), "pdf": str(made.pdf) if made.pdf else None, "index": str(made.index)}
    console.result(record, [f"{name:7} {path}" for name, path in record.items() if path])


def _audit_lines(verdicts: list[dict[str, Any]]) -> list[str]:
    """What raised an alarm, and what could not be judged."""
    words = {"alarm": "alarm", "unknown": "cannot be said"}
    found = [row for word in words for row in verdicts if row["verdict"] == word]
    return [f"{row['question']}, {row['name']}: {words[row['verdict']]}: {row['says']}" for row in found]


def _score_lines(questions: dict[str, Any]) -> list[str]:
    """A table for people: a line for each question, then why the data are too few."""
    wide = max(len(name) for name in questions)
    lines = [f"{'question':{wide}}  macro-F1  95 % interval   majority  test sentences / documents"]
    for name, scores in questions.items():
        score, baseline = scores["macro_f1"], scores["baseline"]["majority"]["macro_f1"]
        lines.append(
            f"{name:{wide}}  {number(score['value']):8}  {interval(score['low'], score['high']):14}  "
            f"{number(baseline['value']):8}  {number(scores['n_test'])} / {number(scores['n_test_documents'])}"
        )
    for name, scores in questions.items():
        if not scores["sufficiency"]["verdict"]:
            lines += [f"{name}: too few data to conclude anything."]
            lines += [f"  - {reason}" for reason in scores["sufficiency"]["reasons"]]
    return lines
