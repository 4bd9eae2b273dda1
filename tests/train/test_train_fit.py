import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
import train_datasets as made
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from corpus.errors import CheckFailed, TableError, TooFewLabels, UsageError
from corpus.versions.dataset import Dataset
from train import run, store
from train.crossfit import _votes, fitted, folds, out_of_fold
from train.evaluation.evaluate import evaluate
from train.fit import fit
from train.models import MODELS, make
from train.settings import TfidfSettings, TrainSettings

FILES = (run.MODEL, run.PREDICTIONS, run.MANIFEST, run.METRICS, run.RECEIPTS)


def hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


def test_a_run_holds_every_question_and_row(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    result = fit(dataset, runs=tmp_path / "runs", settings=settings)
    assert result.fitted == ("stance", "source_type")
    predictions = result.run.predictions()
    assert len(predictions) == 2 * len(dataset.sentences)
    stance = predictions[predictions["question"] == "stance"]
    shares = stance[["p_pro-Russia", "p_pro-US", "p_neutral"]]
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares.idxmax(axis=1).str.removeprefix("p_") == stance["label"]).all()
    assert stance["p_government"].isna().all()
    assert set(predictions["model_id"]) == {result.run.id} == {result.run.path.name}
    of_test = dataset.split.loc[dataset.split["split"] == "test", "sentence_id"]
    test = dataset.sentences[dataset.sentences["sentence_id"].isin(of_test)]
    answers = result.run.models()["stance"].predict(test["text"].tolist())
    assert list(answers) == list(stance.set_index("sentence_id").loc[test["sentence_id"], "label"])


