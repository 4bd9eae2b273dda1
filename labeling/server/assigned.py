"""Endpoints of our own about assigned items: which there are and which were begun, and taking back those that were not.

Owners only, but for one's own progress.
"""

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from projects.models import Project
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from tasks.models import Annotation, AnnotationDraft, Task

from labeling.server.accounts import IsOwner
from labeling.server.answer_keys import key_file


class Items(APIView):
    """``GET``: a project's items; ``DELETE {"items": [item]}``: take back those of them that nobody has begun.

    With ``"keep_drafts": false`` also those that were only drafted: the draft goes with them.
    """

    permission_classes = (IsAuthenticated, IsOwner)

    def get(self, request: Any, pk: int) -> Response:
        """Each task that stands for an item, in order; ``answered`` or skipped, or ``begun``: that, or drafted."""
        found = _items(get_object_or_404(Project, pk=pk))
        return Response(
            [
                {"task": task, "item": item, "answered": answered, "begun": answered or drafted}
                for task, item, answered, drafted in found
            ]
        )

    def delete(self, request: Any, pk: int) -> Response:
        """The items that are gone now; what was begun in the meantime is not among them."""
        wanted, keep = request.data.get("items"), request.data.get("keep_drafts", True)
        if not isinstance(wanted, list) or not isinstance(keep, bool):
            raise ValidationError("expected items, a list, and keep_drafts, true or false")
        project = get_object_or_404(Project, pk=pk)
        with transaction.atomic():
            # The lock keeps an answer out that is on its way; on SQLite every transaction here has the database alone.
            list(Task.objects.select_for_update().filter(project=project).values_list("id", flat=True))
            free = {
                task: item
                for task, item, answered, drafted in _items(project)
                if item in set(wanted) and not answered and not (drafted and keep)
            }
            Task.delete_tasks_without_signals(Task.objects.filter(id__in=free))
            project.update_tasks_states(
                maximum_annotations_changed=False, overlap_cohort_percentage_changed=False, tasks_number_changed=True
            )
        return Response({"items": sorted(free.values())})


class Progress(APIView):
    """``GET``: how much of a project the person who asks has done."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Any, pk: int) -> Response:
        """``done`` (answered or skipped) of ``total`` tasks; ``training``: known answers are shown after one's own."""
        project = visible(request, pk)
        done = Task.objects.filter(project=project, annotations__completed_by=request.user).distinct().count()
        return Response({"done": done, "total": project.tasks.count(), "training": key_file(project).exists()})


def visible(request: Any, pk: int) -> Any:
    """The project, if whoever asks may see it."""
    project = get_object_or_404(Project, pk=pk)
    if not project.has_permission(request.user):
        raise NotFound
    return project


def _items(project: Any) -> list[tuple[int, str, bool, bool]]:
    """(task, item, answered or skipped, drafted) of each task that stands for an item, in order."""
    tasks: QuerySet[Any] = Task.objects.filter(project=project).order_by("id")
    touched = tasks.annotate(
        answered=Exists(Annotation.objects.filter(task=OuterRef("pk"))),
        drafted=Exists(AnnotationDraft.objects.filter(task=OuterRef("pk"))),
    )
    return [
        (task, data["item"], answered, drafted)
        for task, data, answered, drafted in touched.values_list("id", "data", "answered", "drafted")
        if "item" in data
    ]
