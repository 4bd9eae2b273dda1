"""The ``stance train`` commands."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from corpus.config import load
from corpus.console import Console, command, config_option, counted
from train.numbers import interval, number


@click.group("train")
def group() -> None:
    """Fit classifiers on a dataset version, evaluate them, write the report."""


@command(group, "fit", "stance train fit news --question stance")
@click.argument("dataset")
@click.option("--question", help="Fit this question only.  [default: every question of the dataset]")
@click.option("--model", help="Model by name.  [default: from the settings]")
@click.option("--seed", type=click.IntRange(min=0), help="Random seed.  [default: from the settings]")
@config_option("configs/train.yaml")
def fit_command(
    console: Console, dataset: str, question: str | None, model: str | None, seed: int | None, config_file: Path
) -> None:
    """Fit a model for each question of DATASET, save it, and predict out of fold and on the test split.

    DATASET is a path, NAME/VERSION, or NAME for its newest version.
    """
    from corpus.dataset import load as load_dataset
    from train.fit import fit
    from train.settings import TrainSettings

    started = perf_counter()
    asked = {"model": model, "seed": seed}
    settings = load(config_file, TrainSettings).model_copy(update={k: v for k, v in asked.items() if v is not None})
    with console.progress("fitting") as advance:
        result = fit(
            load_dataset(console.workspace.dataset(dataset)),
            runs=console.workspace.runs,
            settings=settings,
            questions=(question,) if question else None,
            advance=advance,
        )
    for name, reason in result.skipped.items():
        console.note(f"{name}: no model: {reason}")
    seconds = round(perf_counter() - started, 2)
    record = {
        "run": str(result.run.path),
        "model": settings.model,
        "seconds": seconds,
        "questions": list(result.fitted),
        "skipped": result.skipped,
    }
    done = "was there already" if result.existed else f"fitted in {number(seconds, 1)} s"
    console.result(
        record, [f"{result.run.id}: {done} ({', '.join(result.fitted) or 'no question'})", str(result.run.path)]
    )


@command(group, "predict", "stance train predict news-v1-hybrid-0a1b2c3d workspace/corpus/sentences.parquet")
@click.argument("run")
@click.argument("source")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Table to write.  [default: see above]")
@click.option("--risk", type=click.FloatRange(0, 1, True, True), help="Abstain where more of the answers were wrong.")
@click.option("--coverage", type=click.FloatRange(0, 1, True, True), help="Sets that hold the right label this often.")
@click.option(
    "--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True, help="Where to work."
)
@click.option("--scheduler", help="Address of a Dask scheduler.  [default: workers on this machine]")
def predict_command(
    console: Console,
    run: str,
    source: str,
    output: Path | None,
    risk: float | None,
    coverage: float | None,
    engine: str,
    scheduler: str | None,
) -> None:
    """Predict the sentences of SOURCE with RUN.

    SOURCE is a table with sentence_id and text, a text file with a sentence a line, any file of records that
    `stance corpus build` reads, or - for lines from standard input, which are answered with one JSON object each.
    Writes predictions/RUN/SOURCE.parquet in the workspace. Interrupted, the same command goes on where it stopped.
    """
    from train import predict
    from train.run import load as load_run

    started = perf_counter()
    of = load_run(console.workspace.run(run))
    bounds = predict.limits(of, risk=risk, coverage=coverage)
    if source == "-":
        rows = 0
        for line in predict.answers(of, sys.stdin, bounds):
            click.echo(json.dumps(line, ensure_ascii=False))
            rows += 1
        console.result({"predictions": None, "rows": rows, "seconds": round(perf_counter() - started, 2)}, [])
        return
    path = output or console.workspace.root / "predictions" / of.id / f"{Path(source).stem}.parquet"
    rejected: Counter[str] = Counter()
    with console.progress("predicting") as advance, _executor(engine, scheduler) as executor:
        done = predict.predict(
            of,
            Path(source),
            path.resolve(),
            bounds=bounds,
            executor=executor,
            rejected=lambda item: rejected.update([item.reason]),
            advance=advance,
        )
    for reason, count in sorted(rejected.items()):
        console.note(f"not predicted: {counted(count, 'record')}: {reason}")
    seconds = round(perf_counter() - started, 2)
    record = {"predictions": str(done.path), "rows": done.rows, "seconds": seconds, "resumed": done.resumed}
    console.result(record, [f"{counted(done.rows, 'sentence')} predicted in {number(seconds, 1)} s", str(done.path)])


@contextmanager
def _executor(engine: str, scheduler: str | None) -> Iterator[Any]:
    """Where parts are computed: here (None), or on the workers of a Dask scheduler."""
    if engine == "local":
        yield None
        return
    from distributed import Client

    with Client(scheduler) if scheduler else Client(threads_per_worker=1, dashboard_address=None) as client:
        yield client.get_executor(pure=False)


@command(group, "evaluate", "stance train evaluate news-v1-tfidf-0a1b2c3d")
@click.argument("run")
def evaluate_command(console: Console, run: str) -> None:
    """Score RUN on its test split, with 95 % intervals, and judge whether the data are enough.

    RUN is an ID or a path. Writes metrics.json and receipts.json into the run's folder.
    """
    from train.evaluate import evaluate
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
    from train.report import report
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
