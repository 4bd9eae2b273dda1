"""``stance corpus``: build, stats, sample."""

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpus.config import load
from corpus.console import ROOT, Console, command, config_option, counted
from corpus.settings import CorpusSettings

if TYPE_CHECKING:
    from corpus.sources import Reading


@click.group("corpus", help="Documents, sentences, clusters, samples.")
def group() -> None:
    """Group of the commands below."""


def reading_of(settings: CorpusSettings, config_file: Path) -> "Reading":
    """How sources are read, as the settings say; the table of outlets is found from the file of settings."""
    from corpus.sources import Reading
    from corpus.sources.outlets import load as load_outlets

    of = settings.sources
    return Reading(
        columns=of.columns,  # type: ignore[arg-type]
        date_order=of.date_order,
        outlets=load_outlets(config_file.parent / of.outlets if of.outlets else ROOT / "configs" / "outlets.csv"),
        record_bytes=of.record_mb << 20,
        unpacked_bytes=of.unpacked_gb << 30,
        unpacked_ratio=of.unpacked_ratio,
    )


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
@click.option(
    "--engine",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="Who works: this process; or Dask, with a process for each processor, or the cluster at --scheduler.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster that shares this folder: tcp://10.0.0.5:8786.")
@config_option("configs/corpus.yaml")
def build_command(
    console: Console,
    sources: tuple[str, ...],
    unit: str,
    titles: bool,
    strict: bool,
    engine: str,
    scheduler: str | None,
    config_file: Path,
) -> None:
    """Read files, folders and globs into documents, sentences and clusters.

    Text, JSON lines, CSV and TSV, Parquet, HTML, WARC, RSS and Atom, Label Studio JSON; each also as .gz, .zst or .bz2,
    or in a .zip. The tables in the workspace are replaced by what SRC say. A record that cannot be used is dropped with
    its reason. A build that was stopped goes on where it was when it is started again.
    """
    from corpus.build import build_into
    from corpus.copies.duplicates import CopyRules
    from corpus.errors import UsageError
    from corpus.pipeline.engines import dask, local
    from corpus.sources import passed_over
    from corpus.text.filters import Filters

    if scheduler and engine != "dask":
        raise UsageError("--scheduler is for --engine dask")
    started = time.monotonic()
    settings = load(config_file, CorpusSettings)
    with dask(scheduler) if engine == "dask" else local() as workers:
        built = build_into(
            console.workspace.corpus, sources, unit=unit, titles=titles, strict=strict,  # type: ignore[arg-type]
            **settings.segmenting.model_dump(), filters=Filters(**settings.filters.model_dump()),
            copies=CopyRules(**settings.duplicates.model_dump()), reading=reading_of(settings, config_file),
            languages=settings.sources.languages, engine=workers, progress=console.progress,
        )  # fmt: skip
    changes = built.changes
    notes = [*(f"{note.source}: {note.message}" for note in passed_over(sources)), *built.notes]
    for note in notes[:_NOTES]:
        console.note(note)
    if len(notes) > _NOTES:
        console.note(f"... and so for {len(notes) - _NOTES} more notes on sources")
    console.note(f"documents: {changes.new} new, {changes.kept} kept, {changes.gone} gone")
    record = {
        "documents": built.documents, "sentences": built.sentences, "dropped": built.dropped,
        "clusters": built.clusters, "duplicates": built.duplicates, "seconds": round(time.monotonic() - started, 2),
    }  # fmt: skip
    lines = [
        f"{counted(built.sentences, 'sentence')} of {counted(built.documents, 'document')}"
        f" in {console.workspace.corpus}",
        f"{counted(built.clusters, 'cluster')}; repeating another sentence, exactly or nearly: {built.duplicates}",
        *(f"dropped {n}: {reason}" for reason, n in built.dropped.items()),
    ]
    console.result(record, lines)


@command(group, "why", "stance corpus why 1f0c33d2a95be4471d08c6aa 90ab5e7d1c24f3860b7d92e1")
@click.argument("first", metavar="ID")
@click.argument("second", metavar="ID")
def why_command(console: Console, first: str, second: str) -> None:
    """Say why two sentences, or two documents, are copies: the path of links between them, with their texts."""
    from corpus.copies.evidence import lines, why
    from corpus.tables import DOCUMENTS, LINKS, SENTENCES, read

    folder = console.workspace.corpus
    found = why(
        first, second,
        sentences=read(folder / "sentences.parquet", SENTENCES),
        documents=read(folder / "documents.parquet", DOCUMENTS),
        links=read(folder / "links.parquet", LINKS),
    )  # fmt: skip
    console.result(found, lines(found))


