"""A fitted model beside the labeling page: suggestions for their arm alone, and Label Studio asks the backend."""

import json
import signal
from contextlib import closing
from typing import Any

import pandas as pd
import pytest
import yaml
from stance_command import Stance

from corpus.console import ROOT
from corpus.workspace import Workspace
from labeling.people.accounts import sign_in
from labeling.studio.client import connect_embedded

SAMPLE = ROOT / "corpus" / "sample"


@pytest.fixture
def fitted(stance: Stance) -> str:
    """A run on the sample with its intended labels, brought in as somebody's; a batch of 12 sentences."""
    stance("corpus", "build", str(SAMPLE / "news.jsonl"))
    table = pd.read_csv(SAMPLE / "intended.csv", dtype=str)
    long = table.melt("text", ["stance", "source_type"], "question", "label").assign(annotator="intended@example.com")
    path = stance.workspace / "intended.csv"
    long.to_csv(path, index=False)
    assert stance("label", "import", str(path))["new"] > 100
    stance("label", "aggregate")
    stance("label", "release", "sample")
    run = str(stance("train", "fit", "sample", "--question", "stance")["run"])
    stance("corpus", "sample", "12", "--name", "next")
    return run


def predictions(owner: Any, project: int) -> dict[int, dict[str, Any]]:
    return {int(one["task"]): one for one in owner.get("/api/predictions/", params={"project": project}).json()}


def other_labels(stance: Stance, owner: Any, email: str, project: int) -> None:
    """The labels change: all twelve answers read in the new set but those of the first four, which come again."""
    listed = owner.get("/api/tasks/", params={"project": project, "fields": "all", "page_size": 20}).json()["tasks"]
    for task in listed[:4]:
        (answer,) = task["annotations"]
        chosen = [{**one, "value": {"choices": ["pro-US"]}} for one in answer["result"] if one["from_name"] == "stance"]
        kept = [one for one in answer["result"] if one["from_name"] != "stance"]
        owner.patch(f"/api/annotations/{answer['id']}/", json={"result": chosen + kept}).raise_for_status()
    spec = yaml.safe_load((ROOT / "configs" / "labels.yaml").read_text(encoding="utf-8"))
    now = {name: question["labels"] for name, question in spec["questions"].items()}
    stances = ["with-US" if label == "pro-US" else label for label in now["stance"]]
    asked = {"stance": {"labels": {label: {} for label in stances}}}
    asked["source_type"] = {"labels": {label: {} for label in now["source_type"]}}
    (stance.workspace / "new.yaml").write_text(json.dumps({"questions": asked}), encoding="utf-8")
    (stance.workspace / "map.yaml").write_text("questions: {stance: {pro-US: null}}", encoding="utf-8")
    words = ("next", "--labels", str(stance.workspace / "new.yaml"), "--migrate", str(stance.workspace / "map.yaml"))
    moved = stance("label", "push", *words)
    assert (moved["moved"], moved["created"], moved["project"]) == (4, 4, None)
    (row,) = moved["annotators"]
    assert row["annotator"] == email
    assert owner.get(f"/api/stancelab/projects/{row['project']}/members/").json() == {"members": [email]}
    asked = owner.get("/api/tasks/", params={"project": row["project"], "fields": "all"}).json()["tasks"]
    assert {t["data"]["sentence_id"] for t in asked} == {t["data"]["sentence_id"] for t in listed[:4]}
    assert "with-US" in owner.get(f"/api/projects/{row['project']}/").json()["label_config"]
    again = stance("label", "push", *words)
    assert (again["moved"], again["created"]) == (0, 0)


def test_suggestions_and_backend(stance: Stance, fitted: str) -> None:
    with stance.serving() as info, stance.owner(info["url"]) as owner:
        email = "ann@example.com"
        password = stance("label", "annotators", "add", email)["password"]
        said = stance.run("label", "suggest", fitted, "next", code=2).stderr
        assert "no task of batch next is drawn to show a suggestion" in said
        table = next((stance.workspace / "predictions").glob("next-*.parquet"))
        words = ("--overlap", "1", "--suggestion-share", "0.5", "--predictions", str(table), "--question", "stance")
        done = stance("label", "annotators", "assign", "next", email, *words)
        project = done["annotators"][0]["project"]
        first = stance("label", "suggest", fitted, "next")
        assert (first["arm"], first["created"], first["existing"], first["begun"]) == (6, 6, 0, 0)
        again = stance("label", "suggest", fitted, "next")
        assert (again["created"], again["existing"]) == (0, 6)
        shown = predictions(owner, project)
        assert len(shown) == 6
        assert {one["model_version"] for one in shown.values()} == {first["model"]}
        assert all(0 < one["score"] <= 1 for one in shown.values())

        # What the annotator gets: a suggestion in half of the tasks. The ledger knows in which.
        if done["annotators"][0].get("training"):
            stance("label", "annotators", "training", "--waive", email)
        seen = {}
        server = connect_embedded(Workspace(stance.workspace))
        with closing(sign_in(server, email, password)) as browser:
            for _ in range(12):
                task = browser.post(f"/api/dm/actions/?id=next_task&project={project}", json={}).json()
                seen[task["id"]] = bool(task["predictions"])
                result = [
                    {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [label]}}
                    for name, label in (("stance", "neutral"), ("source_type", "none"))
                ]
                saved = browser.post(f"/api/tasks/{task['id']}/annotations/", json={"result": result, "lead_time": 3})
                assert saved.status_code == 201, saved.text
        assert {task for task, shows in seen.items() if shows} == set(shown)
        stance("label", "pull")
        exported = stance.workspace / "out.csv"
        stance("label", "export", str(exported))
        rows = pd.read_csv(exported)
        rows = rows[rows["annotator"] == email].drop_duplicates("sentence_id")
        assert rows["suggestion"].sum() == 6

        late = stance("label", "suggest", fitted, "next")
        assert (late["created"], late["existing"], late["begun"]) == (0, 0, 6), "what is answered gets none"
        other_labels(stance, owner, email, project)

        # Label Studio asks the backend itself, for a project where everything may be shown.
        stance("corpus", "sample", "12", "--name", "pool")
        pool = stance("label", "push", "pool")["project"]
        process = stance.start("label", "backend", fitted, "--port", "0", "--json")
        try:
            backend = json.loads(process.stdout.readline())
            made = owner.post("/api/ml/", json={"url": backend["url"], "project": pool, "title": "model"})
            assert made.status_code == 201, made.text
            assert made.json()["state"] == "CO", made.text
            action = owner.post(
                f"/api/dm/actions/?id=retrieve_tasks_predictions&project={pool}",
                json={"selectedItems": {"all": True, "excluded": []}},
            )
            assert action.status_code == 200, action.text
            given = predictions(owner, pool)
            assert len(given) == 12
            assert {one["model_version"] for one in given.values()} == {backend["model"]}
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) in (0, -signal.SIGTERM)
            assert server.api is not None
            assert stance.token not in process.stderr.read()
