"""``stance corpus``: build, stats, sample."""

import time
from pathlib import Path

import click

from corpus.config import load
from corpus.console import Console, command, config_option
from corpus.settings import CorpusSettings


@click.group("corpus", help="Documents, sentences, clusters, samples.")
def group() -> None:
    """Group of the commands below."""


@command(group, "build", "stance corpus build corpus/sample/news.jsonl corpus/sample/seed.txt --titles")
@click.argument("sources", nargs=-1, required=True, metavar="SRC...")
@click.option(
    "--unit",
    type=click.Choice(["auto", "document", "line"]),
    default="auto",
    show_default=True,
    help="What is split: 'document' splits into sentences, 'line' takes each line of a .txt and each record as one "
    "sentence, 'auto' looks at the lines of a .txt.",
)
@click.option("--titles", is_flag=True, help="A record's title is a sentence of its own, not only context.")
@click.option("--strict", is_flag=True, help="Stop at the first record that cannot be used, instead of dropping it.")
@config_option("configs/corpus.yaml")
def build_command(
    console: Console, sources: tuple[str, ...], unit: str, titles: bool, strict: bool, config_file: Path
) -> None:
    """Read files, folders and globs (.txt, .jsonl, .csv) into documents, sentences and clusters.

    The tables in the workspace are replaced by what SRC say. A record that cannot be used is dropped with its reason.
    """
    from corpus.build import build, replace_tables

    started = time.monotonic()
    settings = load(config_file, CorpusSettings)
    with console.progress("records") as advance:
        built = build(
            sources, unit=unit, titles=titles, strict=strict, advance=advance,  # type: ignore[arg-type]
            **settings.segmenting.model_dump(), **settings.filters.model_dump(), **settings.duplicates.model_dump(),
        )  # fmt: skip
    changes = replace_tables(console.workspace.corpus, built)
    for note in built.notes[:_NOTES]:
        console.note(note)
    if len(built.notes) > _NOTES:
        console.note(f"... and so for {len(built.notes) - _NOTES} more text files")
    console.note(f"documents: {changes.new} new, {changes.kept} kept, {changes.gone} gone")
    dropped = {str(reason): int(n) for reason, n in built.dropped["reason"].value_counts().sort_index().items()}
    record = {
        "documents": len(built.documents), "sentences": len(built.sentences), "dropped": dropped,
        "clusters": built.clusters, "duplicates": built.duplicates, "seconds": round(time.monotonic() - started, 2),
    }  # fmt: skip
    lines = [
        f"{len(built.sentences)} sentences of {len(built.documents)} documents in {console.workspace.corpus}",
        f"{built.clusters} clusters: {built.duplicates} sentences repeat another one, exactly or nearly",
        *(f"dropped {n}: {reason}" for reason, n in dropped.items()),
    ]
    console.result(record, lines)


# Of a folder with thousands of text files nobody reads more.
_NOTES = 20
