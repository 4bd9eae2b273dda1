"""Backup and restore: whole or not at all, nothing that was there is lost, and history is read from the ledger."""

import json
import sqlite3
import stat
import tarfile
import threading

import pytest
from ledger_rows import SERVER, answer

from corpus.errors import InputError, InUse, StanceError, UsageError
from corpus.files import lock
from labeling.ledger.backup import backup, restore
from labeling.ledger.ledger import Ledger

URLS = {"ledger_url": None, "database_url": None}


@pytest.fixture
def written(workspace, ledger):
    """A ledger with two answers and a server's data folder."""
    record(ledger, answer(1), answer(2, "b"))
    data = workspace.labelstudio
    (data / "training").mkdir(parents=True)
    with sqlite3.connect(data / "label_studio.sqlite3") as database:
        database.execute("CREATE TABLE task (id INTEGER)")
        database.execute("INSERT INTO task VALUES (1)")
    (data / "secrets.json").write_text('{"owner": "x"}')
    (data / "training" / "4.json").write_text("{}")
    (data / "server.log").write_text("noise")
    return workspace


def record(ledger, *answers):
    with ledger.writing() as connection:
        ledger.record(connection, answers)


def labels(workspace):
    return dict(zip(*(Ledger(workspace.ledger).annotations()[c] for c in ("annotation_id", "label")), strict=True))


def test_there_and_back(written, tmp_path):
    file = tmp_path / "monday.tar.gz"
    made = backup(written, file, **URLS)
    assert made.parts == ("labelstudio", "ledger")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as archive:
        assert "labelstudio/server.log" not in archive.getnames()
    other = type(written)(tmp_path / "elsewhere")
    done = restore(other, file, force=False, **URLS)
    assert (done.made_at, done.replaced) == (made.made_at, None)
    assert labels(other) == labels(written)
    assert json.loads((other.labelstudio / "secrets.json").read_text()) == {"owner": "x"}
    assert stat.S_IMODE((other.labelstudio / "secrets.json").stat().st_mode) == 0o600
    assert (other.labelstudio / "training" / "4.json").read_text() == "{}"
    with sqlite3.connect(other.labelstudio / "label_studio.sqlite3") as database:
        assert database.execute("SELECT * FROM task").fetchall() == [(1,)]


def test_what_is_there_is_replaced_on_demand_only_and_kept_aside(written, tmp_path, ledger):
    file = tmp_path / "monday.tar.gz"
    backup(written, file, **URLS)
    record(ledger, answer(3))
    newer = labels(written)
    with pytest.raises(UsageError, match=r"ledger\.db, .*labelstudio would be replaced .*--force"):
        restore(written, file, force=False, **URLS)
    assert labels(written) == newer
    done = restore(written, file, force=True, **URLS)
    assert set(labels(written)) == {f"{SERVER}#1", f"{SERVER}#2"}
    assert len(Ledger(done.replaced / "ledger.db").annotations()) == 3
    assert (done.replaced / "labelstudio" / "server.log").exists()
    assert not list(written.root.glob(".backup-*"))


def test_a_copy_is_of_one_moment_while_others_write(written, tmp_path, ledger):
    over = threading.Event()

    def write():
        number = 10
        while not over.is_set():
            record(ledger, answer(number, "x"), answer(f"{number}b", "x", task=str(number)))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            backup(written, tmp_path / f"{number}.tar.gz", **URLS)
    finally:
        over.set()
        writer.join()
    for number in range(3):
        other = type(written)(tmp_path / f"w{number}")
        restore(other, tmp_path / f"{number}.tar.gz", force=False, **URLS)
        assert len(labels(other)) % 2 == 0, "two answers of one transaction are both there or both not"


@pytest.mark.parametrize("held", ["server.lock", "pull.lock"])
def test_nothing_is_restored_under_a_running_server_or_pull(written, tmp_path, held):
    file = tmp_path / "monday.tar.gz"
    backup(written, file, **URLS)
    place = written.root if held == "pull.lock" else written.labelstudio
    with lock(place / held, ""), pytest.raises(InUse, match=r"(Label Studio runs: stop it|a pull is at work)"):
        restore(written, file, force=True, **URLS)


