"""The ``stance corpus`` commands on dataset versions: what changed between two, and versions without their text."""

from pathlib import Path

import click

from corpus.cli import group, reading_of
from corpus.config import load
from corpus.console import Console, command, config_option, counted
from corpus.settings import CorpusSettings


@command(group, "diff", "stance corpus diff demo/v1 demo/v2")
@click.argument("a")
@click.argument("b")
def diff_command(console: Console, a: str, b: str) -> None:
    """Say what changed from dataset version A to B: sentences, labels, sides of the split, annotations, settings."""
    from corpus.versions import dataset
    from corpus.versions.diff import diff, lines

    found = diff(*(dataset.load(console.workspace.dataset(name)) for name in (a, b)))
    console.result(found, lines(found))


@command(group, "export", "stance corpus export demo --without-text demo-ids")
@click.argument("dataset")
@click.option(
    "--without-text",
    "out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder to write to: ids, offsets, hashes and addresses, labels and split.",
)
def export_command(console: Console, dataset: str, out: Path) -> None:
    """Write a dataset version without text, titles and further columns of the sources, to pass it on."""
    from corpus.versions.dataset import load as load_dataset
    from corpus.versions.textless import export

    n = export(load_dataset(console.workspace.dataset(dataset)), out)
    console.result(
        {"export": str(out.resolve()), "sentences": n}, [f"{counted(n, 'sentence')} without their text: {out}"]
    )


@command(group, "join", "stance corpus join demo-ids corpus/sample/news.jsonl")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.argument("sources", nargs=-1, required=True, metavar="SRC...")
@config_option("configs/corpus.yaml")
def join_command(console: Console, folder: Path, sources: tuple[str, ...], config_file: Path) -> None:
    """Put the text back into an export in DIR from the files it came from; each sentence is checked by its hash."""
    from corpus.pipeline.reading import records
    from corpus.sources import Record, expand
    from corpus.versions.textless import join

    settings = load(config_file, CorpusSettings)
    with console.progress("records") as advance:

        def ticking(item: Record) -> Record:
            advance(1)
            return item

        found = records(expand(sources), False, reading_of(settings, config_file))
        joined = join(
            folder,
            (ticking(item) for item in found if isinstance(item, Record)),
            headline_words=settings.segmenting.headline_words,
        )
    if not joined.identical:
        console.note("every sentence is as it was, but other columns are not: the sources or settings differ from then")
    console.result(
        {"dataset": str(folder.resolve()), "sentences": joined.sentences, "identical": joined.identical},
        [f"{counted(joined.sentences, 'sentence')} of {counted(joined.documents, 'document')}: {folder}"],
    )
