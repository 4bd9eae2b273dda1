"""Predictions for new sentences: streamed from tables and files, in parts that survive an interruption."""

from __future__ import annotations

import shutil
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd
import pyarrow.parquet as pq

from corpus import tables
from corpus.errors import InputError, UsageError
from corpus.files import lock, replacing, sha256_file, sha256_text
from train import exported, run
from train.abstention import sureness
from train.exported import Exported
from train.languages import LanguageWarning, is_latin, warn_unread
from train.lean import Lean
from train.rows import beside, rows_of

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from corpus.sources import Rejected

    # What answers one question.
    Model: TypeAlias = Pipeline | Lean | Exported

# Parts that are under way at once on other machines: enough to keep them busy, few enough to hold.
_AHEAD = 16


@dataclass(frozen=True)
class Limits:
    """What was promised for one question: how sure an answer must be, and how likely each label in a set.

    Parameters
    ----------
    sure : float
        Below it the model abstains.
    least : dict of str to float, optional
        For each label, the probability from which on it is in a row's set.
    """

    sure: float = 0.0
    least: dict[str, float] | None = None


@dataclass(frozen=True)
class Predicted:
    """What :func:`predict` wrote: where, how many sentences, how many of them were there from an earlier start.

    ``repeated`` is how many of the source are not among them, as they came before.
    """

    path: Path
    rows: int
    resumed: int
    repeated: int


def limits(of: run.Run | Exported, *, risk: float | None = None, coverage: float | None = None) -> dict[str, Limits]:
    """Limits of each question, from the run's held-out predictions; its dataset must be there.

    Parameters
    ----------
    of : Run or Exported
    risk : float, optional
        The share of wrong answers among those given that is accepted; see :func:`train.abstention.bar`.
    coverage : float, optional
        How often a set must hold the right label; see :func:`train.conformal.thresholds`.

    Raises
    ------
    UsageError
        Something is promised of an exported model, which has no held-out predictions beside it.
    TooFewLabels
        The run has no model.
    """
    if isinstance(of, run.Run):
        of.answering()
    if risk is None and coverage is None:
        return {question: Limits() for question in of.questions}
    if isinstance(of, Exported):
        raise UsageError(
            f"{of.path}: an exported model has no held-out predictions, from which risk and coverage are promised. "
            f"Name the run it was exported from: {of.id}"
        )
    dataset, predictions = of.dataset(), of.predictions()
    from train import abstention, conformal
    from train.labelled import labelled

    found = {}
    for question in of.manifest["fitted"]:
        gold = labelled(dataset, question).train["label"]
        own = predictions[predictions["question"] == question].set_index("sentence_id")
        rows = own[own.index.isin(gold.index)]
        names = [str(name) for name in rows.filter(regex="^p_") if rows[name].notna().all()]
        p, labels = rows[names].to_numpy(), [name.removeprefix("p_") for name in names]
        sure = 0.0 if risk is None else abstention.bar(rows, gold, risk)
        codes = pd.Index(labels).get_indexer(pd.Index(gold.reindex(rows.index)))
        least = None if coverage is None else conformal.thresholds(p, codes, coverage)
        found[question] = Limits(sure, None if least is None else dict(zip(labels, least.tolist(), strict=True)))
    return found


def predictions(
    models: Mapping[str, Model], rows: pd.DataFrame, bounds: dict[str, Limits], model_id: str
) -> pd.DataFrame:
    """Predictions of every question for ``rows`` (sentence_id and what :mod:`train.texts` knows).

    Returns
    -------
    pandas.DataFrame
        As :data:`corpus.tables.PREDICTIONS`: a row for each sentence and question, with what a user knows it by. Where
        the model abstains, ``label`` is null. With a promised coverage, ``in_LABEL`` says which labels are in the
        row's set.
    """
    parts = []
    known = rows.reindex(columns=list(tables.PREDICTIONS.rare)).set_index(rows["sentence_id"])
    for question, model in models.items():
        found = answered(model, rows.set_index("sentence_id"))
        limit = bounds[question]
        for label, least in (limit.least or {}).items():
            found[f"in_{label}"] = found[f"p_{label}"] >= least
        found["abstained"] = sureness(found) < limit.sure if len(found) else False
        found["label"] = found["label"].mask(found["abstained"], None)
        found = pd.concat([found, known], axis="columns").rename_axis("sentence_id").reset_index()
        parts.append(found.assign(question=question, model_id=model_id))
    return pd.concat(parts, ignore_index=True)


def answered(model: Model, rows: pd.DataFrame) -> pd.DataFrame:
    """As :func:`train.crossfit.predicted`."""
    if isinstance(model, Lean | Exported):
        return model.predict(rows).set_axis(rows.index)
    from train.crossfit import predicted

    return predicted(model, rows, tuple(model.classes_))


def _context(of: run.Run | Exported) -> tuple[str, ...]:
    """What it reads beside a sentence; nothing is exported that reads any."""
    return () if isinstance(of, Exported) else tuple(of.manifest["settings"].get("encoder", {}).get("context", ()))


