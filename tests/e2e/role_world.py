"""A server with people in projects of their own, for the tests of roles: what one has is another's to reach for."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

import httpx

LABELS = (
    '<View><Text name="text" value="$text"/><Choices name="stance" toName="text"><Choice value="a"/><Choice value="b"/>'
    "</Choices></View>"
)
NOT_YOURS = "your role does not include this"  # how the guard refuses, unlike any view


def result(label: str) -> list[dict[str, Any]]:
    return [{"from_name": "stance", "to_name": "text", "type": "choices", "value": {"choices": [label]}}]


@dataclass
class Person:
    """Somebody with a session, and what is theirs: the keys of ``has`` are the parts of an address."""

    email: str
    password: str
    http: httpx.Client
    id: int = 0
    has: dict[str, int] = field(default_factory=dict)

    def next_task(self) -> httpx.Response:
        return self.http.post("/api/dm/actions/", params={"id": "next_task", "project": self.has["project"]}, json={})

    def label(self, number: int, label: str, **more: Any) -> httpx.Response:
        return self.http.post(
            f"/api/tasks/{number}/annotations/", json={"result": result(label), "lead_time": 2.5, **more}
        )


def at_once(person: Person, task: int, requests: int) -> list[int]:
    """The codes that so many first answers to one task get which are sent together, in order."""
    together = Barrier(requests)

    def answer(number: int) -> int:
        # A connection of its own each, made beforehand: nothing but the server puts them in line.
        with httpx.Client(
            base_url=person.http.base_url, timeout=60, trust_env=False, headers=person.http.headers
        ) as http:
            http.cookies.update(person.http.cookies)
            http.get("/api/version")
            together.wait(60)
            body = {"result": result("ab"[number % 2]), "lead_time": 1}
            return http.post(f"/api/tasks/{task}/annotations/", json=body).status_code

    with ThreadPoolExecutor(requests) as pool:
        return sorted(pool.map(answer, range(requests)))


def sign_in(url: str, email: str, password: str) -> httpx.Client:
    http = httpx.Client(base_url=url, timeout=60, trust_env=False, headers={"Referer": url})
    page = http.get("/user/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"email": email, "password": password, "csrfmiddlewaretoken": token[1]}
    assert http.post("/user/login/", data=form).status_code == 302
    return http


def make(stance: Any, url: str) -> dict[str, Person]:
    """ann and bob (annotators), ada (adjudicator), lead (a second owner): an own project each, labelled and drafted."""
    owner = stance.owner(url)
    people = {}
    roles = {"ann": "annotator", "bob": "annotator", "ada": "adjudicator", "lead": "owner"}
    for name, role in roles.items():
        account = stance("label", "annotators", "add", f"{name}@example.com", "--role", role)
        email, password = account["email"], account["password"]
        person = people[name] = Person(email, password, sign_in(url, email, password))
        person.id = person.http.get("/api/current-user/whoami").json()["id"]
        project = owner.post("/api/projects/", json={"title": f"work of {name}", "label_config": LABELS}).json()["id"]
        data = [{"data": {"text": f"{name} sentence {n}", "sentence_id": f"{name}{n}"}} for n in range(4)]
        owner.post(f"/api/projects/{project}/import", json=data).raise_for_status()
        owner.put(f"/api/stancelab/projects/{project}/members/", json={"members": [email]}).raise_for_status()
        _work(owner, person, project)
    owner.close()
    return people


def _work(owner: httpx.Client, person: Person, project: int) -> None:
    listed = owner.get("/api/tasks/", params={"project": project, "page_size": 10}).json()["tasks"]
    tasks = sorted(task["id"] for task in listed)
    person.has = {"project": project, "task": tasks[0], "drafted": tasks[1], "skipped": tasks[2], "open": tasks[3]}
    made = person.label(tasks[0], "a")
    assert made.status_code == 201, made.text
    skip = person.http.post(f"/api/tasks/{tasks[2]}/annotations/", json={"result": [], "was_cancelled": True})
    draft = person.http.post(f"/api/tasks/{tasks[1]}/drafts", json={"result": result("b"), "lead_time": 1})
    assert (skip.status_code, draft.status_code) == (201, 201), draft.text
    person.has |= {"annotation": made.json()["id"], "skip": skip.json()["id"], "draft": draft.json()["id"]}
    prediction = {"task": tasks[0], "result": result("b"), "model_version": "m", "score": 0.5}
    person.has["prediction"] = owner.post("/api/predictions/", json=prediction).json()["id"]


def address(path: str, has: Mapping[str, int]) -> str:
    """A path of the table with the ids of somebody's things in it; 1 for what nobody has."""
    kind = next((k for k in ("projects", "tasks", "annotations", "drafts", "predictions") if f"/{k}/<pk>" in path), "")
    found = path.replace("<pk>", str(has.get(kind.removesuffix("s"), 1))).replace(
        "<annotation_id>", str(has.get("annotation", 1))
    )
    return re.sub(r"<\w+>", "1", found)
