"""Russian text through every step after reading: sentences, filters, copies, batches, the seal, splits, a version."""

import json

import pandas as pd
import pytest

from corpus import tables
from corpus.build import build, replace_tables
from corpus.console import ROOT
from corpus.sampling.choosing import Limits
from corpus.sampling.draw import sample
from corpus.stats.summary import stats
from corpus.text.filters import Filters
from corpus.versions.dataset import freeze, load
from corpus.versions.splits import assign_split
from corpus.versions.textless import export
from corpus.workspace import Workspace

ARTICLES = [json.loads(line) for line in (ROOT / "benchmarks" / "russian.jsonl").read_text("utf-8").splitlines()]
SPUN = (
    "Ведомство уже проверяет, куда за последние пять лет ушли деньги на берегоукрепление. Из домов, по данным штаба "
    "области, эвакуировали 214 человек, 63 из них дети. Посёлок Каменка отрезан от дороги: ночью во вторник вода "
    "размыла дамбу под Верхнеозёрском. Прежнего уровня вода, по оценке специалистов, достигнет не раньше 9 июня. "
    "«Три года мы просили деньги на ремонт», — говорит Пётр Лосев, глава района. Подписывайтесь на наш канал."
)
OUTLETS = ["ТАСС", "РИА Новости", "Медуза"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = tmp_path_factory.mktemp("russian") / "a.jsonl"
    extra = {"published_at": "2026-03-31", "event": "Событие"}
    rows = [row | extra | {"outlet": OUTLETS[number % 3]} for number, row in enumerate(ARTICLES)]
    path.write_text("\n".join(json.dumps(row) for row in [*rows, {"id": "spun", "text": SPUN, "outlet": "ТАСС"}]))
    return build([str(path)], filters=Filters(boilerplate="drop", languages=("ru",)))


def test_sentences_languages_filters_and_copies(built):
    assert set(built.sentences["language"]) == {"ru"}
    assert built.sentences["flags"].isna().all()
    assert list(built.dropped["text"]) == ["Подписывайтесь на наш канал."]
    id_of = built.documents.set_index("record_id")["doc_id"]
    (link,) = built.links[built.links["level"] == "document"].itertuples()
    assert ({link.a, link.b}, link.kind) == ({id_of["dam"], id_of["spun"]}, "rewritten")
    spun = built.sentences[built.sentences["doc_id"] == id_of["spun"]]
    others = built.sentences[built.sentences["doc_id"] != id_of["spun"]]
    assert spun["cluster_id"].isin(others["cluster_id"]).sum() >= 4
    assert stats(built.documents, built.sentences, built.dropped, built.links)["copies"]["documents"] == 2


def test_batches_the_seal_and_splits(built, tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    replace_tables(workspace.corpus, built)

    def draw(n, **asked):
        default = {"strategy": "random", "by": (), "name": None, "seed": 1, "test": False}
        return tables.read(sample(workspace, n, **default | asked).path, tables.BATCH)

    sealed = draw(10, test=True, limits=Limits(per_cluster=1))
    by_outlet = draw(9, strategy="stratified", by=("outlet",), shares="equal")
    assert by_outlet["outlet"].value_counts().to_dict() == dict.fromkeys(OUTLETS, 3)
    rest = pd.concat([by_outlet, draw(5, strategy="diverse"), draw(None, seed=2)])
    assert not set(rest["cluster_id"]) & set(sealed["cluster_id"])
    released = built.sentences.merge(built.documents[["doc_id", "outlet", "published_at"]], on="doc_id")
    for by in ("cluster", "document", "outlet"):
        split = assign_split(released, by=by, folds=2, seed=1).merge(released, on="sentence_id")
        used = split[split["split"] != "unused"]
        assert used.groupby("cluster_id")["split"].nunique().max() == 1


def test_a_version_keeps_cyrillic_and_its_export_none_of_the_text(built, tmp_path):
    ids = list(built.sentences["sentence_id"])
    gold = pd.DataFrame(
        {
            "sentence_id": ids, "question": "позиция", "method": "majority", "votes": 1, "unanimous": True,
            "label": ["за", "против"] * (len(ids) // 2) + ["за"] * (len(ids) % 2), "probability": 1.0,
            "adjudicator": None,
        }
    )  # fmt: skip
    annotations = gold[["sentence_id", "question", "label"]].assign(
        annotation_id=["a" + key for key in ids], annotator="Анна", state="submitted", suggestion=False, revision=1,
        server="s", skip_reason=None, created_at=pd.NaT, updated_at=pd.NaT, lead_time_s=1.0, labels_version="v",
        project="p",
    )  # fmt: skip
    frozen = freeze(
        tmp_path, "набор", sentences=built.sentences, documents=built.documents, annotations=annotations, gold=gold,
        split=assign_split(built.sentences, by="cluster", seed=1), recipe={"split": "cluster", "seed": 1}, simulated=[],
        labels={"questions": {"позиция": {"labels": {"за": {}, "против": {}}}}}, labels_version="v",
    )  # fmt: skip
    dataset = load(frozen.path)
    assert sorted(dataset.sentences["text"]) == sorted(built.sentences["text"])
    assert "language:\n- ru" in (frozen.path / "README.md").read_text("utf-8")
    assert "'1': против" in (frozen.path / "README.md").read_text("utf-8")
    assert "РИА Новости" in (frozen.path / "datasheet.md").read_text("utf-8")
    export(dataset, tmp_path / "out")
    everything = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    assert "плотину".encode() not in everything
