"""``stance label suggest`` and ``backend``: a fitted model beside the labeling page. Wires train to labeling."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from corpus.console import Console, command, counted
from labeling.cli.groups import checked_labels_option, group

if TYPE_CHECKING:
    import pandas as pd

    from labeling.suggestions.predictions import Probabilities
    from train.run import Run


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
    from train.run import load

    path = console.workspace.batch(batch)
    fitted = load(console.workspace.run(run))
    frame = tables.read(path, tables.BATCH)
    with console.progress(f"predict {path.stem}"):
        table = predicted(fitted, frame)
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

    Connect it in a project's settings under Model. Tasks that are assigned to show no suggestion get none.
    """
    import socket

    import uvicorn

    from labeling.suggestions.backend import backend
    from train.run import load

    fitted = load(console.workspace.run(run))
    models = _models(fitted)
    names = {question: [str(label) for label in model.classes_] for question, model in models.items()}
    app = backend(lambda texts: _said(models, texts), names, fitted.id, _shows(console))
    with socket.create_server(("127.0.0.1", port)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        console.result(
            {"url": url, "model": fitted.id, "questions": list(names)},
            [f"model {fitted.id} answers at {url} (Ctrl-C stops it)"],
        )
        sys.stdout.flush()  # whoever started it waits for this line
        # No access log: Label Studio sends the owner's token when it connects.
        config = uvicorn.Config(app, log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listening])


def predicted(fitted: "Run", batch: "pd.DataFrame") -> "pd.DataFrame":
    """The ``predictions`` table of a batch, by every question's model of a run."""
    import pandas as pd

    parts = []
    for question, model in _models(fitted).items():
        values = model.predict_proba(batch["text"].tolist())
        table = pd.DataFrame(values, columns=list(model.classes_))
        best = table.idxmax(axis="columns")
        parts.append(
            table.add_prefix("p_").assign(
                sentence_id=batch["sentence_id"].to_numpy(),
                question=question,
                label=best,
                abstained=False,
                model_id=fitted.id,
            )
        )
    return pd.concat(parts, ignore_index=True).sort_values(["question", "sentence_id"], ignore_index=True)


def _models(fitted: "Run") -> dict[str, Any]:
    from train import store
    from train.run import MODEL

    return dict(store.load(fitted.path / MODEL, fitted.manifest["files"][MODEL]))


def _said(models: dict[str, Any], texts: Sequence[str]) -> list["Probabilities"]:
    found: list[dict[str, dict[str, float]]] = [{} for _ in texts]
    for question, model in models.items():
        for said, row in zip(found, model.predict_proba(list(texts)), strict=True):
            said[question] = dict(zip(map(str, model.classes_), map(float, row), strict=True))
    return list(found)


def _shows(console: Console) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a task may show a suggestion: all but those whose assignment says no; read again for unknown items."""
    from labeling.ledger.ledger import open_ledger

    ledger = open_ledger(console.workspace)
    known: dict[str, bool] = {}

    def shows(data: Mapping[str, Any]) -> bool:
        item = data.get("item")
        if item is None:
            return True
        if item not in known:
            table = ledger.assignments()
            known.update(zip(table["item"], table["suggestion"].astype(bool), strict=True))
        return known.get(item, False)

    return shows
