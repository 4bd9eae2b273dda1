"""A curve counts labels rightly, goes on where it stopped, and claims nothing that it does not show."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import train_datasets
import yaml
from click.testing import CliRunner
from scipy import stats
from test_train_tune import Here

from corpus.errors import UsageError
from corpus.versions.dataset import Dataset
from train.cli import group
from train.selection import reading
from train.selection.curve import Curve, curve
from train.settings import TrainSettings

FAST = TrainSettings.model_validate({"model": "tfidf", "bootstrap_draws": 200, "tfidf": {"char_ngrams": [3, 3]}})


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("curve") / "datasets" / "demo" / "v1"
    return train_datasets.write_dataset(folder, train_datasets.rows(documents=24, each=5))


def measure(dataset: Dataset, kept: Path, executor: Here, **asked: Any) -> Curve:
    default = {"models": ("tfidf",), "strategies": ("random", "uncertain"), "seeds": 3, "sizes": (8, 20, 40, 60)}
    return curve(dataset, question="stance", settings=FAST, kept=kept, executor=executor, **default | asked)


def test_points_and_resuming(small: Dataset, tmp_path: Path) -> None:
    whole = measure(small, tmp_path / "a.jsonl", Here())
    assert len(whole.table) == 2 * 3 * 4
    # Both begin with the same rows, drawn at random; a model that has seen more does better.
    first = whole.table[whole.table["labels"] == 8].pivot_table(index="seed", columns="strategy", values="macro_f1")
    assert (first["random"] == first["uncertain"]).all()
    mean = whole.table.groupby("labels")["macro_f1"].mean()
    assert mean[60] > mean[8] + 0.05
    with pytest.raises(KeyboardInterrupt):
        measure(small, tmp_path / "b.jsonl", Here(most=4))
    again = Here()
    pd.testing.assert_frame_equal(measure(small, tmp_path / "b.jsonl", again).table, whole.table)
    assert again.done <= 6


@pytest.mark.parametrize("strategy", ["typiclust", "badge", "diverse"])
def test_every_strategy_runs(small: Dataset, tmp_path: Path, strategy: str) -> None:
    found = measure(small, tmp_path / "k.jsonl", Here(), strategies=(strategy,), seeds=1, sizes=(4, 30))
    assert found.table["macro_f1"].between(0, 1).all()


def test_what_cannot_be_measured(small: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected 2 to \d+ labels .* got \[5000\]"):
        measure(small, tmp_path / "k", Here(), sizes=(5000,))
    with pytest.raises(UsageError, match="no strategy 'best'; there are: random, uncertain"):
        measure(small, tmp_path / "k", Here(), strategies=("best",))


def table(**scores: Any) -> pd.DataFrame:
    rows = [
        ("m", strategy, labels, seed, value)
        for strategy, by_size in scores.items()
        for labels, values in by_size.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["model", "strategy", "labels", "seed", "macro_f1"])


def test_intervals_are_those_of_student() -> None:
    values = [0.5, 0.6, 0.55, 0.65]
    (point,) = reading.points(table(random={10: values})).to_dict("records")
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert (point["low"], point["high"]) == (pytest.approx(low), pytest.approx(high))


def test_a_saving_is_claimed_only_where_it_shows_at_every_look() -> None:
    random = {10: [0.5, 0.52, 0.48, 0.51], 20: [0.6, 0.61, 0.59, 0.62]}
    better = {10: [0.5, 0.52, 0.48, 0.50], 20: [0.66, 0.672, 0.648, 0.681]}
    said = reading.sentences(table(random=random, uncertain=better))
    assert any("uncertain: better than random with 20 labels; with 20 by 6.0 points" in line for line in said)
    noisy = {10: [0.5, 0.55, 0.43, 0.51], 20: [0.66, 0.58, 0.60, 0.66]}
    said = reading.sentences(table(random=random, uncertain=noisy))
    assert any("neither better nor worse than random at any of 2 sizes" in line for line in said)
    # What one look would call better is not when two sizes were looked at.
    gains = np.array([0.01, 0.025, 0.012, 0.035])
    assert stats.ttest_1samp(gains, 0).pvalue < 0.05
    edge = {10: random[10], 20: list(np.array(random[20]) + gains)}
    assert not any("better than random" in line for line in reading.sentences(table(random=random, uncertain=edge)))


def test_the_commands(small: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.selection.fits.workers", lambda scheduler: nullcontext(Here()))
    workspace = small.path.parents[2]
    config = tmp_path / "train.yaml"
    config.write_text(yaml.safe_dump(FAST.model_dump(mode="json")))

    def call(*line: str) -> dict[str, Any]:
        answer = CliRunner().invoke(
            group, [*line, "--workspace", str(workspace), "--config", str(config), "--json"], catch_exceptions=False
        )
        assert answer.exit_code == 0, answer.output
        record: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
        return record

    tuned = call("tune", "demo", "--trials", "1")
    assert {"settings", "trials", "inner", "outer", "outer_as_they_were", "gain"} <= tuned.keys()
    config = Path(tuned["settings"])
    assert call("fit", "demo", "--question", "stance")["model"] == "tfidf"
    drawn = call("curve", "demo", "--seeds", "2", "--sizes", "10,40")
    assert [Path(path).suffix for path in drawn["pictures"]] == [".svg", ".png"]
    before = [Path(path).read_bytes() for path in (*drawn["pictures"], drawn["curve"])]
    again = call("curve", "demo", "--seeds", "2", "--sizes", "10,40")
    assert [Path(path).read_bytes() for path in (*again["pictures"], again["curve"])] == before
    assert drawn["forecasts"]["tfidf, random"]["verdict"] == "too little measured"
