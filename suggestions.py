"""``stance label suggest`` and ``backend``: a fitted model beside the labeling page. Wires train to labeling."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from corpus.console import Console, command, counted
from labeling.cli.groups import checked_labels_option, group


@command(group, "suggest", "stance label suggest 20260101-tfidf batch-001")
@click.argument("run")
@click.argument("batch")
@checked_labels_option
def suggest_command(console: Console, run: str, batch: str) -> None:
    """Show the predictions of RUN to the suggestion arm of BATCH, with their scores and the model's version.

    The table of predictions is kept: `stance label annotators assign BATCH ... --predictions FILE` begins with what
    the model is least sure of.
    """
    from corpus import tables
    from corpus.errors import UsageError
    from labeling.ledger.ledger import open_ledger
    from labeling.studio.client import connect
    from labeling.suggestions.suggest import suggest
    from train.predict import limits, predictions
    from train.run import load

    path = console.workspace.batch(batch)
    fitted = load(console.workspace.run(run))
    frame = tables.read(path, tables.BATCH)
    with console.progress(f"predict {path.stem}"):
        table = predictions(fitted.answerers(), frame, limits(fitted), fitted.id)
    kept = console.workspace.root / "predictions" / f"{path.stem}-{fitted.id}.parquet"
    tables.write(table, kept, tables.PREDICTIONS)
    try:
        done = suggest(connect(console.workspace), open_ledger(console.workspace), path.stem, table)
    except UsageError as error:
        raise UsageError(f"{error}. The predictions are in {kept}: --predictions takes them") from None
    console.result(
        {
            "batch": path.stem,
            "model": fitted.id,
            "predictions": str(kept),
            "arm": done.arm,
            "created": done.created,
            "existing": done.existing,
            "begun": done.begun,
        },
        [
            f"{counted(done.arm, 'task')} in the suggestion arm: {done.created} suggestions added, {done.existing} "
            f"there before, {done.begun} begun already and left as they are; predictions in {kept}"
        ],
    )


@command(group, "backend", "stance label backend 20260101-tfidf --port 9090")
@click.argument("run")
@click.option("--port", type=click.IntRange(0, 65535), default=9090, show_default=True, help="0 takes a free one.")
@checked_labels_option
def backend_command(console: Console, run: str, port: int) -> None:
    """Serve the model of RUN to Label Studio (its ML backend protocol), on this machine, until Ctrl-C or SIGTERM.

    Connect it in a project's settings under Model. Tasks that are assigned to show no suggestion, and the sealed test
    set, get none.
    """
    from labeling.suggestions.backend import backend
    from train.predict import limits
    from train.run import load
    from train.serve import judging, listen

    fitted = load(console.workspace.run(run))
    models = fitted.answerers()
    names = {question: [str(label) for label in model.classes_] for question, model in models.items()}
    judge = judging(models, limits(fitted), fitted.id)

    def said(tasks: Sequence[Mapping[str, Any]]) -> list[dict[str, tuple[str, float]]]:
        answers = judge([_sentence(data) for data in tasks])
        return [{name: (one["label"], one["p"][one["label"]]) for name, one in answer.items()} for answer in answers]

    def ready(url: str) -> None:
        console.result(
            {"url": url, "model": fitted.id, "questions": list(names)},
            [f"model {fitted.id} answers at {url} (Ctrl-C stops it)"],
        )
        sys.stdout.flush()  # whoever started it waits for this line

    listen(backend(said, names, fitted.id, _shows(console)), "127.0.0.1", port, ready)


def _sentence(data: Mapping[str, Any]) -> dict[str, str | int]:
    """Of a task's data what a model may use; what is of another kind is left out, as it is where a task lacks it."""
    from train.texts import COLUMNS

    kinds = {name: int if name == "target_start" else str for name in COLUMNS}
    return {name: data[name] for name, kind in kinds.items() if isinstance(data.get(name), kind)}


def _shows(console: Console) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a task may show a suggestion: none of the sealed test set, none whose assignment says no.

    The assignment is read again for unknown items.
    """
    from corpus import tables
    from corpus.sampling.sealed import TEST
    from labeling.ledger.ledger import open_ledger

    ledger, test = open_ledger(console.workspace), console.workspace.batches / f"{TEST}.parquet"
    sealed = set(tables.read(test, tables.BATCH)["sentence_id"]) if test.exists() else set()
    known: dict[str, bool] = {}

    def shows(data: Mapping[str, Any]) -> bool:
        item = data.get("item")
        if data.get("sentence_id") in sealed:
            return False
        if item is None:
            return True
        if item not in known:
            table = ledger.assignments()
            known.update(zip(table["item"], table["suggestion"].astype(bool), strict=True))
        return known.get(item, False)

    return shows
