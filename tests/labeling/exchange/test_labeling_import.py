"""Labels from other tools: what is matched with which sentence, what is left out and why, nothing twice."""

import json

import pandas as pd
import pytest
from exchange_samples import LABELS
from ledger_rows import NOON

from corpus import tables
from corpus.errors import InputError, UsageError
from labeling.exchange import match
from labeling.exchange.answer import Given
from labeling.gold.aggregate import votes


def test_long_csv_by_each_name_of_a_sentence_and_every_reason(tmp_path, bring, ledger):
    path = tmp_path / "long.csv"
    path.write_text(
        "sentence_id,id,text,annotator,question,label,created_at,lead_time_s\n"
        "s5,,,ann,stance,a,2026-01-02T03:04:05Z,2.5\n"
        ",r0,,ann,stance,a,,\n"
        ",,  Plain   text.\u200b ,bob,stance,a,1767323045,\n"
        "unknown,r2,,ann,stance,a,,\n"
        ",twice,,ann,stance,a,,\n"
        ",,Nobody said this.,ann,stance,a,,\n"
        ",,,ann,stance,a,,\n"
        ",r1,,,stance,a,,\n"
        ",r1,,ann,stance,,,\n"
        ",r1,,ann,mood,a,,\n"
        ",r1,,ann,stance,A,,\n"
        ",r1,,ann,stance,a,yesterday,\n"
        ",r1,,ann,stance,a,,-3\n"
        ",r1,ann\n",
        encoding="utf-8",
    )
    done = bring(path)
    assert (done.rows, done.sentences, done.annotators, done.new) == (14, 4 - 1, 2, 4)
    assert done.skipped == {
        match.SEVERAL: 1,
        match.NO_TEXT: 1,
        match._NO_NAME: 1,
        "no annotator": 1,
        "no label": 1,
        "question 'mood' is not configured": 1,
        "label 'A' is not configured for stance": 1,
        "created_at is not a time": 1,
        "lead_time_s is not a number of seconds": 1,
        "not as many columns as the header": 1,
    }
    assert done.examples["no label"] == "long.csv:10"
    found = ledger.annotations()
    assert set(found["server"]) == {"import"}
    assert set(found["labels_version"]) == {LABELS.version}
    first = found[(found["sentence_id"] == "s5") & (found["annotator"] == "ann")].iloc[0]
    assert (first["created_at"].isoformat(), first["lead_time_s"]) == ("2026-01-02T03:04:05+00:00", 2.5)
    tables.check(found, tables.ANNOTATIONS)


def test_a_corrected_file_changes_what_it_corrects(tmp_path, bring, ledger):
    path = tmp_path / "long.csv"
    path.write_text("id,annotator,question,label\nr0,ann,stance,a\nr1,ann,stance,a\n")
    assert bring(path).new == 2
    path.write_text("id,annotator,question,label\nr0,ann,stance,-b\nr1,ann,stance,a\n")
    done = bring(path)
    assert (done.new, done.changed) == (0, 1)
    assert list(ledger.history("s0")["label"]) == ["a", "-b"]


def test_two_answers_of_one_person_in_one_file_stay_two(tmp_path, bring, ledger):
    path = tmp_path / "long.csv"
    path.write_text("id,annotator,question,label\nr0,ann,stance,a\nr0,ann,stance,-b\n")
    assert bring(path).new == 2
    assert bring(path).new == 0
    assert len(ledger.annotations()) == 2


@pytest.mark.parametrize("moment", ["", "2026-01-02T03:04:05Z"])
def test_of_answers_at_the_same_moment_the_last_in_the_file_counts(tmp_path, bring, ledger, moment):
    path = tmp_path / "long.csv"
    rows = [f"r{n},ann,stance,{label},{moment}" for n in range(6) for label in ("a", "@cmd", "-b")]
    path.write_text("\n".join(["id,annotator,question,label,created_at", *rows]))
    bring(path)
    counted = votes(ledger.annotations(), "stance", list(LABELS.questions["stance"].labels))
    assert counted["label"].tolist() == ["-b"] * 6
    assert bring(path).new == 0


def test_wide_csv(tmp_path, bring, ledger):
    path = tmp_path / "wide.csv"
    path.write_text("id;worker_0;worker_1;note\nr0;a;;x\nr1;-b;a;a\n")
    done = bring(path, question="stance", columns="worker_*")
    assert (done.rows, done.new, done.annotators) == (3, 3, 2)
    assert set(ledger.annotations()["annotator"]) == {"worker_0", "worker_1"}
    with pytest.raises(UsageError, match="--annotator-columns x\\*: no column matches; there are: id, worker_0"):
        bring(path, question="stance", columns="x*")
    with pytest.raises(UsageError, match="needs --question"):
        bring(path, columns="worker_*")
    path.write_text("id;worker_0;worker_0;;\nr0;a;-b;;\n")
    with pytest.raises(InputError, match="more than one column worker_0"):
        bring(path, question="stance", columns="worker_*")
    path.write_text("id;worker_0;;\nr0;a;;\n")
    assert bring(path, question="stance", columns="worker_*").rows == 1, "columns without a name are nobody's"


