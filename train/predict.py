"""Predictions for new sentences: streamed from tables and files, in parts that survive an interruption."""

import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from sklearn.pipeline import Pipeline

from corpus import tables
from corpus.documents import content_id, doc_id, sentence_id
from corpus.errors import InputError
from corpus.files import replacing, sha256_file, sha256_text
from corpus.sources import Record, Rejected, read
from train import conformal, run
from train.crossfit import predicted
from train.inputs import COLUMNS
from train.labelled import labelled

T = TypeVar("T")

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
    """What :func:`predict` wrote: where, how many sentences, how many of them were there from an earlier start."""

    path: Path
    rows: int
    resumed: int


def limits(of: run.Run, *, risk: float | None = None, coverage: float | None = None) -> dict[str, Limits]:
    """Limits of each question, from the run's held-out predictions; its dataset must be there.

    Parameters
    ----------
    of : Run
    risk : float, optional
        The share of wrong answers among those given that is accepted; see :func:`train.conformal.sure_enough`.
    coverage : float, optional
        How often a set must hold the right label; see :func:`train.conformal.thresholds`.
    """
    if risk is None and coverage is None:
        return {question: Limits() for question in of.manifest["fitted"]}
    dataset, predictions = of.dataset(), of.predictions()
    found = {}
    for question in of.manifest["fitted"]:
        own = predictions[predictions["question"] == question].set_index("sentence_id")
        rows = labelled(dataset, question).train.join(own, how="inner", rsuffix="_predicted")
        names = [str(name) for name in rows.filter(regex="^p_") if rows[name].notna().all()]
        p, labels = rows[names].to_numpy(), [name.removeprefix("p_") for name in names]
        right = (rows["label"] == rows["label_predicted"]).to_numpy()
        sure = 0.0 if risk is None else conformal.sure_enough(_sureness(rows, "label_predicted"), right, risk)
        least = (
            None
            if coverage is None
            else conformal.thresholds(p, pd.Index(labels).get_indexer(pd.Index(rows["label"])), coverage)
        )
        found[question] = Limits(sure, None if least is None else dict(zip(labels, least.tolist(), strict=True)))
    return found


