"""Mentions of each side as targets, and what stands beside a sentence."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import train_datasets as made

from corpus.files import sha256_file
from corpus.versions.dataset import Dataset
from train import encoder, store
from train.labelled import labelled
from train.models import make
from train.settings import TrainSettings
from train.surroundings import Context, Sides
from train.vectors import Meaning

LAYERS = (4, 5, 6)


def test_each_side_is_read_as_a_target() -> None:
    text = "A long road led the tired envoys of the Kremlin far away to the old and cold city of Washington."
    rows = pd.DataFrame({"text": [text] * 2, "target": ["Kremlin", "Washington"]})
    width = encoder.load("", LAYERS).width
    meaning = Meaning().fit_transform(rows)
    sides = Sides().fit_transform([text, "Talks will go on."])
    # The mention of Russia is "the Kremlin", the target of the first row "Kremlin": one word apart.
    near = np.corrcoef(sides[0, :width], meaning[0, width:])[0, 1]
    assert near > 0.97 > np.corrcoef(sides[0, :width], meaning[1, width:])[0, 1]
    np.testing.assert_array_equal(sides[0, width:], meaning[1, width:])
    # Nobody is mentioned: twice the sentence.
    whole = Meaning().fit_transform(["Talks will go on."])[0, :width]
    np.testing.assert_array_equal(sides[1], np.concatenate([whole, whole]))


def test_what_is_missing_beside_a_sentence_counts_as_the_mean() -> None:
    rows = pd.DataFrame({"text": "x", "title": ["Talks go on", "", "No talks", None, "Переговоры"]})
    model = Context("title")
    found = model.fit_transform(rows)
    width = encoder.load("", LAYERS).width
    np.testing.assert_array_equal(found[[0, 2]], Meaning().fit_transform(["Talks go on", "No talks"])[:, :width])
    for row in (1, 3, 4):
        np.testing.assert_allclose(found[row], found[[0, 2]].mean(axis=0), rtol=1e-5)
    np.testing.assert_array_equal(model.transform(rows), found)


def test_neighbours_come_from_the_same_document(dataset: Dataset) -> None:
    rows = labelled(dataset, "stance").rows
    by = rows.sort_index().groupby("doc_id")["text"]
    pd.testing.assert_series_equal(rows["before"], by.shift(1), check_names=False, check_dtype=False)
    pd.testing.assert_series_equal(rows["after"], by.shift(-1), check_names=False, check_dtype=False)
    assert rows["before"].isna().sum() == rows["doc_id"].nunique()


def test_no_test_sentence_stands_beside_a_training_sentence(make_dataset: Callable[..., Dataset]) -> None:
    """A split that cuts documents, as ``random`` does."""
    data = made.rows()  # of each document six, in order
    cut = data.index % 2 == 1
    data["split"] = np.where(cut, "test", "train")
    data["fold"] = np.where(cut, -1, data.index % 5)
    rows = labelled(make_dataset(data), "stance").rows
    assert rows.loc[rows["split"] == "train", ["before", "after"]].isna().all(axis=None)
    assert rows.loc[rows["split"] == "test", "before"].notna().all()


def test_a_model_with_all_of_it_learns_from_the_title_and_is_saved(tmp_path) -> None:
    data = made.rows(documents=10)
    rows = pd.DataFrame({"text": "The talks in Moscow.", "title": [made.WORDS[label] for label in data["stance"]]})
    labels = np.array(data["stance"].tolist(), dtype=str)
    own = {"sides": True, "context": ("title", "before", "after"), "context_weight": 1.0}
    settings = TrainSettings.model_validate({"encoder": own})
    model = make("encoder", 0, settings).fit(rows, labels)
    assert (model.predict(rows) == labels).mean() > 0.95
    assert (make("encoder", 0, TrainSettings()).fit(rows, labels).predict(rows) == labels).mean() < 0.7
    store.save({"stance": model}, tmp_path / "model.skops")
    again = store.load(tmp_path / "model.skops", sha256_file(tmp_path / "model.skops"))["stance"]
    np.testing.assert_array_equal(again.predict_proba(rows), model.predict_proba(rows))


@pytest.mark.parametrize("context", [["titel"], "title"])
def test_what_may_stand_beside_is_checked(context: object) -> None:
    with pytest.raises(ValueError, match="context"):
        TrainSettings.model_validate({"encoder": {"context": context}})
