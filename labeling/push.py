"""A batch becomes tasks of a Label Studio project; again and again without doubling one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from corpus.errors import LabelsChanged, listed
from corpus.files import lock, sha256_text, write_text
from corpus.labels import Labels
from labeling.client import Project, Server
from labeling.guideline import guideline_summary_html
from labeling.ledger import Ledger
from labeling.ledger import Project as KnownProject
from labeling.pull import pull
from labeling.questions import interface_xml, label_set
from labeling.task_data import task_data

# Tasks sent at once. Each import has its own cost on the server, and what is killed on the way is listed again.
CHUNK = 2000
_TITLE_LENGTHS = range(3, 51)  # what Label Studio takes


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
    advance : callable
        Told how many sentences were dealt with.

    Raises
    ------
    LabelsChanged
        The project has annotations and other questions or labels than ``labels``.
    """
    title = name if len(name) in _TITLE_LENGTHS else f"{name[:40]}-{sha256_text(name)[:8]}"
    unfinished = state / f"push-{sha256_text(f'{server.name} {title}')[:12]}.unfinished"
    with lock(state / "push.lock", "", wait=True):
        interrupted = unfinished.exists()
        write_text(unfinished, "")
        project = _project(server, ledger, title, name, labels, overlap=overlap, state=state)
        there = None if interrupted else _known(server, ledger, project)
        if there is None:
            there = _listed(server, ledger, project)
        missing = batch[~batch["sentence_id"].isin(there)]
        advance(len(batch) - len(missing))
        for start in range(0, len(missing), CHUNK):
            chunk = missing.iloc[start : start + CHUNK]
            made = server.import_tasks(project, [task_data(row) for row in chunk.to_dict("records")])
            with ledger.writing() as connection:
                rows = zip(made, chunk["sentence_id"], [None] * len(made), strict=True)
                ledger.pushed(connection, server.name, str(project), rows)
            advance(len(chunk))
        if interrupted:
            # The server may have gone on with an import whose sender was killed, while we were reading what is there.
            _listed(server, ledger, project)
        unfinished.unlink()
    return Pushed(project, created=len(missing), existing=len(batch) - len(missing))


def _project(
    server: Server, ledger: Ledger, title: str, batch: str, labels: Labels, *, overlap: int, state: Path
) -> int:
    interface, instruction = interface_xml(labels), guideline_summary_html(labels)
    found = server.project(title)
    known = {p.project: p for p in ledger.projects() if p.server == server.name}
    if found is None:
        project = server.create_project(title, interface, instruction=instruction, overlap=overlap)
    else:
        project = found.id
        _refuse_changed_labels(found, interface)
    before = known.get(str(project))
    if before is not None and before.labels_version == labels.version:
        return project
    if found is not None:
        if before is not None:
            # What was answered until now was answered under the old words: it goes to the ledger as such.
            pull(server, ledger, state=state)
        server.update_interface(project, interface, instruction)
    latest = next((p for p in ledger.projects() if (p.server, p.project) == (server.name, str(project))), None)
    with ledger.writing() as connection:
        new = KnownProject(server.name, str(project), batch, labels.version, None)
        ledger.remember(connection, replace(latest, labels_version=labels.version) if latest else new)
    return project


def _refuse_changed_labels(project: Project, interface: str) -> None:
    old, new = label_set(project.interface), label_set(interface)
    if old == new or not project.annotations:
        return
    changes = [f"question {q} is gone" for q in old if q not in new] + [
        f"question {q} is new" for q in new if q not in old
    ]
    for question in old.keys() & new.keys():
        gone, came = set(old[question]) - set(new[question]), set(new[question]) - set(old[question])
        changes += [f"{question} loses {listed(sorted(gone))}"] if gone else []
        changes += [f"{question} gains {listed(sorted(came))}"] if came else []
        changes += (
            [f"{question} has its labels in another order"]
            if not gone and not came and old[question] != new[question]
            else []
        )
    raise LabelsChanged(
        f"project {project.title!r} has {project.annotations} annotations made with another label set: "
        f"{'; '.join(changes)}. "
        "Put the labels back, or draw a new batch (`stance corpus sample N --name NEW`) for the new ones."
    )


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
