"""The ledger: append-only, all or nothing, several processes at once."""

import multiprocessing
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_rows import NOON, PROJECT, SERVER, answer, die_while_writing, record, rows, write_all

from corpus import tables
from corpus.errors import LedgerError
from labeling.ledger.ledger import Assignment, Ledger, Project, Recorded

SPAWN = multiprocessing.get_context("spawn")


def states(ledger, sentence) -> list[tuple]:
    history = ledger.history(sentence)
    return list(zip(history["revision"], history["state"], history["label"], strict=True))


def test_the_same_answers_again_add_nothing(ledger, ledger_path):
    assert record(ledger, answer(1), answer(2), tasks=[1, 2]) == Recorded(2, 0, 0)
    before = rows(ledger_path)
    assert record(ledger, answer(1), answer(2), tasks=[1, 2]) == Recorded(0, 0, 0)
    assert rows(ledger_path) == before
    assert record(Ledger(ledger_path), answer(2)) == Recorded(0, 0, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"label": "b"},
        {"annotator": "bob@example.com"},
        {"state": "skipped", "label": None, "skip_reason": "off topic"},
        {"updated_at": NOON + timedelta(seconds=1)},
        {"lead_time_s": 4.0},
    ],
)
def test_a_change_is_a_revision_more(ledger, ledger_path, change):
    record(ledger, answer(1))
    before = rows(ledger_path)
    assert record(ledger, replace(answer(1), **change)) == Recorded(0, 1, 0)
    assert rows(ledger_path)[:1] == before
    newest = ledger.annotations().iloc[0]
    assert newest["revision"] == 2
    for name, value in change.items():
        assert (newest[name] == value) or (value is None and newest[[name]].isna().all())


def test_an_annotation_that_vanishes_is_deleted_and_may_come_back(ledger, ledger_path):
    record(ledger, answer(1), answer("1b", sentence_id="s1", task="1"), answer(2))
    assert record(ledger, answer(1), tasks=[1]) == Recorded(0, 0, 1)
    assert states(ledger, "s1") == [(1, "submitted", "a"), (1, "submitted", "a"), (2, "deleted", "a")]
    assert record(ledger, answer(1), tasks=[1]) == Recorded(0, 0, 0), "a deletion is recorded once"
    assert ledger.size() == 2
    assert record(ledger, answer(1), answer("1b", sentence_id="s1", task="1"), tasks=[1]) == Recorded(0, 1, 0)
    assert ledger.size() == 3
    assert states(ledger, "s1")[-1] == (3, "submitted", "a")


def test_only_complete_tasks_lose_what_is_not_named(ledger):
    record(ledger, answer(1), answer(2))
    assert record(ledger, answer(1)) == Recorded(0, 0, 0)
    assert record(ledger, tasks=[3]) == Recorded(0, 0, 0)
    with ledger.writing() as connection:
        other = ledger.record(
            connection, [], complete_tasks={(SERVER, "2", "1"): None, ("elsewhere", PROJECT, "1"): None}
        )
    assert other == Recorded(0, 0, 0), "the same number in another project or server is another task"
    assert ledger.tasks(SERVER, PROJECT) == {"1", "2"}


def test_an_answer_taken_back_within_an_annotation_is_a_change_of_it(ledger):
    both = [answer(1), answer(1, "x", question="source")]
    record(ledger, *both)
    assert record(ledger, both[0], tasks=[1]) == Recorded(0, 1, 0)
    frame = ledger.annotations().set_index("question")
    assert frame["state"].to_dict() == {"stance": "submitted", "source": "deleted"}
    assert ledger.size() == 1


def test_annotations_are_counted_by_server_and_number(ledger):
    assert record(ledger, answer(1), answer(1, server="elsewhere")) == Recorded(2, 0, 0)
    assert sorted(ledger.annotations()["annotation_id"]) == ["elsewhere#1", "server#1"]