def _sureness(rows: pd.DataFrame, label: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([rows.at[at, f"p_{name}"] for at, name in rows[label].items()], dtype=float)


def predictions(
    models: dict[str, Pipeline], rows: pd.DataFrame, bounds: dict[str, Limits], model_id: str
) -> pd.DataFrame:
    """Predictions of every question for ``rows`` (sentence_id and what :mod:`train.inputs` knows).

    Returns
    -------
    pandas.DataFrame
        As :data:`corpus.tables.PREDICTIONS`: a row for each sentence and question. Where the model abstains, ``label``
        is null. With a promised coverage, ``in_LABEL`` says which labels are in the row's set.
    """
    parts = []
    for question, model in models.items():
        found = predicted(model, rows.set_index("sentence_id"), tuple(model.classes_))
        limit = bounds[question]
        for label, least in (limit.least or {}).items():
            found[f"in_{label}"] = found[f"p_{label}"] >= least
        found["abstained"] = _sureness(found, "label") < limit.sure if len(found) else False
        found["label"] = found["label"].mask(found["abstained"], None)
        parts.append(found.rename_axis("sentence_id").reset_index().assign(question=question, model_id=model_id))
    return pd.concat(parts, ignore_index=True)


def rows_of(
    source: Path, size: int, rejected: Callable[[Rejected], None] = lambda item: None
) -> Iterator[pd.DataFrame]:
    """The sentences of a file, ``size`` at a time: sentence_id, text, target, outlet, byline, event.

    A Parquet table with ``sentence_id`` and ``text`` is taken as it is; in a text file each line is a sentence; in any
    other file that `stance corpus build` reads, each record. A sentence that comes again is left out.

    Raises
    ------
    InputError
        It cannot be read.
    """
    seen: set[str] = set()
    for block in _blocks(source, size, rejected):
        new = block[~block["sentence_id"].isin(seen) & ~block["sentence_id"].duplicated()]
        seen.update(new["sentence_id"])
        if len(new):
            yield new.reset_index(drop=True)


def _blocks(source: Path, size: int, rejected: Callable[[Rejected], None]) -> Iterator[pd.DataFrame]:
    if source.suffix == ".parquet" and source.is_file():
        try:
            file = pq.ParquetFile(source)
        except (OSError, ValueError) as error:
            raise InputError(source, f"is not a Parquet file that can be read ({error})") from None
        if {"sentence_id", "text"} <= set(file.schema_arrow.names):
            columns = [name for name in ("sentence_id", *COLUMNS) if name in file.schema_arrow.names]
            yield from (block.to_pandas() for block in file.iter_batches(size, columns=columns))
            return
    if source.suffix == ".txt" and source.is_file():
        with source.open(encoding="utf-8", errors="replace") as lines:
            yield from lines_of(lines, size)
        return
    for items in _some(_records(source, rejected), size):
        fields = [{name: item.fields.get(name) for name in COLUMNS[1:]} for item in items]
        ids = [sentence_id(doc_id(item, item.text), 0, item.text) for item in items]
        texts = [item.text for item in items]
        yield pd.DataFrame(fields).assign(sentence_id=ids, text=texts)


def _records(source: Path, rejected: Callable[[Rejected], None]) -> Iterator[Record]:
    for item in read(source):
        if isinstance(item, Record):
            yield item
        elif isinstance(item, Rejected):
            rejected(item)


def lines_of(lines: Iterable[str], size: int) -> Iterator[pd.DataFrame]:
    """Lines as rows, ``size`` at a time; blank ones are left out. The id of a line follows from its text."""
    texts = (text for line in lines if (text := line.strip()))
    for some in _some(texts, size):
        yield pd.DataFrame({"sentence_id": [content_id("line", text) for text in some], "text": some})


def _some(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """``items``, ``size`` at a time."""
    rest = iter(items)
    while some := tuple(islice(rest, size)):
        yield some


def predict(
    of: run.Run,
    source: Path,
    output: Path,
    *,
    bounds: dict[str, Limits],
    size: int = 1000,
    executor: Executor | None = None,
    rejected: Callable[[Rejected], None] = lambda item: None,
    advance: Callable[[int], None] = lambda n: None,
) -> Predicted:
    """Predict the sentences of a file and write the table, whole or not at all.

    Each part is kept beside ``output`` until all are there: the same call after an interruption goes on from the last
    one. The table is the same however it came about.

    Parameters
    ----------
    of : Run
    source, output : Path
        What to read, as :func:`rows_of` says; the Parquet file to write.
    bounds : dict of str to Limits
        As :func:`limits` gives them.
    size : int
        Sentences in a part.
    executor : Executor, optional
        Where parts are computed; by default here, one after the other.
    rejected, advance : callable
        Called with each record that cannot be used, and with the number of sentences of each part that is done.
    """
    known = [of.manifest["files"][run.MODEL], sha256_file(source), size, sorted(bounds.items())]
    folder = output.parent / f".{output.name}.{sha256_text(repr(known))[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    rows = resumed = 0
    under_way: deque[tuple[Path, Future[pd.DataFrame]]] = deque()
    parts: list[Path] = []
    for number, block in enumerate(rows_of(source, size, rejected)):
        part = folder / f"{number:06}.parquet"
        parts.append(part)
        rows += len(block)
        if part.is_file():
            resumed += len(block)
        elif executor is None:
            tables.write(_part(of.path, block, bounds), part, tables.PREDICTIONS)
        else:
            under_way.append((part, executor.submit(_part, of.path, block, bounds)))
            _collect(under_way, _AHEAD)
        advance(len(block))
    _collect(under_way, 0)
    _join(parts, output, bounds, of)
    shutil.rmtree(folder)
    return Predicted(output, rows, resumed)


def answers(of: run.Run, lines: Iterable[str], bounds: dict[str, Limits]) -> Iterator[dict[str, Any]]:
    """Lines of text to one plain record each, as they come: text, and for each question label, abstained, p, set."""
    models = of.models()
    for rows in lines_of(lines, 1):
        found = predictions(models, rows, bounds, of.id).set_index("question").to_dict("index")
        record: dict[str, Any] = {"text": str(rows["text"].iloc[0])}
        for question, model in models.items():
            row = found[question]
            p = {str(label): round(float(row[f"p_{label}"]), 6) for label in model.classes_}
            record[question] = {"label": row["label"], "abstained": bool(row["abstained"]), "p": p}
            if bounds[question].least is not None:
                record[question]["set"] = [label for label in p if row[f"in_{label}"]]
        yield record


def _collect(under_way: deque[tuple[Path, Future[pd.DataFrame]]], most: int) -> None:
    """Write the oldest parts until at most ``most`` are under way."""
    while len(under_way) > most:
        part, future = under_way.popleft()
        tables.write(future.result(), part, tables.PREDICTIONS)


def _part(folder: Path, rows: pd.DataFrame, bounds: dict[str, Limits]) -> pd.DataFrame:
    of, models = _opened(folder)
    return predictions(models, rows, bounds, of.id)


@lru_cache(maxsize=2)
def _opened(folder: Path) -> tuple[run.Run, dict[str, Pipeline]]:
    """A run and its models, read once in each process."""
    of = run.load(folder)
    return of, of.models()


def _join(parts: list[Path], output: Path, bounds: dict[str, Limits], of: run.Run) -> None:
    """One table of all parts, a part at a time in memory."""
    blocks: Iterable[Any] = (tables.check(tables.read(part, tables.PREDICTIONS), tables.PREDICTIONS) for part in parts)
    if not parts:
        none = pd.DataFrame({"sentence_id": pd.Series(dtype=str), "text": pd.Series(dtype=str)})
        blocks = [tables.check(predictions(_opened(of.path)[1], none, bounds, of.id), tables.PREDICTIONS)]
    blocks = iter(blocks)
    first = next(blocks)
    with replacing(output) as beside, pq.ParquetWriter(beside, first.schema, compression="zstd") as writer:
        for block in chain([first], blocks):
            writer.write_table(block.cast(first.schema))
