"""What the audits of a run found suspect arrives in the adjudicator's project of a real server."""

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from stance_command import Stance

from corpus.console import ROOT

ADJUDICATOR = "eve@example.com"
LABELS = {
    "questions": {
        "stance": {"labels": {"pro-Russia": {}, "pro-US": {}, "neutral": {}}, "sides": ["pro-Russia", "pro-US"]}
    }
}


@pytest.fixture(scope="module")
def audited(shared: tuple[Stance, str]) -> list[list[Any]]:
    """A run of sentences that three people agree on, ten of them wrongly; the list of its audit of label errors."""
    stance = shared[0]
    folder = stance.workspace
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(ROOT / "benchmarks")])
        import worlds
    rows = worlds.world(77, documents=60).drop_duplicates("text").reset_index(drop=True)
    wrong = {"pro-Russia": "pro-US", "pro-US": "neutral", "neutral": "pro-US"}
    rows.loc[::30, "stance"] = rows.loc[::30, "stance"].map(wrong)
    rows["id"] = [f"r{at}" for at in range(len(rows))]
    rows[["id", "text"]].to_json(folder / "news.jsonl", orient="records", lines=True)
    votes = [rows[["id"]].assign(annotator=name, question="stance", label=rows["stance"]) for name in ("a", "b", "c")]
    pd.concat(votes).to_csv(folder / "votes.csv", index=False)
    labels = ["--labels", str(folder / "labels.yaml")]
    (folder / "labels.yaml").write_text(json.dumps(LABELS))
    stance("corpus", "build", str(folder / "news.jsonl"), "--unit", "line")
    stance("label", "import", str(folder / "votes.csv"), *labels)
    stance("label", "aggregate", *labels)
    dataset = stance("label", "release", "suspect", *labels)["dataset"]
    run = stance("train", "fit", dataset, "--model", "tfidf")["run"]
    stance("train", "evaluate", run)
    audits = json.loads((Path(run) / "audits.json").read_text(encoding="utf-8"))["questions"]["stance"]
    _, table = audits["label errors"]["tables"]  # how many among the surest, and those to look at
    assert table["rows"]
    return [[run], *table["rows"]]


def test_suspect_labels_arrive_with_their_votes(shared: tuple[Stance, str], audited: list[list[Any]]) -> None:
    stance, url = shared
    (run,), *listed = audited
    stance("label", "annotators", "add", ADJUDICATOR, "--role", "adjudicator")
    words = ["label", "adjudicate", ADJUDICATOR, "--from-run", run, "--labels", str(stance.workspace / "labels.yaml")]
    given = stance(*words)
    (project,) = given["projects"]
    assert (given["created"], project["adjudicator"]) == (len(listed), ADJUDICATOR)
    with stance.owner(url) as owner:
        found = tasks(owner, project["project"])
    # sentence_id, text, gold, ...: nobody disagreed, so each has three votes for what is gold.
    assert {task["text"]: task["votes"] for task in found} == {row[1]: f"3 × {row[2]}" for row in listed}
    again = stance(*words)
    assert (again["created"], again["disputes"]) == (0, given["disputes"])


def tasks(owner: httpx.Client, project: int) -> list[dict[str, Any]]:
    answer = owner.get("/api/tasks/", params={"project": project, "fields": "all", "page_size": 200})
    return [task["data"] for task in answer.raise_for_status().json()["tasks"]]
