"""A batch becomes tasks of a Label Studio project; again and again without doubling one."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from corpus.errors import UsageError
from corpus.files import lock, sha256_text, write_text
from corpus.labels import Labels
from labeling.ledger.ledger import Ledger
from labeling.studio.batch_project import batch_project, batch_title, finished
from labeling.studio.client import Server
from labeling.studio.migration import Written
from labeling.studio.task_data import task_data

# Tasks sent at once. Each import has its own cost on the server, and what is killed on the way is listed again.
CHUNK = 2000


@dataclass(frozen=True)
class Pushed:
    """The project of a batch; how many tasks were made now and how many were there."""

    project: int
    created: int
    existing: int


def push(
    server: Server,
    ledger: Ledger,
    batch: pd.DataFrame,
    name: str,
    labels: Labels,
    *,
    overlap: int,
    state: Path,
    migrate: Written | None = None,
    advance: Callable[[int], None] = lambda n: None,
) -> Pushed:
    """Create or find the batch's project and add the sentences that it lacks.

    Parameters
    ----------
    server, ledger : Server, Ledger
        Where the tasks go, and where the project is remembered.
    batch : DataFrame
        The ``batch`` table, in the order in which sentences are to be labelled.
    name : str
        The batch's name; the project's title.
    labels : Labels
        Questions, labels and guideline.
    overlap : int
        How many annotators label each sentence.
    state : Path
        Folder for a lock (two pushes take turns) and for the mark of a push that did not finish.
    migrate : mapping, optional
        How the labels of answers under another label set read now; see :func:`labeling.studio.migration.label_changes`.
    advance : callable
        Told how many sentences were dealt with.

    Raises
    ------
    LabelsChanged
        There are annotations with other questions or labels than ``labels``, and ``migrate`` does not say how they
        read now.
    """
    unfinished = state / f"push-{sha256_text(f'{server.name} {batch_title(name)}')[:12]}.unfinished"
    with lock(state / "push.lock", "", wait=True):
        interrupted = unfinished.exists()
        write_text(unfinished, "")
        place = batch_project(server, ledger, name, labels, migrate, overlap=overlap, state=state)
        project = place.id
        there = None if interrupted else _known(server, ledger, project)
        if there is None:
            there = _listed(server, ledger, project)
        done = finished(server, ledger, place.older, labels, overlap)
        missing = batch[~batch["sentence_id"].isin(there | done)]
        advance(len(batch) - len(missing))
        _import(server, ledger, project, missing, advance)
        if interrupted:
            # The server may have gone on with an import whose sender was killed, while we were reading what is there.
            _listed(server, ledger, project)
        unfinished.unlink()
    return Pushed(project, created=len(missing), existing=len(batch) - len(missing))


def _import(
    server: Server, ledger: Ledger, project: int, sentences: pd.DataFrame, advance: Callable[[int], None]
) -> None:
    """Make the tasks; while the server works on some, the next are made ready and the last ones written down."""

    def write_down(chunk: pd.DataFrame, made: list[int]) -> None:
        with ledger.writing() as connection:
            rows = zip(made, chunk["sentence_id"], [None] * len(made), strict=True)
            ledger.pushed(connection, server.name, str(project), rows)
        advance(len(chunk))

    with ThreadPoolExecutor(1) as wire:
        sent: tuple[pd.DataFrame, Future[list[int]]] | None = None
        for start in range(0, len(sentences), CHUNK):
            chunk = sentences.iloc[start : start + CHUNK]
            data = [task_data(row) for row in chunk.to_dict("records")]
            made = sent[1].result() if sent else []
            before, sent = sent, (chunk, wire.submit(server.import_tasks, project, data))
            if before:
                write_down(before[0], made)
        if sent:
            write_down(sent[0], sent[1].result())


def open_server(server: Server, *, accepted: bool) -> str | None:
    """What to tell who pushes to a server that lets every account see and change everything; None for our own.

    Raises
    ------
    UsageError
        It is such a server, and nobody said that this is accepted.
    """
    if server.enforces_roles:
        return None
    told = (
        f"{server.url} does not enforce roles: every account there sees, changes and deletes everybody's labels, so "
        "annotators are not blind to each other"
    )
    if not accepted:
        raise UsageError(
            f"{told}. If that is acceptable, say --accept-open-server; if not, use the embedded server "
            "(`stance label serve`), which enforces them."
        )
    return told


def _known(server: Server, ledger: Ledger, project: int) -> set[str] | None:
    """Sentences that have a task by the ledger alone, if the server's tasks are exactly those; listing takes minutes.

    No task came or went as long as their count and the highest of their numbers are what we know.
    """
    known = ledger.pushed_tasks(server.name, str(project))
    listed = server.projects([project])[project]
    newest = int(known["task"].max()) if len(known) else None
    same = listed.tasks == len(known) and (not len(known) or server.newest_task(project) == newest)
    return set(known["sentence_id"]) if same else None


def _listed(server: Server, ledger: Ledger, project: int) -> set[str]:
    """Sentences that have a task by the server's own list, which the ledger then knows.

    Of two tasks for one sentence, those without annotations go, but never the last.
    """
    tasks: dict[str, list[tuple[int, int]]] = {}
    for task, sentence, annotations in server.task_sentences(project):
        tasks.setdefault(sentence, []).append((annotations, task))
    for found in tasks.values():
        keep = max(found, key=lambda item: (item[0] > 0, -item[1]))
        for annotations, task in list(found):
            if (annotations, task) != keep and not annotations:
                server.delete_task(task)
                found.remove((annotations, task))
    with ledger.writing() as connection:
        ledger.forget_pushed(connection, server.name, str(project))
        rows = ((task, sentence, None) for sentence, found in tasks.items() for _, task in found)
        ledger.pushed(connection, server.name, str(project), rows)
    return set(tasks)
