"""Roles on the real server: every operation of its schema, every page, and the tricks that people try."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from role_tricks import TRICKS
from role_world import LABELS, NOT_YOURS, Person, address, at_once, make, result
from server_shell import ROUTES, in_django

from labeling.server.endpoints import Endpoint, path_of, read

TABLE = read()
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="module")
def url(shared: tuple[Any, str]) -> str:
    return shared[1]


@pytest.fixture(scope="module")
def people(shared: tuple[Any, str]) -> dict[str, Person]:
    return make(*shared)


@pytest.fixture(scope="module")
def ann(people: dict[str, Person]) -> Person:
    return people["ann"]


@pytest.fixture(scope="module")
def bob(people: dict[str, Person]) -> Person:
    return people["bob"]


@pytest.fixture(scope="module")
def owner(shared: tuple[Any, str]) -> httpx.Client:
    return shared[0].owner(shared[1])


@pytest.fixture(scope="module")
def routes(shared: tuple[Any, str]) -> set[str]:
    """Every address that Django would resolve, as the table writes them."""
    return {path_of(route) for route in json.loads(in_django(shared[0], ROUTES))}


@pytest.fixture(scope="module")
def operations(owner: httpx.Client, routes: set[str]) -> set[tuple[str, str]]:
    """Every (method, path) of the server's own OpenAPI schema; its {id} is the table's <pk>."""
    paths = owner.get("/docs/api/schema/json/").json()["paths"]
    # The schema and Django name the parts of an address differently, so they are compared without the names.
    bare = {_bare(route): route for route in routes if ".<format>" not in route}
    return {
        (method.upper(), bare[_bare(path)])
        for path, methods in paths.items()
        for method in methods
        if method.upper() in ("GET", *WRITES)
    }


def _bare(path: str) -> str:
    return "/".join("*" if part[:1] in ("<", "{") else part for part in path.split("/"))


def _closed(answer: httpx.Response) -> bool:
    return answer.status_code in (401, 403) and NOT_YOURS in answer.text


def test_somebody_has_decided_about_every_operation_of_the_schema(
    operations: set[tuple[str, str]], routes: set[str]
) -> None:
    assert len(operations) > 190
    undecided = operations - set(TABLE)
    assert not undecided, f"decide in labeling/server/endpoints.csv who may use: {sorted(undecided)}"
    gone = {path for _, path in TABLE} - routes
    assert not gone, f"endpoints.csv names addresses that the server no longer has: {sorted(gone)}"


@pytest.mark.parametrize("who", ["nobody", "ann", "ada"])
def test_each_role_gets_through_where_the_table_says_so_and_nowhere_else(
    who: str, people: dict[str, Person], url: str, routes: set[str]
) -> None:
    role = {"nobody": "anyone", "ann": "annotator", "ada": "adjudicator"}[who]
    http = people[who].http if who in people else httpx.Client(base_url=url, trust_env=False)
    has = people[who].has if who in people else people["bob"].has
    wrong = []
    for endpoint in TABLE.values():
        if endpoint.path == "/logout/" or (endpoint.path, role) == ("/user/login/", "anyone"):
            continue  # the session of the test
        answer = http.request(endpoint.method, address(endpoint.path, has), params=_asked(endpoint, has))
        if not endpoint.open_to:
            passed = answer.status_code == 404 and "closed" in answer.text
        elif role in endpoint.open_to:
            passed = not _closed(answer) and answer.status_code != 401
        elif who == "nobody" and answer.status_code == 302:
            passed = answer.headers["location"].startswith("/user/login/")
        else:
            passed = _closed(answer)
        if not passed:
            wrong.append((endpoint.method, endpoint.path, answer.status_code, answer.text[:80]))
    # Addresses outside the table, whatever they are: Django's administration, job queues, formats by suffix.
    for path in sorted(routes - {path for _, path in TABLE}):
        for method in ("GET", "POST"):
            answer = http.request(method, address(path, has))
            if "version/" in path:
                continue  # "version/", which has no beginning, matches first
            login = answer.status_code == 302 and answer.headers["location"].startswith("/user/login/")
            if not (_closed(answer) or login or answer.status_code == 404):
                wrong.append((method, path, answer.status_code, answer.text[:80]))
    assert not wrong, wrong


def _asked(endpoint: Endpoint, has: dict[str, int]) -> dict[str, Any]:
    if endpoint.path.startswith("/api/dm/actions/"):
        return {"id": "next_task", "project": has["project"]}
    needs = endpoint.path in ("/api/ml/", "/api/label_links/", "/api/tasks/") or endpoint.path.startswith("/api/dm/")
    return {"project": has["project"]} if needs else {}


def test_a_second_owner_is_refused_nothing(people: dict[str, Person]) -> None:
    nothing = dict.fromkeys(("project", "task", "annotation", "draft", "prediction"), 999_999)
    for endpoint in TABLE.values():
        if "owner" in endpoint.open_to and endpoint.path not in ("/logout/", "/trigger500/"):
            answer = people["lead"].http.request(
                endpoint.method, address(endpoint.path, nothing).replace("/1", "/999999")
            )
            assert not _closed(answer), (endpoint, answer.text)


def test_open_addresses_refuse_what_is_anothers(ann: Person, bob: Person) -> None:
    """Each address with an id in it, asked with one's own (open) and with another's (there is no such thing)."""
    for endpoint in TABLE.values():
        if "annotator" not in endpoint.open_to or "<" not in endpoint.path or "anyone" in endpoint.open_to:
            continue
        if endpoint.path == "/stancelab/page/<name>":
            continue
        answer = ann.http.request(endpoint.method, address(endpoint.path, bob.has), json=_body(endpoint))
        assert answer.status_code in (403, 404), (endpoint, answer.status_code, answer.text)
        for word in (bob.email, "bob sentence"):
            assert word not in answer.text, endpoint
    kept = bob.http.get(f"/api/annotations/{bob.has['annotation']}/").json()
    assert kept["result"][0]["value"] == {"choices": ["a"]}


def test_a_second_answer_to_one_task_is_refused(ann: Person) -> None:
    for task in (ann.has["task"], ann.has["skipped"]):
        answers = f"/api/tasks/{task}/annotations/"
        for body in ({"result": result("b")}, {"result": [], "was_cancelled": True}):
            again = ann.http.post(answers, json=body)
            assert again.status_code == 409, again.text
            assert "correct it" in again.text
    assert len(ann.http.get(f"/api/tasks/{ann.has['task']}/annotations/").json()) == 1


def test_of_answers_at_the_same_instant_one_stands(ann: Person, owner: httpx.Client) -> None:
    """A page that is open twice, a key that bounces: all are sent before the first is answered."""
    texts = [{"data": {"text": f"at once {n}", "sentence_id": f"once{n}"}} for n in range(6)]
    made = owner.post(f"/api/projects/{ann.has['project']}/import?return_task_ids=true", json=texts).json()["task_ids"]
    try:
        for task in made:
            assert at_once(ann, task, 8) == [201] + [409] * 7
            assert len(ann.http.get(f"/api/tasks/{task}/annotations/").json()) == 1
    finally:
        for task in made:
            owner.delete(f"/api/tasks/{task}/")


def _body(endpoint: Endpoint) -> Any:
    return None if endpoint.method in ("GET", "DELETE") else {"result": result("b")}


def test_what_was_only_drafted_is_taken_back_where_drafts_are_not_kept(ann: Person, owner: httpx.Client) -> None:
    project = owner.post("/api/projects/", json={"title": "drafts", "label_config": LABELS}).json()["id"]
    data = [{"data": {"text": "A sentence.", "sentence_id": f"s{n}", "item": f"i{n}"}} for n in range(3)]
    owner.post(f"/api/projects/{project}/import", json=data).raise_for_status()
    owner.put(f"/api/stancelab/projects/{project}/members/", json={"members": [ann.email]}).raise_for_status()
    items = f"/api/stancelab/projects/{project}/items/"
    answered, drafted, _ = (row["task"] for row in owner.get(items).json())
    assert ann.label(answered, "a").status_code == 201
    assert ann.http.post(f"/api/tasks/{drafted}/drafts", json={"result": result("b")}).status_code == 201
    found = [(row["item"], row["answered"], row["begun"]) for row in owner.get(items).json()]
    assert found == [("i0", True, True), ("i1", False, True), ("i2", False, False)]
    for keeping, gone in (({}, ["i2"]), ({"keep_drafts": False}, ["i1"])):
        taken = owner.request("DELETE", items, json={"items": ["i0", "i1", "i2"]} | keeping)
        assert taken.json() == {"items": gone}
    owner.delete(f"/api/projects/{project}/").raise_for_status()


def test_the_day_of_an_annotator_by_the_api(people: dict[str, Person]) -> None:
    for name in ("ann", "ada"):
        person = people[name]
        found = person.http.get("/api/projects/").json()
        assert [p["id"] for p in found["results"]] == [person.has["project"]]
        assert found["count"] == 1
        others = people["bob"].has["project"]
        for ids in (f"{others}", f"{others},{person.has['project']}"):
            named = person.http.get("/api/projects/", params={"ids": ids}).json()["results"]
            assert [p["id"] for p in named] == [p for p in (person.has["project"],) if f"{p}" in ids.split(",")]
        task = person.next_task().json()
        assert task["project"] == person.has["project"]
        first = person.label(person.has["open"], "a").json()
        address = f"/api/annotations/{first['id']}/"
        assert person.http.patch(address, json={"result": result("b")}).status_code == 200
        assert person.http.get(address).json()["result"][0]["value"]["choices"] == ["b"]
        assert person.http.delete(address).status_code == 403
        answers = f"/api/tasks/{person.has['drafted']}/annotations/"
        skip = person.http.post(answers, json={"result": [], "was_cancelled": True}).json()["id"]
        assert person.http.delete(f"/api/annotations/{skip}/").status_code == 204
        new = person.http.post(f"/api/tasks/{person.has['drafted']}/drafts", json={"result": result("b")}).json()["id"]
        assert person.http.patch(f"/api/drafts/{new}/", json={"result": result("a")}).status_code == 200
        seen = person.http.get(f"/api/tasks/{person.has['drafted']}/").json()
        assert new in [draft["id"] for draft in seen["drafts"]]
        assert person.http.delete(f"/api/drafts/{new}/").status_code == 204


def test_another_persons_work_in_a_shared_project_stays_unseen(
    owner: httpx.Client, ann: Person, bob: Person, people: dict[str, Person]
) -> None:
    """A project of one's own is the rule; where an owner lets two into one, or labels there, answers stay apart."""
    project = bob.has["project"]
    members = f"/api/stancelab/projects/{project}/members/"
    owner.put(members, json={"members": [ann.email, bob.email]}).raise_for_status()
    owners = owner.post(f"/api/tasks/{bob.has['task']}/annotations/", json={"result": result("b")}).json()["id"]
    try:
        seen = ann.http.get(f"/api/tasks/{bob.has['task']}/").json()
        assert seen["annotations"] == []
        assert seen["drafts"] == []
        assert ann.http.get(f"/api/tasks/{bob.has['drafted']}/").json()["drafts"] == []
        assert ann.http.get(f"/api/tasks/{bob.has['task']}/annotations/").json() == []
        for number in (owners, bob.has["annotation"]):
            for method in ("GET", "PATCH", "DELETE"):
                body = {"json": {"result": result("b")}} if method == "PATCH" else {}
                assert ann.http.request(method, f"/api/annotations/{number}/", **body).status_code == 404
        for task in ("open", "drafted"):
            assert ann.label(bob.has[task], "a", draft_id=bob.has["draft"]).status_code == 403
        for method, body in (("PATCH", {"json": {"result": result("a")}}), ("DELETE", {})):
            assert ann.http.request(method, f"/api/drafts/{bob.has['draft']}/", **body).status_code == 404
        project_of = ann.http.get(f"/api/projects/{project}/").text
        assert bob.email not in project_of
        assert "owner@localhost" not in project_of
    finally:
        owner.put(members, json={"members": [bob.email]})
    assert ann.http.get(f"/api/projects/{project}/").status_code == 404


