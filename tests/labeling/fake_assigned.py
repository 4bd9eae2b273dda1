"""Our own endpoints about items and training rounds, on the fake Label Studio."""

import json
import re
from typing import Any

import httpx
from fake_label_studio import FakeLabelStudio

_PATH = re.compile(r"/api/stancelab/projects/(\d+)/(items|training)/$")


class Assigning:
    """Answers what `labeling.server.assigned` and `labeling.server.training` would; ``passed`` is set by the test."""

    def __init__(self, fake: FakeLabelStudio) -> None:
        self.fake = fake
        self.keys: dict[int, dict[str, Any]] = {}
        self.answered: dict[int, int] = {}
        self.right: dict[int, int] = {}
        self.drafted: set[int] = set()
        fake.before = self.answer

    def answer(self, request: httpx.Request) -> httpx.Response | None:
        """Ours, or None for the fake to go on."""
        if (match := _PATH.match(request.url.path)) is None:
            return None
        project = int(match[1])
        body = json.loads(request.content) if request.content else None
        if project not in self.fake.projects:
            return httpx.Response(404, json={"detail": "Not found."})
        return self._items(project, body) if match[2] == "items" else self._training(project, body)

    def _items(self, project: int, body: Any) -> httpx.Response:
        tasks = {n: task for n, task in self.fake.tasks.items() if task["project"] == project}
        if body is None:
            rows = [
                {"task": n, "item": task["data"]["item"], "answered": bool(task["annotations"])}
                | {"begun": bool(task["annotations"]) or n in self.drafted}
                for n, task in sorted(tasks.items())
            ]
            return httpx.Response(200, json=rows)
        for n, task in tasks.items():
            begun = task["annotations"] or (n in self.drafted and body["keep_drafts"])
            if task["data"]["item"] in body["items"] and not begun:
                del self.fake.tasks[n]
        return httpx.Response(200, json={"items": []})

    def _training(self, project: int, body: Any) -> httpx.Response:
        if body is not None:
            self.keys[project] = body
        if project not in self.keys:
            return httpx.Response(404, json={"detail": "Not found."})
        key = self.keys[project]
        total = sum(task["project"] == project for task in self.fake.tasks.values())
        answered, right = self.answered.get(project, 0), self.right.get(project, 0)
        needed = round(key["bar"] * total)
        passed = bool(key.get("waived")) or (bool(total) and answered == total and right >= needed)
        if passed:
            for opened in key["opens"]:
                self.fake.members[opened] = set(self.fake.members[project])
        found = {"answered": answered, "right": right, "total": total, "needed": needed, "passed": passed}
        return httpx.Response(200, json=found | {"bar": key["bar"], "opens": key["opens"]})
