"""Old model files, other versions, odd texts and odd labels: an answer that is documented, or an error in words."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import train_datasets as made

import train
from corpus.errors import CheckFailed, ConfigError, InputError, TableError
from corpus.versions.dataset import Dataset
from train import predict, run, store
from train.fit import fit
from train.settings import TrainSettings

FORMATS = Path(__file__).parent / "formats"
OLD = sorted(folder.name for folder in FORMATS.iterdir())
ODD = ["", " \n", "🙂🙂", "x" * 100_000, "a" * 50_000 + " b" * 25_000, "\x00\ud800", "Москва права."]


def test_there_is_an_old_file_of_each_kind() -> None:
    assert OLD == ["finetuned-1", "hybrid-1", "metadata-1", "tfidf-1"]


@pytest.mark.parametrize("name", OLD)
def test_old_model_files_load_and_say_what_they_said(name: str) -> None:
    model = run.load(FORMATS / name).models()["stance"]
    expected = json.loads((FORMATS / name / "expected.json").read_text(encoding="utf-8"))
    assert model.classes_.tolist() == expected["classes"]
    # The encoder computes in 8 bits, and processors round its sums apart in the last digits.
    np.testing.assert_allclose(model.predict_proba(expected["texts"]), expected["p"], atol=1e-3)


def copied(tmp_path: Path, **changes: object) -> run.Run:
    folder = tmp_path / "old"
    shutil.copytree(FORMATS / "tfidf-1", folder)
    manifest = json.loads((folder / run.MANIFEST).read_text(encoding="utf-8"))
    (folder / run.MANIFEST).write_text(json.dumps(manifest | changes), encoding="utf-8")
    return run.load(folder)


@pytest.mark.parametrize("version", ["0.24.2", "99.1"])
def test_a_model_of_another_scikit_learn_is_refused(tmp_path: Path, version: str) -> None:
    there = copied(tmp_path, libraries={"scikit-learn": version})
    with pytest.raises(CheckFailed, match=rf"fitted with scikit-learn {version}, here is [\d.]+.*fit again"):
        there.models()


def test_a_run_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has format 2; this stancelab reads up to 1: update it"):
        copied(tmp_path, format_version=2)


def test_a_model_that_this_code_cannot_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(*arguments: object, **options: object) -> None:
        raise AttributeError("'Texts' object has no attribute 'old'")

    monkeypatch.setattr(store.skops.io, "loads", changed)
    with pytest.raises(CheckFailed, match=r"cannot read it \(AttributeError: 'Texts'.*fit the run again"):
        copied(tmp_path).models()


@pytest.mark.parametrize("name", OLD)
@pytest.mark.filterwarnings("ignore")
def test_odd_texts_get_probabilities(name: str) -> None:
    found = train.Model(run.load(FORMATS / name)).predict(ODD)
    p = found.filter(regex="^p_").to_numpy()
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert found["label"].isin(made.STANCES).all()
    assert np.ptp(p[:2], axis=0).max() < 1e-12, "a blank text is an empty one"


@pytest.mark.parametrize("wrong", [float("nan"), None, 3, ["a", "b"]])
def test_what_is_no_text_is_refused_with_its_row(wrong: object) -> None:
    model = train.Model(run.load(FORMATS / "tfidf-1"))
    for rows in (["a", wrong], pd.DataFrame({"text": ["a", wrong]})):
        with pytest.raises(TableError, match=r"column text, row 1: expected text, got"):
            model.predict(rows)


def test_one_string_is_not_taken_for_a_list() -> None:
    with pytest.raises(TypeError, match="put it in a list"):
        train.Model(run.load(FORMATS / "tfidf-1")).predict("a sentence")


@pytest.mark.parametrize("model", ["hybrid", "tfidf"])
def test_a_label_with_one_example_and_a_fold_without_a_label(
    make_dataset: Callable[..., Dataset], tmp_path: Path, model: str
) -> None:
    data = made.rows(documents=12)
    data["stance"] = data["stance"].where(data["stance"] != "neutral", "pro-US")
    data.loc[data["fold"] == 3, "stance"] = "pro-Russia"
    data.loc[data.index[data["fold"] == 1][0], "stance"] = "neutral"
    settings = TrainSettings(model=model)
    done = fit(make_dataset(data), runs=tmp_path / "runs", settings=settings, questions=("stance",))
    assert done.fitted == ("stance",)
    assert done.run.models()["stance"].classes_.tolist() == ["neutral", "pro-Russia", "pro-US"]
    assert any(
        "label 'neutral' has 1 training sentences" in one for one in done.run.manifest["fitted"]["stance"]["notes"]
    )
    own = done.run.predictions()
    assert set(own["sentence_id"]) == set(data["sentence_id"])
    np.testing.assert_allclose(own.filter(regex="^p_").dropna(axis=1).sum(axis=1), 1)


@pytest.mark.parametrize(("name", "problem"), [("gone.txt", "there is no such file"), (".", "is a folder")])
def test_a_source_that_is_no_file_is_named(tmp_path: Path, name: str, problem: str) -> None:
    of = run.load(FORMATS / "tfidf-1")
    with pytest.raises(InputError, match=rf"{problem}\. Name a table"):
        predict.predict(of, tmp_path / name, tmp_path / "out.parquet", bounds=predict.limits(of))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"modle": "tfidf"}, r"train\.learn: modle: unknown key; allowed: .*model"),
        ({"seed": -1}, r"train\.learn: seed: .*greater than or equal to 0, got -1"),
        ({"kernel": {"gama": 1}}, r"train\.learn: kernel\.gama: unknown key; allowed: .*gamma"),
    ],
)
def test_a_wrong_setting_of_the_python_call_is_named(dataset: Dataset, settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        train.learn(dataset.path, **settings)
