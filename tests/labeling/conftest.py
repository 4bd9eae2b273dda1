"""A Label Studio on a fake wire, a small corpus with a batch, and the command line."""

import json
import sys
from dataclasses import dataclass

import httpx
import pytest
from fake_label_studio import LEGACY, URL, FakeLabelStudio

import stance
from corpus import tables
from corpus.build import build, replace_tables
from corpus.console import ROOT
from corpus.labels import Labels
from corpus.sampling import sample
from corpus.workspace import Workspace
from labeling.ledger.ledger import Ledger
from labeling.studio.client import connect


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def record(self) -> dict:
        return json.loads(self.out.splitlines()[-1])


@pytest.fixture
def fake(monkeypatch):
    """The server behind every httpx client that is made from now on."""
    found = FakeLabelStudio()

    class Wired(httpx.Client):
        def __init__(self, **options):
            super().__init__(transport=httpx.MockTransport(found.handle), **options)

    monkeypatch.setattr(httpx, "Client", Wired)
    monkeypatch.setattr("label_studio_sdk.core.http_client.time.sleep", lambda seconds: None)
    monkeypatch.setenv("LABEL_STUDIO_URL", URL)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", LEGACY)
    return found


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def server(fake, workspace):
    return connect(workspace)


@pytest.fixture
def ledger(workspace):
    return Ledger(workspace.ledger)


@pytest.fixture
def labels():
    return Labels.model_validate(
        {"questions": {"stance": {"labels": {"a": {}, "b": {}, "c": {}}}, "source": {"labels": {"x": {}, "y": {}}}}}
    )


@pytest.fixture(scope="session")
def built():
    return build([str(ROOT / "corpus" / "sample" / "seed.txt"), str(ROOT / "corpus" / "sample" / "news.jsonl")])


@pytest.fixture
def corpus(workspace, built):
    """The sample in the workspace, and 40 sentences of it as batch ``first``."""
    replace_tables(workspace.corpus, built)
    sample(workspace, 40, strategy="random", by=(), name="first", seed=1, test=False)
    return tables.read(workspace.batch("first"), tables.BATCH)


@pytest.fixture
def stance_command(monkeypatch, capsys, workspace):
    """``stance_command("label", "pull", "--json")`` in this process, as the console script runs it."""

    def run(*arguments: object) -> Ended:
        words = [str(word) for word in arguments]
        named = [] if "--help" in words else ["--workspace", str(workspace.root)]
        monkeypatch.setattr(sys, "argv", ["stance", *words, *named])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            stance.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return run
