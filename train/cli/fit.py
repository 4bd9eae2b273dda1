"""``stance train fit``: a run from a dataset version."""

from pathlib import Path
from time import perf_counter

import click

from corpus.console import Console, command, config_option
from train.cli.groups import SEED, group
from train.numbers import number


@command(group, "fit", "stance train fit news --question stance")
@click.argument("dataset")
@click.option("--question", help="Fit this question only.  [default: every question of the dataset]")
@click.option("--model", help="Model by name.  [default: from the settings]")
@click.option("--seed", type=SEED, help="Random seed.  [default: from the settings]")
@config_option("configs/train.yaml")
def fit_command(
    console: Console, dataset: str, question: str | None, model: str | None, seed: int | None, config_file: Path
) -> None:
    """Fit a model for each question of DATASET, save it, and predict out of fold and on the test split.

    DATASET is a path, NAME/VERSION, or NAME for its newest version.
    """
    from corpus.config import load
    from corpus.errors import TooFewLabels
    from corpus.versions.dataset import load as load_dataset
    from train.fit import fit
    from train.languages import said
    from train.settings import TrainSettings

    started = perf_counter()
    asked = {"model": model, "seed": seed}
    settings = load(config_file, TrainSettings).model_copy(update={k: v for k, v in asked.items() if v is not None})
    with said(console.note), console.progress("fitting") as advance:
        result = fit(
            load_dataset(console.workspace.dataset(dataset)),
            runs=console.workspace.runs,
            settings=settings,
            questions=(question,) if question else None,
            advance=advance,
        )
    for name, reason in result.skipped.items():
        console.note(f"{name}: no model: {reason}")
    for name in result.fitted:
        for note in result.run.manifest["fitted"][name]["notes"]:
            console.note(f"{name}: {note}")
    if not result.fitted:
        raise TooFewLabels(f"run {result.run.id} has no model of any question. Mend what is said above, and fit again")
    seconds = round(perf_counter() - started, 2)
    record = {
        "run": str(result.run.path),
        "model": settings.model,
        "seconds": seconds,
        "questions": list(result.fitted),
        "skipped": result.skipped,
    }
    done = "was there already" if result.existed else f"fitted in {number(seconds, 1)} s"
    console.result(record, [f"{result.run.id}: {done} ({', '.join(result.fitted)})", str(result.run.path)])
