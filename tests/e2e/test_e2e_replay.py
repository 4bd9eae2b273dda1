"""Eight people's real answers go in through the page's own requests and come out as the same agreement."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.console import ROOT

DATA = Path(os.environ.get("STANCE_BENCH_DATA", ROOT.parent / "shared" / "data"))


def test_a_part_of_gwsd_through_the_server_and_by_import_is_the_same() -> None:
    if not (DATA / "gwsd").is_dir():
        pytest.skip("no data for evaluation")
    script = ROOT / "benchmarks" / "replay.py"
    done = subprocess.run([sys.executable, script, "--sentences", "40"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads(done.stdout.splitlines()[-1])
    assert (record["sentences"], record["answers"]) == (40, 320)
    assert record["alpha"] == record["expected"]
    assert 0 < record["alpha"]["nominal"] < record["alpha"]["ordinal"] < 1
