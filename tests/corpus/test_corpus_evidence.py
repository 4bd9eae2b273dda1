import json

import pandas as pd
import pytest

from corpus.copies.evidence import lines, why
from corpus.errors import NotFound, UsageError


@pytest.fixture
def tables():
    ids = ["s1", "s2", "s3", "s4"]
    sentences = pd.DataFrame({"sentence_id": ids, "text": [f"Text of {name}." for name in ids]})
    documents = pd.DataFrame({"doc_id": ["d1", "d2"], "text": ["One.\n\nTwo.", "Two."]})
    links = pd.DataFrame(
        [
            ("s1", "s2", "sentence", "exact", 1.0),
            ("s2", "s3", "sentence", "near", 0.7),
            ("d1", "d2", "document", "near", 0.9),
        ],
        columns=["a", "b", "level", "kind", "similarity"],
    )
    return {"sentences": sentences, "documents": documents, "links": links}


def test_the_path_goes_over_what_lies_between(tables):
    found = why("s3", "s1", **tables)
    assert found["path"] == [
        {"a": "s3", "b": "s2", "kind": "near", "similarity": 0.7},
        {"a": "s2", "b": "s1", "kind": "exact", "similarity": 1.0},
    ]
    assert found["linked"]
    assert list(found["texts"]) == ["s3", "s2", "s1"]
    assert "  near, Jaccard similarity of characters 0.70" in list(lines(found))


def test_documents_are_linked_too(tables):
    found = why("d1", "d2", **tables)
    assert (found["level"], found["linked"]) == ("document", True)
    assert "    One. Two." in list(lines(found))


def test_no_path_and_no_way_from_a_sentence_to_itself(tables):
    found = why("s1", "s4", **tables)
    assert (found["linked"], found["path"], list(found["texts"])) == (False, [], ["s1", "s4"])
    assert any("not in one cluster" in line for line in lines(found))
    same = why("s1", "s1", **tables)
    assert (same["linked"], same["path"]) == (True, [])


def test_what_is_not_there_or_of_two_kinds_is_said(tables):
    with pytest.raises(NotFound, match="no sentence or document s9; there are: 4 sentences, 2 documents"):
        why("s1", "s9", **tables)
    with pytest.raises(UsageError, match="s1 is a sentence, d1 a document"):
        why("s1", "d1", **tables)


def test_the_command(news, workspace, corpus_command):
    link = news.links[news.links["kind"] == "near"].iloc[0]
    result = corpus_command("why", link["a"], link["b"], "--json")
    record = json.loads(result.stdout.splitlines()[-1])
    assert (record["level"], record["linked"]) == (link["level"], True)
    assert record["path"][0]["similarity"] == pytest.approx(link["similarity"])
    assert corpus_command("why", link["a"], link["b"]).exit_code == 0
