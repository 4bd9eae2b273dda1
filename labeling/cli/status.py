"""``stance label status``: how far the labeling is, once or again and again."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.console import Console, command, labels_option
from labeling.cli.gold import figure
from labeling.cli.groups import group, settings_option

if TYPE_CHECKING:
    from rich.console import RenderableType

_SECONDS = 3


@command(group, "status", "stance label status --watch")
@click.option("--watch", is_flag=True, help="Show it as a table, anew every few seconds, until Ctrl-C.")
@labels_option
@settings_option
def status_command(console: Console, watch: bool, labels_file: Path, config_file: Path) -> None:
    """Progress, pace and agreement so far, by batch and annotator, from what was pulled."""
    from corpus import config
    from corpus.errors import UsageError
    from corpus.labels import load_labels
    from labeling.gold.aggregate import unknown
    from labeling.ledger.ledger import open_ledger
    from labeling.people.status import status
    from labeling.quality.measure import so_far
    from labeling.settings import LabelingSettings

    if watch and (console.as_json or console.verbosity < 0):
        raise UsageError("--watch shows a table until Ctrl-C, and goes with neither --json nor --quiet: leave one out")
    labels, settings = load_labels(labels_file), config.load(config_file, LabelingSettings)
    ledger = open_ledger(console.workspace)

    def look() -> dict[str, Any]:
        annotations = ledger.annotations()
        return {
            "progress": status(console.workspace, ledger),
            "agreement": so_far(console.workspace, ledger, labels, draws=settings.draws, seed=settings.seed),
            "left_out": [
                note for name, spec in labels.enabled.items() for note in unknown(annotations, name, spec.labels)
            ],
        }

    if watch:
        _watch(look)
        return
    record = look()
    for note in record["left_out"]:
        console.note(note)
    console.result(record, _lines(record) or ["nothing was pulled yet: `stance label pull`"])


def _lines(record: dict[str, Any]) -> list[str]:
    return [
        f"{row['batch']:<20} {row['annotator']:<36} {_done(row)} labelled, {row['skipped']} skipped, "
        f"median {_seconds(row)}"
        for row in record["progress"]
    ] + [
        f"{row['batch']:<20} alpha of {row['question']}: {figure(row['alpha'])}, "
        f"{row['items_with_overlap']} sentences by two or more"
        for row in record["agreement"]
    ]


def _done(row: dict[str, Any]) -> str:
    return f"{row['submitted']:>6} of {row['sentences']}"


def _seconds(row: dict[str, Any]) -> str:
    return f"{'-' if row['median_seconds'] is None else row['median_seconds']} s"


def _watch(look: Callable[[], dict[str, Any]]) -> None:
    from rich.live import Live

    with suppress(KeyboardInterrupt), Live(_page(look()), auto_refresh=False) as live:
        while True:
            time.sleep(_SECONDS)
            live.update(_page(look()), refresh=True)


def _page(record: dict[str, Any]) -> "RenderableType":
    from rich.console import Group
    from rich.text import Text

    progress = [
        (r["batch"], r["annotator"], _done(r).strip(), str(r["skipped"]), _seconds(r)) for r in record["progress"]
    ]
    agreed = [
        (r["batch"], r["question"], figure(r["alpha"]), str(r["items_with_overlap"])) for r in record["agreement"]
    ]
    return Group(
        _table(("batch", "annotator", "labelled", "skipped", "median"), progress),
        _table(("batch", "question", "alpha so far", "by two or more"), agreed),
        *map(Text, record["left_out"]),
        Text(f"{datetime.now():%H:%M:%S}, from what `stance label pull` brought; Ctrl-C ends", style="dim"),
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    table = Table(*head)
    for row in rows:
        # As Text, since rich takes brackets in a plain string for markup.
        table.add_row(*map(Text, row))
    return table
