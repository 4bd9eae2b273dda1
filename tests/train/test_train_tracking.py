"""A run in MLflow: once, with its scores and verdicts; and what is said without MLflow."""

import sys
from pathlib import Path

import pytest

from corpus.errors import ServerError, UsageError
from train import tracking
from train.evaluation.evaluate import evaluate
from train.fit import fit
from train.tracking import flat, log

SCORE = {"value": 0.5, "low": 0.4, "high": None}


@pytest.fixture
def fitted_run(dataset, settings, tmp_path):
    """A small run."""
    return fit(dataset, runs=tmp_path / "runs", settings=settings).run


def test_scores_have_flat_names_and_no_number_is_made_up():
    scores = {"stance": {"macro_f1": SCORE, "labels": ["a"], "confusion": {"a": 1}, "n_test": 4}}
    assert flat(scores) == {"stance/macro_f1": 0.5, "stance/macro_f1/low": 0.4}


def test_without_mlflow_it_says_what_to_install(fitted_run, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(UsageError, match=r"stancelab\[mlflow\]"):
        log(fitted_run, "sqlite:///none.db", "study")


def test_a_run_is_logged_once_with_its_files_beside_the_database(fitted_run, tmp_path):
    """The real MLflow, where it is installed: it is in no lock."""
    client = pytest.importorskip("mlflow").MlflowClient
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    found, again = (log(fitted_run, uri, "study") for _ in range(2))
    assert (found.new, again.new, again.id) == (True, False, found.id)
    there = client(tracking_uri=uri).get_run(found.id)
    wanted = evaluate(fitted_run).metrics["questions"]["stance"]["macro_f1"]["value"]
    assert there.data.metrics["stance/macro_f1"] == pytest.approx(wanted)
    assert there.data.tags["stancelab.run"] == fitted_run.id
    assert there.info.artifact_uri.startswith((tmp_path / "mlartifacts").as_uri())
    logged = Path(there.info.artifact_uri.removeprefix("file://")) / "metrics.json"
    assert logged.read_bytes() == (fitted_run.path / "metrics.json").read_bytes()


def test_a_server_that_does_not_answer_is_named(fitted_run, monkeypatch):
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(ServerError, match=r"http://127\.0\.0\.1:9"):
        log(fitted_run, "http://127.0.0.1:9", "study")


def test_only_the_database_has_its_files_named():
    assert tracking._files_of("http://127.0.0.1:5000") is None
