"""Runs on the same items: closed forms of the permutation test, and what is refused."""

import json
import os
import shutil
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import train_datasets as made
from click.testing import CliRunner
from sklearn.metrics import f1_score

from corpus import tables
from corpus.errors import InputError, UsageError
from corpus.versions.dataset import Dataset
from train.cli import group
from train.evaluation import metrics
from train.evaluation.compare import compare, permuted, smallest
from train.evaluation.evaluate import evaluate
from train.evaluation.looks import LOG, look, looked, looks
from train.fit import fit
from train.report.comparison import sentence
from train.run import PREDICTIONS
from train.settings import TrainSettings


def counts_of(first: list[bool], second: list[bool]) -> metrics.Array:
    """One document a row, gold always the first of two labels; each system right or wrong."""
    units = [str(at) for at in range(len(first))]
    systems = [
        metrics.confusions(units, ["a"] * len(units), ["a" if right else "b" for right in each], ["a", "b"])
        for each in (first, second)
    ]
    return np.stack(systems, axis=1)


def test_the_permutation_test_is_the_exact_one() -> None:
    """With 6 documents all 64 exchanges can be counted: those at least as far apart, of all."""
    first, second = [True, True, True, True, True, False], [False, False, False, False, False, False]
    difference = np.array(second, dtype=float) - np.array(first, dtype=float)
    every = [abs(float(difference @ np.array(signs))) for signs in product((-1, 1), repeat=6)]
    exact = np.mean([value >= abs(difference.sum()) for value in every])
    assert exact == 2 / 32
    found = permuted(counts_of(first, second), metrics.accuracy, 20_000, seed=1)
    assert found == pytest.approx(exact, abs=0.005)


def test_no_p_is_zero_and_none_is_halved() -> None:
    """No draw of 40 documents is as far apart as what was seen; that itself is one of 1,000 (Phipson, Smyth, 2010)."""
    counts = counts_of([True] * 40, [False] * 40)
    assert permuted(counts, metrics.accuracy, 999, seed=1) == 0.001


@pytest.mark.parametrize("first", ["worse", "better"])
def test_the_sentence_gives_the_interval_of_the_difference_that_it_names(first: str) -> None:
    sign = 1 if first == "worse" else -1
    edges = sorted(sign * edge for edge in (0.3, 0.45))
    a, b = ("w", "g") if first == "worse" else ("g", "w")
    difference = {"value": sign * 0.4, "low": edges[0], "high": edges[1]}
    row = {"a": a, "b": b, "difference": difference, "p": 0.001, "p_holm": 0.002, "smallest": 0.1}
    assert sentence(row).startswith("g is better than w by 0.40 (0.30 to 0.45; p = 0.002). This test would show")
    found = sentence(row | {"p_holm": 0.06})
    assert found.startswith(f"{a} and {b} are not shown to differ: 0.40 (0.30 to 0.45; p = 0.060).")
    difference |= {"low": None, "high": None}
    assert "by 0.40 (no interval; p" in sentence(row)


def test_equal_systems_do_not_differ() -> None:
    right = [True, False] * 20
    assert permuted(counts_of(right, right), metrics.accuracy, 500, seed=1) == 1
    assert permuted(counts_of([True], [True])[:, :, :0, :0], metrics.accuracy, 500, seed=1) is None


def test_the_smallest_difference_is_that_of_the_textbook() -> None:
    """For a mean: (1.96 + 0.84) standard errors, at 5 % on both sides and power 0.8 (Cohen, 1988)."""
    draws = np.random.default_rng(0).normal(0.1, 0.02, 200_000)
    assert smallest(draws) == pytest.approx(2.8016 * 0.02, rel=0.01)
    assert smallest(np.array([np.nan, 0.1])) is None


def test_runs_with_equal_answers_do_not_say_what_a_test_would_show() -> None:
    assert smallest(np.full(200, 0.1)) is None
    row = {"a": "g", "b": "w", "difference": {"value": 0.0, "low": 0.0, "high": 0.0}, "p_holm": 1.0, "smallest": None}
    said = "g and w are not shown to differ: 0.00 (0.00 to 0.00; p = 1.000)."
    assert sentence(row) == f"{said} Which difference this test would show cannot be said."


