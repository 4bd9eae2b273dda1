"""What changed in Label Studio comes into the ledger."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from corpus.errors import LabelsLost, listed
from corpus.files import lock
from labeling.ledger.ledger import Ledger, Project, Recorded, Trust
from labeling.questions import label_set
from labeling.studio.arrived import Arms, arrived, unread
from labeling.studio.client import Project as Listed
from labeling.studio.client import Server
from labeling.studio.task_pages import Task

# A save that began before a pull may be committed after it, with an earlier time: what is younger is read again.
LOOK_BACK = timedelta(seconds=120)
# What two clocks may differ from one pull to the next before one of them is said to have gone back.
_STEADY = timedelta(seconds=10)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Pulled:
    """Annotations that were new, changed or deleted since the last pull; ``notes`` tell what was unusual."""

    new: int
    changed: int
    deleted: int
    notes: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class _Run:
    """What all projects of one pull share. Up to ``settled`` no label can still be on its way."""

    server: Server
    ledger: Ledger
    users: Mapping[int, str]
    settled: datetime
    trust: Trust
    advance: Callable[[int], None]
    unread: set[tuple[str, str, int]] = field(default_factory=set)  # project, annotator, task


@dataclass(frozen=True)
class _Lost:
    """How many annotations a project lost on the server; all, if it is gone."""

    project: Project
    count: int
    gone: bool

    @property
    def name(self) -> str:
        """As messages call the project."""
        of = [f"batch {self.project.batch}" if self.project.batch else self.project.role]
        of += [self.project.annotator] if self.project.annotator else []
        return f"{self.project.project} ({', '.join(of)})"


def pull(
    server: Server,
    ledger: Ledger,
    *,
    state: Path,
    full: bool = False,
    trust: Trust = "ask",
    advance: Callable[[int], None] = lambda n: None,
) -> Pulled:
    """Pull every project of this workspace from ``server``: what was touched since the last pull.

    Afterwards the server's counts are held against the ledger's. Where they differ although nothing is new, a change
    left no trace (a deleted task, a restored database, a clock that was wrong), and all of the project is compared.

    Parameters
    ----------
    server, ledger : Server, Ledger
        From where, to where.
    state : Path
        Folder of the lock that lets two pulls take turns: a slower one must not record an older state after a newer
        one.
    full : bool
        Compare everything at once.
    trust : "ask", "ledger" or "server"
        Where the ledger has something newer than the server: raise, keep it, or record what the server says.
    advance : callable
        Told how many tasks were read.

    Raises
    ------
    LabelsLost
        The server lost labels, and ``trust`` is "ask". All else was pulled, and the ledger keeps what was lost.
    """
    with lock(state / "pull.lock", "", wait=True), ledger.turn():
        at, there = datetime.now(UTC), server.clock()
        notes = _clock_note(ledger.last_began(server.name), at, there)
        with ledger.writing() as connection:
            ledger.began(connection, server.name, at, there)
        known = [project for project in ledger.projects() if project.server == server.name]
        if notes:
            # Times on the server may now come before those that were read: no watermark can be believed.
            known = [replace(project, updated_at=None) for project in known]
        run = _Run(server, ledger, server.users(), there - LOOK_BACK, trust, advance)
        found, lost = _pull_all(run, known, notes, full=full)
    if lost and trust == "ask":
        raise LabelsLost(_lost(server, lost, notes))
    return Pulled(found.new, found.changed, found.deleted, (*notes, *_unread_notes(run.unread)))


def _pull_all(run: _Run, known: list[Project], notes: list[str], *, full: bool) -> tuple[Recorded, list[_Lost]]:
    """What was recorded, and how many annotations each project lost."""
    listed = run.server.projects([int(p.project) for p in known])
    total = Recorded()
    lost: list[_Lost] = []
    incremental: list[Project] = []
    for project in known:
        here = listed.get(int(project.project))
        whole = full or here is None or project.updated_at is None
        recorded = _pull_project(run, project, here, full=whole)
        total += recorded
        if recorded.lost:
            lost.append(_Lost(project, recorded.lost, here is None))
        elif not whole:
            incremental.append(project)
    for project in _unequal(run, incremental):
        # Labels that came while we read are no difference: read those, and look again.
        again = _pull_project(run, project, listed[int(project.project)], full=False)
        total += again
        if _unequal(run, [project], arrived=bool(again.new + again.changed + again.deleted)):
            notes.append(f"project {project.project} (batch {project.batch}): counts differ, so all of it was compared")
            recorded = _pull_project(run, project, listed[int(project.project)], full=True)
            total += recorded
            if recorded.lost:
                lost.append(_Lost(project, recorded.lost, gone=False))
    return total, lost


def _unequal(run: _Run, projects: list[Project], *, arrived: bool = False) -> list[Project]:
    """Projects of which the server counts other than the ledger; with ``arrived``, only those where it counts less."""
    if not projects:
        return []
    listed = run.server.projects([int(p.project) for p in projects])
    standing = run.ledger.standing(run.server.name)
    found = []
    for project in projects:
        here = listed.get(int(project.project))
        more = 0 if here is None else here.annotations + here.skipped - standing.get(project.project, 0) - project.apart
        if more < 0 or (more and not arrived):
            found.append(project)
    return found


def _pull_project(run: _Run, project: Project, listed: Listed | None, *, full: bool) -> Recorded:
    """Bring one project's changes into the ledger.

    Each page of tasks is one transaction together with the watermark, so a pull that is killed goes on where it was.
    """
    server, ledger = run.server, run.ledger
    questions = list(label_set(listed.interface if listed else "<View/>"))
    arms: Arms | None = None
    since = None if full else project.updated_at
    seen: dict[int, int] = {}
    newest, total = _NEVER, Recorded()
    for page in [] if listed is None else server.changed_tasks(int(project.project), since):
        arms = arms or Arms.of(project, ledger)
        answers = arrived(server.name, project, page, run.users, questions, arms)
        run.unread.update((project.project, who, task) for task, who in unread(page, run.users))
        newest = max(newest, page[-1].updated_at)
        # Only what can have no straggler behind it counts as read; the rest is looked at again next time.
        project = replace(project, updated_at=max(project.updated_at or _NEVER, min(newest, run.settled)))
        with ledger.writing() as connection:
            total += ledger.record(connection, answers, complete_tasks=_marks(server, project, page), trust=run.trust)
            ledger.remember(connection, project)
        seen |= {task.id: len(task.annotations) for task in page}
        run.advance(len(page))
    with ledger.writing() as connection:
        if full:
            vanished = ledger.tasks(server.name, project.project) - {str(task) for task in seen}
            keys = {(server.name, project.project, task): newest for task in vanished}
            total += ledger.record(connection, [], complete_tasks=keys, trust=run.trust)
            if not total.lost or run.trust != "ask":
                mine = ledger.standing(server.name, connection).get(project.project, 0)
                project = replace(project, apart=sum(seen.values()) - mine)
        if listed is not None:
            settled = max(project.updated_at or _NEVER, run.settled)
            ledger.remember(connection, replace(project, updated_at=settled))
    return total


def _marks(server: Server, project: Project, page: Iterable[Task]) -> dict[tuple[str, str, str], datetime | None]:
    return {(server.name, project.project, str(task.id)): task.updated_at for task in page}


def _clock_note(last: tuple[datetime, datetime] | None, at: datetime, there: datetime) -> list[str]:
    """A note if the server's clock went back since the last pull, seen against ours or against itself."""
    if last is None:
        return []
    back = max(last[1] - there, (last[1] - last[0]) - (there - at))
    if back <= _STEADY:
        return []
    return [f"the server's clock went back by {str(back).split('.')[0]} since the last pull: all of it was compared"]


