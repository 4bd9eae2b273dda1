"""The README's lines run, and show what they show there.

Blocks that need a server are read but not run (tests/e2e runs the same steps). Those that need labels are run after
the 15 sentences were answered in the ledger as the guideline answers them.
"""

import doctest
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from command_lines import parsed

from corpus import tables
from corpus.console import ROOT
from corpus.labels import load_labels
from labeling.ledger.ledger import Answer, Ledger

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?:<!-- (needs a server|needs labels) -->\n)?```console\n(.*?)```", re.S)
RUN_ID = re.compile(r"seed-v1-hybrid-[0-9a-f]{8}")


@dataclass(frozen=True)
class Step:
    """A line after a prompt, what the README shows below it, and what its block needs."""

    line: str
    shown: str
    needs: str


def steps() -> list[Step]:
    return [
        Step(command.partition("\n")[0], command.partition("\n")[2], needs)
        for needs, text in BLOCK.findall(README)
        for command in text.removeprefix("$ ").split("\n$ ")
    ]


STEPS = steps()
RUN = [step for step in STEPS if step.needs != "needs a server"]


def answer_as_the_guideline(workspace: Path) -> None:
    labels = load_labels(ROOT / "configs" / "labels.yaml")
    worked = {example.text: example.answers for example in labels.worked_examples}
    sentences = tables.read(workspace / "corpus" / "sentences.parquet", tables.SENTENCES)
    when = datetime(2026, 1, 1, tzinfo=UTC)
    ledger = Ledger(workspace / "ledger.db")
    with ledger.writing() as connection:
        answers = [
            Answer("a server", str(number), question, row.sentence_id, "ann@example.com", worked[row.text][question],
                   "submitted", updated_at=when)
            for number, row in enumerate(sentences.itertuples())
            for question in labels.enabled
        ]  # fmt: skip
        ledger.record(connection, answers)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, subprocess.CompletedProcess[str]]:
    """Line -> how it ended, run in the order of the README in one workspace."""
    workspace = tmp_path_factory.mktemp("readme") / "workspace"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STANCE_", "LABEL_STUDIO_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    env = kept | {"PATH": path, "STANCE_WORKSPACE": str(workspace)}
    found = {}
    for step in RUN:
        if step.needs == "needs labels" and not (workspace / "ledger.db").exists():
            answer_as_the_guideline(workspace)
        words = shlex.split(_own_run(step.line, workspace))
        found[step.line] = subprocess.run(
            words,
            env=env,
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
    return found


def _own_run(line: str, workspace: Path) -> str:
    """``line`` with the run that this workspace has: its ID follows from times and accounts."""
    runs = [folder.name for folder in (workspace / "runs").glob("seed-*")]
    return RUN_ID.sub(runs[0], line) if runs else line


def test_the_readme_goes_the_whole_way() -> None:
    named = [" ".join(step.line.split()[1:3]) for step in STEPS]
    wanted = "corpus build, corpus stats, corpus sample, label serve, label annotators, label pull"
    wanted += ", label agreement, label aggregate, label release, train fit, train evaluate, train report"
    places = [named.index(name) for name in wanted.split(", ")]
    assert places == sorted(places)
    assert len(RUN) >= 10


@pytest.mark.parametrize("step", RUN, ids=lambda step: step.line)
def test_line_runs_and_shows_what_the_readme_shows(step: Step, said) -> None:
    done = said[step.line]
    assert done.returncode == 0, done.stdout
    shown = re.sub(r"fitted in [\d.]+ s", "fitted in ... s", RUN_ID.sub("RUN", step.shown.strip()))
    got = RUN_ID.sub("RUN", done.stdout.strip())
    assert doctest.OutputChecker().check_output(shown, got, doctest.ELLIPSIS), f"README:\n{shown}\ngot:\n{got}"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.line)
def test_line_parses(step: Step) -> None:
    words = shlex.split(step.line)
    if words[0] == "make":
        target, *variables = words[1:]
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)
        arguments = dict(variable.split("=", 1) for variable in variables).get("ARGS", "")
        parsed(f"stance demo {arguments}")
    else:
        parsed(step.line)


def test_a_line_that_cannot_be_run_does_not_parse() -> None:
    for line in ("stance corpus sample 15 --nonsense", "stance corpus nonsense", "stance label push"):
        with pytest.raises(click.UsageError):
            parsed(line)


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert "docs/images/flow.svg" in links
    assert not [link for link in links if not (ROOT / link).exists()]


def test_pictures_are_small() -> None:
    for name in ("labeling.png", "report.png"):
        image = (ROOT / "docs" / "images" / name).read_bytes()
        assert len(image) < 150_000
        assert int.from_bytes(image[16:20], "big") == 1280


def test_the_label_file_loads(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.S)
    path = tmp_path / "labels.yaml"
    path.write_text(text, encoding="utf-8")
    assert list(load_labels(path).enabled["climate"].labels) == ["agree", "neutral", "disagree"]


def python_lines(number: int) -> str:
    return re.findall(r"```python\n(.*?)```", README, re.S)[number]


def test_the_python_lines_run() -> None:
    words = [sys.executable, "-c", python_lines(0)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "Stoltenberg" in done.stdout or "Russian" in done.stdout


def test_from_an_export_to_a_report(tmp_path: Path) -> None:
    texts = {
        "pro-Russia": "Moscow was right to answer the reckless provocation of the West",
        "pro-US": "Washington rightly condemned the brutal aggression of the Kremlin",
        "neutral": "Delegations met and the talks will go on tomorrow",
    }
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    places = ["Vienna", "Geneva", "Ankara", "Oslo", "Rome"]
    export = []
    for number, (day, place) in enumerate((day, place) for day in days for place in places):
        stance = list(texts)[number % 3]
        chosen = {"stance": stance, "source_type": "government" if number % 2 else "none"}
        result = [
            {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [label]}}
            for name, label in chosen.items()
        ]
        words = {"text": f"On {day} in {place}: {texts[stance]}."}
        annotations = [{"id": 2 * number + who, "completed_by": who, "result": result} for who in (0, 1)]
        export.append({"id": number, "data": words, "annotations": annotations})
    (tmp_path / "export.json").write_text(json.dumps(export))
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    env = os.environ | {"STANCE_WORKSPACE": str(tmp_path / "workspace"), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", python_lines(1)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=env, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"stance +0 +pro-Russia", done.stdout)
    report = Path(done.stdout.split()[-1])
    assert "macro-F1" in report.read_text(encoding="utf-8")