def test_annotations_keep_the_schema_also_when_empty(ledger):
    for frame in (
        ledger.annotations(),
        record(ledger, answer(2), answer(10, None, created_at=None)) and ledger.annotations(),
    ):
        tables.check(frame, tables.ANNOTATIONS)
    assert list(ledger.annotations()["annotation_id"]) == ["server#10", "server#2"]
    assert ledger.annotations().loc[1, "updated_at"] == NOON


def test_the_order_of_answers_does_not_change_the_table(tmp_path):
    one, two = Ledger(tmp_path / "one.db"), Ledger(tmp_path / "two.db")
    record(one, *(answer(n) for n in range(20)))
    record(two, *(answer(n) for n in reversed(range(20))))
    assert one.annotations().equals(two.annotations())


@given(st.lists(st.dictionaries(st.integers(1, 4), st.sampled_from("abc"), max_size=4), min_size=1, max_size=6))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_rows_are_only_added_and_the_last_state_is_the_servers(tmp_path_factory, steps):
    ledger_path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    ledger, before = Ledger(ledger_path), []
    for step in steps:
        record(ledger, *(answer(n, label) for n, label in step.items()), tasks=range(1, 5))
        now = rows(ledger_path)
        assert now[: len(before)] == before
        before = now
        standing = ledger.annotations()
        standing = standing[standing["state"] != "deleted"]
        assert dict(zip(standing["annotation_id"], standing["label"], strict=True)) == {
            f"server#{n}": label for n, label in step.items()
        }


def test_many_answers_in_one_call(ledger):
    assert record(ledger, *(answer(n) for n in range(1300))) == Recorded(1300, 0, 0)
    assert record(ledger, *(answer(n, "b") for n in range(1300))) == Recorded(0, 1300, 0)
    assert record(ledger, tasks=range(1300)) == Recorded(0, 0, 1300)


def fail_while_writing(ledger):
    with ledger.writing() as connection:
        ledger.record(connection, [answer(1)])
        ledger.remember(connection, Project(SERVER, PROJECT, "batch", "v", NOON))
        raise RuntimeError


def test_a_failed_transaction_leaves_nothing(ledger, ledger_path):
    with pytest.raises(RuntimeError):
        fail_while_writing(ledger)
    assert rows(ledger_path) == []
    assert ledger.projects() == []


def test_watermarks_are_kept_per_project_and_replaced(ledger, ledger_path):
    first = Project(SERVER, "1", "batch-001", "v1", None)
    with ledger.writing() as connection:
        ledger.remember(connection, first)
        ledger.remember(connection, Project(SERVER, "2", "batch-002", "v1", NOON))
    with ledger.writing() as connection:
        ledger.remember(connection, replace(first, labels_version="v2", updated_at=NOON + timedelta(microseconds=7)))
    found = Ledger(ledger_path).projects()
    assert [(p.project, p.labels_version) for p in found] == [("1", "v2"), ("2", "v1")]
    assert found[0].updated_at == NOON + timedelta(microseconds=7), "in UTC, to the microsecond"


