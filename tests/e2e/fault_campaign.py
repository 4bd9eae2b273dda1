"""The campaign of benchmarks/faults.py for the tests, and what must hold of its figures."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

FAULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "faults.py"
# One kill is in the middle of the work like each of the five that the benchmark does; a start takes ten seconds.
SMALL = {"annotators": 6, "sentences": 12, "kills": 1}


def load() -> Any:
    """The benchmark as a module. Its folder must not come on the path: it has a file named as our package."""
    spec = spec_from_file_location("faults", FAULTS)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["faults"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def nothing_lost(found: dict[str, Any]) -> None:
    """Every label that the server acknowledged is in the ledger, once, as its annotator's."""
    print(found)
    given = SMALL["annotators"] * SMALL["sentences"]
    assert found["acknowledged"] + found["only_saved"] == given
    assert found["in_ledger"] == given, "one that was saved and not acknowledged is there too, and none twice"
    assert (found["lost"], found["doubled"], found["another_annotator"]) == (0, 0, 0)
    assert found["left_for_a_full_pull"] == 0
    assert found["pulls"] > found["failed_pulls"]
