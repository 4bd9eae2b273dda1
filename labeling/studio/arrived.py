"""Tasks as the server holds them become answers for the ledger."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from corpus.labels import SKIP
from labeling.ledger.ledger import Answer, Kind, Ledger, Project
from labeling.questions import answers, notes, notes_text
from labeling.regions import well_formed
from labeling.studio.task_pages import Task

_KINDS: dict[str, Kind] = {"training": "training", "adjudication": "adjudication"}


@dataclass(frozen=True)
class Arms:
    """What was drawn for the items of a project: item -> (kind, outlet in view, suggestion)."""

    items: Mapping[str, tuple[Kind, bool, bool]]
    kind: Kind

    @classmethod
    def of(cls, project: Project, ledger: Ledger) -> "Arms":
        """The arms of a project; a pool has none, and all of a training or adjudication project is of that kind."""
        kind = _KINDS.get(project.role, "normal")
        if project.role == "pool":
            return cls({}, kind)
        found = ledger.assignments(server=project.server, project=project.project, withdrawn=True)
        rows = zip(found["item"], found["kind"], found["cue"], found["suggestion"], strict=True)
        return cls({item: (own, bool(cue), bool(suggestion)) for item, own, cue, suggestion in rows}, kind)


def arrived(
    server: str, project: Project, tasks: Iterable[Task], users: Mapping[int, str], questions: list[str], arms: Arms
) -> list[Answer]:
    """The answers of some tasks.

    Parameters
    ----------
    server : str
        The server's name in the ledger.
    project : Project
        Whose tasks they are.
    tasks : iterable of Task
        Those that we did not make (without a sentence_id) are passed over.
    users : mapping of int to str
        User number -> address.
    questions : list of str
        What the project asks; a skip is an answer to each of them.
    arms : Arms
        Of the project.

    Returns
    -------
    list of Answer
        One for each annotation and question answered.
    """
    return [
        answer
        for task in tasks
        if "sentence_id" in task.data
        for annotation in task.annotations
        for answer in _of(server, project, task, annotation, users, questions, arms)
    ]


def unread(tasks: Iterable[Task], users: Mapping[int, str]) -> list[tuple[int, str]]:
    """(task, annotator) of annotations some of which cannot be read, so that :func:`arrived` passed over it."""
    return [
        (task.id, _name(annotation, users))
        for task in tasks
        if "sentence_id" in task.data
        for annotation in task.annotations
        if not all(map(well_formed, _regions(annotation)))
    ]


def _of(
    server: str,
    project: Project,
    task: Task,
    annotation: Mapping[str, Any],
    users: Mapping[int, str],
    questions: list[str],
    arms: Arms,
) -> list[Answer]:
    result = _regions(annotation)
    given = answers(result)
    item = task.data.get("item")
    kind, cue, drawn = arms.items.get(item or "", (arms.kind, None, False))
    base = Answer(
        server=server,
        project=project.project,
        task=str(task.id),
        annotation_id=str(annotation["id"]),
        question="",
        sentence_id=str(task.data["sentence_id"]),
        annotator=_name(annotation, users),
        label=None,
        state="skipped" if annotation.get("was_cancelled") else "submitted",
        # A skip that was taken back leaves its reason ticked on the page; an answer has none.
        skip_reason=given.get(SKIP) if annotation.get("was_cancelled") else None,
        created_at=_time(annotation.get("created_at")),
        updated_at=_time(annotation.get("updated_at")),
        lead_time_s=annotation.get("lead_time"),
        labels_version=project.labels_version,
        # Also one that nobody drew: somebody connected a model to the project.
        suggestion=drawn or annotation.get("parent_prediction") is not None,
        item=item,
        kind=kind,
        cue=cue,
        notes=notes_text(notes(result)),
    )
    if base.state == "skipped":
        return [replace(base, question=question) for question in questions]
    return [replace(base, question=q, label=given[q]) for q in questions if q in given]


def _regions(annotation: Mapping[str, Any]) -> list[Any]:
    found = annotation.get("result") or []
    return found if isinstance(found, list) else [found]


def _name(annotation: Mapping[str, Any], users: Mapping[int, str]) -> str:
    who = int(annotation["completed_by"])
    return users.get(who, f"user {who}")


def _time(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