def test_no_answer_names_anybody_else(ann: Person, people: dict[str, Person]) -> None:
    others = [person.email for person in people.values() if person is not ann] + ["owner@localhost"]
    project = ann.has["project"]
    asked = [
        address(e.path, ann.has) + f"?project={project}" for e in TABLE.values()
        if e.method == "GET" and "annotator" in e.open_to and e.path.startswith(("/api/", "/projects/"))
    ]  # fmt: skip
    assert len(asked) > 12
    for path in [*asked, "/", "/projects/", f"/projects/{project}/data?labeling=1"]:
        text = ann.http.get(path).text
        assert not [email for email in others if email in text], path
    assert [row["email"] for row in ann.http.get("/api/users/").json()] == [ann.email]


@pytest.mark.parametrize(("trick", "tried"), TRICKS, ids=[name for name, _ in TRICKS])
def test_tricks(trick: str, tried: Callable[[Person, Person], httpx.Response], ann: Person, bob: Person) -> None:
    answer = tried(ann, bob)
    assert answer.status_code in (400, 403, 404, 405, 415), (trick, answer.status_code, answer.text[:200])
    assert bob.email not in answer.text
    mine = ann.http.get(f"/api/annotations/{ann.has['annotation']}/").json()
    assert (mine["task"], mine["completed_by"], mine["ground_truth"]) == (ann.has["task"], ann.id, False)