def _unread_notes(found: Iterable[tuple[str, str, int]]) -> list[str]:
    by_person: dict[tuple[str, str], list[int]] = {}
    for project, annotator, task in sorted(found):
        by_person.setdefault((project, annotator), []).append(task)
    return [
        f"project {project}, task {listed(tasks)}: the answer of {annotator} has parts that cannot be read; they were "
        "passed over, and the rest counts. The labeling page sends no such parts: ask what did"
        for (project, annotator), tasks in by_person.items()
    ]


def _lost(server: Server, lost: list[_Lost], notes: list[str]) -> str:
    gone = [f"project {x.name} is not there any more, with {x.count} annotations" for x in lost if x.gone]
    older = [f"project {x.name} lacks {x.count} annotations, or has an older state of them" for x in lost if not x.gone]
    clock = f" ({'; '.join(notes)})" if notes else ""
    return (
        f"{server.url} has lost labels that the ledger holds: {'; '.join(gone + older)}. Either somebody deleted the "
        f"project, or the server's database is an older copy (restored from a backup), or its clock was wrong{clock}. "
        "Nothing was taken out of the ledger, these labels still count there, and all else was pulled. What to do: put "
        "the newer database back (`stance label restore FILE`) and pull again; or `stance label pull --trust ledger`, "
        "which keeps them for good; or `stance label pull --trust server`, which records them as deleted."
    )
