"""Our labels for other tools: each format both ways, what is left out and why, nothing twice, no formula."""

import csv

import pandas as pd
import pytest
from exchange_samples import LABELS, TEXTS
from hypothesis import given as given_that
from hypothesis import settings
from hypothesis import strategies as st
from ledger_rows import answer

from corpus.errors import TooFewLabels
from corpus.labels import Labels
from labeling.exchange.answer import KINDS
from labeling.exchange.delimited import escaped, unescaped
from labeling.exchange.read import FORMATS
from labeling.exchange.save import Saved, save
from labeling.ledger import label_versions
from labeling.ledger.ledger import Ledger
from labeling.studio.migration import LabelChange

COMPARED = [
    "sentence_id", "annotator", "question", "label", "state", "created_at", "lead_time_s", "suggestion", "skip_reason",
    "kind", "cue", "notes", "labels_version",
]  # fmt: skip


def everything(ledger: Ledger) -> pd.DataFrame:
    return ledger.annotations(KINDS, more=("cue", "notes"))


def content(ledger: Ledger) -> pd.DataFrame:
    frame = everything(ledger)
    return frame[frame["state"] != "deleted"][COMPARED].sort_values(COMPARED[:3], ignore_index=True)


@pytest.mark.parametrize("form", FORMATS)
def test_what_goes_out_comes_back_the_same(form, tmp_path, filled, bring, sentences, documents):
    path = tmp_path / ("out.csv" if form == "csv" else "out.json")
    saved = save(path, form, everything(filled), LABELS, sentences, documents)
    skips = {"a skip, which label-studio-min cannot tell": 2} if form == "label-studio-min" else {}
    assert saved == Saved(4 * len(TEXTS) - sum(skips.values()), {"deleted": 1} | skips)
    other = Ledger(tmp_path / "other.db")
    done = bring(path, into=other)
    assert done.skipped == {}
    wanted = content(filled)
    if form == "label-studio-min":
        wanted = wanted[wanted["state"] == "submitted"].reset_index(drop=True)
    pd.testing.assert_frame_equal(content(other), wanted)
    again = bring(path, into=other)
    assert (again.new, again.changed) == (0, 0)
    assert len(everything(other)) == len(wanted), "twice did something"


@pytest.mark.parametrize("form", FORMATS)
def test_our_own_export_is_no_second_answer_where_it_came_from(form, tmp_path, filled, bring, sentences, documents):
    path = tmp_path / "out.json"
    save(path, form, everything(filled), LABELS, sentences, documents)
    before = len(everything(filled))
    done = bring(path, form=form)
    assert (done.new, done.changed, done.known) == (0, 0, done.rows)
    assert len(everything(filled)) == before


def test_no_cell_of_a_csv_is_a_formula(tmp_path, filled, sentences, documents):
    path = tmp_path / "out.csv"
    save(path, "csv", everything(filled), LABELS, sentences, documents)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 4 * len(TEXTS) + 1
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert any(cell.startswith("'=cmd") for row in rows for cell in row)


@given_that(st.text(st.sampled_from("'=+-@\t\r\nab"), max_size=6))
@settings(max_examples=300)
def test_escaping_can_be_undone_and_leaves_no_formula(text):
    assert unescaped(escaped(text)) == text
    assert escaped(text)[:1] not in list("=+-@\t\r\n")


def test_one_question_and_an_empty_ledger(tmp_path, filled, sentences, documents):
    out = tmp_path / "out.csv"
    assert save(out, "csv", everything(filled), LABELS, sentences, documents, question="source").rows == 16
    none = everything(filled).iloc[:0]
    with pytest.raises(TooFewLabels, match="no answer to stance, source"):
        save(tmp_path / "none.csv", "csv", none, LABELS, sentences, documents)
    assert not (tmp_path / "none.csv").exists()


def test_what_no_format_can_write_is_counted(tmp_path, ledger, sentences, documents):
    later = Labels.model_validate({"questions": {"stance": {"labels": {"a": {}, "-b": {}}}}})
    answers = [answer(0), answer(1, question="mood"), answer(2, "left", labels_version="v"), answer(3, state="deleted")]
    with ledger.writing() as connection:
        ledger.record(connection, answers)
        label_versions.record(connection, [LabelChange("v", "w", "stance", "left", None)])
    done = save(tmp_path / "out.csv", "csv", everything(ledger), later, sentences, documents)
    assert done == Saved(1, {
        "deleted": 1, "the question is not configured any more": 1, "to be labelled again since the labels changed": 1,
    })  # fmt: skip


def test_an_answer_that_names_a_version_keeps_it_and_is_mapped_once(tmp_path, ledger, bring):
    """What a file says reads in today's labels: a map that this ledger has must not be applied to it again."""
    with ledger.writing() as connection:
        label_versions.record(connection, [LabelChange("old", "new", "source", "x", "y")])
    path = tmp_path / "long.csv"
    rows = [("r0", "ann", "old"), ("r1", "ann", "elsewhere"), ("r2", "ann", "")]
    path.write_text(
        "id,annotator,question,label,labels_version\n"
        + "".join(f"{name},{who},source,x,{version}\n" for name, who, version in rows)
    )
    assert bring(path).new == 3
    found = ledger.annotations().set_index("sentence_id")
    assert found["label"].to_dict() == {"s0": "x", "s1": "x", "s2": "x"}
    assert found["labels_version"].to_dict() == {"s0": "new", "s1": "elsewhere", "s2": LABELS.version}


def test_hidden_gold_is_no_vote_after_a_round_trip(tmp_path, filled, bring, sentences, documents):
    path = tmp_path / "out.csv"
    save(path, "csv", everything(filled), LABELS, sentences, documents)
    other = Ledger(tmp_path / "other.db")
    bring(path, into=other)
    assert set(other.annotations()["sentence_id"]) == {f"s{n}" for n in (0, 1, 5, 6, 7)}


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        ("prodigy", '"spans": [{"start": 0, "end": 5, "text": "Plain", "label": "evidence"}'),
        ("label-studio", '"value": {"start": 0, "end": 5, "text": "Plain", "labels": ["evidence"]}'),
        ("label-studio-min", '"evidence": [{"start": 0, "end": 5, "text": "Plain", "labels": ["evidence"]}'),
        ("doccano", '"evidence": [[0, 5, "Plain"], [6, 10, "text"]]'),
    ],
)
def test_evidence_stands_where_each_tool_looks_for_it(form, kept, tmp_path, filled, sentences, documents):
    path = tmp_path / "out"
    save(path, form, everything(filled), LABELS, sentences, documents)
    assert kept in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("evidence", "[[1, 2]]", "evidence is no list of [start, end, words]"),
        ("evidence", "here", "evidence is no list of [start, end, words]"),
        ("labels_version", "=1+1 or so", "labels_version: expected letters, digits and .-_, at most 64"),
        ("kind", "training", "kind training: expected one of normal, gold, retest, adjudication"),
    ],
)
def test_notes_that_cannot_be_read_are_counted(column, value, told, tmp_path, bring):
    path = tmp_path / "long.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["id", "annotator", "question", "label", column], ["r0", "ann", "stance", "a", value]]
        )
    assert bring(path).skipped == {told: 1}
