"""``stance train evaluate`` and ``report``: the scores of a run, and the page that an evaluator reads."""

from typing import Any

import click

from corpus.console import Console, command
from train.cli.groups import group
from train.numbers import interval, number


@command(group, "evaluate", "stance train evaluate news-v1-tfidf-0a1b2c3d")
@click.argument("run")
def evaluate_command(console: Console, run: str) -> None:
    """Score RUN on its test split, with 95 % intervals, and judge whether the data are enough.

    RUN is an ID or a path. Writes metrics.json and receipts.json into the run's folder.
    """
    from train.evaluation.evaluate import evaluate
    from train.run import load as load_run

    result = evaluate(load_run(console.workspace.run(run)))
    record = {"metrics": result.metrics, "audits": list(result.audits)}
    console.result(record, _score_lines(result.metrics["questions"]))


@command(group, "report", "stance train report news-v1-tfidf-0a1b2c3d")
@click.argument("run")
def report_command(console: Console, run: str) -> None:
    """Write RUN's report.html: one self-contained page, to read on screen or on paper.

    RUN is an ID or a path. Evaluates the run first.
    """
    from train.report.page import report
    from train.run import load as load_run

    path = str(report(load_run(console.workspace.run(run))))
    console.result({"report": path}, [path])


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