def test_a_better_model_is_found_and_a_look_is_noted(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    dataset = make_dataset(made.rows(documents=60))
    baseline = settings.model_copy(update={"model": "majority"})
    other = settings.model_copy(update={"seed": 7})
    runs = [
        fit(dataset, runs=tmp_path / "runs", settings=each, questions=("stance",)).run
        for each in (baseline, settings, other)
    ]
    found = compare(runs)["questions"]["stance"]
    rows = found["pairs"]["macro_f1"]
    assert [(row["a"], row["b"]) for row in rows] == [(runs[a].id, runs[b].id) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert rows[0]["difference"]["low"] > 0
    assert rows[0]["p_holm"] == pytest.approx(3 * rows[0]["p"], abs=1e-6)
    assert rows[0]["p_holm"] < 0.05 < rows[2]["p_holm"]
    assert 0 < rows[0]["smallest"] < rows[0]["difference"]["value"]
    scores = found["scores"]
    assert rows[0]["difference"]["value"] == pytest.approx(
        scores[runs[1].id]["macro_f1"]["value"] - scores[runs[0].id]["macro_f1"]["value"], abs=2e-6
    )
    words = ["compare", runs[0].id, runs[1].id, "--workspace", str(tmp_path)]
    for _ in range(2):
        answer = CliRunner().invoke(group, [*words, "--json"], catch_exceptions=False)
    page = Path(json.loads(answer.stdout.splitlines()[-1])["comparison"])
    html = page.read_text(encoding="utf-8")
    assert f"{runs[1].id} is better than {runs[0].id} by" in html
    assert "<script" not in html
    assert [line["what"] for line in looks(dataset.path)] == ["compare"]
    # The second run names a copy of the dataset version: its log gets the look as well, once.
    copy = shutil.copytree(dataset.path, tmp_path / "copy", ignore=shutil.ignore_patterns(LOG))
    manifest = runs[1].path / "run.json"
    about = json.loads(manifest.read_text(encoding="utf-8"))
    about["dataset"]["path"] = os.path.relpath(copy, runs[1].path)
    manifest.write_text(json.dumps(about), encoding="utf-8")
    answer = CliRunner().invoke(group, words, catch_exceptions=False)
    assert "cannot be written" not in answer.stderr
    assert [len(looks(folder)) for folder in (dataset.path, copy)] == [1, 1]
    # A folder in the log's place cannot be written by anybody, root included.
    (copy / LOG).unlink()
    (copy / LOG).mkdir()
    answer = CliRunner().invoke(group, words, catch_exceptions=False)
    assert answer.exit_code == 0
    assert f"{copy / LOG}: cannot be written" in answer.stderr


def test_each_run_is_shown_by_itself_where_it_was_evaluated(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    dataset = make_dataset(made.rows(documents=30))
    ids = []
    for each in (settings, settings.model_copy(update={"model": "majority"})):
        made_ = fit(dataset, runs=tmp_path / "runs", settings=each, questions=("stance",)).run
        ids.append(made_.id)
        if each is settings:
            scores = evaluate(made_).metrics["questions"]["stance"]
    answer = CliRunner().invoke(
        group, ["compare", *ids, "--workspace", str(tmp_path), "--json"], catch_exceptions=False
    )
    folder = Path(json.loads(answer.stdout.splitlines()[-1])["comparison"]).parent
    written = {path.stem: pd.read_csv(path) for path in (folder / "tables").glob("*.csv")}
    assert written.keys() == {"stance-differences", "stance-scores", "stance-audits"}
    own = written["stance-scores"].set_index("score")
    assert set(own["run"]) == {ids[0]}
    assert own.loc["Log loss", "value"] == scores["log_loss"]["value"]
    for label, row in scores["per_class"].items():
        assert own.loc[f"F1 of {label}", ["value", "low", "high"]].tolist() == [
            row["intervals"]["f1"][key] for key in ("value", "low", "high")
        ]
    assert any(row["f1"] != row["recall"] for row in scores["per_class"].values())
    assert set(written["stance-differences"]["score"]) == {"macro_f1", "semeval_f1", "accuracy"}
    html = (folder / "compare.html").read_text(encoding="utf-8")
    assert "Each run by itself" in html
    assert html.count('<span class="none">–</span>') == len(own)
    (tmp_path / "runs" / ids[0] / "metrics.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="stance train evaluate"):
        CliRunner().invoke(group, ["compare", *ids, "--workspace", str(tmp_path)], catch_exceptions=False)


def test_runs_on_other_items_are_refused(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows()
    relabelled = data.assign(stance=data["stance"].where(data["sentence_id"] != "s00000", "neutral"))
    relabelled.loc[relabelled["sentence_id"] == "s00001", "stance"] = "pro-US"
    sets = [
        make_dataset(each, name)
        for each, name in ((data, "a"), (data[data["doc_id"] != "d000"], "b"), (relabelled, "c"))
    ]
    runs = [fit(each, runs=tmp_path / "runs", settings=settings, questions=("stance",)).run for each in sets]
    with pytest.raises(UsageError, match=r"not tested on the same sentences \(48 and 42, 42 of them the same\)"):
        compare(runs[:2])
    with pytest.raises(UsageError, match=r"of the 48 test sentences have another gold label"):
        compare([runs[0], runs[2]])
    with pytest.raises(UsageError, match="two or more different runs"):
        compare([runs[0], runs[0]])
    with pytest.raises(UsageError, match="two or more different runs"):
        compare([runs[0], runs[1], runs[0]])


def test_what_one_run_did_not_answer_is_compared_for_none(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows()
    # A sentence of d004 is a copy of one of d008: these two documents are drawn as one.
    dataset = make_dataset(data.assign(cluster_id=data["sentence_id"].replace("s00801", "s00401")))
    other = settings.model_copy(update={"model": "majority"})
    runs = [
        fit(dataset, runs=tmp_path / "runs", settings=each, questions=("stance",)).run for each in (settings, other)
    ]
    answers = runs[1].predictions()
    tables.write(answers[answers["sentence_id"] != "s00000"], runs[1].path / PREDICTIONS, tables.PREDICTIONS)
    found = compare(runs)["questions"]["stance"]
    assert (found["n"], found["n_documents"], found["n_units"]) == (47, 8, 7)
    answered = runs[0].predictions().query("question == 'stance'").set_index("sentence_id")["label"]
    gold = dataset.gold.query("question == 'stance'").set_index("sentence_id")["label"]
    tested = [name for name in dataset.split.query("split == 'test'")["sentence_id"] if name != "s00000"]
    own, right = found["scores"][runs[0].id], (answered.loc[tested] == gold.loc[tested]).mean()
    sides = f1_score(gold.loc[tested], answered.loc[tested], labels=["pro-Russia", "pro-US"], average="macro")
    assert own["accuracy"]["value"] == pytest.approx(right, abs=1e-6)
    assert own["semeval_f1"]["value"] == pytest.approx(sides, abs=1e-6)


def test_the_same_result_again_is_no_new_look(tmp_path: Path) -> None:
    for result in (1, 1, 2):
        assert look(tmp_path, ["run"], "evaluate", {"stance": result})
    assert look(tmp_path, ["other"], "evaluate", {"stance": 1})
    found = looks(tmp_path)
    assert [line["runs"] for line in found] == [["run"], ["run"], ["other"]]
    assert {"when", "who", "what", "result"} <= set(found[0])
    assert not look(tmp_path / "nowhere", ["run"], "evaluate", 1)


def test_looks_at_versions_with_the_same_test_sentences_are_counted_together(tmp_path: Path) -> None:
    data, home = made.rows(), tmp_path / "datasets"
    more = pd.concat([data, data.tail(1).assign(sentence_id="s99900", doc_id="d999")])
    first, second = (made.write_dataset(home / "demo" / f"v{at}", each).path for at, each in ((1, data), (2, more)))
    renamed = made.write_dataset(home / "sealed" / "v1", more).path
    # What the others train on is all that this one tests on.
    swapped = data.assign(split=data["split"].map({"train": "test", "test": "train"}))
    apart = made.write_dataset(home / "demo" / "v3", swapped).path
    look(first, ["a"], "evaluate", 1)
    look(first, ["b"], "evaluate", 2)
    for folder in (first, second, renamed):
        assert [line["runs"] for line in looks(folder)] == [["a"], ["b"]]
    look(second, ["c"], "evaluate", 1)
    look(apart, ["d"], "evaluate", 1)
    for folder in (first, second, renamed):
        assert [line["runs"] for line in looks(folder)] == [["a"], ["b"], ["c"]]
    assert [line["runs"] for line in looks(apart)] == [["d"]]
    # The version that was looked at last brings the looks of others to where it is copied.
    assert [line["runs"] for line in looks(Path(shutil.copytree(second, tmp_path / "away")))] == [["a"], ["b"], ["c"]]


def test_a_damaged_line_of_the_log_is_a_look_and_stops_nothing(tmp_path: Path) -> None:
    assert look(tmp_path, ["a"], "evaluate", 1)
    log = tmp_path / LOG
    log.write_text(log.read_text() + '{"when": "2026')
    assert look(tmp_path, ["b"], "evaluate", 1)
    log.write_text(log.read_text() + "[]\n5\n")
    for _ in range(2):
        assert [line["runs"] for line in looks(tmp_path) if line["runs"]] == [["a"], ["b"]]
        assert len(looks(tmp_path)) == 5
        assert look(tmp_path, ["b"], "evaluate", 1)


@pytest.mark.parametrize(
    "line",
    [
        '{"runs": [null, "a"], "what": "evaluate", "result": "y"}',
        '{"runs": {"a": 1}, "what": "evaluate", "result": "y"}',
        '{"runs": "a", "what": "evaluate", "result": "y"}',
        '{"runs": ["a"], "what": "evaluate", "result": NaN}',
        '{"runs": ["\\ud800"], "what": "evaluate", "result": "y"}',
        '{"runs": {"a": 1}}',
        '[["a"]]',
        "[" * 100_000,
    ],
)
def test_a_line_that_cannot_be_read_was_a_look_too_and_stops_nothing(tmp_path: Path, line: str) -> None:
    home = tmp_path / "v1"
    home.mkdir()
    (home / LOG).write_text(f"{line}\n", encoding="utf-8")
    assert look(home, ["b"], "evaluate", 1)
    assert looked(home) == ({"times": 2, "runs": 1}, ["b"])
    (home / LOG).rename(tmp_path / "log")
    assert look(home, ["b"], "evaluate", 1)
    assert looked(home) == ({"times": 1, "runs": 1}, ["b"])
