"""Kill -9 at ten random moments of push and of pull: nothing doubled, nothing missing, on the real server."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from labeling.ledger.ledger import Ledger

KILLS = 10
SENTENCES = 3000
ANNOTATED = 600


def _corpus(path: Path) -> Path:
    rng = np.random.default_rng(7)
    words = ("river", "port", "signal", "harvest", "minister", "convoy", "answer", "border", "winter", "engine")
    lines = [f"Line {n} says {' '.join(rng.choice(words, 9))}." for n in range(SENTENCES)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _tasks(stance: Any, url: str, project: int) -> Counter[str]:
    """How many tasks there are for each sentence, by Label Studio's own export."""
    with stance.owner(url) as api:
        exported = api.get(
            f"/api/projects/{project}/export", params={"exportType": "JSON", "download_all_tasks": "true"}
        )
    return Counter(task["data"]["sentence_id"] for task in exported.json())


def test_push_and_pull_survive_being_killed(
    stance: Any, server: dict[str, Any], tmp_path: Path, killed_at: Callable[..., None]
) -> None:
    url = server["url"]
    rng = np.random.default_rng(11)
    stance("corpus", "build", str(_corpus(tmp_path / "lines.txt")), "--unit", "line")
    batch = stance("corpus", "sample", "all", "--name", "many")["batch"]
    # Ten moments over the length of a push; each kill goes on where the one before was stopped.
    for moment in np.sort(rng.uniform(0.3, 3.0, KILLS)):
        killed_at(stance.start("label", "push", batch), float(moment))
    project = stance("label", "push", batch)
    assert project["created"] + project["existing"] == SENTENCES
    tasks = _tasks(stance, url, project["project"])
    assert len(tasks) == SENTENCES
    assert set(tasks.values()) == {1}
    assert stance("label", "push", batch)["created"] == 0

    with stance.owner(url) as api:
        listed = api.get(
            "/api/tasks", params={"project": project["project"], "page_size": ANNOTATED, "fields": "task_only"}
        )
        result = [{"from_name": "stance", "to_name": "text", "type": "choices", "value": {"choices": ["neutral"]}}]
        for task in listed.json()["tasks"]:
            answer = api.post(f"/api/tasks/{task['id']}/annotations/", json={"result": result, "lead_time": 1.5})
            assert answer.status_code == 201
    for moment in rng.uniform(0.3, 2.5, KILLS):
        killed_at(stance.start("label", "pull", "--full"), float(moment))
    stance("label", "pull")
    full = stance("label", "pull", "--full")
    assert (full["new"], full["changed"], full["deleted"], full["total"]) == (0, 0, 0, ANNOTATED)
    annotations = Ledger(stance.workspace / "ledger.db").annotations()
    assert len(annotations) == ANNOTATED
    assert annotations["annotation_id"].is_unique
    assert set(annotations["revision"]) == {1}


def test_two_pushes_and_two_pulls_at_once_double_nothing(stance: Any, server: dict[str, Any], tmp_path: Path) -> None:
    stance("corpus", "build", str(_corpus(tmp_path / "lines.txt")), "--unit", "line")
    batch = stance("corpus", "sample", "1200", "--name", "twice")["batch"]
    pushes = [stance.start("label", "push", batch, "--json") for _ in range(2)]
    assert [p.wait(300) for p in pushes] == [0, 0]
    project = stance("label", "push", batch)["project"]
    tasks = _tasks(stance, server["url"], project)
    assert len(tasks) == 1200
    assert set(tasks.values()) == {1}
    with stance.owner(server["url"]) as api:
        listed = api.get("/api/tasks", params={"project": project, "page_size": 30, "fields": "task_only"})
        result = [{"from_name": "stance", "to_name": "text", "type": "choices", "value": {"choices": ["pro-US"]}}]
        for task in listed.json()["tasks"]:
            api.post(f"/api/tasks/{task['id']}/annotations/", json={"result": result}).raise_for_status()
    pulls = [stance.start("label", "pull") for _ in range(3)]
    assert [p.wait(300) for p in pulls] == [0, 0, 0]
    annotations = Ledger(stance.workspace / "ledger.db").annotations()
    assert len(annotations) == 30
    assert set(annotations["revision"]) == {1}
