"""What an annotator (a) may try on another's (b) things, and on rules; each is to be refused."""

import json
from collections.abc import Callable
from typing import Any

import httpx
from role_world import Person, result


def answer_of(person: Person) -> str:
    return f"/api/annotations/{person.has['annotation']}/"


def task_of(person: Person) -> str:
    return f"/api/tasks/{person.has['task']}/"


def next_of(person: Person) -> str:
    return f"/api/dm/actions/?id=next_task&project={person.has['project']}"


def part(**other: Any) -> dict[str, Any]:
    return result("a")[0] | other


TRICKS: list[tuple[str, Callable[[Person, Person], httpx.Response]]] = [
    ("query names another project", lambda a, b: a.http.get(task_of(a) + f"?project={b.has['project']}")),
    ("two projects", lambda a, b: a.http.get(
        f"/api/dm/project/?project={a.has['project']}&project={b.has['project']}")),
    ("include", lambda a, b: a.http.get(task_of(a) + "?include=annotations")),
    ("all fields", lambda a, b: a.http.get(f"/api/tasks/?project={a.has['project']}&fields=all")),
    ("review", lambda a, b: a.http.get(task_of(a) + "?review=true")),
    ("expand", lambda a, b: a.http.get(task_of(a) + "?expand=annotations.completed_by")),
    ("project in a body of GET", lambda a, b: a.http.request(
        "GET", task_of(a), json={"project": b.has["project"]})),
    ("list of another's project", lambda a, b: a.http.get(f"/api/tasks/?project={b.has['project']}")),
    ("a filter of tasks", lambda a, b: a.http.post(
        next_of(a), json={"filters": {"conjunction": "and", "items": [
            {"filter": "filter:tasks:annotators", "operator": "contains", "type": "List", "value": [1]}]}})),
    ("a choice of tasks", lambda a, b: a.http.post(
        next_of(a),
        json={"selectedItems": {"all": False, "included": [b.has["task"]]}})),
    ("another action", lambda a, b: a.http.post(
        f"/api/dm/actions/?id=delete_tasks&project={a.has['project']}", json={})),
    ("two actions", lambda a, b: a.http.post(
        f"/api/dm/actions/?id=next_task&id=delete_tasks&project={a.has['project']}", json={})),
    ("an order of tasks", lambda a, b: a.http.post(
        next_of(a), json={"ordering": ["-tasks:id"]})),
    ("task of another", lambda a, b: a.label(b.has["open"], "a")),
    ("in another's name", lambda a, b: a.label(a.has["task"], "a", completed_by=b.id)),
    ("as gold", lambda a, b: a.label(a.has["task"], "a", ground_truth=True)),
    ("from another's draft", lambda a, b: a.label(a.has["task"], "a", draft_id=b.has["draft"])),
    ("child of another's answer", lambda a, b: a.label(a.has["task"], "a", parent_annotation=b.has["annotation"])),
    ("from another task's suggestion", lambda a, b: a.label(a.has["task"], "a", parent_prediction=b.has["prediction"])),
    ("draft of one's answer at another's task", lambda a, b: a.http.post(
        f"/api/tasks/{b.has['task']}/annotations/{a.has['annotation']}/drafts", json={"result": []})),
    ("seconds below none", lambda a, b: a.http.patch(answer_of(a), json={"lead_time": -1})),
    ("seconds without end", lambda a, b: a.http.patch(answer_of(a), json={"lead_time": 1e12})),
    ("a long name", lambda a, b: a.http.patch(answer_of(a), json={"unique_id": "x" * 101})),
    ("an answer of no parts", lambda a, b: a.http.patch(answer_of(a), json={"result": ["a"]})),
    ("a choice that is no object", lambda a, b: a.http.patch(answer_of(a), json={"result": [part(value="x")]})),
    ("a choice that is a text", lambda a, b: a.http.patch(
        answer_of(a), json={"result": [part(value={"choices": "a"})]})),
    ("an object for a choice", lambda a, b: a.http.patch(
        answer_of(a), json={"result": [part(value={"choices": [{"a": 1}]})]})),
    ("two choices", lambda a, b: a.http.patch(answer_of(a), json={"result": [part(value={"choices": ["a", "b"]})]})),
    ("a choice that is cut off", lambda a, b: a.http.patch(
        answer_of(a), json={"result": [part(value={"choices": ["a\0"]})]})),
    ("a choice of no question", lambda a, b: a.http.patch(answer_of(a), json={"result": [part(from_name=None)]})),
    ("a mark at no place", lambda a, b: a.http.patch(
        answer_of(a), json={"result": [part(type="labels", value={"start": "x", "end": 2})]})),
    ("a comment that is a number", lambda a, b: a.http.patch(
        answer_of(a), json={"result": [part(type="textarea", value={"text": 5})]})),
    ("a draft of no form", lambda a, b: a.http.patch(
        f"/api/drafts/{a.has['draft']}/", json={"result": [part(value="x")]})),
    ("another number", lambda a, b: a.http.patch(answer_of(a), json={"id": b.has["annotation"]})),
    ("another suggestion", lambda a, b: a.http.patch(answer_of(a), json={"parent_prediction": b.has["prediction"]})),
    ("draft at another task", lambda a, b: a.http.patch(
        f"/api/drafts/{a.has['draft']}/", json={"task": b.has["task"]})),
    ("project in the body", lambda a, b: a.label(a.has["task"], "a", project=b.has["project"])),
    ("task in the body", lambda a, b: a.label(a.has["task"], "a", task=b.has["task"])),
    ("an unknown field", lambda a, b: a.label(a.has["task"], "a", bulk_created=True)),
    ("answers in bulk", lambda a, b: a.http.post(task_of(a) + "annotations/", json=[{"result": []}] * 2)),
    ("handed over", lambda a, b: a.http.patch(answer_of(a), json={"completed_by": b.id})),
    ("moved to a task", lambda a, b: a.http.patch(answer_of(a), json={"task": b.has["task"]})),
    ("moved to a project", lambda a, b: a.http.patch(
        answer_of(a), json={"project": b.has["project"]})),
    ("made gold", lambda a, b: a.http.patch(answer_of(a), json={"ground_truth": True})),
    ("a form instead of JSON", lambda a, b: a.http.patch(
        answer_of(a), data={"completed_by": b.id})),
    ("another character set", lambda a, b: a.http.patch(
        answer_of(a), content=json.dumps({"completed_by": b.id}).encode("utf-16"),
        headers={"Content-Type": "application/json; charset=utf-16"})),
    ("no JSON", lambda a, b: a.http.patch(
        answer_of(a), content=b"[" * 100_000,
        headers={"Content-Type": "application/json"})),
    ("method override", lambda a, b: a.http.post(
        answer_of(a), headers={"X-HTTP-Method-Override": "DELETE"})),
    ("method in a form", lambda a, b: a.http.post(f"/api/projects/{a.has['project']}/", data={"_method": "DELETE"})),
    ("options", lambda a, b: a.http.options(f"/api/projects/{a.has['project']}/")),
    ("head of a closed one", lambda a, b: a.http.head("/api/invite")),
    ("no slash", lambda a, b: a.http.get("/api/webhooks")),
    ("format by suffix", lambda a, b: a.http.get("/api/users.json")),
    ("doubled slash", lambda a, b: a.http.get("//api/webhooks/")),
    ("upper case", lambda a, b: a.http.get("/API/webhooks/")),
    ("encoded", lambda a, b: a.http.get("/api/%77ebhooks/")),
    ("address in a dot segment", lambda a, b: a.http.get("/static/%2e%2e/api/webhooks/")),
    ("file outside", lambda a, b: a.http.get("/static/..%2f..%2f..%2f..%2f..%2fetc/passwd")),
    ("upload", lambda a, b: a.http.get("/data/upload/1/a.csv")),
    ("local file", lambda a, b: a.http.get("/data/local-files/?d=etc/passwd")),
    ("own address", lambda a, b: a.http.patch(f"/api/users/{a.id}/", json={"email": b.email})),
    ("own rights", lambda a, b: a.http.patch(f"/api/users/{a.id}/", json={"is_superuser": True, "groups": [1]})),
    ("own role", lambda a, b: a.http.patch("/api/stancelab/accounts/", json={"email": a.email, "role": "owner"})),
    ("own membership", lambda a, b: a.http.put(
        f"/api/stancelab/projects/{b.has['project']}/members/", json={"members": [a.email]})),
    ("own token", lambda a, b: a.http.get("/api/current-user/token")),
    ("new token", lambda a, b: a.http.post("/api/token/", json={})),
    ("an answer deleted", lambda a, b: a.http.delete(answer_of(a))),
    ("an answer made a draft", lambda a, b: a.http.post(answer_of(a) + "convert-to-draft")),
    ("suggestions", lambda a, b: a.http.post("/api/predictions/", json={"task": a.has["task"], "result": []})),
    ("history of answers", lambda a, b: a.http.get(f"/api/fsm/entities/annotation/{b.has['annotation']}/history")),
]  # fmt: skip
