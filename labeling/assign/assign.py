"""Each annotator gets a project of their own, with exactly the items that the plan gives them.

Answers of two people never share a project, so nobody can see another's by any page or endpoint. The ledger remembers
what each item is (ordinary, gold, shown again, which arm); the task itself says nothing of it.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from corpus.errors import UsageError, listed
from corpus.files import lock
from corpus.labels import Labels
from labeling.assign import training as assign_training
from labeling.assign.items import bring_in, items, withdraw
from labeling.assign.plan import Asked, Beside, plan
from labeling.assign.rebalance import given_to, refill, share_out
from labeling.ledger.ledger import Assignment, Ledger
from labeling.studio.client import Server
from labeling.studio.own_project import keep_to, own_project
from labeling.studio.task_data import task_data


@dataclass(frozen=True)
class Assigned:
    """What an assignment came to.

    ``projects``: annotator -> project; ``training``: annotator -> the training round that they have to pass first;
    tasks ``created`` now and ``existing`` before; items ``moved`` from one person to another.
    """

    projects: Mapping[str, int]
    training: Mapping[str, int]
    created: int
    existing: int
    moved: int = 0


@dataclass(frozen=True)
class Wanted:
    """A batch to assign: its table and name, to whom, how, and what is there to mix in."""

    batch: pd.DataFrame
    name: str
    annotators: Collection[str]
    asked: Asked
    beside: Beside


def draft(server: Server, ledger: Ledger, wanted: Wanted, *, move: bool = False) -> tuple[pd.DataFrame, int]:
    """What an assignment would come to, with nothing done: the plan, and how many items would be taken back.

    A batch that is assigned already keeps its plan; with ``move``, what nobody has begun is shared out again.

    Raises
    ------
    UsageError
        The batch is assigned to others, and ``move`` is false.
    """
    current = ledger.assignments(server=server.name, batch=wanted.name)
    if current.empty:
        return plan(wanted.batch, wanted.annotators, wanted.asked, wanted.beside), 0
    begun = _begun(server, current, wanted)
    if not move:
        _refuse_others(current, begun, wanted)
        return current[current["annotator"].isin(wanted.annotators)], 0
    moving, added = share_out(wanted.batch, current, begun, wanted.annotators, wanted.asked, wanted.beside)
    kept = current[~current["item"].isin(moving)]
    return pd.concat([kept, added], ignore_index=True), len(moving)


def assign(
    server: Server,
    ledger: Ledger,
    wanted: Wanted,
    rows: Callable[[Collection[str]], pd.DataFrame],
    labels: Labels,
    *,
    bar: float,
    state: Path,
    move: bool = False,
    advance: Callable[[int], None] = lambda n: None,
) -> Assigned:
    """Write the plan of a batch to the ledger and carry it out; again and again without doubling anything.

    Parameters
    ----------
    server, ledger : Server, Ledger
        Where the projects are made, and where what they hold is remembered.
    wanted : Wanted
        The batch, the annotators, and how. A batch that has a plan goes on with it.
    rows : callable
        From sentence ids to rows of the ``batch`` table, in any order.
    labels : Labels
        Questions, guideline and training round.
    bar : float
        The share of the training round that must be right before the work opens; 0 for no training.
    state : Path
        Folder of the lock by which two assignments take turns.
    move : bool
        Share out again what nobody has begun, among the annotators who are named now. The server decides in one step
        whether an item was begun: an answer that comes in between stays with who gave it.
    advance : callable
        Told how many tasks were dealt with.

    Raises
    ------
    UsageError
        The batch is assigned to others, and ``move`` is false.
    LabelsChanged
        It was assigned with other questions or labels.
    """
    with lock(state / "push.lock", "", wait=True):
        current = ledger.assignments(server=server.name, batch=wanted.name)
        keep_to(server, ledger, labels, set(current["project"]), state=state)
        moved = 0
        if current.empty:
            first = plan(wanted.batch, wanted.annotators, wanted.asked, wanted.beside)
            _write_down(server, ledger, wanted, labels, first, current)
        elif move:
            moved = _move(server, ledger, wanted, labels, current)
        else:
            _refuse_others(current, _begun(server, current, wanted), wanted)
        current = ledger.assignments(server=server.name, batch=wanted.name)
        done = carry_out(
            server,
            ledger,
            current[current["annotator"].isin(wanted.annotators)],
            rows,
            labels,
            seed=wanted.asked.seed,
            bar=bar,
            advance=advance,
        )
        return replace(done, moved=moved)


def _move(server: Server, ledger: Ledger, wanted: Wanted, labels: Labels, current: pd.DataFrame) -> int:
    """Take back and write down who gets it instead; how many items. Stopped in between, nothing is forgotten:

    what the server has no more, and the ledger still assigns, is brought in again by the next assignment.
    """
    how = wanted.annotators, wanted.asked, wanted.beside
    moving, added = share_out(wanted.batch, current, _begun(server, current, wanted), *how)
    gone = set(moving)
    for (project, person), own in current[current["item"].isin(moving)].groupby(["project", "annotator"]):
        withdraw(server, int(str(project)), own["item"].tolist(), keep_drafts=person in wanted.annotators)
        # What is still there was begun in between. What an interrupted run took back before is gone as well.
        gone -= set(items(server, int(str(project))))
    for project, person in sorted(set(zip(current["project"], current["annotator"], strict=True))):
        if person not in wanted.annotators:
            server.set_members(int(project), [])
    kept = current[~current["item"].isin(gone)]
    if gone != set(moving):
        added = refill(wanted.batch, kept, given_to(current), _begun(server, kept, wanted), *how)
    _write_down(server, ledger, wanted, labels, added, current[current["item"].isin(gone)])
    return len(gone)


def _refuse_others(current: pd.DataFrame, begun: set[str], wanted: Wanted) -> None:
    """Raise if people would come or go; somebody who left earlier, and had begun all that is theirs, is no matter."""
    free = current[~current["item"].isin(begun)]
    come = sorted(set(wanted.annotators) - set(current["annotator"]))
    go = sorted(set(free["annotator"]) - set(wanted.annotators))
    if come or go:
        said = [f"{listed(who)} would {what}" for who, what in ((come, "join"), (go, "leave")) if who]
        raise UsageError(
            f"batch {wanted.name} is assigned to {listed(sorted(set(current['annotator'])))}; {' and '.join(said)}: "
            "--rebalance shares out what nobody has begun among those who are named"
        )


def _begun(server: Server, current: pd.DataFrame, wanted: Wanted) -> set[str]:
    """Items that somebody answered, skipped or drafted; the draft of somebody who leaves will never be an answer."""
    return {
        item
        for project, person in set(zip(current["project"], current["annotator"], strict=True))
        for item, did in items(server, int(project), keep_drafts=person in wanted.annotators).items()
        if did
    }


def _write_down(
    server: Server,
    ledger: Ledger,
    wanted: Wanted,
    labels: Labels,
    plan: pd.DataFrame,
    taken_back: pd.DataFrame,
) -> None:
    """Make or find each annotator's project, then record all items, and those taken back, at once."""
    projects = {
        person: own_project(server, ledger, labels, role="assigned", batch=wanted.name, annotator=person)
        for person in sorted(plan["annotator"].unique())
    }
    given = [
        Assignment(
            server=server.name,
            project=str(projects[str(row["annotator"])]),
            # Drawn anew each time, so that nothing about an item can be worked out from its name.
            item=secrets.token_hex(8),
            batch=wanted.name,
            annotator=str(row["annotator"]),
            sentence_id=str(row["sentence_id"]),
            kind=row["kind"],
            position=int(row["position"]),
            cue=bool(row["cue"]),
            suggestion=bool(row["suggestion"]),
            known=None if pd.isna(row["known"]) else str(row["known"]),
            seed=wanted.asked.seed,
        )
        for row in plan.to_dict("records")
    ]
    withdrawn = [replace(row, state="withdrawn") for row in as_assignments(taken_back)]
    with ledger.writing() as connection:
        ledger.assign(connection, [*withdrawn, *given])


