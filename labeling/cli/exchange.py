"""``stance label import`` and ``export``: labels from and for other tools; no server is needed."""

from pathlib import Path

import click

from corpus.console import Console, command, counted, labels_option
from labeling.cli.groups import group, note_without_corpus

_FORMATS = click.Choice(["csv", "label-studio", "label-studio-min", "prodigy", "doccano"])
_REASONS_SHOWN = 10


@command(group, "import", "stance label import answers.csv --question stance --annotator-columns 'worker_*'")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "form", type=_FORMATS, help="What FILE is.  [default: told from it]")
@click.option("--question", help="Of a file that does not name one.")
@click.option("--annotator-columns", help="A wide CSV: the columns that are annotators (worker_*, or ann,bob).")
@click.option("--annotator", help="Of a file that does not name one (Prodigy, doccano).")
@labels_option
def import_command(
    console: Console,
    file: Path,
    form: str | None,
    question: str | None,
    annotator_columns: str | None,
    annotator: str | None,
    labels_file: Path,
) -> None:
    """Bring in labels that people made elsewhere: CSV, or the JSON of Label Studio, Prodigy, doccano.

    A row names its sentence by sentence_id, by the id of the record, or by its text. The same file again adds nothing.
    Rows that cannot be used are counted, with the reason.
    """
    from corpus import tables
    from corpus.labels import load_labels
    from labeling.exchange.load import load
    from labeling.exchange.read import FORMATS, read
    from labeling.ledger.ledger import open_ledger

    labels = load_labels(labels_file)
    if question is not None:
        labels.question(question)
    chosen = next((known for known in FORMATS if known == form), None)
    sentences = tables.read(console.workspace.corpus / "sentences.parquet", tables.SENTENCES)
    documents = tables.read(console.workspace.corpus / "documents.parquet", tables.DOCUMENTS)
    with console.progress(f"import {file.name}") as advance:
        items = read(
            file,
            list(labels.questions),
            form=chosen,
            question=question,
            columns=annotator_columns,
            annotator=annotator,
        )
        done = load(items, open_ledger(console.workspace), labels, sentences, documents, advance=advance)
    for reason, count in list(done.skipped.items())[:_REASONS_SHOWN]:
        console.note(f"left out: {counted(count, 'answer')}: {reason} (first at {done.examples[reason]})")
    if len(done.skipped) > _REASONS_SHOWN:
        console.note(f"left out for {len(done.skipped) - _REASONS_SHOWN} more reasons: see --json")
    console.result(
        {
            "rows": done.rows,
            "sentences": done.sentences,
            "annotators": done.annotators,
            "new": done.new,
            "changed": done.changed,
            "known": done.known,
            "skipped": done.skipped,
        },
        [
            f"{counted(done.rows, 'answer')} in {file.name}: {counted(done.sentences, 'sentence')} by "
            f"{counted(done.annotators, 'annotator')}; {done.new} annotations new, {done.changed} changed, "
            f"{sum(done.skipped.values())} answers left out"
            + (f", {done.known} pulled from a server before" if done.known else "")
        ],
    )


@command(group, "export", "stance label export labels.csv")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "form", type=_FORMATS, default="csv", show_default=True, help="What FILE becomes.")
@click.option("--question", help="Only this one.  [default: all]")
@labels_option
def export_command(console: Console, file: Path, form: str, question: str | None, labels_file: Path) -> None:
    """Write the answers in the ledger for another tool; `stance label import` reads each format back.

    With each answer goes what was noted (comment, confidence, evidence), the reason of a skip, what was in view, and
    the kind of item: hidden gold and second showings are no votes. What is left out is counted; docs/exchange.md says
    what each format can hold.
    """
    from corpus import tables
    from corpus.labels import load_labels
    from labeling.exchange.answer import KINDS
    from labeling.exchange.read import FORMATS
    from labeling.exchange.save import save
    from labeling.ledger.ledger import open_ledger

    labels = load_labels(labels_file)
    if question is not None:
        labels.question(question)
    done = save(
        file,
        next(known for known in FORMATS if known == form),
        open_ledger(console.workspace).annotations(KINDS, more=("cue", "notes")),
        labels,
        tables.read_if_there(console.workspace.corpus / "sentences.parquet", tables.SENTENCES),
        tables.read_if_there(console.workspace.corpus / "documents.parquet", tables.DOCUMENTS),
        question=question,
    )
    note_without_corpus(console)
    for reason, count in done.left_out.items():
        console.note(f"left out: {counted(count, 'answer')}: {reason}")
    console.result(
        {"file": str(file), "format": form, "rows": done.rows, "left_out": done.left_out},
        [f"{counted(done.rows, 'answer')} to {file}"],
    )
