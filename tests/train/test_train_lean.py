"""What answers without scikit-learn answers as scikit-learn does."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from corpus.errors import CheckFailed
from corpus.files import sha256_file
from train import lean, run, store
from train.calibration import Isotonic, Platt, Tempered
from train.crossfit import predicted
from train.models import make
from train.saved import parts
from train.settings import TrainSettings

FORMATS = Path(__file__).parent / "formats"
NOUNS = ["gas", "grain", "ports", "sanctions", "talks", "troops", "borders", "prisoners", "tankers", "ballots"]
VERBS = ["blamed", "praised", "ignored", "joined", "left", "watched", "sold", "counted"]
UNSEEN = pd.DataFrame(
    {
        "text": [
            "Moscow sold gas.",
            "#StandWithUkraine now",
            "",
            "Москва молчит",
            "a I é 🙂",
            "Talks left Minsk watched",
        ],
        "target": ["Moscow", "nobody", None, "minsk ", "", "Minsk"],
    }
)


def rows(n: int, labels: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(n)
    code = rng.integers(labels, size=n)
    word = [
        f"{VERBS[int(c) + int(rng.integers(5))]} {NOUNS[int(rng.integers(10))]} on day {i}" for i, c in enumerate(code)
    ]
    target = rng.choice(["Moscow", "Minsk", ""], size=n)
    text = [f"{one or 'They'} {what}." for one, what in zip(target, word, strict=True)]
    return pd.DataFrame({"text": text, "target": target, "label": [f"label {c}" for c in code]})


def fitted(name: str, n: int, labels: int = 3, targets: bool = True) -> Pipeline:
    table = rows(n, labels)
    return make(name, 7, TrainSettings(model=name)).fit(
        table if targets else table["text"].tolist(), table["label"].to_numpy(dtype=str)
    )


def answers(model: Pipeline, path: Path) -> lean.Lean:
    store.save({"stance": model}, path)
    found = lean.load(path, sha256_file(path))
    assert found is not None
    return found["stance"]


@pytest.mark.filterwarnings("ignore::train.languages.LanguageWarning")
@pytest.mark.parametrize(
    ("model", "calibrator"),
    [
        (lambda: fitted("tfidf", 60), None),
        (lambda: fitted("tfidf", 60, labels=2), None),
        (lambda: fitted("encoder", 60), Tempered),
        (lambda: fitted("hybrid", 60, targets=False), Tempered),
        (lambda: fitted("hybrid", 260, labels=2), Platt),
        (lambda: fitted("hybrid", 1100), Isotonic),
    ],
    ids=["tfidf", "tfidf of two labels", "encoder", "no targets", "two labels", "1,100 rows"],
)
def test_answers_are_those_of_the_pipeline(
    tmp_path: Path, model: Callable[[], Pipeline], calibrator: type | None
) -> None:
    pipeline = model()
    if calibrator is not None:
        # Whichever was chosen: all of them are to be read.
        codes = np.unique(rows(len(pipeline[-1].dense_))["label"], return_inverse=True)[1] % len(pipeline.classes_)
        scores = np.random.default_rng(0).normal(size=(len(codes), len(pipeline.classes_)))
        pipeline[-1].calibrator_ = calibrator().fit(scores + np.eye(scores.shape[1])[codes], codes)
    table = pd.concat([UNSEEN, rows(2100)], ignore_index=True)
    expected = predicted(pipeline, table, tuple(pipeline.classes_))
    found = answers(pipeline, tmp_path / "model.skops").predict(table)
    assert list(found) == list(expected)
    names = list(found.filter(regex="^p_"))
    np.testing.assert_allclose(found[names], expected[names], rtol=1e-9, atol=1e-12)
    assert found["label"].tolist() == expected["label"].tolist()
    assert found["label"].nunique() == len(names)


@pytest.mark.parametrize("calibrator", [Tempered, Platt, Isotonic])
def test_scores_far_off_are_calibrated_alike(tmp_path: Path, calibrator: type) -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(3, size=300)
    pipeline = fitted("encoder", 40)
    expected = pipeline[-1].calibrator_ = calibrator().fit(np.eye(3)[codes] + rng.normal(0, 0.3, (300, 3)), codes)
    store.save({"stance": pipeline}, path := tmp_path / "model.skops")
    saved = parts(path.read_bytes())["stance"]["steps"][-1][1]["calibrator_"]
    far = np.array([[-9.0, 0.0, 9.0], [5.0, 5.0, 5.0], [-5.0, -5.0, -5.0], [0.2, 0.4, 0.3]])
    np.testing.assert_allclose(lean._CALIBRATORS[saved.type](saved)(far), expected.predict_proba(far), rtol=1e-9)


@pytest.mark.filterwarnings("ignore::train.languages.LanguageWarning")
def test_a_row_without_a_known_word_is_answered_alone(tmp_path: Path) -> None:
    pipeline = fitted("hybrid", 60)
    model = answers(pipeline, tmp_path / "model.skops")
    together = predicted(pipeline, UNSEEN, tuple(pipeline.classes_))["p_label 0"]
    for row, expected in enumerate(together):
        found = model.predict(UNSEEN[row : row + 1])["p_label 0"]
        np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("name", ["hybrid-1", "tfidf-1"])
def test_models_of_before_are_read(name: str) -> None:
    of = run.load(FORMATS / name)
    found, pipeline = of.answerers()["stance"], of.models()["stance"]
    assert isinstance(found, lean.Lean)
    expected = predicted(pipeline, UNSEEN[:3], tuple(pipeline.classes_))
    np.testing.assert_allclose(found.predict(UNSEEN[:3])["p_neutral"], expected["p_neutral"], rtol=1e-9)


def test_what_scikit_learn_must_answer() -> None:
    for name in ("metadata-1", "finetuned-1"):
        assert isinstance(run.load(FORMATS / name).answerers()["stance"], Pipeline)


def test_another_file_is_refused(tmp_path: Path) -> None:
    (path := tmp_path / "model.skops").write_bytes(b"PK")
    with pytest.raises(CheckFailed, match=r"is not the model of this run.*was not loaded"):
        lean.load(path, "0" * 64)


def test_no_row_is_answered_too(tmp_path: Path) -> None:
    found = answers(fitted("hybrid", 40), tmp_path / "model.skops").predict(UNSEEN[:0])
    assert found.shape == (0, 4)