# As the tools write them, with what they hold beside the answers.
LABEL_STUDIO = [
    {
        "id": 7, "data": {"id": "r0", "text": "elsewhere"}, "predictions": [], "project": 1,
        "annotations": [
            {"id": 1, "completed_by": 3, "was_cancelled": False, "lead_time": 4.25,
             "created_at": "2026-01-01T12:00:00Z", "updated_at": "2026-01-01T12:00:09Z", "result": [
                 {"from_name": "stance", "to_name": "text", "type": "choices", "value": {"choices": ["a"]}},
                 {"from_name": "note", "to_name": "text", "type": "textarea", "value": {"text": ["hm"]}}]},
            {"id": 2, "completed_by": {"id": 4, "email": "bob@example.com"}, "was_cancelled": True, "result": []},
            {"id": 3, "completed_by": 5, "result": [
                {"from_name": "stance", "to_name": "text", "type": "choices", "value": {"choices": ["a", "-b"]}}]},
        ],
    },
    {"id": 8, "data": {"id": "r1"}, "annotations": []},
    "no task",
]  # fmt: skip
LABEL_STUDIO_MIN = [
    {"id": 7, "text": "Plain text.", "annotator": 3, "annotation_id": 1, "created_at": "2026-01-01T12:00:00Z",
     "updated_at": "2026-01-01T12:00:00Z", "lead_time": 2.0, "stance": "a", "note": "hm"},
    {"id": 8, "text": "Plain text.", "annotator": 4, "annotation_id": 2, "stance": {"choices": ["a", "-b"]}},
]  # fmt: skip
PRODIGY = [
    {"text": "Plain text.", "_input_hash": 1, "_task_hash": 2, "options": [{"id": "a", "text": "a"}], "accept": ["a"],
     "answer": "accept", "_timestamp": 1767268800, "_annotator_id": "set-ann", "_session_id": "set-ann"},
    {"text": "Plain text.", "label": "-b", "answer": "accept", "_session_id": None, "_annotator_id": "set-bob"},
    {"text": "Plain text.", "label": "-b", "answer": "reject", "_annotator_id": "set-cy"},
    {"text": "Plain text.", "accept": [], "answer": "ignore", "_annotator_id": "set-di"},
]  # fmt: skip
DOCCANO = [
    {"id": 1, "text": "Plain text.", "label": ["a"], "Comments": []},
    {"id": 2, "text": "Plain text, twice.", "label": []},
]


@pytest.mark.parametrize(
    ("name", "made", "people", "rows", "new", "skipped"),
    [
        (
            "ls.json", LABEL_STUDIO, {"user 3", "bob@example.com"}, 5, 2,
            {"more than one label": 1, "not a JSON object": 1},
        ),
        ("min.json", LABEL_STUDIO_MIN, {"user 3"}, 2, 1, {"more than one label": 1}),
        (
            "p.jsonl", PRODIGY, {"set-ann", "set-bob", "set-di"}, 4, 3,
            {"rejected: says only what the label is not": 1},
        ),
        ("ann.jsonl", DOCCANO, {"ann"}, 2, 1, {"no label": 1}),
    ],
)  # fmt: skip
def test_what_other_tools_write(tmp_path, bring, ledger, name, made, people, rows, new, skipped):
    path = tmp_path / name
    lines = json.dumps(made) if name.endswith(".json") else "\n".join(json.dumps(row) for row in made)
    path.write_text(lines, encoding="utf-8")
    done = bring(path, question="stance")
    assert (done.rows, done.new, done.skipped) == (rows, new, skipped)
    found = ledger.annotations()
    assert set(found["annotator"]) == people
    if name == "ls.json":
        assert list(found[found["annotator"] == "bob@example.com"]["state"]) == ["skipped", "skipped"]
        first = found[found["annotator"] == "user 3"].iloc[0]
        assert (first["lead_time_s"], first["created_at"]) == (4.25, pd.Timestamp(NOON))


@pytest.mark.parametrize(
    ("name", "content", "error", "told"),
    [
        ("a.csv", "", InputError, "got an empty file"),
        ("a.csv", "who,label\nann,a\n", InputError, "expected one of the columns sentence_id, id, text, got who"),
        ("a.csv", "id,annotator,label,label\nr0,ann,a,x\n", InputError, "line 1: more than one column label. Take out"),
        ("a.csv", "id,stance\nr0,a\n", InputError, "no column annotator, label; got id, stance"),
        ("a.json", "[]", InputError, "got an empty list"),
        ("a.json", "[{]", InputError, "not JSON"),
        ("a.json", '[{"x": 1}]', UsageError, "does not tell the format; say --format, one of csv, label-studio"),
        ("a.csv", None, InputError, "cannot be read .No such file"),
    ],
)
def test_what_is_no_file_of_labels_says_so(tmp_path, bring, name, content, error, told):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(error, match=told):
        bring(path)