def test_tokens_of_an_annotator_obey_the_same(
    shared: tuple[Any, str], ann: Person, bob: Person, owner: httpx.Client
) -> None:
    """No annotator gets a token from the server; one that is there from before opens no more than a session."""
    stance, url = shared
    code = (
        "from rest_framework.authtoken.models import Token; from jwt_auth.models import LSAPIToken; "
        "from users.models import User; u = User.objects.get(email='ann@example.com'); "
        "print(Token.objects.get(user=u).key, LSAPIToken.for_user(u).get_full_jwt())"
    )
    legacy, refresh = in_django(stance, code).split()
    access = httpx.post(f"{url}/api/token/refresh/", json={"refresh": refresh}, trust_env=False).json()["access"]
    for header in ({"Authorization": f"Token {legacy}"}, {"X-Api-Key": legacy}, {"Authorization": f"Bearer {access}"}):
        with httpx.Client(base_url=url, headers=header, trust_env=False) as http:
            assert [row["email"] for row in http.get("/api/users/").json()] == [ann.email]
            assert http.get(f"/api/tasks/{ann.has['task']}/").status_code == 200
            assert http.get(f"/api/tasks/{bob.has['task']}/").status_code == 404
            assert _closed(http.get("/api/webhooks/"))
            assert _closed(http.get(f"/api/projects/{ann.has['project']}/export?exportType=JSON"))
    mixed = ann.http.get("/api/webhooks/", headers={"Authorization": f"Token {stance.token}"})
    assert mixed.status_code == 403
    assert "token of another" in mixed.text
    assert httpx.get(f"{url}/api/users/", headers={"Authorization": "Token 0"}, trust_env=False).status_code == 401


