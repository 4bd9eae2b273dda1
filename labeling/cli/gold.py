"""The ``stance label`` commands that need no server: agreement, gold, dataset versions, the guideline."""

from pathlib import Path
from typing import Any

import click

from corpus.console import Bounded, Console, command, config_option, counted, labels_option
from labeling.cli.groups import group, note_without_corpus, settings_option


def figure(estimate: dict[str, Any]) -> str:
    """`0.71 [0.66, 0.75]`, or why there is none."""
    if estimate["value"] is None:
        return f"undefined ({estimate.get('note', 'no variation')})"
    interval = f" [{estimate['low']:.3f}, {estimate['high']:.3f}]" if estimate["low"] is not None else ""
    return f"{estimate['value']:.3f}{interval}" + (f" ({estimate['note']})" if "note" in estimate else "")


@command(group, "agreement", "stance label agreement --question stance")
@click.option("--question", help="One question.  [default: the first]")
@click.option("--by", help="Also for each question, label, batch, week, or value of a column (outlet, event, x_NAME).")
@click.option("--level", type=click.Choice(["nominal", "ordinal", "interval"]), default="nominal", show_default=True)
@click.option("--at-least", type=Bounded(-1, 1), help="Exit 3 unless alpha reaches this.")
@labels_option
@settings_option
def agreement_command(
    console: Console,
    question: str | None,
    by: str | None,
    level: str,
    at_least: float | None,
    labels_file: Path,
    config_file: Path,
) -> None:
    """Krippendorff's alpha, Gwet's AC1 and pairwise kappa, with 95 % intervals by document."""
    from corpus import config
    from corpus.labels import load_labels
    from labeling.quality.agreement import LEVELS
    from labeling.quality.measure import measure, require
    from labeling.settings import LabelingSettings

    labels = load_labels(labels_file)
    name = question or next(iter(labels.enabled))
    labels.question(name)
    settings = config.load(config_file, LabelingSettings)
    chosen = next(known for known in LEVELS if known == level)
    record = measure(console.workspace, labels, name, by=by, level=chosen, draws=settings.draws, seed=settings.seed)
    note_without_corpus(console)
    for note in record["left_out"]:
        console.note(note)
    lines = [
        f"{name}: {record['items']} sentences, {record['items_with_overlap']} by two or more; "
        f"{counted(record['annotators'], 'annotator')}"
    ]
    lines += [
        f"{title:<22} {figure(record[key])}"
        for title, key in (("Krippendorff's alpha", "alpha"), ("Gwet's AC1", "ac1"), ("raw agreement", "raw"))
    ]
    lines += [
        f"kappa {pair['a']} / {pair['b']}: {figure(pair | {'value': pair['kappa']})} on {pair['items']}"
        for pair in record["pairwise"]
    ]
    lines += [f"alpha, {by} {value}: {figure(part['alpha'])}" for value, part in record.get("by", {}).items()]
    console.result(record, lines)
    if at_least is not None:
        require(record, at_least)


@command(group, "aggregate", "stance label aggregate --method dawid-skene")
@click.option(
    "--method",
    type=click.Choice(["majority", "dawid-skene", "mace", "glad"]),
    default="majority",
    show_default=True,
    help="Most votes; or a model of annotators (glad: minutes from 100,000 answers on).",
)
@click.option(
    "--min-probability",
    type=Bounded(0, 1),
    help="Of a model: a less probable label is left open.  [default: as configured]",
)
@labels_option
@settings_option
def aggregate_command(
    console: Console, method: str, min_probability: float | None, labels_file: Path, config_file: Path
) -> None:
    """One gold label per sentence and question, into gold.parquet; ties and what is unsure stay open."""
    from corpus import config, tables
    from corpus.labels import load_labels
    from labeling.gold.aggregate import METHODS, aggregate, unknown
    from labeling.gold.unmapped import require_map
    from labeling.ledger.ledger import open_ledger
    from labeling.settings import LabelingSettings

    labels, ledger = load_labels(labels_file), open_ledger(console.workspace)
    annotations, decisions = ledger.annotations(), ledger.annotations(kinds=("adjudication",))
    if min_probability is None:
        min_probability = config.load(config_file, LabelingSettings).min_probability
    for answers in (annotations, decisions):
        require_map(ledger, labels, answers)
    for name, question in labels.enabled.items():
        for note in unknown(annotations, name, question.labels):
            console.note(note)
    chosen = next(known for known in METHODS if known == method)
    gold = aggregate(annotations, labels, chosen, min_probability=min_probability, decisions=decisions)
    tables.write(gold, console.workspace.gold, tables.GOLD)
    ties, adjudicated = int(gold["label"].isna().sum()), int(gold["adjudicator"].notna().sum())
    console.result(
        {"gold": len(gold) - ties, "ties": ties, "method": method, "adjudicated": adjudicated},
        [
            f"{len(gold) - ties} gold labels by {method}"
            + (f", {adjudicated} of them adjudicated" if adjudicated else "")
            + f"; {ties} left open ({console.workspace.gold})"
        ],
    )


@command(group, "release", "stance label release demo --split cluster")
@click.argument("name")
@click.option(
    "--split",
    help="What must not be on both sides: cluster, document, outlet, event; or random, time, column:NAME."
    "  [default: as configured]",
)
@click.option("--seed", type=click.IntRange(0), help="Seed of the split.  [default: as configured]")
@labels_option
@config_option("configs/corpus.yaml")
def release_command(
    console: Console, name: str, split: str | None, seed: int | None, labels_file: Path, config_file: Path
) -> None:
    """Freeze sentences, annotations, gold and split as a dataset version; the same content keeps its version."""
    from corpus import config
    from corpus.labels import load_labels
    from corpus.settings import CorpusSettings
    from corpus.workspace import checked_name
    from labeling.gold.release import release

    settings = config.load(config_file, CorpusSettings)
    frozen = release(
        console.workspace,
        checked_name("dataset", name),
        load_labels(labels_file),
        split=split or settings.split.by,
        test_share=settings.split.test_share,
        folds=settings.split.folds,
        missing_label=settings.split.missing_label,
        seed=settings.split.seed if seed is None else seed,
    )
    for note in frozen.notes:
        console.note(note)
    console.result(
        {"dataset": str(frozen.path), "version": frozen.version, "items": frozen.items, "sha256": frozen.sha256},
        [f"{name}/{frozen.version}: {frozen.items} sentences ({frozen.path})"],
    )


@command(group, "guideline", "stance label guideline")
@labels_option
def guideline_command(console: Console, labels_file: Path) -> None:
    """Write the annotators' guideline as one HTML page."""
    from corpus.files import write_text
    from corpus.labels import load_labels
    from labeling.guideline import guideline_html

    labels = load_labels(labels_file)
    path = console.workspace.root / "guideline.html"
    write_text(path, guideline_html(labels))
    console.result({"guideline": str(path), "labels_version": labels.version}, [f"guideline {labels.version}: {path}"])
