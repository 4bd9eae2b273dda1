"""The ``stance label`` commands that need no server, from a ledger made by hand; and what all commands share."""

import click
import pandas as pd
import pytest
import yaml
from ledger_rows import answer

from corpus import dataset, tables
from corpus.console import ROOT
from labeling.cli import group
from labeling.ledger.ledger import Project

PEOPLE = ("ann@example.com", "bob@example.com", "annotator-1@simulated.invalid")
LABELS = {"a": {}, "b": {}, "c": {}}


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


def test_agreement_with_other_labels_than_the_ledgers(stance_command, labelled, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text("questions: {stance: {labels: {a: {}, b: {}}}}")
    ended = stance_command("label", "agreement", "--labels", other, "--json")
    assert ended.code == 0
    assert "left out of stance: " in ended.err
    assert "'c', a label that the configuration does not know" in ended.err
    assert ended.record["left_out"] == [line for line in ended.err.splitlines() if "left out" in line]
    told = stance_command("label", "aggregate", "--labels", other)
    assert "'c'" in told.err
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
    assert stance_command("label", "status", "--json").record == {"progress": []}
    assert "nothing was pulled yet" in stance_command("label", "status").out


def test_aggregate(stance_command, labelled, labels_file, workspace):
    done = stance_command("label", "aggregate", "--labels", labels_file, "--json")
    assert done.code == 0
    assert done.record == {"gold": 39, "ties": 1, "method": "majority", "adjudicated": 0}
    gold = tables.read(workspace.gold, tables.GOLD).set_index("sentence_id")
    first, second, third = labelled["sentence_id"].iloc[:3]
    assert pd.isna(gold.loc[first, "label"])
    assert (gold.loc[second, "label"], gold.loc[second, "votes"]) == ("b", 3)
    assert gold.loc[third, "votes"] == 3, "a skip is no vote"
    before = workspace.gold.read_bytes()
    assert stance_command("label", "aggregate", "--labels", labels_file).code == 0
    assert workspace.gold.read_bytes() == before


def test_aggregate_refuses_an_unknown_method(stance_command, labelled, labels_file):
    assert stance_command("label", "aggregate", "--method", "coin", "--labels", labels_file).code == 2


def test_release(stance_command, labelled, labels_file, workspace):
    stance_command("label", "aggregate", "--labels", labels_file)
    done = stance_command("label", "release", "demo", "--labels", labels_file, "--json")
    assert done.code == 0
    record = done.record
    assert set(record) >= {"dataset", "version", "items", "sha256"}
    assert (record["version"], record["items"]) == ("v1", 40)
    assert record["dataset"] == str(workspace.datasets / "demo" / "v1")
    again = stance_command("label", "release", "demo", "--labels", labels_file, "--json").record
    assert again == record, "the same content keeps its version"

    frozen = dataset.load(workspace.datasets / "demo" / "v1")
    manifest = frozen.manifest
    assert list(manifest["labels"]["questions"]["stance"]["labels"]) == list(LABELS)
    assert manifest["simulated_annotators"] == ["annotator-1@simulated.invalid"]
    assert manifest["agreement"]["stance"]["items"] == 40
    tie = labelled["sentence_id"].iloc[0]
    assert frozen.gold.set_index("sentence_id")["label"].isna().to_dict()[tie]
    assert frozen.gold["label"].isna().sum() == 1
    assert len(frozen.annotations) == 121
    assert set(frozen.split["sentence_id"]) == set(labelled["sentence_id"])


def test_release_of_other_answers_is_another_version(stance_command, labelled, labels_file, ledger):
    stance_command("label", "aggregate", "--labels", labels_file)
    first = stance_command("label", "release", "demo", "--labels", labels_file, "--json").record
    more = answer("late", "a", sentence_id=labelled["sentence_id"].iloc[0], annotator="dan@example.com")
    with ledger.writing() as connection:
        ledger.record(connection, [more])
    stale = stance_command("label", "release", "demo", "--labels", labels_file)
    assert stale.code == 1
    assert "1 of 40 differ" in stale.err
    assert "stance label aggregate" in stale.err
    stance_command("label", "aggregate", "--labels", labels_file)
    second = stance_command("label", "release", "demo", "--labels", labels_file, "--json").record
    assert second["version"] == "v2"
    assert second["sha256"] != first["sha256"]
    assert not dataset.load(ROOT / second["dataset"]).gold["label"].isna().any()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["../up"], 2, "dataset name '../up' is not allowed"),
        (["demo", "--split", "colour"], 2, "colour"),
        (["demo", "--split", "column:nope"], 2, "nope"),
        (["demo", "--seed", "-1"], 2, "--seed"),
    ],
)
def test_release_with_wrong_usage(stance_command, labelled, labels_file, workspace, arguments, code, told):
    stance_command("label", "aggregate", "--labels", labels_file)
    ended = stance_command("label", "release", *arguments, "--labels", labels_file)
    assert ended.code == code
    assert told in ended.err
    assert not list(workspace.datasets.glob("*/v*"))


