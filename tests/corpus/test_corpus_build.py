import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from corpus import tables
from corpus.build import Changes, build, replace_tables
from corpus.documents import ExtraColumns, column, content_id
from corpus.errors import InputError, InUse, UsageError
from corpus.files import lock
from corpus.text.filters import Filters


@pytest.fixture
def source(tmp_path):
    def write(*records, name="news.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        return str(path)

    return write


def test_every_sentence_is_a_piece_of_its_document(news):
    texts = news.documents.set_index("doc_id")["text"]
    for row in news.sentences.itertuples():
        assert texts[row.doc_id][row.start : row.end] == row.text
    for name in ("documents", "sentences", "dropped"):
        tables.check(getattr(news, name), getattr(tables, name.upper()))


def test_ids_hash_what_is_documented(source):
    built = build([source({"id": "7", "url": "http://x", "target": "t", "text": "One."})])
    doc_id = content_id(["id", "7"], "t", "One.")
    assert list(built.documents["doc_id"]) == [doc_id]
    assert list(built.sentences["sentence_id"]) == [content_id(doc_id, 0, "One.")]
    assert len(doc_id) == 24


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"title": "Other"}, True),
        ({"url": "http://y"}, True),
        ({"outlet": "Other"}, True),
        ({"id": "8"}, False),
        ({"target": "u"}, False),
        ({"text": "Two."}, False),
    ],
)
def test_a_document_with_an_id_is_known_by_id_target_and_text(source, change, same):
    record = {"id": "7", "text": "One.", "target": "t"}
    ids = {build([source(record | changed)]).documents["doc_id"].item() for changed in ({}, change)}
    assert (len(ids) == 1) is same


@pytest.mark.parametrize(
    "change", [{"url": "http://y"}, {"outlet": "Other"}, {"published_at": "2031-01-02"}], ids=lambda c: next(iter(c))
)
def test_without_an_id_the_url_else_outlet_and_date_tell_documents_apart(source, change):
    record = {"text": "One.", "outlet": "Post", "published_at": "2031-01-01"}
    assert len(build([source(record, record | change)]).documents) == 2


def test_no_id_depends_on_path_or_place(source):
    first, second = {"id": "1", "text": "One."}, {"id": "2", "text": "Two."}
    here = build([source(first, second)])
    there = build([source(second, {"id": "0", "text": "New."}, first, name="elsewhere/other.jsonl")])
    assert set(here.sentences["sentence_id"]) < set(there.sentences["sentence_id"])


def test_a_document_that_comes_twice_is_dropped_once(source):
    built = build([source({"id": "1", "text": "One."}, {"id": "1", "text": "One.", "outlet": "Post"})])
    assert len(built.documents) == len(built.sentences) == 1
    row = built.dropped.iloc[0]
    assert (row["source"], row["reason"], row["text"]) == ("news.jsonl:2", "same document", "One.")


def test_bad_records_and_letterless_sentences_are_dropped_with_their_reason(source):
    built = build([source([1], {"id": "1", "text": "One. * * *\n2031"})])
    assert list(built.dropped[["source", "start", "step", "reason"]].itertuples(index=False, name=None)) == [
        ("news.jsonl:1", 0, "read", "expected a JSON object, got an array"),
        ("news.jsonl:2", 5, "filter", "no letters"),
        ("news.jsonl:2", 11, "filter", "no letters"),
    ]
    assert list(built.sentences["text"]) == ["One."]
    longer = build([source({"text": "One. Number two."})], filters=Filters(min_letters=4))
    assert list(longer.dropped["reason"]) == ["fewer letters than 4"]


def test_strict_stops_at_the_first_bad_record(source):
    with pytest.raises(InputError, match=r"news\.jsonl, line 2: expected a JSON object, got an array"):
        build([source({"text": "One."}, [1])], strict=True)


def test_nothing_usable_is_an_error_not_an_empty_corpus(source):
    with pytest.raises(
        InputError, match=r'no text and no title in \{"txt": "One\."\}\. None of the 1 records can be used'
    ):
        build([source({"txt": "One."})])


def test_a_bad_file_in_a_folder_is_dropped_but_one_that_was_named_is_an_error(source, tmp_path):
    source({"text": "One."}, name="in/good.jsonl")
    (tmp_path / "in" / "bad.txt").write_bytes(b"ok\n\xff")
    built = build([str(tmp_path / "in")])
    assert built.dropped["source"].item() == "bad.txt:2"
    assert len(built.documents) == 1
    for arguments in (
        {"sources": [str(tmp_path / "in" / "bad.txt")]},
        {"sources": [str(tmp_path / "in")], "strict": True},
    ):
        with pytest.raises(InputError, match="expected UTF-8"):
            build(**arguments)


def test_sentences_of_another_target_share_the_cluster(source):
    built = build([source(*({"id": "1", "text": "Some sentence here.", "target": t} for t in "ab"))])
    assert (len(built.sentences), built.clusters, built.duplicates) == (2, 1, 1)


