"""Many fits, side by side, each kept when it is done: what was stopped goes on, whoever does the work."""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

import pandas as pd

from corpus.copies.components import Components
from corpus.errors import ClusterError, StanceError, TooFewLabels
from corpus.versions.dataset import Dataset
from train.labelled import Labelled, labelled

Job = tuple[Any, ...]


class Kept:
    """Results by key, a line of JSON each, in a file that only grows; a line cut short by a crash is left out."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self.found: dict[str, Any] = {}
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    key, value = json.loads(line)
                except ValueError:
                    continue
                self.found[key] = value

    def add(self, key: str, value: Any) -> None:
        """Keep a result; it is on disk when this returns."""
        self.found[key] = value
        with self._path.open("a", encoding="utf-8") as file:
            # A line that a crash cut short has no end: the new one begins on a line of its own.
            file.write(f"\n{json.dumps([key, value])}\n")
            file.flush()
            os.fsync(file.fileno())


def run(
    function: Callable[..., Any],
    jobs: Mapping[str, Job],
    kept: Kept,
    executor: Executor,
    advance: Callable[[int], None] = lambda n: None,
) -> dict[str, Any]:
    """The result of each job by key; those that are kept are not done again.

    Raises
    ------
    StanceError
        A worker died, or the cluster is away. What is done is kept.
    """
    todo = {key: job for key, job in jobs.items() if key not in kept.found}
    advance(len(jobs) - len(todo))
    try:
        futures = {executor.submit(function, *job): key for key, job in todo.items()}
        try:
            for future in as_completed(futures):
                kept.add(futures[future], future.result())
                advance(1)
        except BaseException:
            for future in futures:
                future.cancel()
            raise
    except BrokenExecutor:
        raise StanceError(
            "a worker process died, perhaps for want of memory. What is done is kept: run the command again"
        ) from None
    return {key: kept.found[key] for key in jobs}


@contextmanager
def workers(scheduler: str | None = None) -> Iterator[Executor]:
    """A process for each processor of this machine, or the workers of the Dask scheduler at an address.

    Raises
    ------
    ClusterError
        No scheduler answers there.
    """
    if scheduler is None:
        cores = len(os.sched_getaffinity(0))
        with ProcessPoolExecutor(cores, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
            yield pool
        return
    from distributed import Client

    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterError(f"at {scheduler}", f"no scheduler answers there ({error})") from None
    with client:
        yield client.get_executor(pure=False)


def _end_with_parent() -> None:
    """End this worker when the process that started it is gone, killed as it may have been."""
    if (parent := parent_process()) is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: Any) -> None:
    parent.join()
    os._exit(1)


def training_rows(dataset: Dataset, question: str) -> tuple[Labelled, pd.DataFrame]:
    """What may be chosen on: training rows, never a test row.

    Returns
    -------
    data : Labelled
    rows : pandas.DataFrame
        As ``data.rows``; ``group`` joins what the split keeps together with the clusters of copies.

    Raises
    ------
    TooFewLabels
        Fewer than two labels, or fewer than six groups.
    """
    data = labelled(dataset, question)
    rows = data.train
    cluster = dataset.sentences.set_index("sentence_id")["cluster_id"].reindex(rows.index)
    pairs = [(("group", group), ("cluster", one)) for group, one in zip(rows["group"], cluster, strict=True)]
    joined = Components(pairs)
    roots = pd.Series([joined.root(group) for group, _ in pairs], index=rows.index)
    rows = rows.assign(group=rows["group"].groupby(roots).transform("min"))
    if rows["label"].nunique() < 2 or rows["group"].nunique() < _GROUPS:
        raise TooFewLabels(
            f"{question}: {rows['group'].nunique()} groups of training sentences (documents and copies that stay "
            f"together) with {rows['label'].nunique()} labels are too few to hold some out again and again: it takes "
            f"{_GROUPS} and 2. Label more, or release with a finer split"
        )
    return data, rows


_GROUPS = 6
