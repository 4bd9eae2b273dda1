"""Nothing lost: people label while the server is killed and two shells pull. The full size is benchmarks/faults.py."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "faults.py"


def campaign(*arguments: str) -> dict:
    """The figures of one run, which it also prints."""
    command = [sys.executable, str(FAULTS), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    return found


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_every_acknowledged_label_is_in_the_ledger_once(prepared: Path, database: str) -> None:
    where = ("--prepared", str(prepared)) if database == "SQLite" else ("--postgres", "--workers", "2")
    found = campaign("--annotators", "6", "--sentences", "12", "--kills", "2", *where)
    assert found["database"] == database
    assert found["acknowledged"] == 6 * 12
    assert found["in_ledger"] >= found["acknowledged"], "one that was saved and not acknowledged is there too"
    assert found["in_ledger"] <= found["acknowledged"] + found["unanswered"]
    assert (found["lost"], found["doubled"], found["another_annotator"]) == (0, 0, 0)
    assert found["left_for_a_full_pull"] == 0
    assert found["pulls"] > found["failed_pulls"]
