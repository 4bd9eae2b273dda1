"""A Label Studio in memory: what the client's requests need, answered as 1.23 answers them."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

import httpx

from labeling.questions import result

URL = "http://labelstudio.test:8080"
LEGACY = "0123456789abcdef0123456789abcdef01234567"
OURS = re.compile(r"/api/stancelab/(roles|accounts|projects/(\d+)/members)/$")
PATH = re.compile(r"/api/(projects|tasks)/(\d+)/?(import)?$")


class FakeLabelStudio:
    """Projects, tasks, annotations and users; ``before`` sees each request first and may answer or change things."""

    def __init__(self) -> None:
        self.users = {1: "owner@example.com", 2: "ann@example.com", 3: "bob@example.com"}
        self.roles: dict[int, str] | None = {1: "owner"}  # None: a server that does not enforce any
        self.inactive: set[int] = set()
        self.members: dict[int, set[int]] = {}
        self.tokens = {f"Token {LEGACY}"}
        self.projects: dict[int, dict[str, Any]] = {}
        self.tasks: dict[int, dict[str, Any]] = {}
        self.requests: list[httpx.Request] = []
        self.before: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        # How much later than its last change the server's clock stands.
        self.ahead = timedelta(0)
        self.tick = timedelta(seconds=1)
        self.number = 0

    # What happens on the server apart from our requests.

    def annotate(self, task: int, user: int, skipped: bool = False, **answers: str) -> int:
        """An annotator submits (or skips) a task; the annotation's number."""
        number = self._next()
        moment = self._touch(task)
        self.tasks[task]["annotations"].append(
            {
                "id": number, "completed_by": user, "result": result(answers), "was_cancelled": skipped,
                "lead_time": 4.5, "created_at": moment, "updated_at": moment,
            }
        )  # fmt: skip
        return number

    def change(self, task: int, annotation: int, **answers: str) -> None:
        """An annotator submits an annotation again."""
        found = self._annotation(task, annotation)
        found.update(result=result(answers), updated_at=self._touch(task))

    def delete_annotation(self, task: int, annotation: int) -> None:
        """Somebody deletes an annotation."""
        self.tasks[task]["annotations"].remove(self._annotation(task, annotation))
        self._touch(task)

    def add_task(self, project: int, data: dict[str, str]) -> int:
        """Somebody adds a task."""
        number = self._next()
        self.tasks[number] = {"id": number, "project": project, "data": data, "annotations": []}
        self._touch(number)
        return number

    def of(self, project: int) -> dict[str, int]:
        """sentence_id -> task of a project."""
        return {t["data"]["sentence_id"]: n for n, t in self.tasks.items() if t["project"] == project}

    def _next(self) -> int:
        self.number += 1
        return self.number

    def _annotation(self, task: int, annotation: int) -> dict[str, Any]:
        return next(a for a in self.tasks[task]["annotations"] if a["id"] == annotation)

    def _touch(self, task: int) -> str:
        self.now += self.tick
        self.tasks[task]["updated_at"] = self.now
        return _text(self.now)

    # The wire.

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        self.requests.append(request)
        answer = self._answer(request)
        answer.headers["date"] = format_datetime(self.now + self.ahead, usegmt=True)
        return answer

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if (answer := self.before(request)) is not None:
            return answer
        path, query = request.url.path, {k: v[0] for k, v in parse_qs(request.url.query.decode()).items()}
        if path == "/api/version":
            return _json({"release": "1.23.2", "label-studio-os-package": {"version": "1.23.2"}})
        if request.headers.get("Authorization") not in self.tokens:
            return _json({"detail": "Invalid token."}, 401)
        if path == "/api/current-user/whoami":
            return _json({"id": 1, "email": self.users[1]})
        if path == "/api/users/":
            return _json([{"id": number, "email": email, "username": email} for number, email in self.users.items()])
        if path == "/api/projects/":
            return self._create(json.loads(request.content)) if request.method == "POST" else self._list(query)
        if path == "/api/tasks/":
            return self._task_list(query)
        if self.roles is not None and (match := OURS.match(path)) is not None:
            body = json.loads(request.content) if request.content else None
            return self._people(self.roles, match[1], int(match[2] or 0), body)
        if (match := PATH.match(path)) is None and not path.startswith("/api/stancelab/"):
            return _json({"detail": f"the fake has no {path}"}, 501)
        if match is None:
            return _json({"detail": "Not found."}, 404)
        kind, number, action = match[1], int(match[2]), match[3]
        if number not in (self.projects if kind == "projects" else self.tasks):
            return _json({"detail": "Not found."}, 404)
        return self._one(kind, number, action, request)

    def _one(self, kind: str, number: int, action: str | None, request: httpx.Request) -> httpx.Response:
        if kind == "tasks":
            del self.tasks[number]
            return httpx.Response(204)
        if action == "import":
            made = [self.add_task(number, item["data"]) for item in json.loads(request.content)]
            return _json({"task_count": len(made), "task_ids": made}, 201)
        if request.method == "PATCH":
            self.projects[number].update(json.loads(request.content))
        return _json(self._counted(number))

    def _counted(self, number: int) -> dict[str, Any]:
        tasks = [t for t in self.tasks.values() if t["project"] == number]
        skips = [a["was_cancelled"] for t in tasks for a in t["annotations"]]
        counts = {"total_annotations_number": len(skips) - sum(skips), "skipped_annotations_number": sum(skips)}
        return self.projects[number] | counts | {"task_number": len(tasks)}

    def _people(self, roles: dict[int, str], what: str, project: int, body: Any) -> httpx.Response:
        numbers = {email: number for number, email in self.users.items()}
        if what == "roles":
            return _json({"roles": ["owner", "adjudicator", "annotator"]})
        if what == "accounts":
            if body is not None and body["email"] not in numbers:
                return _json({"detail": "Not found."}, 404)
            if body is not None:
                user = numbers[body["email"]]
                roles[user] = body.get("role", roles.get(user, "annotator"))
                (self.inactive.discard if body.get("active", user not in self.inactive) else self.inactive.add)(user)
            return _json([self._account(roles, user) for user in self.users])
        if project not in self.projects:
            return _json({"detail": "Not found."}, 404)
        if body is not None:
            if unknown := set(body["members"]) - set(numbers):
                return _json({"detail": "Validation error", "validation_errors": {"members": sorted(unknown)}}, 400)
            self.members[project] = {numbers[email] for email in body["members"]}
        return _json({"members": sorted(self.users[user] for user in self.members.get(project, ()))})

    def _account(self, roles: dict[int, str], user: int) -> dict[str, Any]:
        annotations = [a for task in self.tasks.values() for a in task["annotations"] if a["completed_by"] == user]
        return {
            "id": user, "email": self.users[user], "role": roles.get(user, "annotator"),
            "active": user not in self.inactive, "done": len(annotations),
            "projects": sorted(project for project, users in self.members.items() if user in users),
        }  # fmt: skip

    def _create(self, fields: dict[str, Any]) -> httpx.Response:
        if not 3 <= len(fields["title"]) <= 50:
            return _json({"detail": "Validation error", "validation_errors": {"title": ["Ensure this"]}}, 400)
        number = self._next()
        self.projects[number] = {"id": number, **fields}
        return _json(self.projects[number], 201)

    def _list(self, query: dict[str, str]) -> httpx.Response:
        # The server's filter finds titles that contain the words.
        found = [self._counted(n) for n, p in self.projects.items() if query.get("title", "") in p["title"]]
        if "ids" in query:
            found = [p for p in found if str(p["id"]) in query["ids"].split(",")]
        if "include" in query:
            found = [{name: p[name] for name in query["include"].split(",")} for p in found]
        return _page(found, query, "results", "count")

    def _task_list(self, query: dict[str, str]) -> httpx.Response:
        found = [t for t in self.tasks.values() if t["project"] == int(query["project"])]
        asked = json.loads(query.get("query", "{}"))
        for item in asked.get("filters", {}).get("items", []):
            assert (item["filter"], item["operator"]) == ("filter:tasks:updated_at", "greater")
            since = datetime.fromisoformat(item["value"])
            found = [t for t in found if t["updated_at"] > since]
        if asked.get("ordering") == ["tasks:updated_at"]:
            found.sort(key=lambda task: task["updated_at"])
        elif asked.get("ordering") == ["-tasks:id"]:
            found.sort(key=lambda task: -task["id"])
        names = query["include"].split(",")
        rows = [{name: value for name, value in _shown(task).items() if name in names} for task in found]
        for row in rows:
            # The server narrows nested records by the same names.
            nested = row.get("annotations", ())
            row |= {"annotations": [{name: a[name] for name in names if name in a} for a in nested]} if nested else {}
        return _page(rows, query, "tasks", "total")


def _shown(task: dict[str, Any]) -> dict[str, Any]:
    skips = sum(a["was_cancelled"] for a in task["annotations"])
    return task | {
        "updated_at": _text(task["updated_at"]),
        "total_annotations": len(task["annotations"]) - skips,
        "cancelled_annotations": skips,
    }


def _page(rows: list[Any], query: dict[str, str], name: str, total: str) -> httpx.Response:
    page, size = int(query.get("page", 1)), int(query.get("page_size", 30))
    part = rows[(page - 1) * size : page * size]
    if page > 1 and not part:
        return _json({"detail": "Invalid page."}, 404)
    return _json({total: len(rows), name: part})


def _json(value: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=value)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
