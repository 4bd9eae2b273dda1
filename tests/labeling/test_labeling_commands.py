"""The ``stance label`` commands that need no server, from a ledger made by hand; and what all commands share."""

import re
import shutil
import subprocess
import sys

import click
import pytest
from ledger_rows import answer

from corpus.console import ROOT
from corpus.versions import dataset
from labeling.cli import group
from labeling.ledger import label_versions
from labeling.ledger.ledger import Project


def commands(found: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    made = []
    for name, command in found.commands.items():
        inner = isinstance(command, click.Group)
        made += commands(command, (*path, name)) if inner else [((*path, name), command)]
    return made


ALL = commands(group)
_ARGUMENTS = {
    "push": ["first"], "release": ["demo"], "add": ["ann@example.com"], "import": ["a.csv"], "export": ["a.csv"],
    "assign": ["first", "ann@example.com"],
}  # fmt: skip


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_every_command_takes_what_all_share_and_its_help_ends_with_an_example(stance_command, path, command):
    options = {name for parameter in command.params for name in parameter.opts}
    assert options >= {"--workspace", "--json", "--verbose", "-v", "--quiet", "-q", "--labels"}
    helped = stance_command("label", *path, "--help")
    assert helped.code == 0
    *_, before, example = [line.strip() for line in helped.out.splitlines() if line.strip()]
    assert before == "Example:"
    assert example.startswith(f"stance label {' '.join(path)}")


@pytest.mark.parametrize("path", [path for path, _ in ALL], ids=" ".join)
def test_every_command_refuses_a_labels_file_that_is_wrong(stance_command, corpus, tmp_path, path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("questions: {stance: {labels: {a: {color: red}, b: {}}}}")
    arguments = _ARGUMENTS.get(path[-1], [])
    ended = stance_command("label", *path, *arguments, "--labels", bad)
    assert ended.code == 2
    assert "bad.yaml: questions.stance.labels.a.color: unknown key" in ended.err


def test_agreement(stance_command, labelled, labels_file):
    done = stance_command("label", "agreement", "--question", "stance", "--labels", labels_file, "--json")
    assert done.code == 0
    record = done.record
    assert set(record) >= {"question", "alpha", "ac1", "pairwise", "items", "annotators"}
    assert (record["question"], record["items"], record["annotators"]) == ("stance", 40, 3)
    assert set(record["alpha"]) >= {"value", "low", "high"}
    assert 0.8 < record["alpha"]["low"] < record["alpha"]["value"] < 1
    assert len(record["pairwise"]) == 3
    again = stance_command("label", "agreement", "--labels", labels_file, "--json")
    assert again.out == done.out, "the first question is the default, and the draws are seeded"


def test_agreement_for_people(stance_command, labelled, labels_file):
    said = stance_command("label", "agreement", "--labels", labels_file).out
    assert "stance: 40 sentences, 40 by two or more; 3 annotators" in said
    kappas = [line for line in said.splitlines() if line.startswith("kappa")]
    assert len(kappas) == 3
    assert not [line for line in kappas if "no variation" in line]


@pytest.mark.parametrize("level", ["ordinal", "interval"])
def test_agreement_at_another_level(stance_command, labelled, labels_file, level):
    record = stance_command("label", "agreement", "--level", level, "--labels", labels_file, "--json").record
    assert record["level"] == level
    assert record["alpha"]["value"] < 1


def test_agreement_by_a_column_adds_up(stance_command, labelled, labels_file):
    record = stance_command("label", "agreement", "--by", "outlet", "--labels", labels_file, "--json").record
    assert len(record["by"]) > 5
    assert sum(part["items"] for part in record["by"].values()) == 40
    said = stance_command("label", "agreement", "--by", "outlet", "--labels", labels_file)
    assert said.code == 0
    assert "alpha, outlet" in said.out


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--by", "colour"], 2, "no column 'colour' in the documents; there are: "),
        (["--question", "mood"], 2, "no question 'mood' in the label configuration; there are: stance"),
        (["--level", "ratio"], 2, "'nominal', 'ordinal', 'interval'"),
    ],
)
def test_agreement_on_what_there_is_not(stance_command, labelled, labels_file, options, code, told):
    ended = stance_command("label", "agreement", "--labels", labels_file, *options)
    assert ended.code == code
    assert told in ended.err


@pytest.mark.parametrize("arguments", [["agreement"], ["quality", "--html"], ["export"]], ids=lambda a: a[0])
def test_a_ledger_without_a_corpus(stance_command, labelled, labels_file, workspace, tmp_path, arguments):
    """As after `restore` into an empty workspace: a sentence of which nothing is known stands for itself."""
    whole = stance_command("label", "agreement", "--labels", labels_file, "--json").record
    shutil.rmtree(workspace.corpus)
    file = [tmp_path / "out"] if arguments != ["agreement"] else []
    done = stance_command("label", *arguments, *file, "--labels", labels_file, "--json")
    assert done.code == 0, done.err
    assert "no corpus in this workspace" in done.err
    if arguments == ["agreement"]:
        assert done.record["alpha"]["value"] == whole["alpha"]["value"]
    elif arguments == ["export"]:
        assert done.record["rows"] == 121
    else:
        assert {row["hurried"] for row in done.record["annotators"]} == {None}


