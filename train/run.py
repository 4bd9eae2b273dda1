"""A run folder and its manifest: what was fitted, on what, with what.

What only fitting needs is loaded where it is used: this is on the way of every `stance train predict`.
"""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus import tables
from corpus.console import ROOT
from corpus.errors import CheckFailed, ConfigError, InputError, TooFewLabels
from corpus.files import read_json, sha256_file, sha256_text

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from corpus.versions.dataset import Dataset
    from train.lean import Lean
    from train.settings import TrainSettings

FORMAT_VERSION = 1
MANIFEST, MODEL, PREDICTIONS = "run.json", "model.skops", "predictions.parquet"
METRICS, AUDITS, RECEIPTS = "metrics.json", "audits.json", "receipts.json"
REPORT, PDF, OUTPUTS, TABLES = "report.html", "report.pdf", "outputs.json", "tables"
MODEL_CARD, DATASET_CARD = "model_card.md", "dataset_card.md"

# What every run.json has.
_KEYS = {
    "id": str,
    "model": str,
    "questions": list,
    "code_sha256": str,
    "seed": int,
    "dataset": dict.fromkeys(("name", "version", "sha256", "path"), str),
    "files": dict.fromkeys((MODEL, PREDICTIONS), str),
    **dict.fromkeys(("settings", "tables", "fitted", "skipped", "libraries"), dict),
}
_TODO = "Restore it, or delete this folder and fit again with `stance train fit DATASET`"
_LIBRARIES = ("numpy", "onnxruntime", "pandas", "pyarrow", "scikit-learn", "scipy", "skops", "tokenizers")
# The library whose objects a model file holds.
_READS = "scikit-learn"


@dataclass(frozen=True)
class Run:
    """A fitted run on disk.

    Parameters
    ----------
    path : Path
        Its folder.
    manifest : dict
        The content of run.json.
    """

    path: Path
    manifest: dict[str, Any]

    @property
    def id(self) -> str:
        """Its name, which follows from gold, sentences, split, labels, settings, seed and questions."""
        return str(self.manifest["id"])

    @property
    def settings(self) -> TrainSettings:
        """The settings it was fitted with.

        Raises
        ------
        InputError
            They are none that this code knows.
        """
        from corpus.config import checked
        from train.settings import TrainSettings

        try:
            return checked(self.manifest["settings"], TrainSettings, "settings")
        except ConfigError as error:
            raise InputError(self.path / MANIFEST, f"is damaged: {error}", todo=_TODO) from None

    @property
    def questions(self) -> tuple[str, ...]:
        """Those that it answers."""
        return tuple(self.manifest["fitted"])

    def answering(self) -> Run:
        """Itself, if it answers a question.

        Raises
        ------
        TooFewLabels
            It has no model; the message says why.
        """
        if not self.questions:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in self.manifest["skipped"].items())
            raise TooFewLabels(f"run {self.id} has no model that could answer ({reasons}). Name another run")
        return self

    @property
    def model_sha256(self) -> str:
        """The hash of its model file."""
        return str(self.manifest["files"][MODEL])

    @property
    def english(self) -> bool:
        """Whether its encoder is that of the package, which reads English."""
        encoder = self.manifest["settings"].get("encoder", {})
        return bool(self.manifest.get("encoder_sha256")) and not encoder.get("folder")

    def dataset_folder(self) -> Path:
        """Where the dataset version is that it was fitted on.

        Raises
        ------
        InputError
            There is none.
        """
        reference = self.manifest["dataset"]
        folder = Path(os.path.normpath(self.path / reference["path"]))
        if not (folder / "manifest.json").is_file():
            raise InputError(
                folder,
                f"run {self.id} was fitted on dataset {reference['name']}/{reference['version']}, which is not there",
                todo="Put the dataset folder back there, or fit again with `stance train fit DATASET`",
            )
        return folder

    def dataset(self) -> Dataset:
        """The dataset version it was fitted on.

        Raises
        ------
        CheckFailed
            A table there is no longer what it was.
        """
        from corpus.versions.dataset import load as load_dataset

        reference, folder = self.manifest["dataset"], self.dataset_folder()
        found = unchanged(load_dataset(folder))
        if found.manifest["sha256"] != reference["sha256"]:
            raise CheckFailed(
                f"{folder}: is not the dataset version that run {self.id} was fitted on: its SHA-256 is "
                f"{found.manifest['sha256'][:12]}..., the run says {reference['sha256'][:12]}.... "
                "Restore that version, or fit again with `stance train fit DATASET`."
            )
        return found

    def predictions(self) -> pd.DataFrame:
        """predictions.parquet: out of fold for training rows, from the final model for test rows."""
        return tables.read(self.path / PREDICTIONS, tables.PREDICTIONS)

    def answerers(self) -> dict[str, Lean | Pipeline]:
        """What answers each question: without scikit-learn, where the model can; as :meth:`models` otherwise.

        Raises
        ------
        CheckFailed
            As :meth:`models` says.
        """
        from train import lean

        self._of_these_libraries()
        return lean.load(self.path / MODEL, self.model_sha256) or self.models()

    def models(self) -> dict[str, Pipeline]:
        """The fitted pipeline of each question.

        Raises
        ------
        CheckFailed
            It was fitted with another scikit-learn, or as :func:`train.store.load` says.
        """
        self._of_these_libraries()
        from train import store

        return store.load(self.path / MODEL, self.model_sha256)

    def _of_these_libraries(self) -> None:
        there, here = (known.get(_READS, "?") for known in (self.manifest.get("libraries", {}), libraries()))
        # scikit-learn promises to read its own models only within a minor version.
        if there.split(".")[:2] != here.split(".")[:2]:
            raise CheckFailed(
                f"{self.path / MODEL}: was fitted with {_READS} {there}, here is {here}, which may read it otherwise. "
                f"It was not loaded. Install {_READS} {there}, or fit again with `stance train fit DATASET`."
            )


