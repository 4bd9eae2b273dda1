import json
import re
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from corpus.build import build
from corpus.stats.copies import copies_lines
from corpus.stats.page import page
from corpus.stats.summary import lines, stats
from corpus.text.filters import Filters


@pytest.fixture
def found(tmp_path):
    path = tmp_path / "a.jsonl"
    records = [
        {"id": 1, "text": "The minister spoke on Monday. Read more: The speech. * * *", "outlet": "<script>x</script>"},
        {"id": 2, "text": "The minister spoke on Monday. Oil rose."},
        {"id": 2, "text": "The minister spoke on Monday. Oil rose."},
        {},
    ]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    built = build([str(path)], filters=Filters(navigation="drop"))
    return stats(built.documents, built.sentences, built.dropped, built.links)


def test_attrition_adds_up_step_by_step(found):
    rows = [(row["of"], row["step"], row["reason"], row["dropped"], row["left"]) for row in found["attrition"]]
    assert rows == [
        ("records", "found", None, 0, 4),
        ("records", "read", "no text and no title", 1, 3),
        ("records", "documents", "same document", 1, 2),
        ("sentences", "found", None, 0, 5),
        ("sentences", "filter", "navigation", 1, 4),
        ("sentences", "filter", "no letters", 1, 3),
        ("sentences", "clusters", "repeats another sentence (kept)", 1, 2),
    ]
    assert found["flags"] == {"too_short": 1}


def test_attrition_is_a_table_for_people(found):
    text = "\n".join(lines(found))
    assert re.search(r"^  filter: navigation +-1 +4$", text, re.M)
    assert re.search(r"^records found +4$", text, re.M)
    assert re.search(r"^too_short +1$", text, re.M)


def test_the_page_draws_every_step_and_escapes(found):
    html = page(found)
    assert "<script>" not in html
    assert "&lt;script&gt;x&lt;/script&gt;" in html
    svg = ET.fromstring(re.search(r"<svg.*</svg>", html, re.S)[0])  # noqa: S314 - our own page
    bars = [rect for rect in svg.iter() if rect.tag.endswith("rect")]
    assert [bar.get("class") for bar in bars].count("left") == len(found["attrition"])
    assert [bar.get("class") for bar in bars].count("gone") == 5
    assert all(float(bar.get("x")) + float(bar.get("width")) <= 860 for bar in bars)
    assert not re.search(r"(?:src|href)=", html)


def test_a_corpus_of_nothing_is_drawn_too(news):
    nothing = pd.DataFrame(columns=["step", "reason"])
    empty = stats(news.documents.iloc[:0], news.sentences.iloc[:0], nothing, news.links.iloc[:0])
    assert page(empty).count("<rect") == 3


def test_copies_of_documents_are_counted_and_the_largest_clusters_named(news):
    found = stats(news.documents, news.sentences, news.dropped, news.links)["copies"]
    of = news.links[news.links["level"] == "document"]
    assert found["links"]["document"] == dict(of["kind"].value_counts().sort_index())
    assert found["documents"] == len({*of["a"], *of["b"]}) > found["clusters"] > 0
    largest = found["largest"][0]
    titles = news.documents.set_index("doc_id")["title"]
    assert largest["documents"] == max(row["documents"] for row in found["largest"]) > 1
    assert largest["doc_id"] in set(of["a"]) | set(of["b"])
    assert largest["title"] in set(titles)
    assert f": {largest['title']} ({largest['doc_id']})" in "\n".join(copies_lines(found))


def test_what_an_outlet_repeats_is_listed_and_can_be_boilerplate(tmp_path):
    path = tmp_path / "a.jsonl"
    texts = [f"The minister spoke on day {n}. View news. Oil rose." for n in range(20)]
    records = [{"text": text, "outlet": "Post" if n else "Times"} for n, text in enumerate([texts[0], *texts])]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    built = build([str(path)], filters=Filters(boilerplate="drop", boilerplate_texts=("VIEW  news.",)))
    assert built.dropped["reason"].value_counts().to_dict() == {"boilerplate": 21}
    found = stats(built.documents, built.sentences, built.dropped, built.links)
    assert found["repeated"] == [{"outlet": "Post", "text": "Oil rose.", "documents": 20}]
    assert re.search(r"^Post: Oil rose\. +20$", "\n".join(lines(found)), re.M)
    assert "Repeated by an outlet" in page(found)