def test_the_same_again_is_the_same_run(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    first = fit(dataset, runs=tmp_path / "runs", settings=settings)
    again = fit(dataset, runs=tmp_path / "runs", settings=settings)
    assert (first.existed, again.existed, again.run) == (False, True, first.run)
    other = fit(dataset, runs=tmp_path / "runs", settings=settings.model_copy(update={"seed": 5}))
    assert other.run.id != first.run.id
    assert [path.name for path in (tmp_path / "runs").iterdir() if path.name.startswith(".")] == []


def test_a_damaged_run_is_fitted_again(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    first = fit(dataset, runs=tmp_path / "runs", settings=settings)
    before = (first.run.path / run.MODEL).read_bytes()
    (first.run.path / run.MODEL).write_bytes(b"")
    assert not fit(dataset, runs=tmp_path / "runs", settings=settings).existed
    assert (first.run.path / run.MODEL).read_bytes() == before


@pytest.mark.parametrize("model", ["hybrid", "tfidf"])
def test_two_processes_write_the_same_bytes(dataset: Dataset, tmp_path: Path, model: str) -> None:
    code = (
        "import sys; from pathlib import Path; from corpus.versions.dataset import load; from train.fit import fit;"
        "from train.evaluation.evaluate import evaluate; from train.settings import TrainSettings;"
        f"evaluate(fit(load(Path({str(dataset.path)!r})), runs=Path(sys.argv[1]),"
        f" settings=TrainSettings(model={model!r}, bootstrap_draws=200)).run)"
    )
    found = []
    for number in (1, 2):
        runs = tmp_path / f"runs{number}"
        environment = os.environ | {"PYTHONHASHSEED": str(number)}
        subprocess.run([sys.executable, "-c", code, str(runs)], check=True, env=environment)
        found.append(hashes(next(runs.iterdir())))
    assert found[0] == found[1]


@pytest.mark.parametrize("model", ["hybrid", "tfidf"])
def test_test_sentences_change_no_byte_of_the_model(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path, model: str
) -> None:
    settings = settings.model_copy(update={"model": model})
    data = made.rows()
    planted = data.copy()
    planted.loc[planted["split"] == "test", "text"] += " zyxxyz"
    planted.loc[planted["split"] == "test", "stance"] = "pro-US"
    runs = [
        fit(make_dataset(rows, name), runs=tmp_path / name, settings=settings).run
        for rows, name in ((data, "plain"), (planted, "planted"))
    ]
    models = [(each.path / run.MODEL).read_bytes() for each in runs]
    assert models[0] == models[1]
    trained = data.loc[data["split"] == "train", "sentence_id"]
    plain, other = (each.predictions().drop(columns="model_id") for each in runs)
    pd.testing.assert_frame_equal(plain[plain["sentence_id"].isin(trained)], other[other["sentence_id"].isin(trained)])


@pytest.mark.parametrize(("fold", "fitted_on"), [(4, True), (-1, False)])
def test_validation_rows_are_fitted_on_where_they_have_a_fold(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path, fold: int, fitted_on: bool
) -> None:
    """Versions that were released earlier have none: they go on as they were."""
    data = made.rows()
    data.loc[data["fold"] == 4, ["split", "fold"]] = ["val", fold]
    validation = data["split"] == "val"
    data.loc[validation, "text"] = "zyxxyz"
    result = fit(make_dataset(data), runs=tmp_path / "runs", settings=settings)
    words = result.run.models()["stance"]["features"].transformer_list[0][1]
    assert ("zyxxyz" in words.vocabulary_) == fitted_on
    own = set(result.run.predictions()["sentence_id"])
    assert own == set(data.loc[fitted_on | ~validation, "sentence_id"])
    scores = evaluate(result.run).metrics["questions"]["stance"]
    assert scores["n_val"] == (0 if fitted_on else validation.sum())
    assert scores["n_train"] + scores["n_val"] + scores["n_test"] == len(data)


def test_out_of_fold_rows_were_not_seen() -> None:
    data = made.rows().query("split == 'train'").rename(columns={"stance": "label"}).set_index("sentence_id")
    data["group"] = data["doc_id"]
    seen: list[set[str]] = []

    class Recorder(Pipeline):
        def fit(self, X: pd.DataFrame, y: np.ndarray) -> "Recorder":
            seen.append(set(X["text"]))
            return super().fit(X, y)

    found, notes = out_of_fold(lambda: Recorder(make("tfidf", 0, TrainSettings()).steps), data, made.STANCES)
    assert not notes
    assert list(found.index) == sorted(data.index)
    assert len(seen) == data["fold"].nunique()
    for fold, texts in zip(sorted(data["fold"].unique()), seen, strict=True):
        assert texts == set(data.loc[data["fold"] != fold, "text"])


def test_votes_count_where_gold_follows_them() -> None:
    rows = pd.DataFrame(
        {
            "label": ["a", "b", "b", "a"],
            "v_a": [0.75, 0.5, 1.0, None], "v_b": [0.25, 0.5, 0.0, None],
        }
    )  # fmt: skip
    found = _votes(rows, np.array(["a", "b"]))
    assert found.tolist() == [[0.75, 0.25], [0.5, 0.5], [0, 1], [1, 0]]
    assert _votes(rows[["label"]], np.array(["a", "b"])) is None


def test_rare_labels_merge_folds_and_keep_groups_whole() -> None:
    train = pd.DataFrame({"label": ["a"] * 7 + ["b"] * 3, "fold": [0, 0, 1, 1, 2, 2, 3, 4, 4, 0]})
    merged = folds(train)
    assert merged.number.nunique() == 3
    assert (merged.number.groupby(train["fold"]).nunique() == 1).all()
    assert "label 'b' has 3 training sentences" in merged.notes[0]


def test_a_question_that_cannot_be_fitted_is_skipped_with_its_reason(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows(documents=8).assign(source_type="none")
    result = fit(make_dataset(data), runs=tmp_path / "runs", settings=settings)
    assert result.fitted == ("stance",)
    assert "only 'none' occurs among" in result.skipped["source_type"]
    none = fit(make_dataset(data.assign(stance=None), "ties"), runs=tmp_path / "runs", settings=settings)
    assert none.fitted == ()
    assert "no label occurs" in none.skipped["stance"]
    assert (none.run.path / run.MANIFEST).is_file()
    assert none.run.predictions().empty


def test_texts_without_a_word_are_a_reason(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    rows = made.rows().assign(text="!!!")
    said = fit(make_dataset(rows), runs=tmp_path / "runs", settings=settings).skipped["stance"]
    counted = r"the 132 training sentences \(\d+ 'neutral', \d+ 'pro-Russia', \d+ 'pro-US'\) cannot be fitted: "
    assert re.match(counted, said)
    assert said.endswith("the model needs a word (letters or digits), and none of them has that; the first is '!!!'")
    longer = settings.model_copy(update={"tfidf": TfidfSettings(word_ngrams=(2, 2))})
    said = fit(make_dataset(rows.assign(text="Talks."), "other"), runs=tmp_path / "runs", settings=longer).skipped[
        "stance"
    ]
    assert said.endswith("the model needs 2 words in a row, and none of them has that; the first is 'Talks.'")


@pytest.mark.parametrize("model", ["tfidf", "hybrid"])
@pytest.mark.parametrize("least", [130, 10_000])
def test_words_that_are_all_too_rare_are_a_reason(dataset: Dataset, tmp_path: Path, model: str, least: int) -> None:
    settings = TrainSettings(model=model, tfidf=TfidfSettings(min_sentences=least, word_ngrams=(3, 3)))
    said = fit(dataset, runs=tmp_path / "runs", settings=settings, questions=("stance",)).skipped["stance"]
    assert said.endswith(
        f"no sequence of words, or none of characters, stands in {least} of them or more, as tfidf.min_sentences asks. "
        "Set it lower, or label more"
    )


def test_what_has_no_words_of_ours_comes_with_those_of_the_library() -> None:
    class Refuses(Pipeline):
        def fit(self, X: pd.DataFrame, y: np.ndarray) -> "Refuses":
            raise ValueError("the moon is full")

    rows = made.rows().rename(columns={"stance": "label"}).assign(group="g")
    with pytest.raises(TooFewLabels, match=r"cannot be fitted: .*in the words of its library: the moon is full"):
        fitted(lambda: Refuses(make("majority", 0, TrainSettings()).steps), rows)


def test_a_fold_that_cannot_be_left_out_is_named_with_what_is_left() -> None:
    rows = made.rows().query("split == 'train'").rename(columns={"stance": "label"}).set_index("sentence_id")
    rows = rows.assign(group=rows["doc_id"], label=["a" if fold else "b" for fold in rows["fold"]])
    found, notes = out_of_fold(partial(make, "tfidf", 0, TrainSettings()), rows, ("a", "b"))
    (note,) = notes
    left = int((rows["fold"] > 0).sum())
    assert note == (
        f"The {len(rows) - left} sentences of fold 0 have no out-of-fold prediction: without them, only 'a' occurs "
        f"among the {left} training sentences; a classifier needs two labels."
    )
    assert len(found) == left


def test_ties_are_counted_and_not_used(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows()
    data.loc[:3, "stance"] = None
    scores = evaluate(fit(make_dataset(data), runs=tmp_path, settings=settings).run).metrics["questions"]["stance"]
    assert scores["ties"] == 4
    assert scores["n_train"] + scores["n_test"] == len(data) - 4


def test_a_changed_model_is_not_loaded(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    there = fit(dataset, runs=tmp_path / "runs", settings=settings).run
    with (there.path / run.MODEL).open("ab") as file:
        file.write(b"x")
    with pytest.raises(CheckFailed, match=r"not the model of this run.*was not loaded"):
        there.models()


@pytest.mark.parametrize("model", MODELS)
def test_a_model_is_loaded_as_it_was_saved(
    dataset: Dataset, settings: TrainSettings, tmp_path: Path, model: str
) -> None:
    if model == "finetuned":
        pytest.importorskip("torch")
    settings = settings.model_copy(update={"model": model})
    there = fit(dataset, runs=tmp_path / "runs", settings=settings, questions=("stance",)).run
    split = dataset.split.set_index("sentence_id")["split"]
    rows = dataset.sentences.set_index("sentence_id").loc[split.index[split == "test"]]
    found = there.models()["stance"].predict_proba(rows)
    own = there.predictions().set_index("sentence_id").loc[rows.index, [f"p_{c}" for c in sorted(made.STANCES)]]
    np.testing.assert_allclose(found, own.to_numpy(), atol=1e-12)
    assert (there.manifest["encoder_sha256"] is not None) == (model in ("hybrid", "encoder", "finetuned"))


def test_a_model_of_another_encoder_is_refused(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    there = fit(dataset, runs=tmp_path, settings=settings.model_copy(update={"model": "encoder"})).run
    model = there.models()["stance"]
    vectors = model["features"].transformer_list[0][1]["vectors"]
    vectors.encoder_sha256_ = "0" * 64
    with pytest.raises(CheckFailed, match=r"fitted with the encoder 000000000000"):
        model.predict(["a sentence"])


def test_foreign_types_are_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    skops.io.dump({"stance": FunctionTransformer(os.getenv)}, path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(CheckFailed, match=r"types that are not trusted: os.getenv"):
        store.load(path, sha256)


def test_saving_keeps_odd_words_of_the_vocabulary(tmp_path: Path) -> None:
    texts = ["__id__ file one", "_stop_words_id __loader__ two", "content one", "schema two"]
    model = make("tfidf", 0, TrainSettings()).fit(texts, np.array(["a", "b", "a", "b"]))
    store.save({"q": model}, tmp_path / "m.skops")
    data = (tmp_path / "m.skops").read_bytes()
    again = store.load(tmp_path / "m.skops", hashlib.sha256(data).hexdigest())["q"]
    np.testing.assert_array_equal(again.predict_proba(texts), model.predict_proba(texts))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_changed_dataset_is_refused(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    there = fit(dataset, runs=tmp_path / "runs", settings=settings).run
    gold = pd.read_parquet(dataset.path / "gold.parquet")
    gold.loc[0, "label"] = "military"
    gold.to_parquet(dataset.path / "gold.parquet")
    with pytest.raises(CheckFailed, match=r"gold.parquet changed"):
        evaluate(there)
    with pytest.raises(CheckFailed, match=r"gold.parquet changed"):
        fit(dataset, runs=tmp_path / "other", settings=settings)


def test_another_dataset_in_its_place_is_refused(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    there = fit(dataset, runs=tmp_path / "runs", settings=settings).run
    made.write_dataset(dataset.path, made.rows(seed=2))
    with pytest.raises(CheckFailed, match=r"is not the dataset version that run demo-v1-tfidf-\w{8} was fitted on"):
        evaluate(there)


def test_run_json_is_free_of_time_and_place(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    there = fit(dataset, runs=tmp_path / "runs", settings=settings).run
    text = (there.path / run.MANIFEST).read_text()
    assert str(tmp_path) not in text
    assert json.loads(text)["dataset"] == {
        "name": "demo", "version": "v1", "sha256": dataset.manifest["sha256"], "path": "../../datasets/demo/v1",
    }  # fmt: skip


def test_wrong_names_are_told(dataset: Dataset, settings: TrainSettings, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"no model 'bert'; there are: hybrid, encoder, finetuned, tfidf, metadata, majority"
    ):
        fit(dataset, runs=tmp_path, settings=settings.model_copy(update={"model": "bert"}))
    with pytest.raises(UsageError, match=r"no question 'tone'.*stance, source_type"):
        fit(dataset, runs=tmp_path, settings=settings, questions=("tone",))


def test_a_gold_label_that_is_none_of_the_labels_is_told(
    make_dataset: Callable[..., Dataset], settings: TrainSettings, tmp_path: Path
) -> None:
    data = made.rows()
    data.loc[0, "stance"] = "pro-China"
    with pytest.raises(TableError, match=r"row s00000: stance has no label 'pro-China'"):
        fit(make_dataset(data), runs=tmp_path, settings=settings)