def test_copies_take_the_first_but_not_across_targets(sentences, documents):
    known = match.Sentences(sentences, documents)
    twice = Given("f:1", "ann", "stance", "a", text="Plain text, twice.")
    assert known.find(twice) == ("s6", "")
    aimed = documents.assign(target=["NATO" if doc == "d7" else None for doc in documents["doc_id"]])
    assert match.Sentences(sentences, aimed).find(twice) == (None, match.TARGETS)
    both = Given("f:1", "ann", "stance", "a", record_id="twice", text="Plain text, twice.")
    assert known.find(both) == ("s6", "")


def test_a_target_and_its_place_choose_among_sentences_with_one_text(tmp_path, ledger, bring, sentences, documents):
    rows = [("d7", "NATO", 6.0), ("d6", "NATO", 0.0), ("d8", "AT&T", None)]
    about = pd.DataFrame(rows, columns=["doc_id", "target", "target_start"])
    documents = documents.drop(columns="target").merge(about, on="doc_id", how="left")
    documents = pd.concat([documents[documents["doc_id"] != "d8"], about[2:].assign(record_id=None)])
    sentences = pd.concat(
        [sentences, pd.DataFrame([{"sentence_id": "s8", "doc_id": "d8", "text": "Plain text, twice.", "start": 0}])]
    )
    path = tmp_path / "aimed.csv"
    path.write_text(
        "text,target,target_start,annotator,question,label\n"
        '"Plain text, twice.",NATO,7.0,ann,stance,a\n'
        '"Plain text, twice.",NATO,0,bob,stance,a\n'
        '"Plain text, twice.",AT&amp;T,,ann,stance,-b\n'
        '"Plain text, twice.",NATO,,cy,stance,a\n'
        '"Plain text, twice.",the EU,,cy,stance,a\n'
        '"Plain text, twice.",,,cy,stance,a\n'
        '"Plain text, twice.",NATO,here,cy,stance,a\n'
        "Plain text.,Nobody,,cy,stance,a\n",  # one sentence has this text: its target is not looked at
        encoding="utf-8",
    )
    done = bring(path, about=(sentences, documents))
    assert done.skipped == {
        match.PLACES: 1, match.NO_TARGET: 1, match.TARGETS: 1, "target_start is not a place in the text, from 0": 1,
    }  # fmt: skip
    found = ledger.annotations()
    assert sorted(zip(found["sentence_id"], found["annotator"], strict=True))[1:] == [
        ("s6", "bob"), ("s7", "ann"), ("s8", "ann"),
    ]  # fmt: skip


def test_the_commands(tmp_path, stance_command, corpus, workspace):
    texts = corpus["text"].iloc[:3]
    path = tmp_path / "wide.csv"
    pd.DataFrame({"text": texts, "w1": "neutral", "w2": ["neutral", "pro-US", ""]}).to_csv(path, index=False)
    words = ("--question", "stance", "--annotator-columns", "w?")
    done = stance_command("label", "import", path, *words, "--json")
    assert done.code == 0
    assert done.record == {
        "rows": 5, "sentences": 3, "annotators": 2, "new": 5, "changed": 0, "known": 0, "skipped": {}
    }  # fmt: skip
    assert stance_command("label", "import", path, *words, "--json").record["new"] == 0
    out = tmp_path / "out.jsonl"
    done = stance_command("label", "export", out, "--format", "prodigy", "--json")
    assert done.record == {"file": str(out), "format": "prodigy", "rows": 5, "left_out": {}}
    assert len(out.read_text().splitlines()) == 5
    assert stance_command("label", "agreement", "--question", "stance", "--json").record["items_with_overlap"] == 2
    gone = tmp_path / "gone.csv"
    gone.write_text("id,annotator,question,label\nnobody,ann,stance,neutral\n")
    done = stance_command("label", "import", gone)
    assert done.code == 0
    assert "no record of the corpus has this id (first at gone.csv:2)" in done.err
    wrong = stance_command("label", "import", path, "--question", "mood")
    assert (wrong.code, "no question 'mood'" in wrong.err) == (2, True)


def test_a_skip_that_holds_a_choice_is_a_skip(tmp_path, bring, ledger):
    """Label Studio keeps what was chosen before somebody skipped."""
    chosen = {"from_name": "stance", "to_name": "text", "type": "choices", "value": {"choices": ["a"]}}
    annotation = {"completed_by": {"email": "ann"}, "was_cancelled": True, "result": [chosen]}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"data": {"id": "r0"}, "annotations": [annotation]}]))
    bring(path)
    found = ledger.annotations()
    assert set(found["state"]) == {"skipped"}
    assert found["label"].isna().all()


def test_an_answer_that_holds_a_reason_to_skip_has_none(tmp_path, bring, ledger):
    """Of a skip that was taken back."""
    held = {"stance": "a", "skip_reason": "off topic"}
    chosen = [
        {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [held[name]]}} for name in held
    ]
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"data": {"id": "r0"}, "annotations": [{"completed_by": 3, "result": chosen}]}]))
    bring(path)
    found = ledger.annotations()
    assert found["label"].tolist() == ["a"]
    assert found["skip_reason"].isna().all()
