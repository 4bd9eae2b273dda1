"""Where everything that stancelab produces lives."""

import re
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import NotFound, UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def checked_name(kind: str, name: str) -> str:
    """``name``, if it can be a file name on every system; else a :class:`~corpus.errors.UsageError`."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{kind} name {name!r} is not allowed: "
            "up to 100 letters, digits, '.', '_' and '-', the first a letter or digit"
        )
    return name


@dataclass(frozen=True)
class Workspace:
    """One folder with the tables, the ledger, the embedded server's data, dataset versions and runs."""

    root: Path

    @property
    def corpus(self) -> Path:
        """Folder of documents.parquet, sentences.parquet and dropped.parquet."""
        return self.root / "corpus"

    @property
    def batches(self) -> Path:
        """Folder of NAME.parquet and NAME.json (the recipe) for each batch."""
        return self.root / "batches"

    @property
    def gold(self) -> Path:
        """What ``stance label aggregate`` wrote last."""
        return self.root / "gold.parquet"

    @property
    def ledger(self) -> Path:
        """The append-only ledger of annotations."""
        return self.root / "ledger.db"

    @property
    def labelstudio(self) -> Path:
        """The embedded server's data and secrets."""
        return self.root / "labelstudio"

    @property
    def datasets(self) -> Path:
        """Folder of NAME/VERSION."""
        return self.root / "datasets"

    @property
    def runs(self) -> Path:
        """Folder of run folders, by ID."""
        return self.root / "runs"

    def batch(self, name_or_path: str) -> Path:
        """The Parquet file of a batch, by name or by path."""
        path = Path(name_or_path)
        if path.suffix == ".parquet" and path.is_file():
            return path.resolve()
        found = self.batches / f"{name_or_path}.parquet"
        if not found.is_file():
            known = sorted(file.stem for file in self.batches.glob("*.parquet"))
            raise NotFound("batch", name_or_path, known, "Draw one with `stance corpus sample N`.")
        return found

    def dataset(self, name_or_path: str) -> Path:
        """The folder of a dataset version: a path, NAME/VERSION, or NAME for its newest version."""
        for folder in (Path(name_or_path), self.datasets / name_or_path):
            if (folder / "manifest.json").is_file():
                return folder.resolve()
        versions = [file.parent for file in (self.datasets / name_or_path).glob("v*/manifest.json")]
        if not versions:
            known = sorted(str(m.parent.relative_to(self.datasets)) for m in self.datasets.glob("*/*/manifest.json"))
            raise NotFound("dataset", name_or_path, known, "Make one with `stance label release NAME`.")
        return max(versions, key=lambda folder: int(folder.name[1:])).resolve()

    def run(self, id_or_path: str) -> Path:
        """The folder of a run, by ID or by path."""
        for folder in (Path(id_or_path), self.runs / id_or_path):
            if (folder / "run.json").is_file():
                return folder.resolve()
        known = sorted(file.parent.name for file in self.runs.glob("*/run.json"))
        raise NotFound("run", id_or_path, known, "Make one with `stance train fit DATASET`.")