def opened(path: Path) -> run.Run | Exported:
    """A run by its folder, or an exported model by its file."""
    return run.load(path) if path.is_dir() else exported.load(path)


def predict(
    of: run.Run | Exported,
    source: Path,
    output: Path,
    *,
    bounds: dict[str, Limits],
    size: int = 1000,
    executor: Executor | None = None,
    rejected: Callable[[Rejected], None] = lambda item: None,
    advance: Callable[[int], None] = lambda n: None,
    note: Callable[[str], None] = lambda message: None,
) -> Predicted:
    """Predict the sentences of a file and write the table, whole or not at all.

    Each part is kept beside ``output`` until all are there: the same call after an interruption goes on from the last
    one. The table is the same however it came about.

    Parameters
    ----------
    of : Run or Exported
    source, output : Path
        What to read, as :func:`train.rows.rows_of` says; the Parquet file to write.
    bounds : dict of str to Limits
        As :func:`limits` gives them.
    size : int
        Sentences in a part.
    executor : Executor, optional
        Where parts are computed; by default here, one after the other.
    rejected, advance : callable
        Called with each record that cannot be used, and with the number of sentences of each part that is done.
    note : callable
        Called with what a user should know of the source.

    Raises
    ------
    InputError
        There is no such file, or it cannot be read.
    InUse
        Another process predicts the same into this file.
    """
    if not source.is_file():
        got = "is a folder" if source.is_dir() else "there is no such file"
        todo = "Name a table, a text file with a sentence a line, or a file of records; - reads standard input"
        raise InputError(source, got, todo=todo)
    documents = beside(source)
    inputs = [source, *([documents] if documents is not None and documents.is_file() else [])]
    if documents not in (None, *inputs):
        note(f"{source}: there is no {documents} beside it: targets, outlets and titles that stand there are not read")
    known = [of.model_sha256, *map(sha256_file, inputs), size, sorted(bounds.items())]
    folder = output.parent / f".{output.name}.{sha256_text(repr(known))[:12]}"
    busy = f"{output} is being written by another `stance train predict`. Wait for it, or name another --output"
    # What other machines have to say of the texts is said here, once.
    with lock(folder / "lock", busy):
        rows = resumed = 0
        again: list[int] = []
        under_way: deque[tuple[Path, Future[pd.DataFrame]]] = deque()
        parts: list[Path] = []
        for number, block in enumerate(rows_of(source, size, rejected, _context(of), again.append)):
            part = folder / f"{number:06}.parquet"
            parts.append(part)
            rows += len(block)
            if part.is_file():
                resumed += len(block)
            elif executor is None:
                tables.write(_part(of.path, block, bounds), part, tables.PREDICTIONS)
            else:
                if of.english and not block["text"].map(str).map(is_latin).all():
                    warn_unread()
                under_way.append((part, executor.submit(_elsewhere, of.path, block, bounds)))
                _collect(under_way, _AHEAD)
            advance(len(block))
        _collect(under_way, 0)
        _join(parts, output, bounds, of)
        shutil.rmtree(folder)
    return Predicted(output, rows, resumed, sum(again))


def _collect(under_way: deque[tuple[Path, Future[pd.DataFrame]]], most: int) -> None:
    """Write the oldest parts until at most ``most`` are under way."""
    while len(under_way) > most:
        part, future = under_way.popleft()
        tables.write(future.result(), part, tables.PREDICTIONS)


def _part(path: Path, rows: pd.DataFrame, bounds: dict[str, Limits]) -> pd.DataFrame:
    of, models = _opened(path)
    return predictions(models, rows, bounds, of.id)


def _elsewhere(path: Path, rows: pd.DataFrame, bounds: dict[str, Limits]) -> pd.DataFrame:
    """As :func:`_part`, in a process whose warnings nobody reads."""
    warnings.simplefilter("ignore", LanguageWarning)
    return _part(path, rows, bounds)


@lru_cache(maxsize=2)
def _opened(path: Path) -> tuple[run.Run | Exported, Mapping[str, Model]]:
    """A run or an exported model, and what answers each question, read once in each process."""
    of = opened(path)
    return of, of.answerers()


def _join(parts: list[Path], output: Path, bounds: dict[str, Limits], of: run.Run | Exported) -> None:
    """One table of all parts, a part at a time in memory."""
    blocks: Iterable[Any] = (pq.read_table(part) for part in parts)
    names = {name for part in parts for name in pq.read_schema(part).names}
    if not parts:
        none = pd.DataFrame({"sentence_id": pd.Series(dtype=str), "text": pd.Series(dtype=str)})
        empty = tables.check(predictions(_opened(of.path)[1], none, bounds, of.id), tables.PREDICTIONS)
        blocks, names = [empty], set(empty.column_names)
    schema = tables.PREDICTIONS.schema(sorted(names - tables.PREDICTIONS.columns.keys()))
    with replacing(output) as beside, pq.ParquetWriter(beside, schema, compression="zstd") as writer:
        for block in blocks:
            writer.write_table(tables.fitted_to(schema, block))