def unchanged(dataset: Dataset) -> Dataset:
    """``dataset``, if its tables are what they were when it was released; else CheckFailed."""
    from corpus.versions.dataset import changed_inputs

    if changed := changed_inputs(dataset.path):
        raise CheckFailed(
            f"{dataset.path}: {', '.join(f'{name}.parquet' for name in changed)} changed since its release. "
            "Restore it, or release a new version and fit again."
        )
    return dataset


def load(folder: Path) -> Run:
    """Read a run folder.

    Raises
    ------
    InputError
        run.json is not there, damaged, or of a newer format.
    """
    return Run(folder, read_json(folder / MANIFEST, FORMAT_VERSION, _KEYS, _TODO))


def identity(dataset: Dataset, runs: Path, settings: TrainSettings, questions: tuple[str, ...]) -> dict[str, Any]:
    """The part of run.json that is known before anything is fitted; equal identities give equal files.

    ``dataset.path`` is relative to the run's folder, so that a workspace can be moved.
    """
    from train.encoder import load as load_encoder
    from train.models import ENCODED

    reference = {key: dataset.manifest[key] for key in ("name", "version", "sha256")}
    chosen = settings.model_dump(mode="json")
    # Only what a model is made of: the same labels given at another hour are another dataset, but the same run.
    tables_used = {name: dataset.manifest["files"][name] for name in ("gold", "sentences", "split")}
    # None for a model that has no encoder.
    sha256 = (
        load_encoder(settings.encoder.folder, settings.encoder.layers).sha256 if settings.model in ENCODED else None
    )
    inputs = json.dumps([tables_used, dataset.manifest["labels"], chosen, list(questions), sha256], sort_keys=True)
    run_id = f"{reference['name']}-{reference['version']}-{settings.model}-{sha256_text(inputs)[:8]}"
    path = Path(os.path.relpath(dataset.path, runs / run_id)).as_posix()
    return {
        "format_version": FORMAT_VERSION,
        "id": run_id,
        "dataset": reference | {"path": path},
        "tables": dataset.manifest["files"],
        "labels_version": dataset.manifest.get("labels_version"),
        "model": settings.model,
        "encoder_sha256": sha256,
        "seed": settings.seed,
        "settings": chosen,
        "questions": list(questions),
        "code_sha256": code_hash(),
        "libraries": libraries(),
    }


def code_hash() -> str:
    """One hash over the Python files of ``corpus`` and ``train``: the code that can move a number of a run."""
    files = sorted(path for package in ("corpus", "train") for path in (ROOT / package).rglob("*.py"))
    return sha256_text("".join(f"{path.relative_to(ROOT).as_posix()} {sha256_file(path)}\n" for path in files))


def libraries() -> dict[str, str]:
    """Versions of Python and of the libraries whose code can move a number."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in _LIBRARIES}
