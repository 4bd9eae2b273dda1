"""From records to a model, with an official split: what stands in the test changes no byte of the model."""

from pathlib import Path

import pandas as pd
import pytest

from corpus import tables
from corpus.build import build_into
from corpus.labels import Labels
from corpus.versions.dataset import load as load_dataset
from corpus.workspace import Workspace
from labeling.exchange import load, read
from labeling.gold.aggregate import aggregate
from labeling.gold.release import release
from labeling.ledger.ledger import open_ledger
from train.fit import fit
from train.run import MODEL
from train.settings import TrainSettings

LABELS = Labels.model_validate({"questions": {"climate": {"labels": {"agree": {}, "disagree": {}}}}})
WORDS = {"agree": "The minister of {0} welcomed the plan", "disagree": "The minister of {0} refused the plan"}


def records(marker: str) -> pd.DataFrame:
    """Sixty training sentences and thirty of the test, half of them copies of training sentences but for the marker."""
    rows = []
    for number in range(90):
        label = "agree" if number % 2 else "disagree"
        place = f"Area{number - 60 if 60 <= number < 75 else number}"
        text = f"{WORDS[label].format(place)} for the river, the harbour and the old bridge of {place}."
        side = "train" if number < 60 else "test"
        rows.append((f"r{number}", text if side == "train" else f"{text} {marker}".strip(), side, label))
    return pd.DataFrame(rows, columns=["id", "text", "split", "label"])


def model_bytes(folder: Path, marker: str, model: str) -> bytes:
    """The model of these records, by the steps that the commands take."""
    folder.mkdir()
    frame = records(marker)
    frame.drop(columns="label").to_csv(folder / "records.csv", index=False)
    frame.assign(annotator="ann", question="climate")[["id", "annotator", "question", "label"]].to_csv(
        folder / "labels.csv", index=False
    )
    workspace = Workspace(folder / "workspace")
    build_into(workspace.corpus, [str(folder / "records.csv")], unit="line")
    placed = [
        tables.read(workspace.corpus / f"{one.name}.parquet", one) for one in (tables.SENTENCES, tables.DOCUMENTS)
    ]
    load.load(read.read(folder / "labels.csv", ["climate"]), open_ledger(workspace), LABELS, *placed)
    tables.write(aggregate(open_ledger(workspace).annotations(), LABELS), workspace.gold, tables.GOLD)
    frozen = release(workspace, "study", LABELS, split="column:split", test_share=0.2, folds=5, seed=1)
    dataset = load_dataset(frozen.path)
    assert dataset.split["split"].value_counts().to_dict() == {"train": 60, "test": 30}
    settings = TrainSettings(model=model)
    return (fit(dataset, runs=workspace.runs, settings=settings).run.path / MODEL).read_bytes()


@pytest.mark.parametrize("model", ["tfidf", "hybrid"])
def test_a_marker_in_the_test_changes_no_byte_of_the_model(model: str, tmp_path: Path) -> None:
    plain, marked = (
        model_bytes(tmp_path / name, marker, model) for name, marker in (("plain", ""), ("marked", "Zyxxyz."))
    )
    assert plain == marked
