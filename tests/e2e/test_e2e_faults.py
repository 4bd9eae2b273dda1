"""Faults on the real server: a database of yesterday, and a project that somebody deleted."""

from pathlib import Path
from typing import Any

from labeling.ledger.ledger import Ledger
from labeling.questions import result

SEED = Path(__file__).resolve().parents[2] / "corpus" / "sample" / "seed.txt"


def _label(stance: Any, url: str, project: int, numbers: slice, label: str) -> None:
    with stance.owner(url) as api:
        listed = api.get("/api/tasks", params={"project": project, "page_size": 100, "fields": "task_only"}).json()
        for task in sorted(task["id"] for task in listed["tasks"])[numbers]:
            body = {"result": result({"stance": label, "source_type": "none"}), "lead_time": 1.0}
            assert api.post(f"/api/tasks/{task}/annotations/", json=body).status_code == 201


def _standing(stance: Any) -> Any:
    ledger = Ledger(stance.workspace / "ledger.db")
    frame = ledger.annotations()
    ledger._engine.dispose()  # the file is about to be moved
    return frame[(frame["state"] != "deleted") & (frame["question"] == "stance")]


def test_a_database_of_yesterday_and_a_deleted_project(stance: Any, tmp_path: Path) -> None:
    file = tmp_path / "yesterday.tar.gz"
    stance("corpus", "build", str(SEED))
    batch = stance("corpus", "sample", "15", "--name", "seed")["batch"]
    with stance.serving() as info:
        project = stance("label", "push", batch)["project"]
        _label(stance, info["url"], project, slice(0, 4), "neutral")
        assert stance("label", "pull")["new"] == 4
        # The server is at work while it is copied.
        assert stance("label", "backup", str(file))["parts"] == ["labelstudio", "ledger"]
        _label(stance, info["url"], project, slice(4, 9), "pro-US")
        assert stance("label", "pull")["new"] == 5
        assert "stop it" in stance.run("label", "restore", str(file), "--force", code=1).stderr
    assert "--force" in stance.run("label", "restore", str(file), code=2).stderr
    aside = Path(stance("label", "restore", str(file), "--force")["replaced"])
    assert len(_standing(stance)) == 4
    # The ledger is not of yesterday: only the server's database is.
    (aside / "ledger.db").replace(stance.workspace / "ledger.db")
    with stance.serving() as info:
        told = stance.run("label", "pull", code=1).stderr
        assert "lacks 5 annotations" in told
        assert "older copy (restored from a backup)" in told
        assert len(_standing(stance)) == 9
        # Work goes on, with numbers that were given before: nothing of either is lost.
        _label(stance, info["url"], project, slice(6, 12), "pro-Russia")
        stance.run("label", "pull", code=1)
        assert _standing(stance)["label"].value_counts().to_dict() == {"neutral": 4, "pro-US": 5, "pro-Russia": 6}
        stance("label", "pull", "--trust", "ledger")
        full = stance("label", "pull", "--full")
        assert (full["new"], full["changed"], full["deleted"], full["total"]) == (0, 0, 0, 15)
        with stance.owner(info["url"]) as api:
            assert api.delete(f"/api/projects/{project}/").status_code == 204
        assert f"project {project} (batch seed) is not there any more" in stance.run("label", "pull", code=1).stderr
        assert len(_standing(stance)) == 15
        assert stance("label", "pull", "--trust", "server")["deleted"] == 10
        assert stance("label", "pull")["deleted"] == 0
        assert len(_standing(stance)) == 5, "what was kept for good stays"