def test_release_when_the_corpus_no_longer_holds_what_was_labelled(stance_command, labelled, labels_file, workspace):
    stance_command("label", "aggregate", "--labels", labels_file)
    path = workspace.corpus / "sentences.parquet"
    sentences = tables.read(path, tables.SENTENCES)
    tables.write(sentences[~sentences["sentence_id"].isin(labelled["sentence_id"])], path, tables.SENTENCES)
    ended = stance_command("label", "release", "demo", "--labels", labels_file)
    assert ended.code == 1
    assert "nothing to release: none of the" in ended.err
    assert "40 with gold" in ended.err


def test_status(stance_command, labelled):
    progress = {row["annotator"]: row for row in stance_command("label", "status", "--json").record["progress"]}
    assert progress["ann@example.com"] == {
        "batch": "first", "annotator": "ann@example.com", "sentences": 40, "submitted": 40, "skipped": 0,
        "median_seconds": 3.5,
    }  # fmt: skip
    assert (progress["cy@example.com"]["submitted"], progress["cy@example.com"]["skipped"]) == (0, 1)
    assert progress["cy@example.com"]["median_seconds"] is None
    said = stance_command("label", "status").out
    assert "40 of 40 labelled, 0 skipped, median 3.5 s" in said


def test_quiet_says_nothing(stance_command, labelled, labels_file):
    for arguments in (["agreement"], ["aggregate"], ["status"]):
        options = [] if arguments == ["status"] else ["--labels", labels_file]
        done = stance_command("label", *arguments, *options, "--quiet")
        assert (done.code, done.out, done.err) == (0, "", "")


def test_guideline(stance_command, labels_file, workspace):
    done = stance_command("label", "guideline", "--labels", labels_file, "--json")
    assert done.record["guideline"] == str(workspace.root / "guideline.html")
    assert "<html" in (workspace.root / "guideline.html").read_text(encoding="utf-8")


def test_a_sealed_test_set_is_what_a_release_tests_on(stance_command, labelled, labels_file, workspace):
    frame = pd.read_parquet(workspace.batches / "first.parquet")
    tables.write(frame.iloc[:8], workspace.batches / "test.parquet", tables.BATCH)
    stance_command("label", "aggregate", "--labels", labels_file)
    ended = stance_command("label", "release", "demo", "--labels", labels_file, "--json")
    assert "the test is the sealed test set: 8 sentences" in ended.err
    split = dataset.load(ROOT / ended.record["dataset"]).split
    assert set(split.loc[split["split"] == "test", "sentence_id"]) == set(frame["sentence_id"][:8])


def test_a_label_given_once_does_not_stop_the_release_of_a_handful(stance_command, corpus, labels_file, ledger):
    given = [answer(n, "b" if n == 3 else "a", sentence_id=id_) for n, id_ in enumerate(corpus["sentence_id"])]
    with ledger.writing() as connection:
        ledger.record(connection, given)
    stance_command("label", "aggregate", "--labels", labels_file)
    ended = stance_command("label", "release", "demo", "--labels", labels_file)
    assert ended.code == 0
    assert "label 'b' is missing in" in ended.err


def test_what_was_labelled_with_a_suggestion_in_view_is_not_in_the_test(
    stance_command, labelled, labels_file, workspace, ledger
):
    frame = pd.read_parquet(workspace.batches / "first.parquet")
    tables.write(frame.iloc[:8], workspace.batches / "test.parquet", tables.BATCH)
    seen = frame["sentence_id"].iloc[[2, 5]]
    # A second showing is no vote, and whoever saw the suggestion may have been asked for it only there.
    shown = [
        answer(f"s{n}", "b", sentence_id=s, suggestion=True, kind=k)
        for n, (s, k) in enumerate(zip(seen, ("normal", "retest"), strict=True))
    ]
    with ledger.writing() as connection:
        ledger.record(connection, shown)
    stance_command("label", "aggregate", "--labels", labels_file)
    ended = stance_command("label", "release", "demo", "--labels", labels_file, "--json")
    assert "2 sentences are not in the test (`unused`)" in ended.err
    split = dataset.load(ROOT / ended.record["dataset"]).split.set_index("sentence_id")["split"]
    assert set(split[split == "test"].index) == set(frame["sentence_id"][:8]) - set(seen)
    assert set(split[seen]) == {"unused"}
    with ledger.writing() as connection:
        ledger.record(
            connection,
            [
                answer(f"t{n}", "b", sentence_id=s, suggestion=True, annotator="dan@example.com")
                for n, s in enumerate(frame["sentence_id"][:8])
            ],
        )
    stance_command("label", "aggregate", "--labels", labels_file)
    refused = stance_command("label", "release", "demo", "--labels", labels_file)
    assert refused.code == 1
    assert "all 8 test sentences were labelled with a model's suggestion in view" in refused.err