def test_a_closed_account_is_out_at_once_and_its_work_stays(
    shared: tuple[Any, str], bob: Person, owner: httpx.Client
) -> None:
    stance, url = shared
    assert stance("label", "annotators", "remove", bob.email)["active"] is False
    try:
        assert bob.http.get("/api/current-user/whoami").status_code == 401
        page = httpx.Client(base_url=url, trust_env=False).get("/user/login/")
        assert page.status_code == 200
        assert owner.get(f"/api/annotations/{bob.has['annotation']}/").json()["result"]
        listed = {a["email"]: a for a in stance("label", "annotators", "list")["annotators"]}
        assert (listed[bob.email]["active"], listed[bob.email]["done"]) == (False, 2)
    finally:
        assert stance("label", "annotators", "add", bob.email)["created"] is False
    assert bob.http.get("/api/current-user/whoami").status_code == 200


def test_signing_in_gives_another_session(url: str, ann: Person) -> None:
    """A cookie that somebody planted before is worth nothing after: the signed session is made anew."""
    http = httpx.Client(base_url=url, trust_env=False)
    http.get("/user/login/")
    planted = http.cookies.get("sessionid")
    assert planted
    stranger = httpx.get(f"{url}/api/current-user/whoami", cookies={"sessionid": planted}, trust_env=False)
    assert stranger.status_code == 401
    assert ann.http.cookies.get("sessionid") != planted
