"""Sentences that the English encoder does not read: what stands for them, and who is told."""

import json
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import train_datasets as made
from click.testing import CliRunner

import train
from corpus.versions.dataset import Dataset
from stance import cli
from train import predict, run
from train.audits.standin import of_texts
from train.languages import UNREAD, LanguageWarning, is_latin, said, warn_unread
from train.models import make
from train.settings import TrainSettings
from train.vectors import Meaning

RUSSIAN = "Москва была права, когда ответила на провокацию."


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        (RUSSIAN, False),
        ("Москва said no to Brussels and to Paris", True),
        ("Café Müller, naïveté", True),
        ("🙂 1945 ...", True),
        ("", True),
        ("Україна", False),
    ],
)
def test_what_is_in_latin_letters(text: str, latin: bool) -> None:
    assert is_latin(text) is latin


def test_the_mean_of_the_others_stands_for_what_is_not_read() -> None:
    read = ["Talks will go on.", "The ministry said no."]
    model = Meaning()
    with pytest.warns(LanguageWarning, match="not in Latin letters.*Name a multilingual encoder"):
        found = model.fit_transform([read[0], RUSSIAN, read[1]])
    np.testing.assert_allclose(found[1], found[[0, 2]].mean(axis=0), rtol=1e-5)
    with pytest.warns(LanguageWarning):
        np.testing.assert_array_equal(model.transform(["Совсем другое предложение."])[0], found[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(model.transform(read), found[[0, 2]])


@pytest.mark.filterwarnings("ignore::train.languages.LanguageWarning")
def test_audits_take_texts_none_of_which_is_read() -> None:
    rows = pd.DataFrame({"text": [f"Москва сказала, что газ подорожал, {number}." for number in range(12)]})
    found = of_texts(rows, TrainSettings())
    assert np.isfinite(found).all()
    assert found.any()


def test_hybrid_tells_russian_sentences_apart_by_their_characters() -> None:
    texts = [f"{start} {i}" for i in range(10) for start in ("Кремль прав, и ответ справедлив", "Кремль лжёт о войне")]
    labels = np.array(["for", "against"] * 10)
    with pytest.warns(LanguageWarning):
        model = make("hybrid", 0, TrainSettings()).fit(texts, labels)
    with pytest.warns(LanguageWarning):
        found = model.predict(["Кремлю справедливость", "лживый Кремль и война"])
    assert found.tolist() == ["for", "against"]


def test_a_warning_is_said_once_and_others_are_left() -> None:
    notes: list[str] = []

    def warn() -> None:
        with said(notes.append):
            warn_unread()
            warn_unread()
            warnings.warn("another", UserWarning, stacklevel=1)

    with pytest.warns(UserWarning, match="another"):
        warn()
    assert len(notes) == 1


def test_fit_and_predict_say_it(make_dataset: Callable[..., Dataset], tmp_path) -> None:
    data = made.rows(documents=8)
    dataset = make_dataset(
        data.assign(text=[f"{RUSSIAN} {i}" if i % 3 == 0 else t for i, t in enumerate(data["text"])])
    )
    here = ["--workspace", str(tmp_path)]
    fitted = CliRunner().invoke(cli, ["train", "fit", str(dataset.path), "--question", "stance", "--json", *here])
    assert fitted.exit_code == 0, fitted.output
    assert fitted.stderr.count("not in Latin letters") == 1
    run = json.loads(fitted.stdout.splitlines()[-1])["run"]
    source = tmp_path / "new.txt"
    source.write_text(f"{RUSSIAN}\nTalks will go on.\n", encoding="utf-8")
    done = CliRunner().invoke(cli, ["train", "predict", run, str(source), *here])
    assert done.exit_code == 0, done.output
    assert done.stderr.count("not in Latin letters") == 1
    with pytest.warns(LanguageWarning):
        train.load(run).predict([RUSSIAN])


class Elsewhere(Executor):
    """Another process, as far as warnings go: what is warned of there is kept, and not seen here."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        done: Future[Any] = Future()
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            done.set_result(function(*arguments, **options))
        self.heard += [str(one.message) for one in heard if issubclass(one.category, LanguageWarning)]
        return done


@pytest.mark.parametrize(("model", "notes"), [("hybrid-1", [UNREAD]), ("tfidf-1", [])])
def test_what_other_machines_cannot_read_is_said_here_once(tmp_path: Path, model: str, notes: list[str]) -> None:
    there, heard, pool = run.load(Path(__file__).parent / "formats" / model), list[str](), Elsewhere()
    source = tmp_path / "lines.txt"
    source.write_text("\n".join(f"{RUSSIAN} {at}" for at in range(4)), encoding="utf-8")
    with said(heard.append):
        predict.predict(there, source, tmp_path / "t.parquet", bounds=predict.limits(there), size=1, executor=pool)
    assert heard == notes
    assert pool.heard == []
