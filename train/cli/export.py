"""``stance train export``: a run's model as an ONNX file."""

from pathlib import Path
from time import perf_counter

import click

from corpus.console import Console, command
from train.cli.groups import group
from train.languages import said
from train.numbers import number


@command(group, "export", "stance train export news-v1-hybrid-0a1b2c3d --onnx stance.onnx --question stance")
@click.argument("run")
@click.option(
    "--onnx", "path", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The ONNX file to write."
)
@click.option("--question", help="Whose model.  [default: the first question of the run]")
def export_command(console: Console, run: str, path: Path, question: str | None) -> None:
    """Write RUN's model as one ONNX graph: encoder, n-grams, classifier, calibration.

    RUN is an ID or a path; its model is tfidf, encoder, hybrid or finetuned. Before the file is kept it answers every
    row of the run's dataset: the same labels, probabilities within 0.001. What the graph is given: docs/models.md.
    """
    from train.exported import export
    from train.run import load as load_run

    started = perf_counter()
    of = load_run(console.workspace.run(run))
    asked = question or next(iter(of.manifest["fitted"]))
    if question is None:
        console.note(f"question {asked}; another one with --question")
    with said(console.note), console.progress("checking") as advance:
        done = export(of, path.resolve(), asked, advance)
    size = round(done.path.stat().st_size / 1e6, 1)
    record = {
        "file": str(done.path), "mb": size, "question": done.question, "labels": list(done.labels),
        "inputs": list(done.inputs), "checked": done.rows, "largest_difference": done.difference,
        "seconds": round(perf_counter() - started, 2),
    }  # fmt: skip
    told = f"{done.rows} rows: the same labels, probabilities at most {done.difference:.1g} apart"
    console.result(record, [told, f"{done.path} ({number(size, 1)} MB; given: {', '.join(done.inputs)})"])
