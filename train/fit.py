"""Fit a model for each question of a dataset version, and save it with its out-of-fold and test predictions."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline

from corpus import tables
from corpus.errors import TooFewLabels
from corpus.files import sha256_file, write_json
from corpus.versions.dataset import Dataset
from train import abstention, run, store
from train.crossfit import Make, fitted, out_of_fold, predicted
from train.labelled import Labelled, labelled, labels_of
from train.models import make
from train.settings import TrainSettings


@dataclass(frozen=True)
class Fitted:
    """What :func:`fit` leaves behind.

    Parameters
    ----------
    run : Run
        The run folder and its manifest.
    fitted : tuple of str
        Questions with a model.
    skipped : dict of str to str
        Questions without one, and why.
    existed : bool
        The same run was there already and was left as it is.
    """

    run: run.Run
    fitted: tuple[str, ...]
    skipped: dict[str, str]
    existed: bool


def fit(
    dataset: Dataset,
    *,
    runs: Path,
    settings: TrainSettings,
    questions: tuple[str, ...] | None = None,
    advance: Callable[[int], None] = lambda n: None,
) -> Fitted:
    """Fit ``settings.model`` for each question and write the run folder ``runs/ID``, whole or not at all.

    The training rows are fitted on; each gets a prediction from a model that saw no row of its fold. Test rows get
    theirs from the final model. With ``settings.risk``, rows that are not answered surely enough are marked as
    abstained from, by a bar that the predictions of training rows give. The same dataset, settings and questions give
    the same ID and the same bytes.

    Parameters
    ----------
    dataset : Dataset
        A dataset version.
    runs : Path
        Folder of run folders.
    settings : TrainSettings
        Model, seed and parameters.
    questions : tuple of str, optional
        By default every question that the dataset's label configuration asks.
    advance : callable
        Called with 1 after each model that was fitted.

    Raises
    ------
    UsageError
        There is no such model, or no such question in the dataset.
    CheckFailed
        A table of the dataset changed since it was released.
    """
    make_model = partial(make, settings.model, settings.seed, settings)
    make_model()  # An unknown model is refused before anything is read or written.
    run.unchanged(dataset)
    asked = tuple(questions or labels_of(dataset).enabled)
    identity = run.identity(dataset, runs, settings, asked)
    folder = runs / identity["id"]
    if (there := _existing(folder, identity)) is not None:
        return _result(there, existed=True)

    models: dict[str, Pipeline] = {}
    parts: list[pd.DataFrame] = []
    outcome: dict[str, Any] = {"fitted": {}, "skipped": {}}
    for question in asked:
        data = labelled(dataset, question)
        try:
            models[question], own, notes = _fit_one(data, make_model, settings.risk, advance)
        except TooFewLabels as error:
            outcome["skipped"][question] = str(error)
        else:
            outcome["fitted"][question] = {"n_train": len(data.train), "notes": list(notes)}
            parts.append(own.assign(model_id=identity["id"]))
    # Not of the identity: where the run is there already, PyTorch need not be.
    outcome |= {"fitted_with": {"torch": metadata.version("torch")}} if settings.model == "finetuned" and models else {}
    return _result(_write(folder, identity | outcome, models, parts), existed=False)


def _fit_one(
    data: Labelled, make_model: Make, risk: float | None, advance: Callable[[int], None]
) -> tuple[Pipeline, pd.DataFrame, tuple[str, ...]]:
    final = fitted(make_model, data.train)
    advance(1)
    held_out, notes = out_of_fold(make_model, data.train, data.labels, advance)
    # An empty part would change the types of the other.
    parts = [part for part in (held_out, predicted(final, data.test, data.labels)) if len(part)]
    together = pd.concat(parts).assign(question=data.question)
    # No test row has a say; a row that is abstained from keeps its answer, which the scores of all rows count.
    bar = 0.0 if risk is None else abstention.bar(held_out, data.train["label"], risk)
    together["abstained"] = abstention.sureness(together) < bar
    if risk is not None and bar == float("inf"):
        notes = (*notes, abstention.unkept(risk))
    return final, together.rename_axis("sentence_id").reset_index(), notes


def _existing(folder: Path, identity: dict[str, Any]) -> run.Run | None:
    """The run in ``folder``, if it was fitted from the same inputs and its files are intact."""
    if not (folder / run.MANIFEST).is_file():
        return None
    there = run.load(folder)
    same = {key: there.manifest.get(key) for key in identity} == identity
    files: dict[str, str] = there.manifest.get("files", {})
    intact = all((folder / name).is_file() and sha256_file(folder / name) == sha for name, sha in files.items())
    return there if same and files and intact else None


def _write(folder: Path, manifest: dict[str, Any], models: dict[str, Pipeline], parts: list[pd.DataFrame]) -> run.Run:
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        store.save(models, beside / run.MODEL)
        rows = pd.concat(parts) if parts else pd.DataFrame(columns=list(tables.PREDICTIONS.columns))
        rows = rows.sort_values(["question", "sentence_id"], ignore_index=True)
        tables.write(rows, beside / run.PREDICTIONS, tables.PREDICTIONS)
        manifest["files"] = {name: sha256_file(beside / name) for name in (run.MODEL, run.PREDICTIONS)}
        write_json(beside / run.MANIFEST, manifest)
        beside.chmod(0o755)
        # What an earlier version of the code left under this ID is of no use with the new model.
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return run.Run(folder, manifest)


def _result(there: run.Run, *, existed: bool) -> Fitted:
    return Fitted(there, tuple(there.manifest["fitted"]), dict(there.manifest["skipped"]), existed)