@command(group, "stats", "stance corpus stats --html corpus.html")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page as well, with the attrition drawn."
)
def stats_command(console: Console, html: Path | None) -> None:
    """Say what is in the corpus: counts by outlet, event and language, what was dropped and why, what is copied."""
    from corpus.files import write_text
    from corpus.stats.page import page
    from corpus.stats.summary import lines, stats
    from corpus.tables import DOCUMENTS, DROPPED, LINKS, SENTENCES, read

    folder = console.workspace.corpus
    tables = {"documents": DOCUMENTS, "sentences": SENTENCES, "dropped": DROPPED, "links": LINKS}
    found = stats(*(read(folder / f"{name}.parquet", table) for name, table in tables.items()))
    if html:
        write_text(html, page(found))
        console.note(f"drawn in {html}")
    console.result(found, lines(found))


def _count(ctx: click.Context, param: click.Parameter, value: str) -> int | None:
    if value != "all" and not (value.isdecimal() and int(value) > 0):
        raise click.BadParameter(f"expected a number from 1 on, or all, got {value!r}")
    return None if value == "all" else int(value)


@command(group, "sample", "stance corpus sample 200 --by outlet,event")
@click.argument("n", callback=_count, metavar="N")
@click.option(
    "--strategy",
    type=click.Choice(["random", "stratified", "uncertain", "typiclust", "badge", "diverse"]),
    help="How to choose; see below.  [default: stratified with --by, uncertain with --predictions, else random]",
)
@click.option("--by", default="", metavar="COLUMN,...", help="Columns whose values each get their share.")
@click.option(
    "--shares",
    type=click.Choice(["proportional", "equal"]),
    default="proportional",
    show_default=True,
    help="Of each value of --by.",
)
@click.option(
    "--predictions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Predictions of a model, for uncertain, badge and typiclust.",
)
@click.option("--question", help="Whose predictions, where FILE answers several.")
@click.option(
    "--measure",
    type=click.Choice(["margin", "entropy"]),
    default="margin",
    show_default=True,
    help="Unsure: the two likeliest classes are close, or all are.",
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was published on this day (UTC) or later.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Only what was published on this day or before.")
@click.option("--per-document", type=click.IntRange(1), help="At most so many sentences of a document.")
@click.option("--per-cluster", type=click.IntRange(1), help="At most so many copies of a sentence.")
@click.option("--name", help="Name of the batch.  [default: batch-001, -002, ...]")
@click.option("--seed", type=click.IntRange(0), help="Another seed draws another batch.  [default: as configured]")
@click.option(
    "--test", is_flag=True, help="Draw the sealed test set: whole clusters at random, before any other batch."
)
@config_option("configs/corpus.yaml")
def sample_command(
    console: Console,
    n: int | None,
    by: str,
    since: datetime | None,
    until: datetime | None,
    per_document: int | None,
    per_cluster: int | None,
    strategy: str | None,
    seed: int | None,
    config_file: Path,
    **asked: Any,
) -> None:
    """Draw a batch of N sentences to label, or of all that are in no batch yet.

    \b
    random      each sentence as likely as any other
    stratified  each value of --by gets its share
    uncertain   what a model is least sure of, equally many of each class that it predicts
    typiclust   typical sentences of kinds that are in no batch yet; with --predictions as uncertain
    badge       what a model is unsure of, and unlike each other
    diverse     one of each kind of sentence, the most typical first

    `stance train curve` measures which of them saves labels on your data; often none does.

    The same command again gives back the same batch; another --seed or --name draws from what is left. Sentences of
    the sealed test set, and their copies, are never drawn again; with --predictions there must be one.
    """
    from corpus.copies.duplicates import CopyRules
    from corpus.sampling.choosing import Limits
    from corpus.sampling.draw import sample

    settings = load(config_file, CorpusSettings)
    columns = tuple(part.strip() for part in by.split(",") if part.strip())
    default = "stratified" if columns else "uncertain" if asked["predictions"] else "random"
    batch = sample(
        console.workspace,
        n,
        strategy=strategy or default,
        by=columns,
        seed=settings.sampling.seed if seed is None else seed,
        limits=Limits(since and since.date(), until and until.date(), per_document, per_cluster),
        copies=CopyRules(**settings.duplicates.model_dump()),
        **asked,
    )
    if batch.existed:
        console.note(f"{batch.name} was drawn like this before; another --seed or --name draws another one")
    elif n and batch.sentences > n:
        console.note(f"{batch.sentences} sentences instead of {n}: copies stay together (--per-cluster 1 takes one)")
    record = {"batch": batch.name, "sentences": batch.sentences, "path": str(batch.path), "existed": batch.existed}
    console.result(record, [f"{batch.name}: {counted(batch.sentences, 'sentence')} ({batch.path})"])


# Of a folder with thousands of text files nobody reads more.
_NOTES = 20

# The commands on dataset versions register themselves with the group.
from corpus.cli import versions as cli_versions  # noqa: E402, F401
