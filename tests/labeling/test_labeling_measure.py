"""Agreement by question, label, batch, week and column, each part against the same figures computed alone; the bar."""

from datetime import timedelta

import pandas as pd
import pytest
from ledger_rows import NOON, answer

from corpus.errors import CheckFailed, TooFewLabels, UsageError
from labeling.ledger.ledger import Project
from labeling.quality.agreement import agreement
from labeling.quality.measure import measure, require

PEOPLE = ("ann@example.com", "bob@example.com")


@pytest.fixture
def labelled(corpus, ledger):
    """Two people in two batches on 40 sentences; they part ways in the second week, and over label c."""
    answers = []
    for number, sentence in enumerate(corpus["sentence_id"]):
        late = number >= 20
        for who, person in enumerate(PEOPLE):
            label = "abc"[number % 3]
            if who == 1 and (label == "c" or (late and number % 2)):
                label = "a"
            at = NOON + timedelta(days=7 * late + who)
            fields = {"sentence_id": sentence, "annotator": person, "project": "2" if late else "1"}
            fields |= {"created_at": at, "updated_at": at}
            answers.append(answer(f"{number}.{who}", label, **fields))
            answers.append(answer(f"{number}.{who}", "xy"[number % 2], question="source", **fields))
    with ledger.writing() as connection:
        ledger.record(connection, answers)
        ledger.remember(connection, Project("server", "1", "first", "v", None))
        ledger.remember(connection, Project("server", "2", "second", "v", None))
    return corpus


@pytest.fixture
def measured(workspace, labels, labelled):
    def run(by, question="stance", level="nominal"):
        return measure(workspace, labels, question, by=by, level=level, draws=100, seed=1)

    return run


def test_by_week_shows_the_drift(measured):
    record = measured("week")
    # 1 January 2026 is in the first week; Bob answers a day later than Ann, and the last answer counts.
    assert list(record["by"]) == ["2026-W01", "2026-W02"]
    assert [part["items"] for part in record["by"].values()] == [20, 20]
    first, second = (part["alpha"]["value"] for part in record["by"].values())
    assert first > second + 0.2


def test_by_batch_is_by_project(measured, ledger):
    record = measured("batch")
    assert {name: part["items"] for name, part in record["by"].items()} == {"first": 20, "second": 20}
    with ledger.writing() as connection:
        ledger.record(
            connection, [answer("i", "a", server="import", project=None, sentence_id="old", annotator="cy@example.com")]
        )
    assert measured("batch")["by"]["(imported)"]["items"] == 1


def test_by_label_sets_each_against_all_others(measured, ledger, labels):
    record = measured("label", level="ordinal")
    assert list(record["by"]) == ["a", "b", "c"]
    assert {part["level"] for part in record["by"].values()} == {"nominal"}
    assert record["by"]["c"]["alpha"]["value"] < record["by"]["b"]["alpha"]["value"]
    votes = ledger.annotations().query("question == 'stance'")
    votes = votes.assign(label=(votes["label"] == "b").map({True: "b", False: "rest"}), doc_id=votes["sentence_id"])
    alone = agreement(votes, ["b", "rest"], "stance", draws=100)
    assert record["by"]["b"]["alpha"]["value"] == pytest.approx(alone.alpha.value)
    assert record["by"]["b"]["raw"]["value"] == pytest.approx(alone.raw.value)


def test_by_question_gives_what_each_gives_alone(measured):
    record = measured("question")
    assert list(record["by"]) == ["stance", "source"]
    for name, part in record["by"].items():
        assert part["alpha"] == measured(None, question=name)["alpha"]
    assert record["by"]["source"]["alpha"]["value"] == 1.0


def test_by_a_column_of_the_source(measured, workspace):
    path = workspace.corpus / "documents.parquet"
    pd.read_parquet(path).assign(x_desk="foreign").to_parquet(path)
    assert measured("desk")["by"]["foreign"]["items"] == 40
    with pytest.raises(UsageError, match="no column 'colour' in the documents; there are"):
        measured("colour")


def test_the_bar():
    record = {"question": "stance", "alpha": {"value": 0.5}}
    require(record, 0.5)
    with pytest.raises(CheckFailed, match=r"agreement on stance: alpha is 0\.500, the bar is 0\.600"):
        require(record, 0.6)
    with pytest.raises(CheckFailed, match="alpha is undefined"):
        require({"question": "stance", "alpha": {"value": None}}, 0.0)


def test_the_bar_is_an_exit_code(stance_command, labelled, labels, tmp_path):
    path = tmp_path / "labels.yaml"
    path.write_text("questions: {stance: {labels: {a: {}, b: {}, c: {}}}}")
    ended = stance_command("label", "agreement", "--labels", path, "--at-least", "0.99", "--json")
    assert (ended.code, ended.record["question"]) == (3, "stance")
    assert "the bar is 0.990" in ended.err
    assert stance_command("label", "agreement", "--labels", path, "--at-least", "0.1").code == 0


def test_a_question_that_nobody_answered(measured, workspace, labels, ledger):
    record = measured("question")
    assert set(record["by"]) == {"stance", "source"}
    more = labels.model_copy(update={"questions": {**labels.questions, "mood": labels.questions["source"]}})
    with pytest.raises(TooFewLabels, match="no answer to mood in the ledger yet"):
        measure(workspace, more, "mood", by=None, level="nominal", draws=100, seed=1)
