"""Who works on the partitions: this process, or the workers of a Dask cluster."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from corpus.errors import ClusterError, UsageError

Work = Callable[..., Any]


class Engine(Protocol):
    """Calls a function with each of many tuples of arguments, and gives the results in any order."""

    def run(self, function: Work, calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """The results; ``calls`` are taken one by one, as there is room for them."""

    def check(self, file: Path) -> None:
        """See to it that ``file`` can be read wherever work is done."""


class Local:
    """One partition after the other, here."""

    def run(self, function: Work, calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """The results, in order."""
        for call in calls:
            yield function(*call)

    def check(self, file: Path) -> None:
        """It can."""


@contextmanager
def local() -> Iterator[Engine]:
    """This process as an engine."""
    yield Local()


class _Dask:
    """A Dask cluster. Calls wait here until a worker is nearly free: what is under way does not grow with the input."""

    def __init__(self, client: Any, place: str, workers: int) -> None:
        self._client, self._place, self._workers = client, place, workers

    def run(self, function: Work, calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """The results, as they come."""
        from distributed import KilledWorker, wait

        waiting, pending = iter(calls), set[Any]()
        try:
            while True:
                for call in islice(waiting, 2 * self._workers - len(pending)):
                    pending.add(self._client.submit(function, *call, pure=False))
                if not pending:
                    return
                done = self._done(wait, pending)
                pending -= done
                for future in done:
                    yield future.result()
        except KilledWorker as error:
            raise ClusterError(
                self._place, f"workers died over the same piece of work, {error.last_worker.address} last"
            ) from None
        except (OSError, RuntimeError, ImportError) as error:
            problem = next(iter(str(error).splitlines()), "").rstrip(".")
            raise ClusterError(self._place, f"{type(error).__name__}: {problem}") from error
        finally:
            self._client.cancel(list(pending))

    def _done(self, wait: Work, pending: set[Any]) -> set[Any]:
        """Those of ``pending`` that are done first. Nothing comes for a while when work is long, or nobody works."""
        while True:
            try:
                done: set[Any] = wait(pending, timeout=_PATIENCE, return_when="FIRST_COMPLETED").done
                return done
            except TimeoutError:
                if not self._client.scheduler_info()["workers"]:
                    raise ClusterError(self._place, "all its workers are gone") from None

    def check(self, file: Path) -> None:
        """Ask every worker.

        Raises
        ------
        ClusterError
            One does not see the file, or cannot load this version of stancelab.
        """
        seen = self._client.run(_sees, str(file), on_error="return")
        for worker, sees in seen.items():
            if isinstance(sees, ImportError | AttributeError):
                problem = f"its worker {worker} cannot load stancelab ({sees}): install this version there"
                raise ClusterError(self._place, problem)
            if sees is False:
                problem = (
                    f"its worker {worker} does not see {file.parent}: the workspace must be in a folder that all share"
                )
                raise ClusterError(self._place, problem)


_PATIENCE = 20


@contextmanager
def dask(scheduler: str | None, workers: int | None = None) -> Iterator[Engine]:
    """An engine of Dask processes: of the cluster at ``scheduler``, else as many here as there are processors.

    Parameters
    ----------
    scheduler : str or None
        As ``tcp://host:8786``. Its workers must see the folder of the corpus under the same path, and have this version
        of stancelab installed.
    workers : int or None
        How many to start here; None: one for each processor.

    Raises
    ------
    UsageError
        Dask is not installed.
    ClusterError
        No scheduler answers there, or it has no workers.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UsageError(
            "--engine dask needs the package distributed: install stancelab[scale], or run `make setup`"
        ) from None
    if scheduler is None:
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
            ) as cluster,
            Client(cluster) as client,
        ):
            yield _Dask(client, "on this machine", len(client.scheduler_info(n_workers=-1)["workers"]))
        return
    try:
        client = Client(scheduler, timeout=_PATIENCE // 2)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClusterError(f"at {scheduler}", f"no scheduler answers there ({error})") from None
    with client:
        threads = [worker["nthreads"] for worker in client.scheduler_info(n_workers=-1)["workers"].values()]
        if not threads:
            raise ClusterError(f"at {scheduler}", "it has no workers: start some with `dask worker`")
        yield _Dask(client, f"at {scheduler}", sum(threads))


def _sees(key: str) -> bool:
    return Path(key).is_file()
