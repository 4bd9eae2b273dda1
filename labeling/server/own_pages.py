"""The pages that somebody who is no owner gets: their work at a glance, and the labeling stream of each project.

Label Studio's own start page, project list and data manager are for those who manage; most of their buttons would be
refused.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from projects.models import Project

from labeling.server.answers import title
from labeling.server.asked import Asked
from labeling.server.roles import role_of
from labeling.server.training import standing_of


def work(asked: Asked) -> HttpResponse:
    """One's projects that hold anything, and how much of each is done; of a training round, what it is for."""
    own = Q(tasks__annotations__completed_by=asked.user)
    found = (
        Project.objects.filter(pk__in=asked.projects)
        .annotate(total=Count("tasks", distinct=True), done=Count("tasks", distinct=True, filter=own))
        .filter(total__gt=0)
        .order_by("id")
    )
    context = {
        "projects": [
            {"id": one.id, "title": title(one.title), "total": one.total, "done": one.done}
            | {"training": standing_of(one)}
            for one in found
        ],
        "person": asked.user.get_full_name() or asked.user.email,
        "role": role_of(asked.user),
    }
    return render(asked.request, "stancelab/work.html", context)


def labeling(asked: Asked) -> HttpResponse | None:
    """The page of a project is its labeling stream, and nothing else of the data manager."""
    number = asked.project(int(asked.kwargs["pk"]))
    if list(asked.request.GET.lists()) == [("labeling", ["1"])]:
        return None
    return redirect(f"/projects/{number}/data?labeling=1")


BY_NAME: Mapping[str, Callable[[Asked], Any]] = {"work": work, "labeling": labeling}
