"""Files that people have and no standard describes: tables without names, old line ends, encodings without a mark."""

import io
import json
import os
import zipfile
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from source_files import PARAGRAPHS, RUSSIAN, page

from corpus.errors import InputError
from corpus.sources import Note, Reading, Record, Rejected, passed_over, read
from corpus.sources.encoding import lines
from corpus.stats.summary import reasons

TEXT, TEKST = " ".join(PARAGRAPHS), " ".join(RUSSIAN)


@pytest.fixture
def reads(tmp_path):
    def read_file(name, content, **reading):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read(path, Reading(**reading)))

    return read_file


def records(items):
    return [item for item in items if isinstance(item, Record)]


def notes(items):
    return " ".join(item.message for item in items if isinstance(item, Note))


def test_russian_names_of_columns_are_known(reads):
    content = f"Заголовок;Текст;Дата;Сайт;Язык\r\nПереговоры;{TEKST};31.03.2026;ТАСС;русский\r\n"
    items = reads("a.csv", content.encode("cp1251", "ignore"))
    (found,) = records(items)
    assert (found.fields["title"], found.fields["outlet"], found.fields["language"]) == ("Переговоры", "ТАСС", "ru")
    assert found.published_at == datetime(2026, 3, 31, tzinfo=UTC)
    assert "text from 'Текст'" in notes(items)


@pytest.mark.parametrize(
    ("written", "language", "kept"),
    [("EN", "en", None), ("en_US", "en", None), ("eng", "en", None), ("Russian", "ru", None), ("?", None, "?")],
)
def test_a_language_is_known_as_sources_write_it(reads, written, language, kept):
    (found,) = records(reads("a.jsonl", json.dumps({"text": "x", "language": written})))
    assert (found.fields["language"], found.extra.get("language_given")) == (language, kept)


def test_a_table_without_names_is_told_by_its_values(reads):
    items = reads(
        "a.tsv", f"17\tTalks end today\t{TEXT}\t2026-03-31\thttps://a.example/1\n18\tOther talks end\t{TEKST}\t\t\n"
    )
    first, second = records(items)
    assert (first.text, first.fields["title"], first.extra) == (TEXT, "Talks end today", {"column_1": "17"})
    assert (first.published_at, first.fields["url"]) == (datetime(2026, 3, 31, tzinfo=UTC), "https://a.example/1")
    assert (second.text, second.source) == (TEKST, "a.tsv:2")
    said = "title in column 2, text in column 3, published_at in column 4, url in column 5"
    assert f"no line of names; taken for {said}" in notes(items)


def test_the_columns_of_a_table_without_names_can_be_set(reads):
    (found,) = records(reads("a.csv", f'"{TEXT}",A short text of it\n', columns={"text": "column_2"}))
    assert found.text == "A short text of it"


def test_names_that_say_nothing_are_no_data(reads):
    for content in ("name,value\nOne two three four five,2\n", "2026-03-31,7\n2026-04-01,8\n"):
        with pytest.raises(InputError, match="expected a column named text or title"):
            reads("a.csv", content)


def test_a_column_that_was_not_believed_is_said(reads):
    items = reads("a.csv", "text,date\n" + "A.,2026-03-31\n" * 3 + "B.,soon\nC.,later\n")
    assert "column 'date' is not taken for published_at: 2 of 5 values are none" in notes(items)
    assert all(found.published_at is None for found in records(items))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_every_line_end_ends_a_line(reads, name, end):
    rows = ['{"text": "One."}', '{"text": "Two."}'] if name == "a.jsonl" else ["text", "One.", "Two."]
    found = records(reads(name, end.join([*rows, ""])))
    assert [item.text for item in found] == ["One.", "Two."]


def test_quoted_cells_keep_their_line_ends_in_a_table_of_old_ones(reads):
    first, second = records(reads("a.csv", 'id,text\r1,"One.\rTwo."\r2,Three.\r'))
    assert (first.text, second.text, second.source) == ("One.\nTwo.", "Three.", "a.csv:4")


class Dripping(io.RawIOBase):
    """A stream that gives a few bytes at a time."""

    def __init__(self, data, size):
        self.rest, self.size = data, size

    def readable(self):
        return True

    def readinto(self, buffer):
        given, self.rest = self.rest[: self.size], self.rest[self.size :]
        buffer[: len(given)] = given
        return len(given)


