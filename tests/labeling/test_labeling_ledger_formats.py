"""Ledgers of other formats, and labels of another version of the label set."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from ledger_rows import answer, record, rows

from corpus import tables
from corpus.errors import StanceError
from labeling.ledger import label_versions
from labeling.ledger.ledger import Ledger
from labeling.studio.migration import LabelChange

FORMATS = Path(__file__).parent / "formats"


@pytest.fixture
def format_1(ledger_path):
    """A ledger as stancelab made it before assignments: three annotations, one changed, one deleted, one a skip."""
    ledger_path.parent.mkdir()
    shutil.copy(FORMATS / "ledger-1.db", ledger_path)
    return ledger_path


def test_a_ledger_of_format_1_is_brought_up_to_date_and_keeps_its_rows(format_1):
    with sqlite3.connect(format_1) as connection:
        before = connection.execute("SELECT * FROM revisions ORDER BY seq").fetchall()
    ledger = Ledger(format_1)
    assert [row[: len(before[0])] for row in rows(format_1)] == before
    frame = ledger.annotations().set_index(["annotation_id", "question"])
    tables.check(ledger.annotations(), tables.ANNOTATIONS)
    assert frame["state"].to_dict() == {
        ("embedded-00000000#1", "source_type"): "submitted",
        ("embedded-00000000#1", "stance"): "submitted",
        ("embedded-00000000#2", "stance"): "deleted",
        ("embedded-00000000#3", "stance"): "skipped",
    }
    assert frame.loc[("embedded-00000000#1", "stance"), "label"] == "pro-US"
    assert set(frame["kind"]) == {"normal"}
    (project,) = ledger.projects()
    assert (project.batch, project.role, project.annotator) == ("batch-001", "pool", None)
    assert project.updated_at is None, "its watermark promised less than ours: all is read once more"
    assert Ledger(format_1).annotations().equals(ledger.annotations())


def test_a_ledger_of_a_newer_stancelab_is_refused(ledger, ledger_path):
    with ledger.writing() as connection:
        connection.exec_driver_sql("INSERT INTO formats (version) VALUES (99)")
    with pytest.raises(StanceError, match=r"ledger\.db is of format 99, and this stancelab knows formats up to 2"):
        Ledger(ledger_path)


def test_a_migrated_label_reads_as_in_the_new_set_and_history_has_the_old(ledger):
    record(
        ledger, answer(1, "a"), answer(2, "b"), answer(3, "c"), answer(4, "a", labels_version="v9"),
        answer(5, "z", labels_version="w"),
    )  # fmt: skip
    with ledger.writing() as connection:
        label_versions.record(
            connection, [LabelChange("v", "w", "stance", old, new) for old, new in {"a": "z", "b": None}.items()]
        )
    with ledger.writing() as connection:
        label_versions.record(
            connection, [LabelChange("w", "x", "stance", "z", "zed"), LabelChange("x", "v", "other", "q", "r")]
        )
    assert list(ledger.annotations()["label"]) == ["zed", None, "c", "a", "zed"]
    assert list(ledger.annotations()["labels_version"]) == ["v", "v", "v", "v9", "w"]
    assert list(ledger.history("s1")["label"]) == ["a"]
