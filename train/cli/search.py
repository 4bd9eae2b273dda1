"""``stance train tune`` and ``curve``: settings chosen, and labels counted, on training rows alone."""

import json
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from corpus.console import Console, command, config_option
from train.cli.groups import SEED, group
from train.languages import said
from train.numbers import interval, number

_scheduler = click.option("--scheduler", help="Address of a Dask scheduler.  [default: processes on this machine]")


def _names(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())


def _numbers(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, ...]:
    names = _names(ctx, param, value)
    if not all(name.isdecimal() for name in names):
        raise click.BadParameter(f"expected numbers separated by commas, got {value!r}")
    return tuple(int(name) for name in names)


@command(group, "tune", "stance train tune news --question stance --model tfidf --trials 20")
@click.argument("dataset")
@click.option("--question", help="Whose labels.  [default: the first question of the dataset]")
@click.option("--model", callback=_names, help="Model, or several to choose from: a,b.  [default: from the settings]")
@click.option("--trials", type=click.IntRange(1), default=20, show_default=True, help="Settings to try.")
@click.option("--seed", type=SEED, help="Random seed.  [default: from the settings]")
@_scheduler
@config_option("configs/train.yaml")
def tune_command(
    console: Console,
    dataset: str,
    question: str | None,
    model: tuple[str, ...],
    trials: int,
    seed: int | None,
    scheduler: str | None,
    config_file: Path,
) -> None:
    """Choose settings for DATASET by nested cross-validation, and write them as YAML for `stance train fit --config`.

    Folds are of training rows alone and keep documents and copies together. The outer score is that of rows which no
    choice has seen: quote it, not the inner one. Interrupted, the same command goes on where it stopped; the same seed
    gives the same settings whatever the workers.
    """
    import yaml

    from corpus.files import replacing, write_json, write_text
    from train.selection import tune

    started = perf_counter()
    of, settings, asked, folder = _begun(
        console, "tuning", dataset, question, config_file, seed, {"model": model, "trials": trials}
    )
    from train.selection.fits import workers

    models = model or (settings.model,)
    total = (tune.OUTER + 1) * (trials + 1) * tune.INNER + 2 * tune.OUTER
    with said(console.note), console.progress("tuning", total) as advance, workers(scheduler) as executor:
        found = tune.tune(
            of, question=asked, models=models, trials=trials, settings=settings, kept=folder / "fits.jsonl",
            executor=executor, advance=advance,
        )  # fmt: skip
    path = folder / "settings.yaml"
    outer, before, gain = (found.record[name] for name in ("outer", "outer_as_they_were", "gain"))
    head = (
        f"# Chosen by `stance train tune` for {dataset}, {asked}: macro-F1 {number(outer['value'])} "
        f"({interval(outer['low'], outer['high'])}) on outer folds; settings as they were: {number(before['value'])}.\n"
    )
    write_text(path, head + yaml.safe_dump(found.settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True))
    write_json(folder / "tune.json", found.record)
    with replacing(folder / "trials.csv") as beside:
        found.trials.assign(changed=found.trials["changed"].map(json.dumps)).to_csv(beside, index=False)
    seconds = round(perf_counter() - started, 2)
    record = {"settings": str(path), "trials": str(folder / "trials.csv"), "seconds": seconds} | {
        name: found.record[name] for name in ("question", "inner", "outer", "outer_as_they_were", "gain", "changed")
    }
    paid = gain["low"] is not None and gain["low"] > 0
    lines = [
        f"{asked}: outer macro-F1 {number(outer['value'])} ({interval(outer['low'], outer['high'])}), inner "
        f"{number(found.record['inner'])}; settings as they were {number(before['value'])} on the same folds",
        f"gain {number(gain['value'])} ({interval(gain['low'], gain['high'])}): "
        + ("tuning pays" if paid else "no more than chance; the settings as they were are as good"),
        *(
            f"  {name}: {own['sentences']} sentences, F1 {number(own['f1'])} (was {number(own['f1_as_it_was'])})"
            for name, own in found.record["labels"].items()
        ),
        f"beat {len(found.trials) - 1} others ({folder / 'trials.csv'})",
        str(path),
    ]
    console.result(record, lines)


