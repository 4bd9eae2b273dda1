import json
import re
from datetime import UTC, datetime

import pytest

from corpus.errors import InputError
from corpus.sources import Record, Rejected, expand, read


def write(path, content):
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def one(path, **record):
    (item,) = read(write(path, json.dumps(record, ensure_ascii=True)))
    return item


@pytest.fixture
def jsonl(tmp_path):
    return tmp_path / "news.jsonl"


def test_text_file_is_one_record_without_byte_order_mark_and_with_plain_line_ends(tmp_path):
    (record,) = read(write(tmp_path / "a.txt", "\ufeffOne.\r\nTwo “quoted”.\r\n"))
    assert (record.source, record.text, record.prose) == ("a.txt", "One.\nTwo “quoted”.\n", True)


def test_record_keeps_what_is_understood_and_what_is_not(jsonl):
    record = one(jsonl, id=7, text="Text.", title=" ", outlet="Post", byline=None, tags=["a", "ä"], score=1.5)
    assert record.source == "news.jsonl:1"
    assert record.fields["id"] == "7"
    assert record.fields["outlet"] == "Post"
    assert record.fields["title"] is None
    assert record.fields["byline"] is None
    assert record.extra == {"tags": '["a", "ä"]', "score": "1.5"}


def test_a_title_alone_is_the_text(jsonl):
    record = one(jsonl, title="Talks end")
    assert record.text == record.fields["title"] == "Talks end"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2031-03-11", datetime(2031, 3, 11, tzinfo=UTC)),
        ("2031-03-11T17:40:00Z", datetime(2031, 3, 11, 17, 40, tzinfo=UTC)),
        ("2031-03-11T17:40:00+03:00", datetime(2031, 3, 11, 14, 40, tzinfo=UTC)),
        ("2031-03-11 17:40", datetime(2031, 3, 11, 17, 40, tzinfo=UTC)),
    ],
)
def test_times_are_utc_and_a_date_is_its_midnight(jsonl, written, meant):
    assert one(jsonl, text="x", published_at=written).published_at == meant


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "not JSON: Expecting value at column 1"),
        ("[1]", "expected a JSON object, got an array"),
        ('{"outlet": "Post"}', "no text and no title"),
        ('{"text": "  "}', "empty text"),
        ('{"text": 3}', "text: expected a string, got a number"),
        ('{"text": "x", "title": {}}', "title: expected a string, got an object"),
        ('{"text": "x", "published_at": "soon"}', "published_at: expected a date .* got 'soon'"),
        ('{"text": "x", "published_at": "0001-01-01T00:00+09:00"}', "published_at: expected a date"),
        ('{"text": "\\ud800"}', "text: holds half a surrogate pair"),
        ("[" * 100_000, "not JSON that can be read"),
        ('{"text": "x", "n": ' + "9" * 5000 + "}", "not JSON that can be read"),
    ],
    ids=range(11),
)
def test_a_bad_record_is_rejected_and_the_rest_is_kept(jsonl, line, reason):
    first, bad, last = read(write(jsonl, f'{{"text": "first"}}\n\n{line}\n{{"text": "last"}}'))
    assert isinstance(first, Record)
    assert isinstance(last, Record)
    assert last.source == "news.jsonl:4"
    assert isinstance(bad, Rejected)
    assert (bad.source, bad.text) == ("news.jsonl:3", line)
    assert re.match(reason, bad.reason), bad.reason


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "expected text, got an empty file"),
        ("a.txt", b" \n\n", "expected text, got an empty file"),
        ("a.jsonl", b"\n", "expected text, got an empty file"),
        ("a.txt", b"PK\x03\x04\x00\x00", "expected UTF-8 text, got NUL bytes"),
        ("a.txt", b"fine\ncaf\xe9 au lait", r"a\.txt, line 2: expected UTF-8, got byte 0xe9 at byte 8 of the file"),
        ("a.docx", b"text", r"no kind of file that is read, got '\.docx'; expected .* \.txt, \.jsonl, .*\.csv"),
        ("a.csv", b"name,value\na,b\n", "expected a column named text or title, .* got name, value"),
        ("a.csv", b"text,x,x\na,b,c\n", "column 'x' is there twice"),
        ("a.csv", b'"text\n', "line 1: not a header: not CSV: unexpected end of data"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_what_is_wrong(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message) as raised:
        list(read(write(tmp_path / name, content)))
    assert name in str(raised.value)


def test_a_line_that_is_not_utf_8_costs_no_other_line(jsonl):
    first, bad, last = read(write(jsonl, b'{"text": "ok"}\n{"text": "\xff"}\n{"text": "\xd0\xb4\xd0\xb0"}'))
    assert (first.text, last.text) == ("ok", "да")
    assert (bad.source, bad.text) == ("news.jsonl:2", None)
    assert bad.reason == "expected UTF-8, got byte 0xff at byte 25 of the file"


def test_csv_rows_are_records(tmp_path):
    rows = list(read(write(tmp_path / "a.csv", 'id,text,my col\n1,"a ""b""\nc",\n2,x,y,z\n3,d,e\n')))
    assert [row.source for row in rows] == ["a.csv:2", "a.csv:4", "a.csv:5"]
    assert (rows[0].text, rows[0].extra) == ('a "b"\nc', {})
    assert rows[1].reason == "expected 3 columns as in the header, got 4"
    assert rows[2].extra == {"my col": "e"}


def test_folders_and_globs_stand_for_their_files_in_order(tmp_path):
    for name in ("b.txt", "a.jsonl", "c.md", ".hidden.txt", "deep/d.TXT"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write(tmp_path / name, "x")
    assert [path.name for path in expand([str(tmp_path)])] == ["a.jsonl", "b.txt", "d.TXT"]
    assert expand([str(tmp_path / "*.txt"), str(tmp_path / "b.txt")]) == {tmp_path / "b.txt": True}
    assert list(expand([str(tmp_path)]).values()) == [False, False, False]


@pytest.mark.parametrize(
    ("source", "message"),
    [("missing.txt", "no such file"), ("*.pdf", "no file matches"), ("empty", r"no file in this folder ends in \.txt")],
)
def test_a_source_that_stands_for_nothing_is_an_error(tmp_path, source, message):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=message):
        expand([str(tmp_path / source)])


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(tmp_path):
    path = write(tmp_path / "a[1].txt", "x")
    assert expand([str(path)]) == {path: True}
