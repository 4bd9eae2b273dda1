"""Where a target stands: in a text, in a record, in the sentences of its document."""

import json
from pathlib import Path

import pandas as pd
import pytest

from corpus import tables
from corpus.build import Built, build
from corpus.sampling.draw import batch_table
from corpus.sources import Record, Rejected, read
from corpus.text.target import found
from corpus.versions import dataset

TWICE = "Kyiv says Kyiv’s allies let Kyiv down."


@pytest.mark.parametrize(
    ("text", "target", "near", "words"),
    [
        ("Let us see what the US does.", "US", None, "the US does"),
        ("It was IT, they said.", "IT", None, "was IT, they"),
        ("It was late.", "IT", None, "It was"),
        ("They say #MeToo is over", "#MeToo", None, "#MeToo is"),
        ("They say Me Too is over", "#MeToo", None, "Me Too is"),
        ("They say Stand With Ukraine 2022 now", "StandWithUkraine2022", None, "Stand With Ukraine 2022 now"),
        ("They say #standwithukraine now", "#StandWithUkraine", None, "standwithukraine now"),
        ("Zelenskyy’s plan", "Zelenskyy's", None, "Zelenskyy’s plan"),
        ("The  White\nHouse said", "White House", None, "White\nHouse said"),
        (TWICE, "Kyiv", 28, "Kyiv down"),
        (TWICE, "Kyiv", 10, "Kyiv’s allies"),
        (TWICE, "Kyiv", 12, "Kyiv’s allies"),  # a place that is wrong by some characters
        (TWICE, "Kyiv", 900, "Kyiv down"),
        ("Russians and Russia", "Russia", 0, "Russians"),  # part of a word, where that is what was marked
        ("Muscovites", "Moscow", 0, None),
        ("snake_case", "_", None, None),
        ("anything", " ", 3, None),
    ],
)
def test_where_a_target_stands(text: str, target: str, near: int | None, words: str | None) -> None:
    span = found(text, target, near)
    if words is None or span is None:
        assert span is words is None
    else:
        assert text[span[0] :].startswith(words.removeprefix("the ").removeprefix("was ").removeprefix("#"))
        assert span[1] - span[0] <= len(target) + target.count("W") + 3


def source(tmp_path: Path, *records: dict[str, object]) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def test_the_place_of_a_target_is_that_in_the_text_as_it_is_kept(tmp_path: Path) -> None:
    raw = "\u200bAT&amp;T  and Kyiv: Kyiv said"
    records = [
        {"text": raw, "target": "Kyiv", "target_start": raw.rindex("Kyiv")},
        {"text": raw, "target": "Kyiv", "target_start": f"{raw.index('Kyiv')}.0"},
        {"text": raw, "target": "AT&amp;T", "target_start": 1},
        {"text": raw, "target": "the talks", "target_start": 3},
        {"text": raw, "target": "Kyiv", "target_start": -1},
    ]
    *items, refused = list(read(source(tmp_path, *records)))
    assert [item.fields["target_start"] for item in items if isinstance(item, Record)] == ["15", "9", "0", None]
    assert [item.fields["target"] for item in items if isinstance(item, Record)][2] == "AT&T"
    assert isinstance(refused, Rejected)
    assert "target_start: expected the place in the text" in refused.reason


@pytest.fixture
def built(tmp_path: Path) -> Built:
    text = "All is well. " + TWICE
    places = [text.index("Kyiv"), text.rindex("Kyiv"), None]
    records = [{"text": text, "target": "Kyiv", "title": "News", "target_start": place} for place in places]
    return build([str(source(tmp_path, *records))], titles=True)


def test_two_mentions_are_two_documents_and_without_a_place_ids_are_as_they_were(built: Built) -> None:
    assert len(built.documents) == 3
    without = built.documents[built.documents["target_start"].isna()]
    assert without["doc_id"].tolist() == ["7c97a76986f74f3fa544696b"]
    told = built.documents.dropna(subset="target_start")
    starts = [text[int(at) :] for text, at in zip(told["text"], told["target_start"], strict=True)]
    assert sorted(starts) == sorted([TWICE, TWICE[28:]])


def test_a_sentence_has_its_own_place(built: Built, tmp_path: Path) -> None:
    batch = batch_table(built.documents, built.sentences, built.sentences["sentence_id"])
    tables.write(batch, tmp_path / "batch.parquet", tables.BATCH)
    released = dataset._released(built.sentences, built.documents)
    for rows in (tables.read(tmp_path / "batch.parquet", tables.BATCH), released):
        told = rows.dropna(subset="target_start")
        assert told["text"].tolist() == [TWICE, TWICE]
        assert sorted(told["target_start"]) == [0, 28]


def test_without_places_tables_are_as_they_were(built: Built, tmp_path: Path) -> None:
    path = tmp_path / "documents.parquet"
    tables.write(built.documents.assign(target_start=None), path, tables.DOCUMENTS)
    assert "target_start" not in pd.read_parquet(path)
    assert tables.read(path, tables.DOCUMENTS)["target_start"].isna().all()
