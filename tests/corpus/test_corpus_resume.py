import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from corpus.build import build_into
from corpus.console import ROOT
from corpus.errors import InputError, InUse
from corpus.files import lock
from corpus.pipeline import laying
from corpus.pipeline.engines import Local

TABLES = ("documents", "sentences", "dropped", "links")
SOURCES = [str(ROOT / "corpus" / "sample" / name) for name in ("news.jsonl", "seed.txt")]


class Watched(Local):
    """Notes every call; stops for good after ``last`` of them, if there is such a number."""

    def __init__(self, last=None):
        self.calls, self.last = [], last

    def run(self, function, calls):
        for call in calls:
            yield function(*call)
            self.calls.append((call[2], call[3]))
            if len(self.calls) == self.last:
                print("reached", flush=True)
                signal.pause()


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(laying, "_RECORDS", 8)


def tables(folder):
    return {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    build_into(folder, SOURCES, rows=200)
    return folder


def killed(folder, last):
    """A build in another process, killed with -9 after ``last`` calls."""
    code = (
        "from pathlib import Path\n"
        "import test_corpus_resume as here\n"
        "here.laying._RECORDS = 8\n"
        f"here.build_into(Path({str(folder)!r}), here.SOURCES, rows=200, engine=here.Watched({last}))\n"
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "corpus")])
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}, text=True
    )
    assert child.stdout.readline() == "reached\n"
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    child.stdout.close()


@pytest.mark.parametrize("last", [4, 30])
def test_a_build_that_was_killed_goes_on_where_it_was(tmp_path, whole, last):
    killed(tmp_path, last)
    assert not (tmp_path / "sentences.parquet").exists()
    again, fresh = Watched(), Watched()
    summary = build_into(tmp_path, SOURCES, rows=200, engine=again)
    expected = build_into(tmp_path / "fresh", SOURCES, rows=200, engine=fresh)
    assert again.calls == fresh.calls[last:]
    assert tables(tmp_path) == tables(whole)
    assert summary.notes == ["went on with a build that was stopped", *expected.notes]
    assert replace(summary, notes=expected.notes) == expected
    assert not (tmp_path / ".build").exists()


@pytest.mark.parametrize("change", ["settings", "source", "code"])
def test_what_a_build_left_is_not_used_by_another_one(tmp_path, monkeypatch, change):
    source = tmp_path / "news.jsonl"
    source.write_bytes((ROOT / "corpus" / "sample" / "news.jsonl").read_bytes())
    with pytest.raises(KeyboardInterrupt):
        build_into(tmp_path, [str(source)], rows=200, engine=Interrupted())
    assert (tmp_path / ".build").exists()
    if change == "source":
        os.utime(source, ns=(1, 1))
    if change == "code":
        known = json.loads((tmp_path / ".build" / "key.json").read_text(encoding="utf-8"))
        (tmp_path / ".build" / "key.json").write_text(json.dumps(known | {"code": "older"}), encoding="utf-8")
    watched = Watched()
    build_into(tmp_path, [str(source)], rows=200, engine=watched, titles=change == "settings")
    assert watched.calls[0] == ("records", 0)


class Interrupted(Local):
    def run(self, function, calls):
        for number, call in enumerate(calls):
            if number == 2:
                raise KeyboardInterrupt
            yield function(*call)


def test_what_cannot_be_built_leaves_nothing(tmp_path):
    source = tmp_path / "bad.jsonl"
    source.write_text("[1]\n", encoding="utf-8")
    with pytest.raises(InputError, match="None of the 1 records can be used"):
        build_into(tmp_path / "corpus", [str(source)])
    assert [path.name for path in (tmp_path / "corpus").iterdir()] == [".lock"]


def test_two_builds_do_not_work_in_one_folder(tmp_path):
    with lock(tmp_path / ".lock", ""), pytest.raises(InUse, match="another `stance corpus build`"):
        build_into(tmp_path, SOURCES)


@pytest.mark.parametrize("rows", [40, 300])
def test_how_the_work_is_divided_is_of_no_consequence(tmp_path, whole, rows):
    build_into(tmp_path, SOURCES, rows=rows)
    assert tables(tmp_path) == tables(whole)
