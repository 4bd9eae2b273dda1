"""Suggestions of a model go to the arm that is drawn for them, and to nobody else."""

from dataclasses import dataclass

import pandas as pd

from corpus.errors import UsageError
from corpus.sampling.sealed import TEST
from labeling.ledger.ledger import Ledger
from labeling.studio.client import Server
from labeling.suggestions.predictions import by_sentence, checked, prediction

_CHUNK = 500


@dataclass(frozen=True)
class Suggested:
    """Tasks of the suggestion arm: in all, those that got a suggestion now, and those that had one or are begun."""

    arm: int
    created: int
    existing: int
    begun: int


def suggest(server: Server, ledger: Ledger, batch: str, predictions: pd.DataFrame) -> Suggested:
    """Attach a model's predictions to the tasks of a batch that are drawn to show one; again without doubling any.

    Parameters
    ----------
    server, ledger : Server, Ledger
        Where the tasks are, and which arm each is in.
    batch : str
        Its name.
    predictions : DataFrame
        The ``predictions`` table, of one model; ``model_id`` is the version that Label Studio shows.

    Raises
    ------
    UsageError
        The batch is the sealed test set, or no task of it is drawn to show a suggestion.
    ServerError
        A prediction does not fit the project: nothing is sent.
    """
    if batch == TEST:
        raise UsageError("the sealed test set is labelled without suggestions")
    assigned = ledger.assignments(server=server.name, batch=batch)
    arm = assigned[assigned["suggestion"].astype(bool)]
    if arm.empty:
        raise UsageError(
            f"no task of batch {batch} is drawn to show a suggestion: assign it with "
            f"`stance label annotators assign {batch} EMAIL... --suggestion-share 0.5`"
        )
    said, version = by_sentence(predictions), str(predictions["model_id"].iloc[0])
    listed = server.projects([int(project) for project in arm["project"].unique()])
    ready: dict[int, list[dict[str, object]]] = {}
    begun = existing = 0
    for name, part in arm.groupby("project"):
        project = int(str(name))
        tasks = ledger.pushed_tasks(server.name, str(name)).merge(part[["item"]], on="item")
        answered = {task for task, _, annotations in server.task_sentences(project) if annotations}
        has = server.suggested(project, version)
        open_ = tasks[~tasks["task"].isin(answered)]
        begun += len(tasks) - len(open_)
        new = open_[~open_["task"].isin(has)]
        existing += len(open_) - len(new)
        rows = [
            {"task": int(task), **prediction(said[sentence], version)}
            for task, sentence in new[["task", "sentence_id"]].itertuples(index=False)
            if sentence in said
        ]
        checked(listed[project].interface, rows)
        ready[project] = rows
    for project, rows in ready.items():
        for start in range(0, len(rows), _CHUNK):
            server.import_predictions(project, rows[start : start + _CHUNK])
        server.show_suggestions(project, version)
    return Suggested(len(arm), sum(map(len, ready.values())), existing, begun)
