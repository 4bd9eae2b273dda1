import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import train_datasets as made
from sklearn.metrics import accuracy_score, f1_score

from corpus.files import sha256_file
from corpus.versions.dataset import Dataset
from train import run
from train.evaluation.evaluate import evaluate
from train.evaluation.sufficiency import sufficiency
from train.fit import fit
from train.report.page import report
from train.settings import EnoughSettings, TrainSettings


def measured(dataset: Dataset, runs: Path, settings: TrainSettings) -> dict[str, Any]:
    return evaluate(fit(dataset, runs=runs, settings=settings).run).metrics


def test_scores_are_those_of_the_predictions(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    result = fit(dataset, runs=tmp_path / "runs", settings=settings)
    metrics = evaluate(result.run).metrics
    assert json.loads((result.run.path / run.METRICS).read_text()) == metrics
    assert metrics["split"] == "cluster"
    assert list(metrics["questions"]) == ["stance", "source_type"]
    gold = dataset.gold.set_index(["sentence_id", "question"])["label"]
    rows = result.run.predictions().set_index(["sentence_id", "question"]).assign(gold=gold).reset_index()
    rows = rows.merge(dataset.split, on="sentence_id")
    for question, scores in metrics["questions"].items():
        for part, found in (("test", scores), ("train", scores["out_of_fold"])):
            own = rows[(rows["question"] == question) & (rows["split"] == part)]
            assert found["n"] == len(own)
            assert found["accuracy"]["value"] == pytest.approx(accuracy_score(own["gold"], own["label"]), abs=1e-6)
            macro = f1_score(own["gold"], own["label"], average="macro")
            assert found["macro_f1"]["value"] == pytest.approx(macro, abs=1e-6)
            assert sum(map(sum, found["confusion"])) == len(own)
    stance = metrics["questions"]["stance"]
    own = rows[(rows["question"] == "stance") & (rows["split"] == "test")]
    sides = f1_score(own["gold"], own["label"], labels=["pro-Russia", "pro-US"], average="macro")
    assert stance["semeval_f1"]["value"] == pytest.approx(sides, abs=1e-6)
    assert metrics["questions"]["source_type"]["semeval_f1"] is None
    assert stance["labels"] == ["pro-Russia", "pro-US", "neutral"]


def test_the_baseline_answers_the_most_frequent_label(
    dataset: Dataset, settings: TrainSettings, tmp_path: Path
) -> None:
    scores = measured(dataset, tmp_path / "runs", settings)["questions"]["stance"]
    counts = scores["label_counts"]["train"]
    baseline = scores["baseline"]["majority"]
    assert counts[baseline["label"]] == max(counts.values())
    share = scores["label_counts"]["test"][baseline["label"]] / scores["n_test"]
    assert baseline["accuracy"]["value"] == pytest.approx(share, abs=1e-6)
    assert baseline["macro_f1"]["value"] == pytest.approx(2 * share / (1 + share) / 3, abs=1e-6)
    difference = scores["macro_f1"]["value"] - baseline["macro_f1"]["value"]
    assert baseline["difference"]["macro_f1"]["value"] == pytest.approx(difference, abs=2e-6)


def test_receipts_name_every_input(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    there = fit(dataset, runs=tmp_path / "runs", settings=settings).run
    evaluate(there)
    receipts = json.loads((there.path / run.RECEIPTS).read_text())
    for name in ("sentences", "annotations", "gold", "split"):
        assert receipts["tables"][name] == sha256_file(dataset.path / f"{name}.parquet")
    for name in (run.MANIFEST, run.MODEL, run.PREDICTIONS, run.METRICS):
        assert receipts["files"][name] == sha256_file(there.path / name)
    assert receipts["seed"] == settings.seed
    assert receipts["code_sha256"]["fit"] == receipts["code_sha256"]["evaluate"] == run.code_hash()


def test_a_large_and_easy_test_is_enough(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    metrics = measured(make_dataset(made.rows(documents=100)), tmp_path, settings)
    stance = metrics["questions"]["stance"]
    assert stance["n_test_documents"] == 25
    assert stance["sufficiency"] == {"verdict": True, "reasons": []}


def test_fifteen_sentences_of_one_document_conclude_nothing(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows(documents=3, each=5).assign(doc_id="d")
    data["split"], data["fold"] = ["test" if i % 5 == 0 else "train" for i in range(15)], [i % 5 - 1 for i in range(15)]
    result = evaluate(fit(make_dataset(data), runs=tmp_path, settings=settings).run)
    verdict = result.metrics["questions"]["stance"]["sufficiency"]
    assert verdict["verdict"] is False
    said = " ".join(verdict["reasons"])
    assert "The test has 3 sentences; at least 100 are needed, 97 more." in said
    assert "The test has 1 document; at least 20 are needed, 19 more." in said
    assert "Macro-F1 has no 95 % interval (all sentences come from one document)" in said
    assert result.metrics["questions"]["stance"]["macro_f1"]["low"] is None


def test_a_model_of_noise_is_not_better_than_the_baseline(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows(documents=100)
    data["stance"] = data["stance"].sample(frac=1, random_state=0).to_numpy()
    baseline = settings.model_copy(update={"model": "majority"})
    scores = measured(make_dataset(data), tmp_path, baseline)["questions"]["stance"]
    assert scores["baseline"]["majority"]["difference"]["macro_f1"]["value"] == 0
    (reason,) = scores["sufficiency"]["reasons"]
    assert "not shown to be better than always answering" in reason


def test_a_label_missing_from_the_test_is_told_and_left_out(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows(documents=60)
    data = data[~((data["split"] == "test") & (data["stance"] == "pro-US"))]
    scores = measured(make_dataset(data), tmp_path, settings)["questions"]["stance"]
    assert scores["per_class"]["pro-US"]["support"] == 0
    assert scores["per_class"]["pro-US"]["recall"] is None
    assert scores["semeval_f1"]["value"] is None
    present = [scores["per_class"][label]["f1"] for label in ("pro-Russia", "neutral")]
    assert scores["macro_f1"]["value"] == pytest.approx(sum(present) / 2, abs=2e-6)
    assert "Not tested, and not in macro-F1: pro-US (no test sentence has that label)." in scores["warnings"]
    assert any("pro-US 0" in reason for reason in scores["sufficiency"]["reasons"])


def test_a_label_missing_from_training_is_told(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows(documents=60)
    data = data[~((data["split"] == "train") & (data["stance"] == "pro-US"))]
    scores = measured(make_dataset(data), tmp_path, settings)["questions"]["stance"]
    assert scores["per_class"]["pro-US"]["recall"] == 0
    assert "The model cannot answer pro-US: no training sentence has that label." in scores["warnings"]


def test_a_skipped_question_has_undefined_scores(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows().assign(source_type="none")
    scores = measured(make_dataset(data), tmp_path, settings)["questions"]["source_type"]
    assert (scores["macro_f1"]["value"], scores["accuracy"]["low"], scores["n"]) == (None, None, 0)
    assert scores["n_test"] == 48
    assert scores["sufficiency"]["verdict"] is False
    assert scores["sufficiency"]["reasons"][0].startswith("No model could be fitted: only 'none' occurs")


def test_a_question_that_nobody_answered_is_skipped_in_scores_and_report(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    dataset = make_dataset(made.rows().drop(columns="source_type"))
    there = fit(dataset, runs=tmp_path / "runs", settings=settings).run
    scores = evaluate(there).metrics["questions"]
    assert scores["stance"]["macro_f1"]["value"] > 0.5
    unanswered = scores["source_type"]
    assert (unanswered["macro_f1"]["value"], unanswered["n_train"], unanswered["without_gold"]) == (None, 0, 180)
    assert unanswered["sufficiency"]["reasons"] == [f"No model could be fitted: {unanswered['skipped']}."]
    page = re.sub("</?data[^>]*>", "", report(there).read_text(encoding="utf-8"))
    assert f"No model: {unanswered['skipped']}." in page


def test_an_empty_test_split_is_undefined(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows().query("split == 'train'")
    scores = measured(make_dataset(data), tmp_path, settings)["questions"]["stance"]
    assert scores["macro_f1"]["note"] == "undefined: no sentences"
    assert scores["out_of_fold"]["macro_f1"]["value"] > 0.5
    assert scores["sufficiency"]["verdict"] is False


def test_a_wide_interval_says_what_it_takes() -> None:
    estimate = {"value": 0.5, "low": 0.3, "high": 0.7, "note": None}
    scores = {
        "skipped": None, "n_test": 200, "n_test_documents": 40, "labels": ["a"], "per_class": {"a": {"support": 99}},
        "macro_f1": estimate, "baseline": {"majority": {"label": "a", "difference": {"macro_f1": estimate}}},
    }  # fmt: skip
    (reason,) = sufficiency(scores, EnoughSettings())["reasons"]
    assert "(0.30 to 0.70) is 0.40 wide; at most 0.20 is needed, which takes about 160 test documents." in reason


def test_rows_of_a_document_are_resampled_together(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows(documents=40)
    apart = data.assign(doc_id=data["sentence_id"])
    frames = [measured(make_dataset(rows, name), tmp_path, settings) for rows, name in ((data, "a"), (apart, "b"))]
    counted = [frame["questions"]["stance"]["n_documents"] for frame in frames]
    assert counted == [10, 60]
    values = [frame["questions"]["stance"]["macro_f1"] for frame in frames]
    assert values[0]["value"] == values[1]["value"]
    assert pd.Series(values[0]).ne(pd.Series(values[1])).any()
