"""Which sentences a report shows to be read, with whose votes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import train_datasets as made

from corpus.versions.dataset import Dataset
from train.evaluation.examples import examples
from train.labelled import labelled

TITLES = ["Surest and right", "Surest and wrong", "Abstained", "Most disputed among annotators"]
# sentence, split, gold, answer, probability of the answer, abstained, votes for stance
ROWS = [
    ("s1", "test", "neutral", "neutral", 0.9, False, {"neutral": 3}),
    ("s2", "test", "neutral", "pro-US", 0.8, False, {"neutral": 2, "pro-US": 1}),
    ("s3", "test", "pro-US", "pro-US", 0.7, False, {"pro-US": 3, "neutral": 2}),
    ("s4", "test", "pro-US", "neutral", 0.6, True, {"pro-US": 1}),
    ("s5", "test", "pro-Russia", "pro-Russia", 0.5, True, {"pro-Russia": 4}),
    ("s6", "train", "pro-Russia", "neutral", 0.99, False, {"pro-Russia": 1, "neutral": 1}),
]


def votes(gold: pd.DataFrame, _: Any) -> pd.DataFrame:
    """The votes of :data:`ROWS`; and, to be passed over: one that was skipped, and votes on another question."""
    found = []
    for sentence, *_rest, given in ROWS:
        labels = [label for label, times in given.items() for _ in range(times)]
        found += [(sentence, "stance", f"p{at}", label, "submitted") for at, label in enumerate(labels)]
        found += [(sentence, "source_type", f"p{at}", "military", "submitted") for at in range(3)]
    found.append(("s5", "stance", "p9", "neutral", "skipped"))
    frame = pd.DataFrame(found, columns=["sentence_id", "question", "annotator", "label", "state"])
    fixed = {"suggestion": False, "revision": 1, "server": "test", "skip_reason": None, "created_at": pd.NaT}
    fixed |= {"updated_at": pd.NaT, "lead_time_s": 4.0, "labels_version": "v", "project": "1"}
    return frame.assign(annotation_id=[f"a{at}" for at in range(len(frame))], **fixed)


@pytest.fixture
def voted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setattr(made, "_annotations", votes)
    frame = pd.DataFrame([row[:3] for row in ROWS], columns=["sentence_id", "split", "stance"])
    frame = frame.assign(
        doc_id="d" + frame["sentence_id"], text="Text " + frame["sentence_id"], source_type="none", fold=0
    )
    return made.write_dataset(tmp_path / "datasets" / "demo" / "v1", frame)


def predictions(abstained: bool = True) -> pd.DataFrame:
    frame = pd.DataFrame(
        [(name, "stance", answer, sure, a and abstained) for name, _, _, answer, sure, a, _ in ROWS],
        columns=["sentence_id", "question", "label", "sure", "abstained"],
    )
    for label in made.STANCES:
        frame[f"p_{label}"] = frame["sure"].where(frame["label"] == label, (1 - frame["sure"]) / 2)
    return frame.drop(columns="sure")


def texts(found: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
    return [[row["text"].removeprefix("Text ") for row in rows] for rows in found.values()]


def test_sentences_of_the_test_by_what_happened_to_them(voted: Dataset) -> None:
    found = examples(labelled(voted, "stance"), predictions(), voted)
    assert list(found) == TITLES
    # A single vote is no dispute, and s3 (3 to 2) is disputed more than s2 (2 to 1).
    assert texts(found) == [["s1", "s3", "s5"], ["s2", "s4"], ["s4", "s5"], ["s3", "s2"]]
    (second, fourth) = found["Surest and wrong"]
    assert (second["gold"], second["predicted"], second["probability"]) == ("neutral", "pro-US", 0.8)
    assert second["votes"] == {"neutral": 2, "pro-US": 1}
    assert (second["abstained"], fourth["abstained"]) == (False, True)
    assert found["Abstained"][1]["votes"] == {"pro-Russia": 4}


def test_a_model_that_answers_all_shows_what_it_is_least_sure_of(voted: Dataset) -> None:
    found = examples(labelled(voted, "stance"), predictions(abstained=False), voted)
    title = list(found)[2]
    assert title.startswith("Least sure")
    assert texts(found)[2] == ["s5", "s4", "s3", "s2", "s1"]


def test_of_copies_one_is_shown(voted: Dataset) -> None:
    clusters = voted.sentences["sentence_id"].replace({"s4": "s2", "s5": "s1"})
    found = examples(
        labelled(voted, "stance"), predictions(), replace(voted, sentences=voted.sentences.assign(cluster_id=clusters))
    )
    assert texts(found) == [["s1", "s3"], ["s2"], ["s4", "s5"], ["s3", "s2"]]
