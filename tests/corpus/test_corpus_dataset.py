import json

import pandas as pd
import pytest
import yaml

from corpus import tables
from corpus.dataset import changed_inputs, freeze, load
from corpus.errors import InputError
from corpus.splits import assign_split

LABELS = {"questions": {"stance": {"labels": {"pro-X": {}, "anti-X": {}, "neutral": {}}}}}


@pytest.fixture
def inputs(news):
    sentences = news.sentences.iloc[:12]
    ids = list(sentences["sentence_id"])
    given = (["neutral", "pro-X", None] * 4)[: len(ids)]
    gold = pd.DataFrame(
        {
            "sentence_id": ids, "question": "stance", "method": "majority", "votes": 3, "unanimous": False,
            "label": given, "probability": 0.5, "adjudicator": None,
        }
    )  # fmt: skip
    annotations = pd.DataFrame(
        {
            "annotation_id": [f"a{n}" for n in range(len(ids))], "question": "stance", "sentence_id": ids,
            "annotator": ["ann", "bob"] * (len(ids) // 2), "state": "submitted", "suggestion": False, "revision": 1,
            "server": "s", "label": "neutral", "skip_reason": None, "created_at": None, "updated_at": None,
            "lead_time_s": 1.0, "labels_version": "v", "project": "p",
        }
    )  # fmt: skip
    return {
        "sentences": sentences,
        "documents": news.documents,
        "annotations": annotations,
        "gold": gold,
        "split": assign_split(sentences, by="cluster", folds=20, seed=1),
        "recipe": {"split": "cluster", "seed": 1},
        "labels": LABELS,
        "labels_version": "abc",
        "simulated": ["ann"],
    }


def test_a_version_has_all_of_it(tmp_path, inputs, news):
    frozen = freeze(tmp_path, "demo", **inputs)
    assert (frozen.path, frozen.version, frozen.items) == (tmp_path / "demo" / "v1", "v1", 12)
    assert any(note.endswith("groups") for note in frozen.notes)
    dataset = load(frozen.path)
    assert dataset.manifest["sha256"] == frozen.sha256
    assert dataset.manifest["labels"] == LABELS
    assert list(dataset.manifest["labels"]["questions"]["stance"]["labels"]) == ["pro-X", "anti-X", "neutral"]
    assert dataset.manifest["simulated_annotators"] == ["ann"]
    assert dataset.manifest["counts"]["questions"]["stance"] == {
        "labels": {"pro-X": 4, "anti-X": 0, "neutral": 4},
        "ties": 4,
    }
    outlet = news.documents.set_index("doc_id")["outlet"]
    assert (dataset.sentences["outlet"] == dataset.sentences["doc_id"].map(outlet)).all()
    assert sorted(path.name for path in frozen.path.iterdir()) == [
        "README.md", "annotations.parquet", "gold.parquet", "manifest.json", "sentences.parquet", "split.parquet",
    ]  # fmt: skip


def test_sentences_may_bring_the_columns_of_their_documents(tmp_path, inputs):
    joined = inputs["sentences"].merge(inputs["documents"].drop(columns=["text", "language"]), on="doc_id")
    plain = freeze(tmp_path, "plain", **inputs)
    assert freeze(tmp_path, "joined", **inputs | {"sentences": joined}).sha256 == plain.sha256


def test_the_same_content_keeps_its_version_and_bytes(tmp_path, inputs):
    first = freeze(tmp_path, "demo", **inputs)
    before = {path.name: path.read_bytes() for path in first.path.iterdir()}
    shuffled = {key: inputs[key].sample(frac=1, random_state=1) for key in ("sentences", "annotations", "gold")}
    assert freeze(tmp_path, "demo", **inputs | shuffled) == first
    assert {path.name: path.read_bytes() for path in first.path.iterdir()} == before
    other = freeze(tmp_path / "elsewhere", "demo", **inputs)
    assert {path.name: path.read_bytes() for path in other.path.iterdir()} == before
    assert [path.name for path in (tmp_path / "demo").iterdir() if not path.name.startswith(".lock")] == ["v1"]


@pytest.mark.parametrize(
    "change", [{"recipe": {"split": "cluster", "seed": 2}}, {"labels": {"questions": {"stance": {"labels": {
        "anti-X": {}, "pro-X": {}, "neutral": {}}}}}}, "gold"], ids=["recipe", "order of labels", "gold"],
)  # fmt: skip
def test_other_content_is_another_version(tmp_path, inputs, change):
    first = freeze(tmp_path, "demo", **inputs)
    if change == "gold":
        change = {"gold": inputs["gold"].assign(label="neutral")}
    second = freeze(tmp_path, "demo", **inputs | change)
    assert second.version == "v2"
    assert second.sha256 != first.sha256


def test_a_changed_table_is_named_and_its_version_is_not_given_back(tmp_path, inputs):
    frozen = freeze(tmp_path, "demo", **inputs)
    assert changed_inputs(frozen.path) == []
    tables.write(inputs["gold"].assign(label="pro-X"), frozen.path / "gold.parquet", tables.GOLD)
    (frozen.path / "split.parquet").unlink()
    assert changed_inputs(frozen.path) == ["gold", "split"]
    assert freeze(tmp_path, "demo", **inputs).version == "v2"


def test_a_failure_leaves_nothing(tmp_path, inputs):
    with pytest.raises(Exception, match="table gold"):
        freeze(tmp_path, "demo", **inputs | {"gold": inputs["gold"].drop(columns="votes")})
    assert [path.name for path in (tmp_path / "demo").iterdir()] == [".lock"]


def test_a_newer_format_is_refused(tmp_path, inputs):
    path = freeze(tmp_path, "demo", **inputs).path
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    (path / "manifest.json").write_text(json.dumps(manifest | {"format_version": 99}), encoding="utf-8")
    with pytest.raises(InputError, match=r"manifest\.json: has format 99; this stancelab reads up to 1"):
        load(path)


def test_the_card_says_what_it_is(tmp_path, inputs):
    _, header, text = (
        (freeze(tmp_path, "demo", **inputs).path / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    )
    meta = yaml.safe_load(header)
    assert meta["license"] == "other"
    assert meta["language"] == ["en"]
    assert meta["class_labels"]["stance"] == ["pro-X", "anti-X", "neutral"]
    assert {config["data_files"] for config in meta["configs"]} == {
        "sentences.parquet", "annotations.parquet", "gold.parquet", "split.parquet",
    }  # fmt: skip
    assert "1 of the 2 annotators are simulated: programs" in text
    assert "| stance | neutral | 4 |" in text
    people = freeze(tmp_path, "people", **inputs | {"simulated": []}).path / "README.md"
    assert "simulated" not in people.read_text(encoding="utf-8")