def test_other_columns_are_kept_under_clean_unique_names(source):
    built = build([source({"text": "One.", "a b": "1", "a-b": "2", "": "3", "Größe": [1]})])
    row = built.documents.iloc[0]
    assert dict(row[[name for name in row.index if name.startswith("x_")]]) == {
        "x_Größe": "[1]", "x_a_b": "1", "x_a_b_2": "2", "x_unnamed": "3",
    }  # fmt: skip
    assert (column(built.documents, "a_b"), column(built.documents, "outlet")) == ("x_a_b", "outlet")
    with pytest.raises(UsageError, match=r"no column 'nope' in the documents; there are: .*x_a_b"):
        column(built.documents, "nope")


def test_a_clean_name_does_not_take_that_of_another_column():
    names = ExtraColumns()
    assert [names[name] for name in ("a_2", "a", "a ", "a_2")] == ["x_a_2", "x_a", "x_a_3", "x_a_2"]


def test_the_same_input_gives_the_same_bytes_wherever_it_is(source, tmp_path):
    path = source(
        {"id": "1", "text": "One. Two.", "x": "y"}, [1], {"id": "2", "title": "Three", "published_at": "2031-01-01"}
    )
    (tmp_path / "copy").mkdir()
    copy = shutil.copy(path, tmp_path / "copy")
    for name, origin in (("a", path), ("b", str(copy))):
        replace_tables(tmp_path / name, build([origin]))
    for table in ("documents", "sentences", "dropped"):
        assert (tmp_path / "a" / f"{table}.parquet").read_bytes() == (tmp_path / "b" / f"{table}.parquet").read_bytes()


def test_a_build_replaces_the_tables_and_says_what_changed(source, tmp_path):
    first, second, third = ({"id": str(n), "text": f"Number {n}."} for n in range(3))
    assert replace_tables(tmp_path / "corpus", build([source(first, second)])) == Changes(2, 0, 0)
    assert replace_tables(tmp_path / "corpus", build([source(second, third)])) == Changes(1, 1, 1)
    sentences = tables.read(tmp_path / "corpus" / "sentences.parquet", tables.SENTENCES)
    assert set(sentences["text"]) == {"Number 1.", "Number 2."}


def test_a_write_that_fails_leaves_the_old_tables(source, tmp_path, monkeypatch):
    folder = tmp_path / "corpus"
    replace_tables(folder, build([source({"text": "One."})]))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(frame, path, table):
        if table is tables.DOCUMENTS:
            raise OSError(28, "No space left on device")
        tables.write(frame, path, table)

    monkeypatch.setattr("corpus.build.write_table", full)
    with pytest.raises(OSError, match="No space"):
        replace_tables(folder, build([source({"text": "Two."})]))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_kill_between_the_renames_leaves_no_sentences_of_other_documents(source, tmp_path, monkeypatch):
    folder = tmp_path / "corpus"
    replace_tables(folder, build([source({"text": "One."})]))
    real, renamed = type(folder).replace, []

    def killed_at_the_second(self, target):
        renamed.append(target)
        if len(renamed) == 6:  # four tables are written beside first, then documents takes its place, then this
            raise KeyboardInterrupt
        return real(self, target)

    built = build([source({"text": "Two."})])
    monkeypatch.setattr(type(folder), "replace", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        replace_tables(folder, built)
    assert renamed[4].name == "documents.parquet"
    assert not (folder / "sentences.parquet").exists()


def test_only_one_build_writes_at_a_time(source, tmp_path):
    built = build([source({"text": "One."})])
    with lock(tmp_path / "corpus" / ".lock", ""), pytest.raises(InUse, match="another `stance corpus build`"):
        replace_tables(tmp_path / "corpus", built)


def test_all_sentences_dropped_still_makes_tables(source, tmp_path):
    replace_tables(tmp_path / "corpus", build([source({"text": "* * *"})]))
    sentences = tables.read(tmp_path / "corpus" / "sentences.parquet", tables.SENTENCES)
    assert isinstance(sentences, pd.DataFrame)
    assert sentences.empty


def test_one_bad_file_among_several_does_not_lose_the_rest(tmp_path: Path) -> None:
    good, empty = tmp_path / "good.txt", tmp_path / "empty.txt"
    good.write_text("A fine sentence stands here.\n", encoding="utf-8")
    empty.write_bytes(b"")
    built = build([str(good), str(empty)])
    assert list(built.sentences["text"]) == ["A fine sentence stands here."]
    assert list(built.dropped["source"]) == ["empty.txt"]
    assert any("empty.txt" in note and "left out" in note for note in built.notes)
    with pytest.raises(InputError, match=r"empty\.txt"):
        build([str(good), str(empty)], strict=True)
    with pytest.raises(InputError, match=r"empty\.txt"):
        build([str(empty)])
