"""The groups that the ``stance label`` commands register themselves with, and options that several of them share."""

from pathlib import Path

import click

from corpus.console import Console, config_option

settings_option = config_option("configs/labeling.yaml")


@click.group("label")
def group() -> None:
    """Label Studio: serve, push, pull; agreement, gold and dataset versions from what came back."""


@group.group("annotators")
def annotators() -> None:
    """Accounts of the people who label."""


def _refuse_bad_labels(context: click.Context, parameter: click.Parameter, path: Path | None) -> None:
    if path is not None:
        from corpus.labels import load_labels

        load_labels(path)


# For commands that take questions and labels from the server or the ledger: a file that is named is still checked.
checked_labels_option = click.option(
    "--labels",
    type=click.Path(dir_okay=False, path_type=Path),
    expose_value=False,
    callback=_refuse_bad_labels,
    help="Questions and labels; only checked here.",
)


def note_without_corpus(console: Console) -> None:
    """Say what a ledger that stands alone cannot tell, as after `stance label restore` into an empty workspace."""
    if not (console.workspace.corpus / "sentences.parquet").is_file():
        console.note(
            "no corpus in this workspace: texts and documents are not known, and each sentence stands for itself "
            "(`stance corpus build` brings them)"
        )