@settings(max_examples=200, deadline=None)
@given(data=st.text("ab\r\n", max_size=30), size=st.integers(1, 8), limit=st.sampled_from([2, 99]))
def test_lines_are_the_same_however_the_bytes_come(data, size, limit):
    stream = io.BufferedReader(Dripping(data.encode(), size), 8)
    expected = io.StringIO(data, newline="")
    for (number, line), whole in zip(lines(stream, Reading(record_bytes=limit)), expected, strict=True):
        assert line == whole if len(whole) <= limit else line.endswith(f"got {len(whole)}"), number


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [TEXT, TEKST])
def test_utf_16_without_a_mark(reads, encoding, text):
    items = reads("a.csv", f'text,outlet\n"{text}",ТАСС\n'.encode(encoding))
    assert records(items)[0].text == text
    assert f"read as {encoding.upper()}" in notes(items)


def test_a_quote_that_is_never_closed_costs_no_memory_and_no_row(reads):
    items = reads("a.csv", 'id,text\n1,"open\n' + "".join(f"{n},Text.\n" for n in range(2, 20_002)))
    assert len(records(items)) == 20_000
    (bad,) = (item for item in items if isinstance(item, Rejected))
    assert bad.source == "a.csv:2"
    assert "10,000 lines, or a quote that is not closed" in bad.reason


def test_a_bomb_in_an_archive_costs_no_other_member(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"a" * (80 << 20))
        archive.writestr("b.txt", "A good text.")
    bomb, good = (item for item in read(tmp_path / "a.zip") if not isinstance(item, Note))
    assert "looks like a bomb" in bomb.reason
    assert good.text == "A good text."


def test_a_pipe_is_named_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(InputError, match="got a pipe"):
        list(read(tmp_path / "a.txt"))


def test_records_inside_one_object_are_read_and_it_is_said(reads):
    wrapped = {"status": "ok", "totalResults": 2, "articles": [{"title": "A", "content": "One."}, {"title": "B"}]}
    items = reads("a.json", json.dumps(wrapped, indent=1))
    assert [(found.source, found.text) for found in records(items)] == [("a.json:1", "One."), ("a.json:2", "B")]
    assert "the records under 'articles' are read" in notes(items)
    (alone,) = records(reads("a.json", json.dumps({"text": "One.", "tags": [{"name": "x"}]})))
    assert alone.text == "One."


def test_the_heading_of_a_page_is_its_title_alone(reads):
    (found,) = records(reads("a.html", page()))
    assert found.fields["title"] == "Talks end without a deal"
    assert found.text.startswith("The envoys")


def test_what_a_folder_holds_besides_is_said(tmp_path, corpus_command):
    for name in ("a.txt", "b.md", "c.md", "deep/noname", ".hidden.md"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text("A text.")
    (note,) = passed_over([str(tmp_path / "in"), str(tmp_path / "in" / "b.md")])
    assert note.message == "passed over 3 files of other kinds: 2 with .md, 1 with no suffix"
    assert note.message in corpus_command("build", tmp_path / "in").stderr


def test_reasons_are_counted_without_their_details():
    found = reasons(
        pd.Series(
            [
                "published_at: expected a date as in 2026-03-31 or 2026-03-31T09:30:00Z, got 'soon'",
                "published_at: expected a date as in 2026-03-31 or 2026-03-31T09:30:00Z, got 'later'",
                "not JSON: Extra data at column 21", "not JSON: Extra data at column 7", "HTTP status 404",
                "empty text", "cannot be unpacked (Bad CRC-32 for file 'a.txt'); the file is left out from there on",
            ]
        )
    )  # fmt: skip
    assert found == {
        "HTTP status 404": 1, "cannot be unpacked": 1, "empty text": 1, "not JSON: Extra data": 2,
        "published_at: expected a date as in 2026-03-31 or 2026-03-31T09:30:00Z": 2,
    }  # fmt: skip


def test_a_build_says_reasons_once(tmp_path, corpus_command):
    rows = [json.dumps({"text": "x", "published_at": f"day {n}"}) for n in range(50)]
    (tmp_path / "a.jsonl").write_text("\n".join([*rows, '{"text": "A good text."}']))
    result = corpus_command("build", tmp_path / "a.jsonl", "--json")
    assert list(json.loads(result.stdout.splitlines()[-1])["dropped"].values()) == [50]
