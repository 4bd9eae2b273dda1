"""What of an open address is somebody's own: each function lets a request through, answers it, or refuses it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse
from tasks.models import Annotation, AnnotationDraft, Prediction, Task

from labeling.regions import well_formed
from labeling.server.asked import Asked, Refused, gone

# The name of `answer`, which the guard runs in one transaction with the view.
FIRST_ANSWER = "answer"

# ---- lists that Label Studio's page asks for


def projects(asked: Asked) -> None:
    """The list of projects is one's own, by Label Studio's own filter, so that counts are right too."""
    asked.query("page", "page_size", "include", "ids", "title", "ordering")
    named = asked.request.GET.get("ids")
    own = {str(number) for number in asked.projects} & (
        set(named.split(",")) if named else {str(n) for n in asked.projects}
    )
    query = asked.request.GET.copy()
    query["ids"] = ",".join(sorted(own)) or "0"
    asked.request.GET = query


def project(asked: Asked) -> None:
    """A project that the address names."""
    asked.query("project", "include", "interaction")
    asked.project(int(asked.kwargs["pk"]))


def project_in_query(asked: Asked) -> None:
    """A project that the query names."""
    asked.query("project", "include", "interaction", "expand", "tabID")
    _queried(asked)


def people(asked: Asked) -> None:
    """The list of people, of which only one's own row stays."""
    asked.query("project")


def _nothing(found: Any) -> Callable[[Asked], HttpResponse]:
    def answer(asked: Asked) -> HttpResponse:
        project_in_query(asked)
        return JsonResponse(found, safe=False)

    return answer


def no_tasks(asked: Asked) -> HttpResponse:
    """The data manager's list of tasks: nothing in it, since sentences come one at a time."""
    asked.query("project", "page", "page_size", "view", "interaction")
    _queried(asked)
    return JsonResponse({"tasks": [], "total": 0, "total_annotations": 0, "total_predictions": 0})


def one_view(asked: Asked) -> HttpResponse:
    """The data manager's views: one without filters, that stands nowhere, since a view belongs to all of a project."""
    asked.query("project", "interaction")
    data = {
        "title": "Default", "type": "list", "target": "tasks", "ordering": [], "columnsWidth": {},
        "columnsDisplayType": {}, "gridWidth": 4, "hiddenColumns": {"explore": [], "labeling": []},
        "filters": {"conjunction": "and", "items": []},
    }  # fmt: skip
    return JsonResponse(
        [{"id": 1, "data": data, "order": 0, "user": asked.user.id, "project": _queried(asked)}], safe=False
    )


def _queried(asked: Asked) -> int:
    number = asked.request.GET.get("project", "")
    if not (number.isascii() and number.isdigit()):
        raise Refused("expected ?project=NUMBER")
    return asked.project(int(number))


# ---- labeling


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9


def _text(value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= 100)


def _result(value: Any) -> bool:
    if not (isinstance(value, list) and all(map(well_formed, value))):
        raise Refused(
            "result: expected regions as the page sends them, with type, from_name and to_name, and in value one of "
            "choices, a list of texts, or start and end as whole numbers",
            400,
        )
    return True


def _is(*values: Any) -> Callable[[Any], bool]:
    return lambda value: any(value == allowed and type(value) is type(allowed) for allowed in values)


def _empty(value: Any) -> bool:
    return not value


def next_task(asked: Asked) -> None:
    """The next task of one's project; of the data manager's actions this one alone, and without a choice of tasks."""
    if asked.query("id", "project", "tabID", "interaction").get("id") != "next_task":
        raise Refused("of the data manager's actions only next_task is open to you")
    number = _queried(asked)
    no_choice = _is({"all": False, "included": []}, {"all": False, "excluded": []})
    if asked.request.body:
        asked.body(
            {
                "project": _is(str(number), number),
                "ordering": _empty,
                "selectedItems": lambda value: _empty(value) or no_choice(value),
                "filters": lambda value: _empty(value) or (isinstance(value, dict) and not value.get("items")),
            }
        )


def task(asked: Asked) -> Any:
    """A task of a project of one's own."""
    asked.query("project", "interaction", "resolve_uri")
    return _task(asked)


def answer(asked: Asked) -> None:
    """A first answer, or a skip, in one's own name; a second one would be a second vote.

    It holds the task until the transaction ends in which the answer is saved; on SQLite each has the database alone.
    """
    asked.query("project", "was_cancelled", "interaction")
    found = _task(asked)
    Task.objects.select_for_update().get(pk=found.pk)
    asked.body(
        _answer_fields(asked, found) | {"draft_id": lambda draft: _empty(draft) or _own_draft(asked, draft, found)}
    )
    if Annotation.objects.filter(task=found, completed_by=asked.user).exists():
        raise Refused("you have answered this already: go back to it and correct it", 409)


