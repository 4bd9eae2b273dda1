"""Pages of tasks as a Label Studio server lists them, oldest change first; the next is on its way while one is used."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

_FIELDS = "id,annotations,data,updated_at,result,completed_by,lead_time,was_cancelled,created_at,parent_prediction"
# The server counts the whole project for each page, so pages are large.
PAGE_SIZE = 1000


@dataclass(frozen=True)
class Task:
    """A task and its annotations, as the server holds them now."""

    id: int
    data: Mapping[str, Any]
    updated_at: datetime
    annotations: Sequence[Mapping[str, Any]]


def changed_tasks(
    ask: Callable[[dict[str, Any]], list[dict[str, Any]]], project: int, since: datetime | None, page_size: int
) -> Iterator[list[Task]]:
    """Pages of the tasks touched after ``since`` (all, if None).

    A task that changes while we read moves to the end of the list, so numbered pages would skip the one that takes
    its place; each page is asked for from where the last one ended. A page's last moment is asked for again, since
    more tasks may share it.

    Parameters
    ----------
    ask : callable
        Gets the parameters of a task list, gives the server's records; an empty list past the last page.
    project : int
        The project.
    since : datetime, optional
        After which moment.
    page_size : int
        Tasks to ask for at once.
    """
    seen: set[tuple[int, datetime]] = set()
    page = 1
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(ask, _query(project, since, page, page_size))
        while True:
            tasks = [_task(record) for record in coming.result()]
            fresh = [task for task in tasks if (task.id, task.updated_at) not in seen]
            seen.update((task.id, task.updated_at) for task in fresh)
            last = len(tasks) < page_size
            if fresh:
                page, since = 1, fresh[-1].updated_at - timedelta(microseconds=1)
            else:
                page += 1
            if not last:
                coming = ahead.submit(ask, _query(project, since, page, page_size))
            if fresh:
                yield fresh
            if last:
                return


def _query(project: int, since: datetime | None, page: int, page_size: int) -> dict[str, Any]:
    query: dict[str, Any] = {"ordering": ["tasks:updated_at"]}
    if since is not None:
        after = {
            "filter": "filter:tasks:updated_at",
            "operator": "greater",
            "type": "Datetime",
            "value": since.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        query["filters"] = {"conjunction": "and", "items": [after]}
    return {
        "project": project,
        "fields": "all",
        "include": _FIELDS,
        "page": page,
        "page_size": page_size,
        "query": json.dumps(query),
    }


def _task(record: Mapping[str, Any]) -> Task:
    annotations = [_annotation(a) for a in record.get("annotations") or []]
    return Task(int(record["id"]), record["data"], datetime.fromisoformat(record["updated_at"]), annotations)


def _annotation(found: Mapping[str, Any]) -> dict[str, Any]:
    """An annotation whose ``completed_by`` is the user's number, which the server gives bare or inside a record."""
    who = found.get("completed_by")
    return dict(found) | {"completed_by": int(who["id"]) if isinstance(who, Mapping) else int(who or 0)}