@command(group, "curve", "stance train curve news --models tfidf,hybrid --strategies random,uncertain")
@click.argument("dataset")
@click.option("--question", help="Whose labels.  [default: the first question of the dataset]")
@click.option("--models", callback=_names, help="Models: a,b.  [default: from the settings]")
@click.option(
    "--strategies", callback=_names, default="random", show_default=True,
    help="Ways to draw: random, uncertain, typiclust, badge, diverse.",
)  # fmt: skip
@click.option("--seeds", type=click.IntRange(1), default=10, show_default=True, help="Draws of each.")
@click.option("--sizes", callback=_numbers, help="Numbers of labels: 50,100.  [default: 20, doubled to all]")
@click.option("--seed", type=SEED, help="Random seed.  [default: from the settings]")
@_scheduler
@config_option("configs/train.yaml")
def curve_command(
    console: Console,
    dataset: str,
    question: str | None,
    models: tuple[str, ...],
    strategies: tuple[str, ...],
    seeds: int,
    sizes: tuple[int, ...],
    seed: int | None,
    scheduler: str | None,
    config_file: Path,
) -> None:
    """Draw the learning curve of models and sampling strategies on DATASET's training rows.

    Says in words what 100 more labels would probably bring, and which strategy saves any. Writes curve.svg, curve.png,
    curve.csv and curve.json. Interrupted, the same command goes on where it stopped.
    """
    from corpus.files import replacing, write_json
    from train.selection import reading
    from train.selection.curve import as_record, curve
    from train.selection.drawing import draw
    from train.selection.fits import workers

    started = perf_counter()
    chosen = {"models": models, "strategies": strategies, "seeds": seeds, "sizes": sizes}
    of, settings, asked, folder = _begun(console, "curves", dataset, question, config_file, seed, chosen)
    models = models or (settings.model,)
    total = len(models) * len(strategies) * seeds
    with said(console.note), console.progress("curve", total) as advance, workers(scheduler) as executor:
        found = curve(
            of, question=asked, models=models, strategies=strategies, seeds=seeds, settings=settings, sizes=sizes,
            kept=folder / "fits.jsonl", executor=executor, advance=advance,
        )  # fmt: skip
    points, told = reading.points(found.table), reading.sentences(found.table)
    with replacing(folder / "curve.csv") as beside:
        points.round(6).to_csv(beside, index=False)
    more = {f"{model}, {name}": one.as_dict() for (model, name), one in reading.forecasts(found.table).items()}
    write_json(folder / "curve.json", as_record(found) | {"forecasts": more, "words": told})
    pictures = draw(points, asked, folder)
    seconds = round(perf_counter() - started, 2)
    record = {
        "curve": str(folder / "curve.csv"), "pictures": [str(path) for path in pictures], "question": asked,
        "forecasts": more, "words": told, "seconds": seconds,
    }  # fmt: skip
    wide = max(len(f"{model}, {name}") for model in models for name in strategies)
    lines = [
        f"{row['model'] + ', ' + row['strategy']:{wide}}  {row['labels']:6}  {number(row['mean'])}"
        + (f"  ({interval(row['low'], row['high'])})" if seeds > 1 else "")
        for row in points.to_dict("records")
    ]
    console.result(record, [*lines, *told, str(pictures[0])])


def _begun(
    console: Console,
    what: str,
    name: str,
    question: str | None,
    config_file: Path,
    seed: int | None,
    asked: dict[str, Any],
) -> tuple[Any, Any, str, Path]:
    """The dataset, the settings, the question, and the folder of this work: the same for the same work only."""
    from corpus.config import load
    from corpus.files import sha256_text
    from corpus.versions.dataset import load as load_dataset
    from train.labelled import labels_of
    from train.run import code_hash, libraries, unchanged
    from train.settings import TrainSettings

    dataset = unchanged(load_dataset(console.workspace.dataset(name)))
    settings = load(config_file, TrainSettings)
    settings = settings if seed is None else settings.model_copy(update={"seed": seed})
    of = question or next(iter(labels_of(dataset).enabled))
    if question is None:
        console.note(f"question {of}; another one with --question")
    known = [dataset.manifest["sha256"], of, settings.model_dump(mode="json"), asked, code_hash(), libraries()]
    version = f"{dataset.manifest['name']}-{dataset.manifest['version']}-{of}"
    return dataset, settings, of, console.workspace.root / what / f"{version}-{sha256_text(json.dumps(known))[:8]}"
