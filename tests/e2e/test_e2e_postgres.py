"""Server and ledger in PostgreSQL, with two server processes: nothing is lost, and roles hold there as on SQLite."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fault_campaign import SMALL, load, nothing_lost
from stance_command import Stance

# The walk over every operation is that of test_e2e_roles, on this file's server.
from test_e2e_roles import (
    TABLE,
    ann,
    bob,
    owner,
    people,
    test_another_persons_work_in_a_shared_project_stays_unseen,
    test_each_role_gets_through_where_the_table_says_so_and_nowhere_else,
    test_no_answer_names_anybody_else,
    test_of_answers_at_the_same_instant_one_stands,
    test_open_addresses_refuse_what_is_anothers,
    url,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from postgres_server import running

__all__ = [
    "ann",
    "bob",
    "owner",
    "people",
    "test_another_persons_work_in_a_shared_project_stays_unseen",
    "test_each_role_gets_through_where_the_table_says_so_and_nowhere_else",
    "test_no_answer_names_anybody_else",
    "test_of_answers_at_the_same_instant_one_stands",
    "test_open_addresses_refuse_what_is_anothers",
    "url",
]


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, Any]]]:
    """A campaign whose server is left running, and its figures: making a database takes half a minute, so once."""
    faults = load()
    with running() as database:
        databases = (database.url("labelstudio"), database.url("ledger"))
        with faults.campaign(tmp_path_factory.mktemp("postgres"), databases=databases, workers=2) as run:
            yield run, faults.figures(run, **SMALL)


@pytest.fixture(scope="module")
def shared(campaign: tuple[Any, dict[str, Any]]) -> tuple[Stance, str]:
    run = campaign[0]
    return Stance(run.workspace.root), f"http://127.0.0.1:{run.port}"


@pytest.fixture(scope="module")
def routes() -> set[str]:
    """Those of the table; which others there are does not depend on the database."""
    return {path for _, path in TABLE}


def test_every_acknowledged_label_is_in_the_ledger_once(campaign: tuple[Any, dict[str, Any]]) -> None:
    nothing_lost(campaign[1])


def test_two_processes_answer(campaign: tuple[Any, dict[str, Any]]) -> None:
    def children(pid: int) -> list[int]:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    (server,) = children(campaign[0].server.pid)
    assert len(children(server)) == 2
