"""Nothing lost: people label while the server is killed and two shells pull. The full size is benchmarks/faults.py."""

import shutil
from pathlib import Path

from fault_campaign import SMALL, load, nothing_lost


def test_every_acknowledged_label_is_in_the_ledger_once(tmp_path: Path, prepared: Path) -> None:
    faults = load()
    with faults.campaign(tmp_path, databases=None, workers=1) as run:
        shutil.copytree(prepared, run.workspace.labelstudio)
        nothing_lost(faults.figures(run, **SMALL))
