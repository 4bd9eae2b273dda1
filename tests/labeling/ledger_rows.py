"""Answers for the tests of the ledger and of what reads it; also run as other processes by them."""

import os
import signal
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

from labeling.ledger.ledger import Answer, Ledger, Recorded

SERVER, PROJECT = "server", "1"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def answer(annotation: int | str, label: str | None = "a", **fields: object) -> Answer:
    """An answer to ``stance`` about sentence sN in task N, for annotation N."""
    known = {
        "server": SERVER, "annotation_id": str(annotation), "question": "stance", "sentence_id": f"s{annotation}",
        "annotator": "ann@example.com", "label": label, "state": "submitted", "project": PROJECT,
        "task": str(annotation), "created_at": NOON, "updated_at": NOON, "lead_time_s": 3.5, "labels_version": "v",
    }  # fmt: skip
    return Answer(**(known | fields))  # type: ignore[arg-type]


def record(ledger: Ledger, *answers: Answer, tasks: Iterable[int] = ()) -> Recorded:
    """Record answers; of ``tasks`` these are all there are."""
    with ledger.writing() as connection:
        return ledger.record(connection, answers, complete_tasks={(SERVER, PROJECT, str(task)): None for task in tasks})


def rows(path: Path) -> list[tuple[object, ...]]:
    """Every revision in the file."""
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT * FROM revisions ORDER BY seq").fetchall()


def write_all(path: Path | str, numbers: range, changes: int, together: Barrier) -> None:
    """Record each answer in a transaction of its own, as often as it changes."""
    together.wait(60)
    ledger = Ledger(path)
    for change in range(changes):
        for number in numbers:
            with ledger.writing() as connection:
                ledger.record(connection, [answer(number, f"label {change}")])


def die_while_writing(path: Path, committed: range, open_: range) -> None:
    """Record the first answers, and end as by kill -9 within the transaction of the others."""
    ledger = Ledger(path)
    with ledger.writing() as connection:
        ledger.record(connection, [answer(number) for number in committed])
    with ledger.writing() as connection:
        ledger.record(connection, [answer(number) for number in open_])
        os.kill(os.getpid(), signal.SIGKILL)
