"""``stance train predict``: a run's answers for new sentences."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from corpus.console import Bounded, Console, command, counted
from corpus.errors import UsageError
from train.cli.groups import group
from train.numbers import number


@command(group, "predict", "stance train predict news-v1-hybrid-0a1b2c3d workspace/corpus/sentences.parquet")
@click.argument("run")
@click.argument("source")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Table to write.  [default: see above]")
@click.option("--risk", type=Bounded(0, 1, True, True), help="Abstain where more of the answers were wrong.")
@click.option("--coverage", type=Bounded(0, 1, True, True), help="Sets that hold the right label this often.")
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
    """Predict the sentences of SOURCE with RUN, or with a file that `stance train export` wrote.

    SOURCE is a table with sentence_id and text (targets, outlets and titles of a corpus are read from the
    documents.parquet beside it), a text file with a sentence a line, any file of records that
    `stance corpus build` reads, or - for standard input: lines of text, or of JSON objects with text and perhaps
    target, which are answered with one JSON object each. Writes predictions/RUN/SOURCE.parquet in the workspace: a row
    for each sentence and question, with record_id, text and target. Interrupted, the same command goes on where it
    stopped.
    """
    if source == "-" and (output or scheduler or engine != "local"):
        raise UsageError(
            "SOURCE - is answered line by line on standard output: leave out --output, --engine and --scheduler, or "
            "put the lines into a file"
        )
    started = perf_counter()
    alone = run.endswith(".onnx")
    named = Path(run).resolve() if alone else console.workspace.run(run)
    from train import predict
    from train.languages import said

    of = predict.opened(named)
    bounds = predict.limits(of, risk=risk, coverage=coverage)
    if source == "-":
        from train.answers import answers

        rows = 0
        lines = TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
        with said(console.note):
            for line in answers(of, lines, bounds, lambda reason: console.note(f"not predicted: {reason}")):
                click.echo(json.dumps(line, ensure_ascii=False))
                rows += 1
        console.result({"predictions": None, "rows": rows, "seconds": round(perf_counter() - started, 2)}, [])
        return
    folder = console.workspace.root / "predictions" / (named.stem if alone else of.id)
    path = output or folder / f"{Path(source).stem}.parquet"
    rejected: Counter[str] = Counter()
    with said(console.note), console.progress("predicting") as advance, _executor(engine, scheduler) as executor:
        done = predict.predict(
            of,
            Path(source),
            path.resolve(),
            bounds=bounds,
            executor=executor,
            rejected=lambda item: rejected.update([item.reason]),
            advance=advance,
            note=console.note,
        )
    for reason, count in sorted(rejected.items()):
        console.note(f"not predicted: {counted(count, 'record')}: {reason}")
    if done.repeated:
        console.note(
            f"{counted(done.repeated, 'sentence')} came before, and {'is' if done.repeated == 1 else 'are'} "
            "in the table once"
        )
    seconds = round(perf_counter() - started, 2)
    record = {"predictions": str(done.path), "rows": done.rows, "seconds": seconds, "resumed": done.resumed}
    record |= {"repeated": done.repeated}
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
