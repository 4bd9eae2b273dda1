"""``stance label aggregate`` and ``release``, from a ledger made by hand."""

import pandas as pd
import pytest
from ledger_rows import answer

from corpus import tables
from corpus.console import ROOT
from corpus.versions import dataset


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
    assert list(manifest["labels"]["questions"]["stance"]["labels"]) == ["a", "b", "c"]
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