def test_two_processes_that_write_at_once_lose_and_double_nothing(ledger_path):
    """They also both find no ledger and make it."""
    together = SPAWN.Barrier(2)
    workers = [
        SPAWN.Process(target=write_all, args=(ledger_path, numbers, 3, together))
        for numbers in (range(15), range(5, 20))
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    with sqlite3.connect(ledger_path) as connection:
        revisions = "SELECT annotation_id FROM revisions GROUP BY 1 HAVING max(revision) != count(*)"
        assert connection.execute(revisions).fetchall() == []
    assert set(Ledger(ledger_path).annotations()["label"]) == {"label 2"}
    assert Ledger(ledger_path).size() == 20


def test_a_process_killed_within_a_transaction_leaves_all_of_the_one_before_and_nothing_of_it(ledger_path):
    worker = SPAWN.Process(target=die_while_writing, args=(ledger_path, range(300), range(200, 500)))
    worker.start()
    worker.join(60)
    assert worker.exitcode == -9
    ledger = Ledger(ledger_path)
    assert ledger.size() == 300
    assert record(ledger, *(answer(n) for n in range(500))).new == 200


def test_readers_do_not_wait_for_a_writer(ledger, ledger_path):
    record(ledger, answer(1))
    with ledger.writing() as connection:
        ledger.record(connection, [answer(2)])
        other = Ledger(ledger_path)
        assert other.size() == 1, "what is not committed is not seen"
        assert len(other.annotations()) == 1
    assert other.size() == 2


def test_a_folder_that_is_missing_is_made(tmp_path):
    assert Ledger(tmp_path / "new" / "ledger.db").size() == 0


def test_a_damaged_ledger_is_named(ledger_path):
    ledger_path.parent.mkdir()
    ledger_path.write_bytes(b"this is no database" * 100)
    with pytest.raises(LedgerError, match=r"ledger\.db.*not a database.*restore it from a backup"):
        Ledger(ledger_path)


def test_a_full_disk_is_named_and_leaves_nothing_half_written(ledger, ledger_path):
    record(ledger, answer(1))
    many = [answer(n, sentence_id="s" * 2000) for n in range(2, 500)]
    # SQLite's own limit on the file stands in for a disk without space.
    sa.event.listen(
        ledger._engine, "begin", lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 30")
    )
    with pytest.raises(LedgerError, match="full"):
        record(ledger, *many)
    assert list(Ledger(ledger_path).annotations()["annotation_id"]) == [f"{SERVER}#1"]


def test_only_what_was_asked_for_counts_as_a_vote(ledger):
    record(ledger, answer(1), answer(2, kind="gold"), answer(3, kind="retest"), answer(4, kind="training"))
    assert list(ledger.annotations()["sentence_id"]) == ["s1"]
    assert list(ledger.annotations(kinds=("gold", "retest"))["sentence_id"]) == ["s2", "s3"]


def assignment(item, **fields):
    known = {
        "server": SERVER, "project": "1", "item": item, "batch": "first", "annotator": "ann@example.com",
        "sentence_id": f"s-{item}", "kind": "normal", "position": 0, "cue": False, "suggestion": False, "known": None,
        "seed": 1,
    }  # fmt: skip
    return Assignment(**(known | fields))


def test_assignments_are_only_added_and_the_last_row_of_an_item_counts(ledger):
    with ledger.writing() as connection:
        ledger.assign(connection, [assignment("b", position=1), assignment("a"), assignment("c", project="10")])
        ledger.assign(connection, [assignment("d", project="2", batch="other")])
        ledger.assign(connection, [])
    with ledger.writing() as connection:
        ledger.assign(connection, [assignment("b", position=1, state="withdrawn")])
    assert list(ledger.assignments()["item"]) == ["a", "d", "c"], "projects by number, then by position"
    assert list(ledger.assignments(batch="first", withdrawn=True)["item"]) == ["a", "b", "c"]
    assert list(ledger.assignments(server=SERVER, project="2")["item"]) == ["d"]
    assert ledger.assignments(server="elsewhere").empty
    row = ledger.assignments().iloc[0]
    assert (row["cue"], row["suggestion"], row["known"], row["seed"]) == (False, False, None, 1)


def test_what_the_server_should_count_is_neither_deleted_nor_kept_after_it_lost_it(ledger):
    record(ledger, answer(1), answer(2), answer(3, state="deleted"), answer(4, task=None))
    assert ledger.standing(SERVER) == {"1": 2}
    assert ledger.standing("elsewhere") == {}


@pytest.mark.parametrize(
    ("url", "got"),
    [
        ("mysql://stance:secret@127.0.0.1/ledger", "got mysql "),
        ("postgresql+asyncpg://stance:secret@127.0.0.1/ledger", "got postgresql+asyncpg "),
        ("no address: secret", "got something else "),
    ],
)
def test_a_database_of_another_kind_is_refused(stance_command, monkeypatch, url, got):
    monkeypatch.setenv("STANCE_LEDGER_URL", url)
    refused = stance_command("label", "status")
    assert refused.code == 2
    assert "STANCE_LEDGER_URL: expected postgresql://USER:PASSWORD@HOST:PORT/NAME or sqlite:////PATH" in refused.err
    assert got in refused.err
    assert "secret" not in refused.err
