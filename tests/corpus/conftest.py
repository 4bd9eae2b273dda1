import csv
import os
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from corpus.build import build, replace_tables
from corpus.cli import group
from corpus.console import ROOT
from corpus.sampling.draw import sample
from corpus.workspace import Workspace

SAMPLE = ROOT / "corpus" / "sample"


@pytest.fixture(scope="session")
def bench_data():
    folder = Path(os.environ.get("STANCE_BENCH_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no benchmark data in {folder}: set STANCE_BENCH_DATA")
    return folder


@pytest.fixture(scope="session")
def news():
    return build([str(SAMPLE / "news.jsonl")], titles=True)


@pytest.fixture(scope="session")
def intended():
    with (SAMPLE / "intended.csv").open(encoding="utf-8", newline="") as file:
        return pd.DataFrame(csv.DictReader(file))


@pytest.fixture
def workspace(tmp_path, news):
    workspace = Workspace(tmp_path / "workspace")
    replace_tables(workspace.corpus, news)
    return workspace


@pytest.fixture
def corpus_command(tmp_path):
    def run(*arguments):
        named = [] if "--workspace" in arguments else ["--workspace", str(tmp_path / "workspace")]
        return CliRunner().invoke(group, [*map(str, arguments), *named])

    return run


@pytest.fixture
def draw(workspace):
    def drawn(n, **asked):
        default = {"strategy": "random", "by": (), "name": None, "seed": 1, "test": False}
        return sample(workspace, n, **default | asked)

    return drawn
