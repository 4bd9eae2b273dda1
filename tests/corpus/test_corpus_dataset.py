import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from corpus import tables
from corpus.errors import InputError
from corpus.versions.dataset import changed_inputs, freeze, load
from corpus.versions.splits import assign_split

FORMATS = Path(__file__).parent / "formats"
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
            "server": "s", "label": "neutral", "skip_reason": None, "created_at": None,
            "updated_at": pd.Timestamp("2031-11-02", tz="UTC"),
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


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


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
    assert sorted(path.relative_to(frozen.path).as_posix() for path in frozen.path.rglob("*")) == [
        "README.md", "annotations.parquet", "data", "data/test.parquet", "data/train.parquet", "datasheet.md",
        "gold.parquet", "manifest.json", "sentences.parquet", "split.parquet",
    ]  # fmt: skip
    assert dataset.manifest["watermark"] == {"newest": "2031-11-02T00:00:00+00:00", "revisions": 12}
    assert {"python", "stancelab", "pandas", "pyarrow", "datasketch"} <= set(dataset.manifest["libraries"])


def test_sentences_may_bring_the_columns_of_their_documents(tmp_path, inputs):
    joined = inputs["sentences"].merge(inputs["documents"].drop(columns=["text", "language"]), on="doc_id")
    plain = freeze(tmp_path, "plain", **inputs)
    assert freeze(tmp_path, "joined", **inputs | {"sentences": joined}).sha256 == plain.sha256


def test_the_same_content_keeps_its_version_and_bytes(tmp_path, inputs):
    first = freeze(tmp_path, "demo", **inputs)
    before = contents(first.path)
    shuffled = {key: inputs[key].sample(frac=1, random_state=1) for key in ("sentences", "annotations", "gold")}
    assert freeze(tmp_path, "demo", **inputs | shuffled) == first
    assert contents(first.path) == before
    other = freeze(tmp_path / "elsewhere", "demo", **inputs)
    assert contents(other.path) == before
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


def test_a_changed_view_is_named(tmp_path, inputs):
    frozen = freeze(tmp_path, "demo", **inputs)
    (frozen.path / "data" / "train.parquet").write_bytes((frozen.path / "data" / "test.parquet").read_bytes())
    (frozen.path / "data" / "test.parquet").unlink()
    assert changed_inputs(frozen.path) == ["data/train", "data/test"]
    assert freeze(tmp_path, "demo", **inputs).version == "v2"


def test_a_failure_leaves_nothing(tmp_path, inputs):
    with pytest.raises(Exception, match="table gold"):
        freeze(tmp_path, "demo", **inputs | {"gold": inputs["gold"].drop(columns="votes")})
    assert [path.name for path in (tmp_path / "demo").iterdir()] == [".lock"]


def test_a_newer_format_is_refused(tmp_path, inputs):
    path = freeze(tmp_path, "demo", **inputs).path
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    (path / "manifest.json").write_text(json.dumps(manifest | {"format_version": 99}), encoding="utf-8")
    with pytest.raises(InputError, match=r"manifest\.json: has format 99; this stancelab reads up to 2"):
        load(path)


def test_the_card_says_what_it_is(tmp_path, inputs):
    _, header, text = (
        (freeze(tmp_path, "demo", **inputs).path / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    )
    meta = yaml.safe_load(header)
    assert meta["license"] == "other"
    assert meta["language"] == ["en"]
    assert meta["class_labels"]["stance"] == ["pro-X", "anti-X", "neutral"]
    assert [(config["config_name"], config.get("default")) for config in meta["configs"]] == [
        ("default", True), ("sentences", None), ("annotations", None), ("gold", None), ("split", None),
    ]  # fmt: skip
    assert meta["configs"][0]["data_files"] == [
        {"split": "train", "path": "data/train.parquet"}, {"split": "test", "path": "data/test.parquet"},
    ]  # fmt: skip
    (info,) = meta["dataset_info"]
    assert info["features"][-1] == {
        "name": "stance", "dtype": {"class_label": {"names": {"0": "pro-X", "1": "anti-X", "2": "neutral"}}},
    }  # fmt: skip
    assert "1 of the 2 annotators are simulated: programs" in text
    assert "| stance | neutral | 4 |" in text
    people = freeze(tmp_path, "people", **inputs | {"simulated": []}).path / "README.md"
    assert "simulated" not in people.read_text(encoding="utf-8")


def test_the_views_hold_each_labelled_sentence_on_its_side(tmp_path, inputs):
    frozen = freeze(tmp_path, "demo", **inputs)
    gold = inputs["gold"].set_index("sentence_id")["label"]
    order = ["pro-X", "anti-X", "neutral"]
    found = {}
    for side in ("train", "test"):
        view = pd.read_parquet(frozen.path / "data" / f"{side}.parquet")
        for row in view.itertuples():
            label = None if pd.isna(row.stance) else order[int(row.stance)]
            assert label == (None if pd.isna(gold[row.sentence_id]) else gold[row.sentence_id])
        found |= dict.fromkeys(view["sentence_id"], side)
    assert found == inputs["split"].set_index("sentence_id")["split"].to_dict()


def test_the_hub_library_loads_a_version(tmp_path, inputs, monkeypatch):
    datasets = pytest.importorskip("datasets")
    huggingface_hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    frozen = freeze(tmp_path, "demo", **inputs)
    loaded = datasets.load_dataset(str(frozen.path), cache_dir=str(tmp_path / "cache"))
    assert {side: len(rows) for side, rows in loaded.items()} == load(frozen.path).manifest["counts"]["split"]
    assert loaded["train"].features["stance"].names == ["pro-X", "anti-X", "neutral"]
    assert len(datasets.load_dataset(str(frozen.path), "gold", cache_dir=str(tmp_path / "cache"))["train"]) == 12
    header = huggingface_hub.DatasetCard.load(frozen.path / "README.md").data
    assert (header.license, header.language, header.size_categories) == ("other", ["en"], ["n<1K"])


def test_the_datasheet_is_filled_from_the_data(tmp_path, inputs):
    hostile = inputs["documents"].assign(outlet="Sever | <b>News</b>\nAgency")
    text = (freeze(tmp_path, "demo", **inputs | {"documents": hostile}).path / "datasheet.md").read_text("utf-8")
    for title in ("Motivation", "Composition", "Collection", "Uses", "Distribution", "Maintenance"):
        assert f"\n## {title}\n" in text
    assert "12 sentences of" in text
    assert "| Sever \\| &lt;b>News&lt;/b> Agency |" in text
    assert "2 annotators gave 12 annotations; 1 of them are simulated" in text
    assert "2031-11-02" in text
    assert text.count("To be written by the makers") >= 4


def test_a_version_of_format_1_still_loads():
    dataset = load(FORMATS / "dataset-1")
    assert dataset.manifest["format_version"] == 1
    assert changed_inputs(FORMATS / "dataset-1") == []
    assert (len(dataset.sentences), dataset.gold["label"].isna().sum()) == (20, 1)
    assert dataset.sentences["flags"].isna().all()
    assert list(tables.check(dataset.sentences, tables.RELEASED).column_names)[-1] == "flags"


def test_agreement_is_no_part_of_what_a_version_is_known_by(tmp_path, inputs):
    first = freeze(tmp_path, "demo", **inputs, agreement={"stance": {"alpha": {"value": 0.5}}})
    assert freeze(tmp_path, "demo", **inputs, agreement={"stance": {"alpha": {"value": 0.6}}}) == first
