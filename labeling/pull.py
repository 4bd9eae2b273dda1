"""What changed in Label Studio comes into the ledger."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from corpus.errors import ServerError
from corpus.files import lock
from corpus.labels import SKIP
from labeling.client import Server, Task
from labeling.ledger import Answer, Ledger, Project
from labeling.questions import answers, label_set

# A save that began before the last pull may be committed after it, with an earlier time: look back a little.
LOOK_BACK = timedelta(seconds=120)


@dataclass(frozen=True)
class Pulled:
    """Annotations that were new, changed or deleted since the last pull."""

    new: int
    changed: int
    deleted: int


def pull(
    server: Server, ledger: Ledger, *, state: Path, full: bool = False, advance: Callable[[int], None] = lambda n: None
) -> Pulled:
    """Pull every project of this workspace from ``server``; see :func:`pull_project`.

    ``state`` is the folder of the lock that lets two pulls take turns: a slower one must not record an older state
    after a newer one.
    """
    with lock(state / "pull.lock", "", wait=True):
        found = [
            pull_project(server, ledger, project, full=full, advance=advance)
            for project in ledger.projects()
            if project.server == server.name
        ]
    return Pulled(sum(p.new for p in found), sum(p.changed for p in found), sum(p.deleted for p in found))


def pull_project(
    server: Server,
    ledger: Ledger,
    project: Project,
    *,
    full: bool = False,
    advance: Callable[[int], None] = lambda n: None,
) -> Pulled:
    """Bring one project's changes into the ledger.

    Each page of tasks is one transaction together with the watermark, so a pull that is killed goes on where it was.
    The caller holds the lock of :func:`pull`.

    Parameters
    ----------
    server, ledger : Server, Ledger
        From where, to where.
    project : Project
        As :meth:`Ledger.projects` gives it, with the watermark of the last pull.
    full : bool
        Read every task, not only those touched since; also finds tasks that were deleted.
    advance : callable
        Told how many tasks were read.

    Raises
    ------
    ServerError
        The server no longer has the project, the ledger has annotations of it, and ``full`` is false.
    """
    interface = server.interface(int(project.project))
    if interface is None and not full and (left := ledger.tasks(server.name, project.project)):
        raise ServerError(
            f"{server.url} has no project {project.project} (batch {project.batch}) any more, and the ledger has "
            f"{len(left)} labelled tasks of it; `stance label pull --full` records its annotations as deleted"
        )
    users, questions = server.users(), list(label_set(interface or "<View/>"))
    since = None if full or project.updated_at is None else project.updated_at - LOOK_BACK
    watermark = project.updated_at
    seen: set[str] = set()
    new = changed = deleted = 0
    for page in [] if interface is None else server.changed_tasks(int(project.project), since):
        watermark = max([t.updated_at for t in page] + ([watermark] if watermark else []))
        with ledger.writing() as connection:
            recorded = ledger.record(
                connection,
                _answers(server.name, project, page, users, questions),
                complete_tasks=_keys(server.name, project, (str(task.id) for task in page)),
            )
            ledger.remember(connection, replace(project, updated_at=watermark))
        seen.update(str(task.id) for task in page)
        new, changed, deleted = new + recorded.new, changed + recorded.changed, deleted + recorded.deleted
        advance(len(page))
    if full and (vanished := ledger.tasks(server.name, project.project) - seen):
        with ledger.writing() as connection:
            recorded = ledger.record(connection, [], complete_tasks=_keys(server.name, project, vanished))
        deleted += recorded.deleted
    return Pulled(new, changed, deleted)


def _keys(server: str, project: Project, tasks: Iterable[str]) -> list[tuple[str, str, str]]:
    return [(server, project.project, task) for task in tasks]


def _answers(
    server: str, project: Project, tasks: Iterable[Task], users: Mapping[int, str], questions: list[str]
) -> list[Answer]:
    found = []
    for task in tasks:
        if "sentence_id" not in task.data:
            continue  # somebody added it by hand
        for annotation in task.annotations:
            given = answers(annotation.get("result") or [])
            skipped = bool(annotation.get("was_cancelled"))
            who = annotation["completed_by"]
            base = Answer(
                server=server,
                project=project.project,
                task=str(task.id),
                annotation_id=str(annotation["id"]),
                question="",
                sentence_id=str(task.data["sentence_id"]),
                annotator=users.get(who, f"user {who}"),
                label=None,
                state="skipped" if skipped else "submitted",
                skip_reason=given.get(SKIP),
                created_at=_time(annotation.get("created_at")),
                updated_at=_time(annotation.get("updated_at")),
                lead_time_s=annotation.get("lead_time"),
                labels_version=project.labels_version,
            )
            if skipped:
                found += [replace(base, question=question) for question in questions]
            else:
                found += [replace(base, question=q, label=given[q]) for q in questions if q in given]
    return found


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
