"""`stance demo`, twice at once in two workspaces: the keys that scripts rely on, and the same bytes."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser
from stance_command import Stance

KEYS = {
    "server", "documents", "sentences", "tasks", "annotations", "annotators_simulated", "dataset", "run", "report",
    "macro_f1",
}  # fmt: skip


@pytest.fixture(scope="module")
def demos(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    workspaces = [tmp_path_factory.mktemp("demo") for _ in range(2)]
    for workspace in workspaces:
        shutil.copytree(prepared, workspace / "labelstudio")
    # The second is told of a server of somebody else's: the demo must leave that one alone.
    elsewhere = {"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "0" * 40}
    started = [
        Stance(workspace).start("demo", "--no-serve", "--port", "0", "--json", env=env)
        for workspace, env in zip(workspaces, ({}, elsewhere), strict=True)
    ]
    outcomes = [process.communicate(timeout=900) for process in started]
    assert [process.returncode for process in started] == [0, 0], [errors for _, errors in outcomes]
    return [json.loads(output.splitlines()[-1]) | {"said": errors} for output, errors in outcomes]


def test_the_demo_prints_what_scripts_rely_on(demos: list[dict[str, Any]]) -> None:
    record = demos[0]
    assert set(record) >= KEYS
    assert record["server"]["version"].startswith("1.23")
    assert record["documents"] >= 61
    assert record["tasks"] == record["sentences"]
    assert record["annotations"] == record["sentences"] * record["annotators_simulated"]
    score = record["macro_f1"]
    assert 0 < score["low"] < score["value"] < score["high"] < 1
    for key in ("dataset", "run", "report"):
        assert Path(record[key]).is_absolute()
        assert Path(record[key]).exists()


def test_two_demos_give_the_same_bytes(demos: list[dict[str, Any]]) -> None:
    first, second = ([Path(demo["dataset"]), Path(demo["run"])] for demo in demos)
    for one, other in zip(first, second, strict=True):
        names = {file.name for file in one.iterdir()} & {
            "sentences.parquet", "gold.parquet", "split.parquet", "model.skops", "predictions.parquet", "metrics.json",
        }  # fmt: skip
        assert len(names) == 3
        for name in names:
            assert (one / name).read_bytes() == (other / name).read_bytes(), name
    workspaces = [Path(demo["dataset"]).parents[2] for demo in demos]
    for name in ("documents", "sentences", "dropped"):
        one, other = (workspace / "corpus" / f"{name}.parquet" for workspace in workspaces)
        assert one.read_bytes() == other.read_bytes(), name


def test_everything_says_that_the_annotators_are_simulated(demos: list[dict[str, Any]], browser: Browser) -> None:
    dataset = Path(demos[0]["dataset"])
    assert set(pd.read_parquet(dataset / "annotations.parquet")["annotator"].str.partition("@")[2]) == {
        "simulated.invalid"
    }
    assert "simulated" in (dataset / "README.md").read_text(encoding="utf-8")
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(Path(demos[0]["report"]).as_uri())
    assert "The labels are simulated" in page.inner_text("body")
    assert asked == [Path(demos[0]["report"]).as_uri()]
    page.close()
    assert Path(demos[0]["report"]).stat().st_size < 3 * 1024 * 1024