def as_assignments(frame: pd.DataFrame) -> list[Assignment]:
    """Rows as :meth:`Ledger.assignments` gives them, one by one."""
    names = [field.name for field in fields(Assignment)]
    rows = frame[names].astype(object).where(frame[names].notna(), None).to_dict("records")
    return [Assignment(**{str(name): value for name, value in row.items()}) for row in rows]


def carry_out(
    server: Server,
    ledger: Ledger,
    current: pd.DataFrame,
    rows: Callable[[Collection[str]], pd.DataFrame],
    labels: Labels,
    *,
    seed: int,
    bar: float,
    advance: Callable[[int], None],
) -> Assigned:
    """Bring the server's projects to what the ledger says, and open them to their annotators.

    ``current`` is of the form of :meth:`Ledger.assignments`. The caller holds the lock of :func:`assign`.
    """
    shown = rows(current["sentence_id"].unique()).to_dict("records")
    data: dict[str, Mapping[Any, Any]] = {str(row["sentence_id"]): row for row in shown}
    projects, training, created = {}, {}, 0
    # One whose labels were migrated has a project for each label set; the newest is the one to go on with.
    for project in sorted({int(number) for number in current["project"]}):
        own = current[current["project"] == str(project)]
        person = str(own["annotator"].iloc[0])
        tasks = [
            task_data(data[row["sentence_id"]], item=row["item"], cue=bool(row["cue"]))
            for row in own.sort_values("position").to_dict("records")
        ]
        created += bring_in(server, ledger, project, tasks, advance)
        projects[person] = project
        before = assign_training.gate(server, ledger, labels, person, project, bar=bar, seed=seed)
        if before is not None:
            training[person] = before
    return Assigned(projects, training, created, len(current) - created)
