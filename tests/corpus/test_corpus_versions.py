import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from corpus import tables
from corpus.console import ROOT
from corpus.errors import InputError, StanceError
from corpus.versions.dataset import changed_inputs, freeze, load
from corpus.versions.diff import diff, lines
from corpus.versions.splits import assign_split

NEWS = ROOT / "corpus" / "sample" / "news.jsonl"
FORMAT_1 = Path(__file__).parent / "formats" / "dataset-1"


@pytest.fixture
def frozen(tmp_path, news):
    """Two versions: the second has a sentence less and one more, another label and another split."""

    def version(first, last, changed):
        sentences = news.sentences.iloc[first:last]
        ids = list(sentences["sentence_id"])
        gold = pd.DataFrame(
            {
                "sentence_id": ids, "question": "stance", "method": "majority", "votes": 1, "unanimous": True,
                "label": ["a", "b"] * (len(ids) // 2), "probability": 1.0, "adjudicator": None,
            }
        )  # fmt: skip
        gold.loc[gold["sentence_id"].isin(changed), "label"] = None
        annotations = gold[["sentence_id", "question", "label"]].assign(
            annotation_id=["a" + key for key in ids], annotator="ann", state="submitted", suggestion=False, revision=1,
            server="s", skip_reason=None, created_at=pd.NaT, updated_at=pd.NaT, lead_time_s=1.0, labels_version="v",
            project="p",
        )  # fmt: skip
        example = {"text": sentences["text"].iloc[4], "answers": {}}
        return freeze(
            tmp_path / "workspace" / "datasets", "demo", sentences=sentences, documents=news.documents, gold=gold,
            annotations=annotations, split=assign_split(sentences, by="cluster", seed=first), simulated=[],
            recipe={"split": "cluster", "seed": first}, labels_version="v",
            labels={"questions": {"stance": {"labels": {"a": {}, "b": {}}}}, "worked_examples": [example]},
        ).path  # fmt: skip

    ids = list(news.sentences["sentence_id"])
    return version(0, 40, []), version(2, 42, [ids[10]])


def last(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_a_diff_says_what_came_went_and_changed(frozen, news):
    one, two = map(load, frozen)
    ids = list(news.sentences["sentence_id"])
    found = diff(one, two)
    assert {row["sentence_id"] for row in found["came"]} == set(ids[40:42])
    assert {row["sentence_id"] for row in found["went"]} == set(ids[:2])
    assert [(row["sentence_id"], row["before"], row["after"]) for row in found["relabelled"]] == [(ids[10], "a", None)]
    sides = [version.split.set_index("sentence_id")["split"] for version in (one, two)]
    assert {row["sentence_id"] for row in found["moved"]} == {
        key for key in ids[2:40] if sides[0][key] != sides[1][key]
    }
    assert found["moved"]
    assert found["annotations"] == {"new": 2, "gone": 2, "changed": 1}
    assert found["recipe"] == {"seed": [0, 2]}
    text = "\n".join(lines(found))
    assert "stance a -> (none)  " in text
    assert "recipe: seed 0 -> 2" in text


def test_a_version_is_the_same_as_itself_and_old_formats_compare(frozen):
    same = diff(load(frozen[0]), load(frozen[0]))
    assert same["same"]
    assert not any(same[key] for key in ("came", "went", "relabelled", "moved", "recipe", "libraries"))
    assert list(lines(same)) == ["demo/v1 and demo/v1 are the same"]
    old, new = load(FORMAT_1), load(frozen[0])
    assert len(diff(old, new)["went"]) == len(set(old.sentences["sentence_id"]) - set(new.sentences["sentence_id"])) > 0


def test_the_diff_command(corpus_command, frozen):
    found = last(corpus_command("diff", "demo/v1", "demo/v2", "--json"))
    assert (found["a"], found["b"], found["same"]) == ("demo/v1", "demo/v2", False)
    assert "2 sentences came" in corpus_command("diff", "demo/v1", "demo").stdout


def test_an_export_holds_no_text_and_a_join_gives_the_version_back(corpus_command, frozen, tmp_path):
    out, version = tmp_path / "out", frozen[1]
    assert last(corpus_command("export", "demo/v2", "--without-text", out, "--json"))["sentences"] == 40
    everything = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    sentences = load(version).sentences
    assert all(text.encode() not in everything for text in [*sentences["text"], *sentences["title"].dropna()])
    references = tables.read(out / "references.parquet", tables.REFERENCES)
    assert not {"text", "title"} & set(references.columns)
    assert all(path.suffix != ".parquet" or not _holds_text(path, sentences["text"]) for path in out.iterdir())

    joined = last(corpus_command("join", out, NEWS, ROOT / "corpus" / "sample" / "seed.txt", "--json"))
    assert (joined["sentences"], joined["identical"]) == (40, True)
    assert changed_inputs(out) == []
    for path in version.rglob("*"):
        if path.is_file():
            assert (out / path.relative_to(version)).read_bytes() == path.read_bytes(), path.name
    assert last(corpus_command("join", out, NEWS, "--json"))["identical"] is True


def _holds_text(path, texts):
    frame = pd.read_parquet(path)
    return any(frame[name].isin(texts).any() for name in frame.columns)


def test_a_join_that_lacks_text_says_whose_and_writes_nothing(corpus_command, frozen, tmp_path):
    out = tmp_path / "out"
    corpus_command("export", "demo/v1", "--without-text", out)
    lines = NEWS.read_text(encoding="utf-8").splitlines()
    wanted = set(load(frozen[0]).sentences["record_id"])
    gone = next(number for number, line in enumerate(lines) if json.loads(line)["id"] in wanted)
    record = json.loads(lines.pop(gone))
    (tmp_path / "less.jsonl").write_text("\n".join(lines), encoding="utf-8")
    error = corpus_command("join", out, tmp_path / "less.jsonl").exception
    assert isinstance(error, StanceError)
    assert "sentences is not in these sources: " in str(error)
    assert str(record["id"]) in str(error)
    assert not (out / "manifest.json").exists()
    # The same document with another wording is another document.
    lines.append(json.dumps(record | {"text": record["text"].replace("e", "a")}))
    (tmp_path / "less.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert isinstance(corpus_command("join", out, tmp_path / "less.jsonl").exception, StanceError)


def test_exports_go_to_folders_of_their_own_and_joins_want_one(corpus_command, frozen, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x", encoding="utf-8")
    error = corpus_command("export", "demo", "--without-text", tmp_path / "mine").exception
    assert isinstance(error, InputError)
    assert "is not empty, and no export" in str(error)
    assert "is no export that can be read" in str(corpus_command("join", tmp_path / "mine", NEWS).exception)


def test_an_export_of_format_1_joins_as_well(corpus_command, tmp_path):
    shutil.copytree(FORMAT_1, tmp_path / "old")
    out = tmp_path / "out"
    corpus_command("export", tmp_path / "old", "--without-text", out)
    assert last(corpus_command("join", out, NEWS, "--json"))["sentences"] == 20
    assert load(out).sentences["text"].tolist() == load(FORMAT_1).sentences["text"].tolist()
