"""What of an answer is somebody's own: each function gets the data of an answer and gives what may leave.

Fields are named here, one by one: a field that a new version adds stays in the server until somebody looks at it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

_MARK = re.compile(" [0-9a-f]{8}$")  # tells projects of the same batch apart; it says nothing to whoever labels
_PROJECT = frozenset((
    "id", "title", "description", "label_config", "parsed_label_config", "expert_instruction",
    "show_instruction", "show_skip_button", "enable_empty_annotation", "show_annotation_history", "color",
    "maximum_annotations", "is_published", "is_draft", "created_at", "control_weights", "model_version",
    "reveal_preannotations_interactively", "show_collab_predictions", "evaluate_predictions_automatically",
    "config_has_control_tags", "config_suitable_for_bulk_annotation", "pinned_at", "task_number",
    "finished_task_number", "num_tasks_with_annotations", "total_annotations_number",
    "total_predictions_number", "useful_annotation_number", "skipped_annotations_number",
    "ground_truth_number", "queue_total", "queue_done", "queue_left", "task_count", "annotation_count",
    "can_delete_tasks", "can_manage_annotations", "can_manage_tasks", "target_syncing", "source_syncing",
    "state",
))  # fmt: skip
_TASK = frozenset((
    "id", "data", "created_at", "updated_at", "is_labeled", "overlap", "inner_id", "project",
    "total_annotations", "cancelled_annotations", "total_predictions", "completed_at", "draft_exists",
    "queue", "unique_lock_id", "allow_skip",
))  # fmt: skip
_ANNOTATION = frozenset((
    "id", "result", "created_username", "created_ago", "completed_by", "was_cancelled", "ground_truth",
    "created_at", "updated_at", "draft_created_at", "lead_time", "task", "project", "unique_id",
    "parent_prediction", "parent_annotation",
))  # fmt: skip
_DRAFT = frozenset((
    "id", "user", "created_username", "created_ago", "result", "lead_time", "was_postponed", "created_at",
    "updated_at", "task", "annotation", "import_id",
))  # fmt: skip
_PREDICTION = frozenset((
    "id", "result", "model_version", "created_ago", "score", "task", "project",
))  # fmt: skip
_PERSON = frozenset((
    "id", "first_name", "last_name", "username", "email", "custom_hotkeys", "avatar", "initials", "phone",
    "active_organization", "date_joined", "allow_newsletters",
))  # fmt: skip


def _kept(record: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name in fields}


def me(data: Any, user: Any) -> Any:
    """One's own account, without what the organization's row says of its owner."""
    return _kept(data, _PERSON) | {"permissions": [], "active_organization_meta": {"title": "stancelab", "email": ""}}


def people(data: Any, user: Any) -> Any:
    """One's own row of the list of accounts."""
    return [me(row, user) for row in data if row["id"] == user.id]


def project(data: Any, user: Any) -> Any:
    """A project without who made it and who else works in it."""
    named = {"title": title(data["title"])} if "title" in data else {}
    return _kept(data, _PROJECT) | named | {"created_by": None, "ml_backends": []}


def title(name: str) -> str:
    """A project's name as it is shown to whoever labels in it: without the mark."""
    return _MARK.sub("", name)


def projects(data: Any, user: Any) -> Any:
    """A page of projects."""
    page = _kept(data, frozenset({"count", "next", "previous"}))
    return page | {"results": [project(found, user) for found in data["results"]]}


def columns(data: Any, user: Any) -> Any:
    """The data manager's columns of the task's own data."""
    return {"columns": [c for c in data["columns"] if c.get("parent") == "data" or c["id"] == "data"]}


def task(data: Any, user: Any) -> Any:
    """A task with one's own answers and drafts; a suggestion is part of the task, of the arm that it was drawn for."""
    return _kept(data, _TASK) | {
        "annotations": annotations(data.get("annotations") or [], user),
        "drafts": [draft(d, user) for d in data.get("drafts") or [] if d.get("user") in (user.email, user.id)],
        "predictions": [_kept(p, _PREDICTION) for p in data.get("predictions") or []],
    }


def annotation(data: Any, user: Any) -> Any:
    """One's own answer."""
    return _kept(data, _ANNOTATION)


def annotations(data: Any, user: Any) -> Any:
    """One's own of a list of answers."""
    return [annotation(a, user) for a in data if _author(a) == user.id]


def draft(data: Any, user: Any) -> Any:
    """One's own draft."""
    return _kept(data, _DRAFT)


def history(data: Any, user: Any) -> Any:
    """The tasks that one has had, oldest first."""
    return [_kept(row, frozenset({"taskId", "annotationId"})) for row in data]


def _author(found: Mapping[str, Any]) -> Any:
    who = found.get("completed_by")
    return who.get("id") if isinstance(who, Mapping) else who


BY_NAME: Mapping[str, Callable[[Any, Any], Any]] = {
    "me": me, "people": people, "project": project, "projects": projects, "columns": columns, "task": task,
    "annotation": annotation, "annotations": annotations, "draft": draft, "history": history,
}  # fmt: skip
