"""The index of runs, the tables and the headline: hostile names are text, cells are no formulas."""

import csv
import io
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from matplotlib.axes import Axes

from corpus.files import sha256_text
from corpus.versions.dataset import Dataset
from train import run
from train.fit import fit
from train.report import curves
from train.report.csv_tables import file_name, tables, text
from train.report.index import groups, write_index
from train.report.page import report
from train.settings import TrainSettings

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def reported(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> Path:
    """The folder of a run of one question, with its report."""
    made = fit(dataset, runs=tmp_path / "runs", settings=settings, questions=("stance",)).run
    return report(made).parent


def test_the_index_shows_hostile_names_and_runs_none(reported: Path) -> None:
    metrics = json.loads((reported / run.METRICS).read_text())
    metrics["dataset"] = {"name": HOSTILE, "version": HOSTILE}
    metrics["model"] = HOSTILE
    audits = {"questions": {"stance": {HOSTILE: {"verdict": "alarm"}, "words": {"verdict": "clear"}}}}
    (reported / run.METRICS).write_text(json.dumps(metrics))
    (reported / run.AUDITS).write_text(json.dumps(audits))
    html = write_index(reported.parent).read_text(encoding="utf-8")
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)") == 5
    assert f'href="{reported.name}/report.html"' in html
    (row,) = groups(reported.parent)[0]["runs"]
    assert (row["alarms"], row["audits"]) == ([HOSTILE], 2)


def test_runs_stand_in_the_order_in_which_they_were_fitted(reported: Path) -> None:
    for number, (name, value) in enumerate((("b", 0.25), ("a", 0.75), ("c", None)), start=1):
        other = Path(shutil.copytree(reported, reported.with_name(name)))
        content = json.loads((other / run.METRICS).read_text())
        content["questions"]["stance"]["macro_f1"]["value"] = value
        content["questions"]["stance"]["sufficiency"]["verdict"] = name == "a"
        (other / run.METRICS).write_text(json.dumps(content))
        later = (reported / run.MODEL).stat().st_mtime + number
        os.utime(other / run.MODEL, (later, later))
    (group,) = groups(reported.parent)
    assert [row["run"] for row in group["runs"]] == [reported.name, "b", "a", "c"]
    assert [row["enough"] for row in group["runs"]] == [False, False, True, False]
    # Up is better: 0 is at 24 and 1 at 4; what has no score is left out.
    line = re.search(r'points="([^"]+)"', group["line"])
    assert line is not None
    assert [point.split(",")[1] for point in line[1].split()][1:] == ["19.0", "9.0"]
    html = write_index(reported.parent).read_text(encoding="utf-8")
    assert html.count("too few data to conclude anything") == 3


def test_a_run_that_is_being_written_is_not_in_the_index(reported: Path) -> None:
    (reported / run.METRICS).write_text('{"questions": ')
    assert groups(reported.parent) == []
    assert "No run was evaluated yet." in write_index(reported.parent).read_text(encoding="utf-8")


def test_a_run_without_its_model_or_with_damaged_files_stops_no_index(reported: Path) -> None:
    (reported / run.MODEL).unlink()
    (reported / run.AUDITS).write_text("[]")
    for name, content in (("list", "[]"), ("empty", "{}")):
        damaged = reported.parent / name
        damaged.mkdir()
        (damaged / run.METRICS).write_text(content)
    assert [row["run"] for group in groups(reported.parent) for row in group["runs"]] == [reported.name]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "|cmd"])
def test_no_cell_is_a_formula(cell: str) -> None:
    (_, (found, number, plain)) = csv.reader(io.StringIO(text((cell, "n", "plain"), [[cell, -1.5, 'a, "b"']])))
    assert found == f"'{cell}"
    assert (number, plain) == ("-1.5", 'a, "b"')


def test_a_file_name_leads_nowhere() -> None:
    assert file_name("stance", "label errors", "/") == "stance-label-errors-x"
    assert file_name("../etc", "a") == f"etc-{sha256_text('../etc')[:6]}-a"


def test_no_two_questions_share_a_file() -> None:
    names = ["позиция", "источник", "a b", "a-b", "a_b", "東京" * 100, "東京" * 101, "/", "?"]
    files = [file_name(name, "scores") for name in names]
    assert len(set(files)) == len(names)
    assert files[0] == "позиция-scores"
    assert all(len(file.encode()) < 240 and "/" not in file for file in files)


def test_every_table_of_the_page_is_there_as_csv(reported: Path) -> None:
    def rows(name: str) -> list[dict[str, str]]:
        with (reported / run.TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    scores = json.loads((reported / run.METRICS).read_text())["questions"]["stance"]
    found = {(row["part"], row["system"], row["score"]): row for row in rows("stance-scores")}
    difference = scores["out_of_fold"]["baseline"]["majority"]["difference"]["macro_f1"]
    assert float(found["out of fold", "model less majority", "macro_f1"]["low"]) == difference["low"]
    majority = scores["baseline"]["majority"]["accuracy"]["value"]
    assert float(found["test", "majority", "accuracy"]["value"]) == majority
    assert float(found["test", "model", "aurc"]["high"]) == scores["risk_coverage"]["aurc_high"]
    assert [row["part"] for row in rows("split")] == ["train", "test"]
    assert rows("annotators") == [{"name": "ann@example.org", "sentences": "180", "skipped": "0", "simulated": "False"}]
    (agreement,) = rows("agreement")
    assert (agreement["question"], agreement["answered by two or more"], agreement["alpha"]) == ("stance", "180", "")
    sentences = rows("stance-sentences")
    assert {"Surest and right", "Surest and wrong"} <= {row["why"] for row in sentences}
    assert sentences[0]["votes"] == f"{sentences[0]['gold']} 1"


def test_scores_against_the_votes_are_there_as_csv() -> None:
    score = {"value": 0.5, "low": 0.4, "high": 0.6, "reliable": True, "note": None}
    block = {
        "baseline": {"majority": {"difference": {}}},
        "soft": {"n": 3, "cross_entropy": score},
        "n_units": 0,
        "risk_coverage": {"aurc": None, "aurc_low": None, "aurc_high": None, "points": []},
        "per_class": {},
        "calibration": [],
    }
    summary = {
        "metrics": {"questions": {"stance": block | {"out_of_fold": block, "labels": [], "confusion": []}}},
        "audits": {"questions": {}},
        "questions": [],
        "annotators": [],
        "split": {"parts": {}},
    }
    found = {name: list(rows) for name, _, rows in tables(summary)}
    assert ["test", "model", "votes: cross_entropy", 0.5, 0.4, 0.6, True, None] in found["stance-scores"]


def test_the_headline_is_a_sentence_for_everybody(reported: Path) -> None:
    html = (reported / run.REPORT).read_text(encoding="utf-8")
    accuracy = json.loads((reported / run.METRICS).read_text())["questions"]["stance"]["accuracy"]["value"]
    assert "<h1>How well is stance recognized?</h1>" in html
    cited = f'<data value="{accuracy}" title="metrics/questions/stance/accuracy/value">{100 * accuracy:.0f}</data>'
    assert f"Of 100 sentences that it has not seen, it labels about {cited} as people did." in html
    assert "looked at once so far" in html


def test_ticks_of_a_small_risk_say_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(Axes, "set_yticks", lambda self, ticks, labels: said.extend(labels))
    risk = {"value": 0.02, "low": 0.0, "high": 0.06}
    curves.risk_coverage([{"coverage": at, "risk": risk} for at in (0.5, 1.0)])
    assert said[-5:] == ["0.000", "0.025", "0.050", "0.075", "0.100"]
