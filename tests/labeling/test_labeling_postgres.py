"""The ledger in PostgreSQL: the same as in a file, written by several processes at once, backed up and restored."""

import multiprocessing
import os
import shutil
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from ledger_rows import NOON, PROJECT, SERVER, answer, write_all

from corpus.errors import LedgerError, UsageError
from labeling.ledger.backup import backup, restore
from labeling.ledger.ledger import Assignment, Ledger, Project, Recorded, open_ledger

sys.path.insert(0, str(Path(__file__).parents[1]))

from postgres_server import programs, running

pytestmark = pytest.mark.skipif(
    programs() is None or (os.getuid() == 0 and shutil.which("runuser") is None),
    reason="PostgreSQL's server programs are not installed",
)


@pytest.fixture(scope="module")
def postgres():
    with running() as server:
        yield server


@pytest.fixture
def url(postgres, request):
    return postgres.url(request.node.name)


@pytest.fixture
def ledger(url):
    return Ledger(url)


def record(ledger, *answers, tasks=()):
    with ledger.writing() as connection:
        return ledger.record(connection, answers, complete_tasks={(SERVER, PROJECT, str(t)): None for t in tasks})


def test_the_same_table_as_from_a_file(ledger, url, tmp_path):
    file = Ledger(tmp_path / "ledger.db")
    for each in (ledger, file):
        assert record(each, *(answer(n) for n in range(30))) == Recorded(30, 0, 0)
        assert record(each, answer(3, "b", updated_at=NOON + timedelta(microseconds=7)), tasks=[3, 4]) == Recorded(
            0, 1, 1
        )
        assert record(each, answer(5), tasks=[5]) == Recorded(0, 0, 0)
        with each.writing() as connection:
            each.remember(connection, Project(SERVER, PROJECT, "first", "v", NOON))
            each.pushed(connection, SERVER, PROJECT, [(2**40, "s1", None)])
            item = Assignment(SERVER, PROJECT, "i", "first", "a@b.c", "s1", "gold", 0, True, False, "{}", 2**40)
            each.assign(connection, [item, replace(item, item="j", position=1)])
    assert ledger.annotations().equals(file.annotations())
    assert ledger.projects() == file.projects() == Ledger(url).projects()
    assert ledger.standing(SERVER) == file.standing(SERVER) == {PROJECT: 29}
    assert (ledger.size(), ledger.tasks(SERVER, PROJECT)) == (file.size(), file.tasks(SERVER, PROJECT))
    assert ledger.pushed_tasks(SERVER, PROJECT).equals(file.pushed_tasks(SERVER, PROJECT))
    assert ledger.assignments().drop(columns="at").equals(file.assignments().drop(columns="at"))
    columns = ["label", "state", "revision", "annotator"]
    assert ledger.history("s3")[columns].equals(file.history("s3")[columns])


def test_processes_that_write_at_once_lose_and_double_nothing(url):
    """They also all find no ledger and make it."""
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(2)
    workers = [spawn.Process(target=write_all, args=(url, n, 3, together)) for n in (range(15), range(5, 20))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    frame = Ledger(url).annotations()
    assert len(frame) == 20
    assert set(frame["label"]) == {"label 2"}


def test_backup_and_restore(ledger, url, postgres, workspace, tmp_path, monkeypatch):
    record(ledger, answer(1), answer(2))
    file = tmp_path / "monday.tar.gz"
    assert backup(workspace, file, ledger_url=url, database_url=None).parts == ("ledger",)
    record(ledger, answer(3))
    with pytest.raises(UsageError, match="set STANCE_LEDGER_URL"):
        restore(workspace, file, force=True, ledger_url=None, database_url=None)
    with pytest.raises(UsageError, match="STANCE_LEDGER_URL would be replaced"):
        restore(workspace, file, force=False, ledger_url=url, database_url=None)
    assert Ledger(url).size() == 3
    restore(workspace, file, force=True, ledger_url=url, database_url=None)
    assert Ledger(url).size() == 2
    assert record(Ledger(url), answer(4)) == Recorded(1, 0, 0), "numbers go on after the highest"
    other = postgres.url("elsewhere")
    restore(workspace, file, force=False, ledger_url=other, database_url=None)
    monkeypatch.setenv("STANCE_LEDGER_URL", other)
    assert open_ledger(workspace).size() == 2


def test_a_database_that_is_not_there_is_named_without_its_password(url):
    for wrong in (url.replace("secret", "wrong"), url.rsplit("/", 1)[0] + "/nope"):
        with pytest.raises(LedgerError, match=r"the ledger postgresql\+psycopg://stance:\*\*\*@127") as raised:
            Ledger(wrong)
        assert "wrong@" not in str(raised.value)
    with pytest.raises(UsageError, match="STANCE_LEDGER_URL: expected postgresql://") as raised:
        Ledger("no address: secret")
    assert "secret" not in str(raised.value).split("hold a")[0]


def test_doctor_looks_at_it(ledger, url, stance_command, monkeypatch):
    record(ledger, answer(1))
    monkeypatch.setenv("STANCE_LEDGER_URL", url)
    for where, ok, told in ((url, True, "1 annotations"), (url.replace("secret", "wrong"), False, "password")):
        monkeypatch.setenv("STANCE_LEDGER_URL", where)
        found = {c["name"]: c for c in stance_command("doctor", "--json").record["checks"]}["ledger"]
        assert (found["ok"], told in found["detail"]) == (ok, True)
