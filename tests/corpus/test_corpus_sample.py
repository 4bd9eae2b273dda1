"""The bundled sample: what its README says of it, measured."""

import csv

import pytest

from corpus.build import build
from corpus.config import load
from corpus.console import ROOT
from corpus.labels import load_labels
from corpus.settings import CorpusSettings

SAMPLE = ROOT / "corpus" / "sample"


def test_every_article_gives_exactly_the_intended_sentences(news, intended):
    record = news.documents.set_index("doc_id")["record_id"]
    found = news.sentences.sort_values(["doc_id", "start"]).groupby("doc_id")["text"].agg(list)
    found.index = found.index.map(record)
    assert found.to_dict() == intended.groupby("id")["text"].agg(list).to_dict()


def test_intended_labels_are_those_of_the_configuration(intended):
    labels = load_labels(ROOT / "configs" / "labels.yaml")
    for question in ("stance", "source_type"):
        assert set(intended[question]) == set(labels.questions[question].labels)


def test_the_sample_is_as_large_as_promised(news, intended):
    assert (len(news.documents), news.documents["outlet"].nunique(), news.documents["event"].nunique()) == (64, 15, 8)
    assert intended["headline"].value_counts().to_dict() == {"false": 633, "true": 64}
    assert news.documents["published_at"].notna().all()


def test_copies_of_agency_reports_share_clusters_in_every_event(news):
    rows = news.sentences.merge(news.documents[["doc_id", "outlet", "event"]], on="doc_id")
    outlets = rows.groupby(["event", "cluster_id"])["outlet"].nunique()
    assert ((outlets > 1).groupby("event").sum() >= 5).all()
    across = rows.groupby("cluster_id")["event"].nunique() > 1
    assert rows[rows["cluster_id"].isin(across.index[across])]["text"].str.contains("summoned the American").all()


def test_copies_have_the_labels_of_what_they_copy(news, intended):
    record = news.documents.set_index("doc_id")["record_id"]
    rows = news.sentences.assign(id=news.sentences["doc_id"].map(record)).merge(intended, on=["id", "text"])
    assert rows.groupby("cluster_id")[["stance", "source_type"]].nunique().max().max() == 1


def test_every_outlet_of_the_articles_is_in_the_table(news):
    with (SAMPLE / "outlets.csv").open(encoding="utf-8", newline="") as file:
        table = {row["outlet"]: row["ownership"] for row in csv.DictReader(file)}
    assert set(table) == set(news.documents["outlet"])
    assert set(table.values()) == {"state-controlled", "state-affiliated", "public", "private"}


def test_the_users_file_is_one_document_of_15_lines():
    built = build([str(SAMPLE / "seed.txt")])
    assert (len(built.documents), len(built.sentences), len(built.dropped)) == (1, 15, 0)
    assert built.documents["title"].item() == built.sentences["text"].iloc[0]
    assert "line 3 holds 2 and stays whole" in built.notes[0]


def test_the_users_file_is_a_true_copy(bench_data):
    (original,) = (bench_data / "seed").glob("*.txt")
    assert (SAMPLE / "seed.txt").read_bytes() == original.read_bytes()


def test_the_settings_file_says_what_the_defaults_are():
    assert load(ROOT / "configs" / "corpus.yaml", CorpusSettings) == CorpusSettings()


@pytest.mark.parametrize("count", ["64 short articles", "633 body sentences", "598 are distinct", "15 outlets"])
def test_the_readme_has_the_counts(count):
    assert count in (SAMPLE / "README.md").read_text(encoding="utf-8")