def _answer_fields(asked: Asked, found: Any) -> dict[str, Callable[[Any], bool]]:
    def suggestion(value: Any) -> bool:
        return value is None or (_number(value) and Prediction.objects.filter(pk=value, task=found).exists())

    return {
        "result": _result, "lead_time": lambda v: v is None or _number(v), "was_cancelled": _is(True, False),
        "started_at": _text, "unique_id": _text, "parent_prediction": suggestion, "parent_annotation": _is(None),
        "ground_truth": _is(False), "project": _is(found.project_id, str(found.project_id)), "task": _is(found.id),
        "completed_by": _is(asked.user.id),
    }  # fmt: skip


def _own_draft(asked: Asked, draft: Any, found: Any) -> bool:
    return _number(draft) and AnnotationDraft.objects.filter(pk=draft, user=asked.user, task=found).exists()


def own_answer(asked: Asked) -> Any:
    """An answer that one gave oneself."""
    asked.query("project", "taskID", "was_cancelled", "interaction")
    pk = asked.kwargs.get("annotation_id", asked.kwargs.get("pk"))
    found = Annotation.objects.filter(pk=pk, completed_by=asked.user, project__in=asked.projects).first()
    if found is None or (asked.kwargs.get("annotation_id") and found.task_id != asked.kwargs["pk"]):
        raise gone()
    asked.project(found.project_id)
    return found


def correction(asked: Asked) -> None:
    """Another answer in place of one's own."""
    found = own_answer(asked)
    fields = _answer_fields(asked, found.task)
    drafts = {"draft_id": lambda draft: _empty(draft) or _own_draft(asked, draft, found.task)}
    unchanged = {
        "id": _is(found.id),
        "parent_annotation": _is(found.parent_annotation_id),
        "parent_prediction": _is(found.parent_prediction_id),
        "ground_truth": _is(found.ground_truth),
    }
    asked.body(fields | drafts | unchanged)


def skip_taken_back(asked: Asked) -> None:
    """One's own skip, deleted as the page's "Cancel skip" does; an answer is corrected, never deleted."""
    if not own_answer(asked).was_cancelled:
        raise Refused("an answer is corrected, not taken back")


def draft(asked: Asked) -> None:
    """A draft for a task of one's own, or for one's own answer to it."""
    asked.query("project", "interaction", "taskID")
    found = own_answer(asked).task if "annotation_id" in asked.kwargs else _task(asked)
    asked.body(_draft_fields(asked, found))


def own_draft(asked: Asked) -> None:
    """A draft that one made oneself."""
    asked.query("project", "interaction", "taskID")
    found = AnnotationDraft.objects.filter(pk=asked.kwargs["pk"], user=asked.user).select_related("task").first()
    if found is None:
        raise gone()
    asked.project(found.task.project_id)
    if asked.request.method == "PATCH":
        asked.body(_draft_fields(asked, found.task) | {"id": _is(found.id)})


def _draft_fields(asked: Asked, found: Any) -> dict[str, Callable[[Any], bool]]:
    fields = _answer_fields(asked, found)
    kept: Collection[str] = ("result", "lead_time", "started_at", "unique_id", "parent_prediction", "parent_annotation")
    named: Collection[str] = ("project", "task", "was_cancelled")
    return {name: fields[name] for name in (*kept, *named)} | {
        "draft_id": lambda v: _empty(v) or _own_draft(asked, v, found),
    }


def _task(asked: Asked) -> Any:
    found = Task.objects.filter(pk=asked.kwargs["pk"], project__in=asked.projects).first()
    if found is None:
        raise gone()
    asked.project(found.project_id)
    return found


BY_NAME: Mapping[str, Callable[[Asked], Any]] = {
    "projects": projects, "project": project, "project_in_query": project_in_query, "people": people,
    "no_backends": _nothing([]), "no_links": _nothing({"count": 0, "next": None, "previous": None, "results": []}),
    "no_tasks": no_tasks, "one_view": one_view, "next_task": next_task, "task": task, FIRST_ANSWER: answer,
    "own_answer": own_answer, "correction": correction, "skip_taken_back": skip_taken_back, "draft": draft,
    "own_draft": own_draft,
}  # fmt: skip
