"""Dataset versions: released sentences, annotations, gold and split, frozen under hashes."""

import json
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from corpus import tables
from corpus.documents import target_start
from corpus.files import json_text, lock, read_json, sha256_file, sha256_text, write_json, write_text
from corpus.tables import Table
from corpus.versions.card import card
from corpus.versions.datasheet import datasheet
from corpus.versions.views import write_views

# 2: flags in the sentences, views in data/, a watermark, a datasheet. Versions of format 1 are read as they are.
FORMAT_VERSION = 2

TABLES: dict[str, Table] = {
    "sentences": tables.RELEASED,
    "annotations": tables.ANNOTATIONS,
    "gold": tables.GOLD,
    "split": tables.SPLIT,
}
# What every manifest has.
_KEYS = {"name": str, "version": str, "sha256": str, "files": dict, "recipe": dict, "labels": dict}
_LIBRARIES = ("stancelab", "datasketch", "numpy", "pandas", "pyarrow", "syntok")


@dataclass(frozen=True)
class Frozen:
    """A dataset version as :func:`freeze` left it; ``version`` is ``v1``, ``v2``, ..., ``notes`` are for the user."""

    path: Path
    version: str
    items: int
    sha256: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """A dataset version in memory; the frames are as :mod:`corpus.tables` describes them."""

    path: Path
    manifest: dict[str, Any]
    sentences: pd.DataFrame
    annotations: pd.DataFrame
    gold: pd.DataFrame
    split: pd.DataFrame


def freeze(
    datasets: Path,
    name: str,
    *,
    sentences: pd.DataFrame,
    documents: pd.DataFrame,
    annotations: pd.DataFrame,
    gold: pd.DataFrame,
    split: pd.DataFrame,
    recipe: Mapping[str, Any],
    labels: Mapping[str, Any],
    labels_version: str,
    simulated: Sequence[str],
    agreement: Mapping[str, Any] | None = None,
) -> Frozen:
    """Write ``datasets/NAME/vN``, whole or not at all; content that is there already keeps its version.

    Parameters
    ----------
    datasets : Path
        The workspace's folder of datasets.
    name : str
        Of the dataset.
    sentences, documents : DataFrame
        The sentences to release and the documents that they are from; other columns of ``sentences`` than those of
        its table are not looked at.
    annotations, gold, split : DataFrame
        Their tables. ``split.attrs["notes"]`` goes into the manifest.
    recipe : mapping
        How gold and split were made: what it takes to make them again, the seed included.
    labels, labels_version : mapping, str
        The label configuration as plain values, and its version.
    simulated : sequence of str
        The annotators that are no people.
    agreement : mapping, optional
        By question. It follows from annotations, labels and seed, and is no part of what a version is known by.
    """
    frames = {
        "sentences": _released(sentences, documents),
        "annotations": annotations,
        "gold": gold,
        "split": split,
    }
    notes = tuple(split.attrs.get("notes", ()))
    home = datasets / name
    with lock(home / ".lock", f"another process writes to {home}; wait for it to end", wait=True):
        beside = Path(tempfile.mkdtemp(prefix=".new.", dir=home))
        try:
            files = {key: _write(frame, beside / f"{key}.parquet", TABLES[key]) for key, frame in frames.items()}
            sha256 = sha256_text(json_text([sorted(files.items()), _plain(labels), _plain(recipe)]))
            if (there := _same(home, sha256)) is not None:
                return Frozen(there, there.name, len(sentences), sha256, notes)
            version = f"v{max((int(folder.name[1:]) for folder in _versions(home)), default=0) + 1}"
            manifest = {
                "format_version": FORMAT_VERSION,
                "name": name,
                "version": version,
                "sha256": sha256,
                "files": files,
                "views": write_views(beside, frames, labels),
                "watermark": _watermark(annotations),
                "recipe": _plain(recipe),
                "seed": recipe.get("seed"),
                "notes": list(notes),
                "labels_version": labels_version,
                "labels": _plain(labels),
                "simulated_annotators": sorted(simulated),
                "counts": _counts(frames, labels),
                "agreement": _plain(agreement or {}),
                "libraries": _libraries(),
            }
            write_json(beside / "manifest.json", manifest)
            write_text(beside / "README.md", card(manifest, frames["sentences"]))
            write_text(beside / "datasheet.md", datasheet(manifest, frames))
            beside.chmod(0o755)
            beside.rename(home / version)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return Frozen(home / version, version, len(sentences), sha256, notes)