def damaged(file, how):
    if how == "text":
        file.write_text("no backup")
    elif how == "cut":
        file.write_bytes(file.read_bytes()[:-40])
    else:
        again = file.with_suffix(".new")
        with tarfile.open(file) as old, tarfile.open(again, "w:gz") as new:
            for member in old:
                content = old.extractfile(member)
                if how == "changed" and member.name == "ledger.db":
                    (file.parent / "x").write_bytes(b"x" * member.size)
                    content = (file.parent / "x").open("rb")
                if how == "outside" and member.name == "manifest.json":
                    manifest = json.loads(content.read())
                    manifest["files"]["../../evil"] = "0"
                    (file.parent / "m").write_text(json.dumps(manifest))
                    member.size = (file.parent / "m").stat().st_size
                    content = (file.parent / "m").open("rb")
                new.addfile(member, content)
        again.replace(file)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("text", "cannot be read as a backup"),
        ("cut", "(cannot be read as a backup|is damaged)"),
        ("changed", "is damaged: ledger.db"),
        ("outside", "outside of the workspace: '../../evil'"),
    ],
)
def test_a_damaged_backup_touches_nothing(written, tmp_path, how, told):
    file = tmp_path / "monday.tar.gz"
    backup(written, file, **URLS)
    damaged(file, how)
    before = labels(written)
    with pytest.raises(InputError, match=told):
        restore(written, file, force=True, **URLS)
    assert labels(written) == before
    assert not list(written.root.glob("replaced-*"))


def test_a_move_that_fails_half_way_is_taken_back(written, tmp_path, monkeypatch):
    file = tmp_path / "monday.tar.gz"
    backup(written, file, **URLS)
    record(Ledger(written.ledger), answer(3))
    before = labels(written)
    rename = type(file).rename

    def fails(self, target):
        if self.name == "labelstudio" and target == written.labelstudio:
            raise OSError("no space left on device")
        return rename(self, target)

    monkeypatch.setattr(type(file), "rename", fails)
    with pytest.raises(StanceError, match="all is as before: no space left"):
        restore(written, file, force=True, **URLS)
    assert labels(written) == before
    assert (written.labelstudio / "secrets.json").exists()


def test_an_empty_workspace_has_nothing_to_back_up(workspace, tmp_path):
    with pytest.raises(StanceError, match="nothing to back up"):
        backup(workspace, tmp_path / "b.tar.gz", **URLS)
    assert not (tmp_path / "b.tar.gz").exists()


def test_the_commands(written, tmp_path, stance_command):
    file = tmp_path / "monday.tar.gz"
    made = stance_command("label", "backup", file, "--json")
    assert made.code == 0
    assert (made.record["parts"], made.record["bytes"]) == (["labelstudio", "ledger"], file.stat().st_size)
    refused = stance_command("label", "restore", file)
    assert refused.code == 2
    assert "--force" in refused.err
    done = stance_command("label", "restore", file, "--force", "--json")
    assert done.record["restored"] == ["labelstudio", "ledger"]
    assert done.record["made_at"] == made.record["made_at"]


def test_history_tells_who_said_what_when(ledger, stance_command):
    record(ledger, answer(1, "a"), answer(12, "b", sentence_id="s12", annotator="bob@example.com"))
    record(ledger, answer(1, "c"))
    found = stance_command("label", "history", "s1", "--json")
    assert found.code == 0
    rows = found.record["history"]
    assert [(r["annotator"], r["label"], r["revision"]) for r in rows] == [
        ("ann@example.com", "a", 1), ("ann@example.com", "c", 2),
    ]  # fmt: skip
    assert rows[0]["updated_at"] == "2026-01-01T12:00:00.000000Z"
    assert "bob@example.com" in stance_command("label", "history", "s12").out
    noted = json.dumps({"comment": "Irony.", "confidence": "sure", "evidence": [[0, 4, "Each"], [9, 12, "all"]]})
    record(ledger, answer(13, "b", sentence_id="s13", notes=noted))
    said = stance_command("label", "history", "s13").out.splitlines()[1:]
    assert said == ["  comment: Irony.", "  confidence: sure", "  evidence: Each · all"]
    assert stance_command("label", "history", "s", "--json").code == 1, "two sentences begin so"
    nothing = stance_command("label", "history", "x%")
    assert nothing.code == 1
    assert "stance label pull" in nothing.err
