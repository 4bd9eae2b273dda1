"""An assigned batch under another label set: each person goes on in a second project, with what has to be asked again.

Answers that read in the new labels stay where they were given, and count there.
"""

import json
import secrets
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pandas as pd

from corpus.files import lock
from corpus.labels import Labels
from labeling.assign.assign import Assigned, as_assignments, carry_out
from labeling.assign.items import items, withdraw
from labeling.ledger.known_answers import known_answers
from labeling.ledger.ledger import Ledger, Project
from labeling.questions import interface_xml, label_set
from labeling.studio.batch_project import carry_over, readable
from labeling.studio.client import Server
from labeling.studio.migration import Written
from labeling.studio.own_project import own_project


def migrate(
    server: Server,
    ledger: Ledger,
    batch: str,
    rows: Callable[[Collection[str]], pd.DataFrame],
    labels: Labels,
    written: Written,
    *,
    bar: float,
    seed: int,
    state: Path,
    advance: Callable[[int], None] = lambda n: None,
) -> Assigned:
    """Bring the projects of an assigned batch to ``labels``; again and again without doubling anything.

    Parameters
    ----------
    server, ledger : Server, Ledger
        Where the projects are, and where what they hold is remembered.
    batch : str
        Its name.
    rows, labels, bar, seed, state, advance
        As :func:`labeling.assign.assign.assign` takes them.
    written : mapping
        How the labels of answers under another label set read now; see
        :func:`labeling.studio.migration.label_changes`.

    Returns
    -------
    Assigned
        ``moved`` is the number of items that are in another project of the same person now.

    Raises
    ------
    LabelsChanged
        The map leaves a label open.
    """
    with lock(state / "push.lock", "", wait=True):
        now = label_set(interface_xml(labels))
        known = {
            int(p.project): p
            for p in ledger.projects()
            if (p.server, p.role, p.batch) == (server.name, "assigned", batch)
        }
        older = [p for p in server.projects(list(known)).values() if label_set(p.interface) != now]
        if older:
            carry_over(server, ledger, older, labels, written, state=state)
        current = ledger.assignments(server=server.name, batch=batch)
        left = _left(server, current)
        moved = 0
        for project in older:
            if known[project.id].annotator not in left:
                moved += _move(server, ledger, labels, known[project.id])
        current = ledger.assignments(server=server.name, batch=batch)
        staying = current[~current["annotator"].isin(left)]
        done = carry_out(server, ledger, staying, rows, labels, seed=seed, bar=bar, advance=advance)
        return replace(done, moved=moved)


def _left(server: Server, current: pd.DataFrame) -> set[str]:
    """Who was taken out of the batch: a member of none of their projects, with nothing left to begin."""
    found = set()
    for person, own in current.groupby("annotator"):
        numbers = sorted({int(project) for project in own["project"]})
        begun = {item: did for number in numbers for item, did in items(server, number).items()}
        if all(begun.get(item) for item in own["item"]) and not any(server.members(number) for number in numbers):
            found.add(str(person))
    return found


def _move(server: Server, ledger: Ledger, labels: Labels, project: Project) -> int:
    """Take back what nobody began, and give it, with what has to be answered again, to its annotator's new project."""
    number = int(project.project)
    plan = ledger.assignments(server=server.name, project=project.project)
    own = as_assignments(plan)
    answers = ledger.annotations(("normal", "gold", "retest"), more=("item",))
    answers = answers[(answers["server"] == server.name) & (answers["project"] == project.project)]
    answered = set(answers.loc[answers["state"] != "deleted", "item"])
    begun = items(server, number)
    free = [row.item for row in own if not begun.get(row.item)]
    withdraw(server, number, free)
    # What was begun in between stays; what an interrupted run took back before is gone as well.
    there = items(server, number)
    going = (set(free) - set(there)) | (answered - set(readable(answers, labels, "item")))
    moving = [row for row in own if row.item in going]
    if not there:
        server.set_members(number, [])
    if moving:
        target = own_project(
            server, ledger, labels, role="assigned", batch=project.batch, annotator=str(project.annotator)
        )
        known = {
            str(item): json.dumps(dict(zip(part["question"], part["label"], strict=True)), ensure_ascii=False)
            for item, part in known_answers(ledger, plan).groupby("item")
        }
        new = [
            replace(row, project=str(target), item=secrets.token_hex(8), known=known.get(row.item)) for row in moving
        ]
        with ledger.writing() as connection:
            ledger.assign(connection, [*(replace(row, state="withdrawn") for row in moving), *new])
    return len(moving)
