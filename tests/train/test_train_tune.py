"""A search is honest, the same whoever works, goes on where it stopped, and never reads the test split."""

import json
import os
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import train_datasets

from corpus.errors import TooFewLabels, UsageError
from corpus.versions.dataset import Dataset
from train.selection import tune as tuning
from train.selection.fits import Kept, run, training_rows, workers
from train.selection.tune import Tuned, tune
from train.settings import TrainSettings


class Here(Executor):
    """Does each job at once; after ``most`` it is as if the process were killed."""

    def __init__(self, most: int = 10**9) -> None:
        self.done, self.most = 0, most

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.done >= self.most:
            raise KeyboardInterrupt
        self.done += 1
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def search(dataset: Dataset, settings: TrainSettings, kept: Path, executor: Executor, trials: int = 5) -> Tuned:
    return tune(
        dataset, question="stance", models=("tfidf", "majority"), trials=trials, settings=settings, kept=kept,
        executor=executor,
    )  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("tune") / "demo" / "v1"
    return train_datasets.write_dataset(folder, train_datasets.rows(documents=16, each=5))


@pytest.fixture(scope="module")
def fast() -> TrainSettings:
    return TrainSettings.model_validate({"bootstrap_draws": 200, "tfidf": {"char_ngrams": [3, 3]}})


@pytest.fixture(scope="module")
def found(small: Dataset, fast: TrainSettings, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    return search(small, fast, tmp_path_factory.mktemp("kept") / "fits.jsonl", Here())


def test_scores_stand_beside_each_other(found: Tuned) -> None:
    record = found.record
    assert record["outer"]["low"] <= record["outer"]["value"] <= record["outer"]["high"]
    difference = record["outer"]["value"] - record["outer_as_they_were"]["value"]
    assert record["gain"]["value"] == pytest.approx(difference, abs=2e-6)
    assert len(found.trials) == 6
    assert found.trials["inner_macro_f1"].iloc[0] == record["inner"]
    assert record["inner"] >= found.trials.set_index("trial")["inner_macro_f1"][0]
    assert record["folds"]["outer"] == len(record["chosen_outside_each_fold"])
    assert {name: own["sentences"] for name, own in record["labels"].items()}.keys() == set(train_datasets.STANCES)
    json.dumps(record, allow_nan=False)


def test_the_same_whoever_works_and_after_a_kill(
    small: Dataset, fast: TrainSettings, found: Tuned, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(3) as several:
        other = search(small, fast, tmp_path / "other.jsonl", several)
    assert (other.record, other.settings) == (found.record, found.settings)
    kept = tmp_path / "killed.jsonl"
    with pytest.raises(KeyboardInterrupt):
        search(small, fast, kept, Here(most=40))
    before = Kept(kept).found
    with kept.open("a") as file:
        file.write('\n["half a li')
    again = Here()
    resumed = search(small, fast, kept, again)
    assert (resumed.record, resumed.settings) == (found.record, found.settings)
    assert len(before) > 0
    assert again.done == len(Kept(kept).found) - len(before)


def test_what_stands_in_test_rows_changes_nothing(
    small: Dataset, fast: TrainSettings, found: Tuned, tmp_path: Path
) -> None:
    data = train_datasets.rows(documents=16, each=5)
    at = data["split"] == "test"
    data.loc[at, "text"] = "planted " + data.loc[at, "text"]
    data.loc[at, "stance"] = "neutral"
    planted = train_datasets.write_dataset(tmp_path / "demo" / "v2", data)
    assert search(planted, fast, tmp_path / "k.jsonl", Here()).record == found.record


def test_folds_keep_groups_and_copies_whole(small: Dataset) -> None:
    copies = small.sentences.assign(
        cluster_id=small.sentences["cluster_id"].where(~small.sentences["text"].str.contains("-0."), "one")
    )
    moved = Dataset(**{**vars(small), "sentences": copies})
    _, rows = training_rows(small, "stance")
    assert rows["group"].nunique() == 12
    assert set(rows["split"]) == {"train"}
    for train, test in tuning._folds(rows, 5, 1):
        assert not set(rows["group"].iloc[train]) & set(rows["group"].iloc[test])
    with pytest.raises(TooFewLabels, match="1 groups of training sentences"):
        training_rows(moved, "stance")


def test_an_unknown_model_is_named(small: Dataset, fast: TrainSettings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model 'oracle'"):
        tune(
            small, question="stance", models=("oracle",), trials=1, settings=fast, kept=tmp_path / "k", executor=Here()
        )  # fmt: skip


def test_a_majority_wins_nothing(found: Tuned) -> None:
    assert found.settings.model == "tfidf"
    by_model = found.trials.groupby("model")["inner_macro_f1"].max()
    assert isinstance(by_model, pd.Series)
    assert by_model["tfidf"] > by_model.get("majority", 0.0)


def test_real_processes_do_the_work(tmp_path: Path) -> None:
    with workers() as executor:
        found = run(os.getppid, {"a": (), "b": ()}, Kept(tmp_path / "k.jsonl"), executor)
    assert found == {"a": os.getpid(), "b": os.getpid()}
