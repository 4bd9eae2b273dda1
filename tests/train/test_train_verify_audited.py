"""A run with its real audits is recomputed from a copy elsewhere; the other tests of verify leave the audits out."""

import json
import shutil
from pathlib import Path

import pytest
import train_datasets as made
from test_train_verify import gold_of, names, relabelled, the_run

from corpus import tables
from train import run
from train.evaluation.evaluate import evaluate
from train.evaluation.verify import verify
from train.fit import fit
from train.settings import TfidfSettings, TrainSettings


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one run, audited; its first place is gone."""
    root = tmp_path_factory.mktemp("audited")
    first = root / "first"
    dataset = made.write_dataset(first / "datasets" / "demo" / "v1", made.rows())
    own = TfidfSettings(word_ngrams=(1, 1), char_ngrams=(3, 3))
    settings = TrainSettings(model="tfidf", bootstrap_draws=200, tfidf=own)
    evaluate(fit(dataset, runs=first / "runs", settings=settings, questions=("stance",)).run)
    return Path(shutil.move(first, root / "elsewhere"))


def test_audits_are_recomputed_at_another_place(audited: Path) -> None:
    own = the_run(audited)
    assert json.loads((own.path / run.AUDITS).read_text())["questions"]["stance"]
    found = verify(own)
    assert names(found) == set()
    assert found.equal == found.numbers > 100


def test_a_changed_label_moves_audits_too(audited: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(audited, tmp_path / "copy"))
    tables.write(relabelled(gold_of(copy), "s00000"), gold_of(copy), tables.GOLD)
    moved = names(verify(the_run(copy)))
    assert {"input:gold", "metrics/questions/stance/accuracy/value"} <= moved
    assert any(name.startswith("audits/questions/stance/") for name in moved)
