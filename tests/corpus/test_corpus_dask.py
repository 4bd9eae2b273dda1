"""Builds on a Dask cluster of its own processes: a scheduler and two workers on loopback."""

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from corpus.build import build_into
from corpus.console import ROOT
from corpus.errors import ClusterError, UsageError
from corpus.pipeline.engines import dask
from corpus.text.language import language

SOURCES = [str(ROOT / "corpus" / "sample" / name) for name in ("news.jsonl", "seed.txt")]
TABLES = ("documents", "sentences", "dropped", "links")


def started(*words):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-m", "distributed.cli." + words[0], *words[1:]], **quiet)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def worker(address):
    return started("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")


@pytest.fixture(scope="module")
def cluster():
    address = f"tcp://127.0.0.1:{free_port()}"
    processes = [started("dask_scheduler", "--host", address, "--no-dashboard", "--no-jupyter")]
    processes += [worker(address), worker(address)]
    yield address, processes
    for process in reversed(processes):
        process.kill()
        process.wait()


def waiting(address, workers):
    """Until so many workers have come."""
    from distributed import Client

    with Client(address, timeout=60) as client:
        client.wait_for_workers(workers, timeout=60)


def tables(folder):
    return {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES}


def test_the_tables_are_those_of_the_local_engine_byte_for_byte(cluster, tmp_path):
    address, _ = cluster
    waiting(address, 2)
    with dask(address) as engine:
        there = build_into(tmp_path / "there", SOURCES, rows=150, engine=engine)
    here = build_into(tmp_path / "here", SOURCES)
    assert tables(tmp_path / "there") == tables(tmp_path / "here")
    assert there == here


def test_workers_that_do_not_see_the_folder_are_named(cluster, tmp_path):
    address, _ = cluster
    waiting(address, 2)
    with (
        dask(address) as engine,
        pytest.raises(ClusterError, match=r"worker tcp://.* does not see .*folder that all share"),
    ):
        engine.check(tmp_path / "key.json")


def test_a_worker_that_is_lost_does_not_stop_the_build_and_the_loss_of_all_is_said(cluster, tmp_path, monkeypatch):
    address, processes = cluster
    waiting(address, 2)

    @contextmanager
    def lost_at_texts(stage, total):
        if stage == "texts":
            processes[-1].send_signal(signal.SIGKILL)
        yield lambda n: None

    with dask(address) as engine:
        build_into(tmp_path / "there", SOURCES, rows=150, engine=engine, progress=lost_at_texts)
    build_into(tmp_path / "here", SOURCES)
    assert tables(tmp_path / "there") == tables(tmp_path / "here")
    monkeypatch.setattr("corpus.pipeline.engines._PATIENCE", 2)
    with dask(address) as engine:
        processes[-2].send_signal(signal.SIGKILL)
        with pytest.raises(ClusterError, match=r"all its workers are gone.*run the command again"):
            list(engine.run(time.sleep, [(1,)]))
    with pytest.raises(ClusterError, match="it has no workers"), dask(address):
        pass


def test_a_failure_in_a_worker_is_raised_here(cluster):
    address, processes = cluster
    processes.append(worker(address))
    waiting(address, 1)
    with dask(address) as engine, pytest.raises(UsageError, match="no language 'xx'"):
        list(engine.run(language, [("Some text that is long enough.", ("xx",))]))


def test_a_local_cluster_gives_the_same(tmp_path, corpus_command):
    sources = [*SOURCES, "--titles", "--json"]
    run = corpus_command("build", *sources, "--engine", "dask")
    assert run.exit_code == 0, run.output
    other = corpus_command("build", *sources, "--workspace", tmp_path / "local")
    assert tables(tmp_path / "workspace" / "corpus") == tables(tmp_path / "local" / "corpus")
    counts = [json.loads(one.stdout.splitlines()[-1]) for one in (run, other)]
    assert [one.pop("seconds") > 0 for one in counts] == [True, True]
    assert counts[0] == counts[1]


def test_no_scheduler_no_package_and_a_scheduler_for_nothing_are_said(monkeypatch, corpus_command):
    address = f"tcp://127.0.0.1:{free_port()}"
    monkeypatch.setattr("corpus.pipeline.engines._PATIENCE", 2)
    with pytest.raises(ClusterError, match=rf"at {address}: no scheduler answers there"), dask(address):
        pass
    run = corpus_command("build", SOURCES[0], "--scheduler", address)
    assert isinstance(run.exception, UsageError)
    assert "--scheduler is for --engine dask" in str(run.exception)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"install stancelab\[scale\]"), dask(None):
        pass
