"""The training round: known answers that the server keeps to itself until somebody has given theirs.

An answer key is a file in the server's data folder, ``training/PROJECT.json``: ``bar`` (the share of first answers that
must be right), ``waived`` (whether it counts no more), ``opens`` (projects that it stands before) and ``items`` (item
to ``answers`` and ``rule``). The verdict on a first answer is kept with its task, when the known answer is shown:
whoever corrects an answer has seen it.
"""

import json
import math
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from projects.models import Project, ProjectMember
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from tasks.models import Annotation, Task

from corpus.files import lock, write_json
from labeling.questions import answers, titles
from labeling.server.accounts import IsOwner
from labeling.server.answer_keys import key_file
from labeling.server.assigned import visible

_RIGHT = "stancelab_right"


class Training(APIView):
    """``GET``: how a training round stands; ``PUT {"bar", "opens", "items", "waived"?}``: its answer key."""

    permission_classes = (IsAuthenticated, IsOwner)

    def get(self, request: Any, pk: int) -> Response:
        """``answered`` and ``right`` first answers of ``total``, ``bar``, ``passed`` and ``opens``."""
        project = get_object_or_404(Project, pk=pk)
        return Response(_standing(project, _key(project)))

    def put(self, request: Any, pk: int) -> Response:
        """Keep the key; whoever has passed already gets what it opens."""
        project = get_object_or_404(Project, pk=pk)
        given = {name: request.data.get(name) for name in ("bar", "opens", "items", "waived")}
        if not (isinstance(given["bar"], float | int) and isinstance(given["opens"], list)):
            raise ValidationError("expected bar (a share), opens (projects) and items")
        if not isinstance(given["items"], dict):
            raise ValidationError("expected items: item -> answers, rule")
        write_json(key_file(project), given, mode=0o600)
        return Response(_opened(project, given))


class Feedback(APIView):
    """``POST``: the known answers to a training task that whoever asks has answered, and why they are right."""

    permission_classes = (IsAuthenticated,)

    def post(self, request: Any, pk: int) -> Response:
        """Each question with the answer given and the known one, the rule, and how the round stands."""
        task = get_object_or_404(Task, pk=pk)
        project = visible(request, task.project_id)
        key = _key(project)
        known = key["items"].get(task.data.get("item"))
        given = Annotation.objects.filter(task=task, completed_by=request.user).order_by("-updated_at").first()
        if known is None or given is None:
            raise NotFound
        own = {} if given.was_cancelled else answers(given.result or [])
        named = titles(project.label_config)
        compared = [
            {"question": question, "title": named.get(question, question), "known": label}
            | {"yours": own.get(question), "right": own.get(question) == label}
            for question, label in known["answers"].items()
        ]
        with transaction.atomic():
            task = Task.objects.select_for_update().get(pk=pk)
            if _RIGHT not in (task.meta or {}):
                Task.objects.filter(pk=pk).update(
                    meta={**(task.meta or {}), _RIGHT: all(part["right"] for part in compared)}
                )
        standing = _opened(project, key)
        return Response(
            {"text": task.data.get("text"), "answers": compared, "rule": known["rule"]}
            | {name: standing[name] for name in ("answered", "right", "total", "needed", "passed")}
        )


def _key(project: Any) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(key_file(project).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound from None
    return found


def standing_of(project: Any) -> dict[str, Any] | None:
    """How a training round stands, as :class:`Training` says it; None for a project that is none."""
    return _standing(project, _key(project)) if key_file(project).exists() else None


def _standing(project: Any, key: dict[str, Any]) -> dict[str, Any]:
    verdicts = [(meta or {}).get(_RIGHT) for meta in project.tasks.values_list("meta", flat=True)]
    # A bar of 0.7 of ten sentences is seven, whatever 0.7 is in binary.
    needed = math.ceil(round(key["bar"] * len(verdicts), 6))
    answered, right = sum(verdict is not None for verdict in verdicts), sum(verdict is True for verdict in verdicts)
    return {
        "answered": answered, "right": right, "total": len(verdicts), "needed": needed, "bar": key["bar"],
        "passed": bool(key["waived"]) or (answered == len(verdicts) and right >= needed), "opens": key["opens"],
    }  # fmt: skip


def _opened(project: Any, key: dict[str, Any]) -> dict[str, Any]:
    """How the round stands; once it is passed, its members are members of what it opens."""
    standing = _standing(project, key)
    if standing["passed"]:
        with lock(key_file(project).with_suffix(".lock"), "", wait=True):
            for user in project.members.filter(enabled=True).values_list("user_id", flat=True):
                for opened in Project.objects.filter(pk__in=key["opens"]):
                    ProjectMember.objects.get_or_create(user_id=user, project=opened)
    return standing
