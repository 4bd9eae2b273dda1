"""An evaluated run as a run of MLflow: its settings, scores with their intervals, audits, hashes and files."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import ServerError, UsageError
from corpus.files import sha256_file
from train.evaluation.evaluate import Evaluated, evaluated
from train.run import AUDITS, DATASET_CARD, MANIFEST, METRICS, MODEL_CARD, PDF, RECEIPTS, REPORT, Run

HOW_TO_ADD = "Run `uv pip install 'stancelab[mlflow]'`"
_FILES = (MANIFEST, METRICS, AUDITS, RECEIPTS, REPORT, PDF, MODEL_CARD, DATASET_CARD)
_SQLITE = "sqlite:///"
# A run is known by these two: evaluated anew, with other numbers, it is another one.
_RUN, _NUMBERS = "stancelab.run", "stancelab.metrics_sha256"


@dataclass(frozen=True)
class Logged:
    """The run's ID there; whether it is new, or was there with the same numbers."""

    id: str
    new: bool


def log(of: Run, uri: str, experiment: str, advance: Callable[[int], None] = lambda n: None) -> Logged:
    """Log a run to the MLflow at ``uri``, unless it is there with the same numbers.

    Parameters
    ----------
    of : Run
        Evaluated first, unless that is done.
    uri : str
        As MLflow has it: ``http://...``, or ``sqlite:///FILE``.
    experiment : str
        Made if there is none of that name.

    Raises
    ------
    UsageError
        MLflow is not installed.
    ServerError
        MLflow refused, or does not answer.
    """
    # Read when MLflow is imported; nothing of a study leaves for anybody but the server that was named.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    # By itself MLflow asks a server that does not answer for minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    try:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
    except ImportError:
        raise UsageError(f"logging needs MLflow, which is not installed. {HOW_TO_ADD}") from None
    scores = evaluated(of, advance)
    try:
        client = MlflowClient(tracking_uri=uri)
        found = client.get_experiment_by_name(experiment)
        where = found.experiment_id if found else client.create_experiment(experiment, _files_of(uri))
        return _logged(client, of, scores, where)
    except MlflowException as error:
        raise ServerError(f"MLflow at {uri}: {str(error).splitlines()[0]}") from error


def _files_of(uri: str) -> str | None:
    """Where a database without a server has its files: beside it, not in whatever folder the command was given in."""
    if not uri.startswith(_SQLITE):
        return None
    return (Path(uri.removeprefix(_SQLITE)).resolve().parent / "mlartifacts").as_uri()


def _logged(client: Any, of: Run, scores: Evaluated, experiment: str) -> Logged:
    from mlflow.entities import Metric, Param

    numbers = sha256_file(of.path / METRICS)
    same = f"tags.`{_RUN}` = '{of.id}' and tags.`{_NUMBERS}` = '{numbers}' and attributes.status = 'FINISHED'"
    if there := client.search_runs([experiment], same, max_results=1):
        return Logged(there[0].info.run_id, new=False)
    tags = {_RUN: of.id, _NUMBERS: numbers, "stancelab.dataset_sha256": of.manifest["dataset"]["sha256"]}
    tags |= {f"audit.{row['question']}.{row['name']}": row["verdict"] for row in scores.verdicts}
    made = client.create_run(experiment, run_name=of.id, tags=tags).info.run_id
    now = int(time.time() * 1000)
    client.log_batch(
        made,
        metrics=[Metric(name, value, now, 0) for name, value in flat(scores.metrics["questions"]).items()],
        params=[Param(name, str(value)) for name, value in _settings(of.manifest["settings"]).items()],
    )
    for name in _FILES:
        if (of.path / name).is_file():
            client.log_artifact(made, str(of.path / name))
    client.set_terminated(made)
    return Logged(made, new=True)


def flat(questions: dict[str, Any]) -> dict[str, float]:
    """Every score of every question by a name that MLflow takes: ``stance/macro_f1``, and its interval's two ends."""
    found = {}
    for question, scores in questions.items():
        for name, score in scores.items():
            if not isinstance(score, dict) or "value" not in score:
                continue
            for end, suffix in (("value", ""), ("low", "/low"), ("high", "/high")):
                if score.get(end) is not None:
                    found[f"{question}/{name}{suffix}"] = float(score[end])
    return found


def _settings(settings: dict[str, Any], before: str = "") -> dict[str, Any]:
    """``{"tfidf": {"C": 1}}`` as ``{"tfidf.C": 1}``."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        found |= _settings(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return found