def load(path: Path) -> Dataset:
    """Read a dataset version. Whether it was changed is for :func:`changed_inputs` to say.

    Raises
    ------
    InputError
        Its manifest is damaged or of a newer format.
    TableError
        A table breaks its schema.
    """
    frames = {key: tables.read(path / f"{key}.parquet", table) for key, table in TABLES.items()}
    return Dataset(path, _manifest(path), **frames)


def changed_inputs(path: Path) -> list[str]:
    """The tables and views (``data/train``) of a version that are not what they were at its freezing, or are gone."""
    manifest = _manifest(path)
    views = {f"data/{side}": sha256 for side, sha256 in manifest.get("views", {}).items()}
    return [
        key
        for key, sha256 in {**manifest["files"], **views}.items()
        if not (file := path / f"{key}.parquet").is_file() or sha256_file(file) != sha256
    ]


def _manifest(path: Path) -> dict[str, Any]:
    todo = "Restore it, or release again with `stance label release NAME`"
    return read_json(path / "manifest.json", FORMAT_VERSION, _KEYS, todo)


def _released(sentences: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    own = list(tables.SENTENCES.columns)
    sentences, documents = tables.SENTENCES.completed(sentences), tables.DOCUMENTS.completed(documents)
    known = {**tables.RELEASED.columns, **tables.RELEASED.rare}
    origin = [name for name in documents.columns if name in known or name.startswith("x_")]
    origin = ["doc_id", *(name for name in origin if name not in own)]
    rows = sentences[own].merge(documents[origin], on="doc_id", how="left", validate="many_to_one")
    return rows.assign(target_start=target_start(rows))


def _write(frame: pd.DataFrame, path: Path, table: Table) -> str:
    tables.write(frame.sort_values(list(table.key), ignore_index=True), path, table)
    return sha256_file(path)


def _watermark(annotations: pd.DataFrame) -> dict[str, Any]:
    """Up to where the ledger was read: its newest change, which a later version will be past."""
    newest = pd.to_datetime(annotations[["created_at", "updated_at"]].stack(), utc=True).max()
    return {"newest": None if pd.isna(newest) else newest.isoformat(), "revisions": int(annotations["revision"].sum())}


def _libraries() -> dict[str, str]:
    """Python, stancelab, and what its core needs, with their versions."""
    needed = (line for line in metadata.requires("stancelab") or () if "extra ==" not in line)
    names = sorted(found[0] for line in needed if (found := re.match(r"[\w.-]+", line)))
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in ("stancelab", *names)}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _versions(home: Path) -> list[Path]:
    return [file.parent for file in home.glob("v*/manifest.json") if file.parent.name[1:].isdigit()]


def _same(home: Path, sha256: str) -> Path | None:
    """The version with this content, if there is one and it was not changed since."""
    for folder in _versions(home):
        if _manifest(folder)["sha256"] == sha256 and not changed_inputs(folder):
            return folder
    return None


def _counts(frames: Mapping[str, pd.DataFrame], labels: Mapping[str, Any]) -> dict[str, Any]:
    """Sentences, documents, sides of the split; of each question the gold labels and the ties."""
    sentences, gold, split = frames["sentences"], frames["gold"], frames["split"]
    questions = {}
    for name in gold["question"].drop_duplicates().sort_values():
        given = gold.loc[gold["question"] == name, "label"]
        order = list(labels["questions"][name]["labels"])
        questions[name] = {
            "labels": {label: int((given == label).sum()) for label in order},
            "ties": int(given.isna().sum()),
        }
    return {
        "sentences": len(sentences),
        "documents": int(sentences["doc_id"].nunique()),
        "clusters": int(sentences["cluster_id"].nunique()),
        "annotations": int(frames["annotations"]["annotation_id"].nunique()),
        "annotators": int(frames["annotations"]["annotator"].nunique()),
        "split": {str(side): int(n) for side, n in split["split"].value_counts().sort_index().items()},
        "questions": questions,
    }
