"""A Label Studio on a fake wire, a small corpus with a batch, and the command line."""

import json
import sys
from dataclasses import dataclass

import httpx
import pytest
import yaml
from fake_label_studio import LEGACY, URL, FakeLabelStudio
from ledger_rows import answer

import stance
from corpus import tables
from corpus.build import build, replace_tables
from corpus.console import ROOT
from corpus.labels import Labels
from corpus.sampling.draw import sample
from corpus.workspace import Workspace
from labeling.ledger.ledger import Ledger, Project
from labeling.studio.client import connect
from labeling.studio.pull import pull
from labeling.studio.push import push

PEOPLE = ("ann@example.com", "bob@example.com", "annotator-1@simulated.invalid")
LABELS = {"a": {}, "b": {}, "c": {}}


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
def ledger_path(workspace):
    return workspace.ledger


@pytest.fixture
def ledger(ledger_path):
    return Ledger(ledger_path)


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


@pytest.fixture
def labels_file(tmp_path):
    path = tmp_path / "labels.yaml"
    path.write_text(yaml.safe_dump({"questions": {"stance": {"labels": LABELS}}}, sort_keys=False))
    return path


@pytest.fixture
def labelled(corpus, ledger):
    """40 sentences by two people and a simulated annotator: agreed, but for one tie, one majority and one skip."""
    answers = []
    for number, sentence in enumerate(corpus["sentence_id"]):
        for who, person in enumerate(PEOPLE):
            label = "abc"[who] if number == 0 else "abc"[number % 3]
            if number == 1 and who == 2:
                label = "c"
            made = answer(f"{number}.{who}", label, sentence_id=sentence, annotator=person, task=str(number))
            answers.append(made)
    answers.append(
        answer("x", None, state="skipped", sentence_id=corpus["sentence_id"].iloc[2], annotator="cy@example.com")
    )
    with ledger.writing() as connection:
        ledger.record(connection, answers)
        ledger.remember(connection, Project("server", "1", "first", "v", None))
    return corpus


@pytest.fixture
def project(server, ledger, corpus, labels, workspace):
    """Batch ``first`` on the fake server."""
    return push(server, ledger, corpus, "first", labels, overlap=2, state=workspace.root).project


@pytest.fixture
def pull_all(server, ledger, workspace, project):
    return lambda **options: pull(server, ledger, state=workspace.root, **options)


@pytest.fixture
def tasks(fake, project):
    return list(fake.of(project).values())


@pytest.fixture
def push_batch(server, ledger, corpus, labels, workspace):
    def run(batch=corpus, name="first", labels=labels, overlap=2, migrate=None):
        return push(server, ledger, batch, name, labels, overlap=overlap, state=workspace.root, migrate=migrate)

    return run