def test_agreement_and_gold_with_other_labels_than_the_ledgers(stance_command, labelled, ledger, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text("questions: {stance: {labels: {a: {}, b: {}}}}")
    ended = stance_command("label", "agreement", "--labels", other, "--json")
    assert ended.code == 0
    assert "left out of stance: " in ended.err
    assert "'c', a label that the configuration does not know" in ended.err
    assert ended.record["left_out"] == [line for line in ended.err.splitlines() if "left out" in line]
    refused = stance_command("label", "aggregate", "--labels", other)
    assert refused.code == 1
    assert "no map says how they read: stance: c (41). Put the labels back" in refused.err
    with ledger.writing() as connection:
        label_versions.know(connection, "v", {"stance": ["a", "b"]})
    told = stance_command("label", "aggregate", "--labels", other)
    assert (told.code, "'c'" in told.err) == (0, True), "of what never was a label there is but a note"
    released = stance_command("label", "release", "two", "--labels", other, "--json").record
    assert set(dataset.load(ROOT / released["dataset"]).gold["label"].dropna()) == {"a", "b"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["agreement"], "no answer to stance in the ledger yet"),
        (["aggregate"], "no submitted label"),
        (["release", "demo"], "stance label aggregate"),
    ],
)
def test_before_anything_was_labelled(stance_command, corpus, labels_file, arguments, told):
    ended = stance_command("label", *arguments, "--labels", labels_file)
    assert ended.code == 1
    assert told in ended.err


def test_status_before_anything_was_labelled(stance_command):
    nothing = {"progress": [], "agreement": [], "left_out": []}
    assert stance_command("label", "status", "--json").record == nothing
    assert "nothing was pulled yet" in stance_command("label", "status").out


def test_status(stance_command, labelled, labels_file):
    record = stance_command("label", "status", "--labels", labels_file, "--json").record
    progress = {row["annotator"]: row for row in record["progress"]}
    assert progress["ann@example.com"] == {
        "batch": "first", "annotator": "ann@example.com", "sentences": 40, "submitted": 40, "skipped": 0,
        "median_seconds": 3.5,
    }  # fmt: skip
    assert (progress["cy@example.com"]["submitted"], progress["cy@example.com"]["skipped"]) == (0, 1)
    assert progress["cy@example.com"]["median_seconds"] is None
    said = stance_command("label", "status", "--labels", labels_file).out
    assert "40 of 40 labelled, 0 skipped, median 3.5 s" in said


def test_status_has_the_agreement_so_far_of_each_batch(stance_command, labelled, labels_file, ledger):
    with ledger.writing() as connection:
        ledger.record(connection, [answer("other", "a", project="2")])
        ledger.remember(connection, Project("server", "2", "second", "v", None))
    first, second = stance_command("label", "status", "--labels", labels_file, "--json").record["agreement"]
    whole = stance_command("label", "agreement", "--by", "batch", "--labels", labels_file, "--json").record
    assert first == {
        "batch": "first", "question": "stance", "alpha": whole["by"]["first"]["alpha"], "items": 40,
        "items_with_overlap": 40, "annotators": 3,
    }  # fmt: skip
    assert (second["batch"], second["alpha"]["value"]) == ("second", None)
    said = stance_command("label", "status", "--labels", labels_file).out
    assert re.search(r"^first +alpha of stance: 0\.9\d\d \[.*, 40 sentences by two or more$", said, re.M)
    assert re.search(r"^second +alpha of stance: undefined \(", said, re.M)
    assert "left out of stance: " in stance_command("label", "status").err, "of labels that are not configured"


def test_status_is_watched_until_it_is_stopped(stance_command, labelled, labels_file, ledger, monkeypatch):
    waits = []

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 2:
            raise KeyboardInterrupt
        with ledger.writing() as connection:
            ledger.record(connection, [answer("late", "a", annotator="[red]dan", sentence_id="other")])

    monkeypatch.setattr("labeling.cli.status.time.sleep", wait)
    monkeypatch.setenv("COLUMNS", "120")
    ended = stance_command("label", "status", "--watch", "--labels", labels_file)
    assert ended.code == 0
    assert re.search(r"first +│ \[red\]dan +│ +1 of 40 ", ended.out)
    assert re.search(r"first +│ stance +│ 0\.9\d\d \[", ended.out)


@pytest.mark.parametrize("option", ["--json", "--quiet"])
def test_status_is_watched_by_people_only(stance_command, labelled, option):
    ended = stance_command("label", "status", "--watch", option)
    assert (ended.code, ended.out) == (2, "")
    assert "--watch shows a table until Ctrl-C, and goes with neither --json nor --quiet" in ended.err


@pytest.mark.filterwarnings("error")
def test_status_of_answers_without_times(stance_command, ledger):
    with ledger.writing() as connection:
        ledger.record(connection, [answer(number, lead_time_s=None) for number in range(3)])
        ledger.remember(connection, Project("server", "1", "first", "v", None))
    (row,) = stance_command("label", "status", "--json").record["progress"]
    assert (row["submitted"], row["median_seconds"]) == (3, None)


def test_quiet_says_nothing(stance_command, labelled, labels_file):
    for arguments in (["agreement"], ["aggregate"], ["status"]):
        done = stance_command("label", *arguments, "--labels", labels_file, "--quiet")
        assert (done.code, done.out, done.err) == (0, "", "")


def test_guideline(stance_command, labels_file, workspace):
    done = stance_command("label", "guideline", "--labels", labels_file, "--json")
    assert done.record["guideline"] == str(workspace.root / "guideline.html")
    assert "<html" in (workspace.root / "guideline.html").read_text(encoding="utf-8")


def test_what_needs_no_server_loads_no_client():
    modules = [
        "exchange.load", "exchange.read", "exchange.save", "gold.aggregate", "gold.release", "gold.suspects",
        "ledger.backup", "ledger.history", "people.status", "quality.measure", "quality.page", "quality.report",
    ]  # fmt: skip
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module('labeling.' + name)\n"
        "print(*sorted({'label_studio_sdk', 'crowdkit', 'django'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""
