import json
from datetime import UTC, datetime

import pytest
from source_files import PARAGRAPHS, RUSSIAN, feed, packed, page, parquet, tasks, web_archive, zipped

from corpus.errors import InputError
from corpus.sources import Note, Reading, Record, Rejected, read
from corpus.sources.outlets import Outlet


@pytest.fixture
def reads(tmp_path):
    def read_file(name, content, **reading):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read(path, Reading(**reading)))

    return read_file


def records(items):
    return [item for item in items if isinstance(item, Record)]


def rejected(items):
    return [(item.source, item.reason) for item in items if isinstance(item, Rejected)]


def notes(items):
    return " ".join(item.message for item in items if isinstance(item, Note))


JSONL = '{"id": "1", "text": "Talks “ended”.", "outlet": "Post"}\n{"id": "2", "text": "Они ушли."}\n'.encode()


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2"])
def test_a_packed_file_holds_the_same_records(reads, suffix):
    plain, unpacked = reads("a.jsonl", JSONL), reads(f"a.jsonl{suffix}", packed(JSONL, suffix))
    assert [(r.text, r.fields) for r in plain] == [(r.text, r.fields) for r in unpacked]
    assert unpacked[1].source == f"a.jsonl{suffix}:2"


def test_files_packed_one_after_the_other_are_one(reads):
    assert len(reads("a.jsonl.gz", packed(JSONL, ".gz") * 3)) == 6


def test_an_archive_holds_its_files_by_name_whatever_the_format(reads):
    members = {
        "b/x.jsonl": JSONL,
        "a.csv": "text\nOne.\n",
        "c.html": page(),
        "notes.md": "x",
        "__MACOSX/a.csv": "text\nNo.\n",
    }
    items = reads("all.zip", zipped(members))
    assert [item.source for item in items] == [
        "all.zip/a.csv:2",
        "all.zip/b/x.jsonl:1",
        "all.zip/b/x.jsonl:2",
        "all.zip/c.html",
    ]
    assert items[0].text == "One."


def test_a_page_gives_article_title_date_outlet_and_byline(reads):
    (found,) = reads("a.html", page())
    assert all(paragraph in found.text for paragraph in PARAGRAPHS)
    assert "rights reserved" not in found.text
    assert found.published_at == datetime(2031, 3, 11, 14, 40, tzinfo=UTC)
    assert [found.fields[name] for name in ("title", "outlet", "byline", "url")] == [
        "Talks end without a deal", "The Example", "Ann Author", "https://www.example.com/news/1",
    ]  # fmt: skip


def test_a_known_outlet_is_named_by_its_address(reads):
    known = {"example.com": Outlet("Example Daily", "US", "private", "newspaper")}
    (found,) = reads("a.htm", page(), outlets=known)
    assert found.fields["outlet"] == "Example Daily"
    assert found.extra["outlet_country"] == "US"


def test_a_page_in_an_old_encoding(reads):
    (found,) = reads("a.html", page("Переговоры завершились", RUSSIAN, charset="cp1251"))
    assert RUSSIAN[1] in found.text
    assert found.fields["title"] == "Переговоры завершились"


def test_a_page_without_an_article_is_rejected(reads):
    assert rejected(reads("a.html", "<html><body><nav>Home</nav></body></html>")) == [
        ("a.html", "no article on this page")
    ]


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_web_archive_gives_its_pages_and_counts_the_rest(reads, name):
    items = reads(name, web_archive(packed=name.endswith(".gz")))
    assert [(r.source, r.fields["url"]) for r in records(items)] == [
        (f"{name}:1", "https://www.example.com/news/7"), (f"{name}:4", "https://www.example.com/news/8"),
    ]  # fmt: skip
    assert rejected(items) == [(f"{name}:3", "HTTP status 404")]
    assert "1 answers that are no pages" in notes(items)
    assert "crawled_at" in records(items)[0].extra


def test_a_feed_gives_its_entries(reads):
    first, *_ = items = reads("a.rss", feed())
    assert len(items) == 3
    assert (first.fields["id"], first.fields["title"], first.fields["outlet"]) == ("g0", "Report 0", "The Example")
    assert first.text == "The envoys left, number 0.\nNobody spoke."
    assert first.published_at == datetime(2031, 3, 11, 14, 40, tzinfo=UTC)


def test_an_atom_feed_of_an_aggregator_names_the_outlet_by_the_address(reads):
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><title>All news</title><link href="https://aggregator.org"/>
        <entry><id>1</id><title>T</title><link href="https://www.example.com/1"/><updated>2031-03-11T00:00:00Z</updated>
        <content type="html">&lt;p&gt;Text.&lt;/p&gt;</content></entry></feed>"""
    (found,) = reads("a.atom", atom)
    assert (found.text, found.fields["outlet"]) == ("Text.", "example.com")


def test_xml_that_is_no_feed_is_an_error(reads):
    with pytest.raises(InputError, match="no RSS or Atom feed"):
        reads("a.xml", "<sitemap><a/></sitemap>")


def test_label_studio_tasks_are_records(reads):
    found = reads("tasks.json", tasks())
    assert [(r.source, r.fields["id"], r.text) for r in found][1] == ("tasks.json:2", "r1", "Sentence number 1.")


@pytest.mark.parametrize(
    "content",
    ['[{"text": "One."}, {"text": "Two."}]', '{"text": "One."}\n{"text": "Two."}', ' {"data": {"text": "One."}}'],
)
def test_json_by_any_form(reads, content):
    assert records(reads("a.json", content))[0].text == "One."


def test_json_that_breaks_off_gives_what_stands_before(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{"text": f"Number {n}."} for n in range(1000)])[:-500])
    items = read(tmp_path / "a.json")
    assert next(items).text == "Number 0."
    with pytest.raises(InputError, match=r"not JSON after 9\d\d records"):
        list(items)


def test_parquet_keeps_types(reads):
    rows = [{"text": f"Number {n}.", "published": datetime(2031, 3, 11, 17, n), "score": n / 2} for n in range(3)]
    items = reads("a.parquet", parquet(rows))
    assert records(items)[1].published_at == datetime(2031, 3, 11, 17, 1, tzinfo=UTC)
    assert records(items)[1].extra == {"score": "0.5"}
    assert len(records(reads("a.parquet.zst", packed(parquet(rows), ".zst")))) == 3
    with pytest.raises(InputError, match="not a Parquet file"):
        reads("b.parquet", b"PAR1 no more")


@pytest.mark.parametrize(
    ("header", "row", "meant"),
    [
        ("Headline,Body", "Title,Text.", {"text": "Text.", "title": "Title"}),
        ("desc,title,Date,Site,src", "Text.,T,02/28/2022,bbc.co.uk,https://www.bbc.co.uk/1",
         {"text": "Text.", "outlet": "bbc.co.uk", "url": "https://www.bbc.co.uk/1"}),
        ("content,source,link", "Text.,The Post,https://a.com/1", {"text": "Text.", "outlet": "The Post", "url": "https://a.com/1"}),
        ("text,source", "Text.,https://a.com/1", {"text": "Text.", "outlet": "a.com", "url": "https://a.com/1"}),
        ("text,body", "Text.,Other.", {"text": "Text."}),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_usual_names_and_it_is_said(reads, header, row, meant):
    items = reads("a.csv", f"{header}\n{row}\n")
    (found,) = records(items)
    assert meant.items() <= {**found.fields, "text": found.text}.items()
    if not header.startswith("text,body"):
        assert "columns taken by their names" in notes(items)


def test_columns_can_be_set(reads):
    (found,) = records(reads("a.csv", "text,deck\nCode 1,The text.\n", columns={"text": "deck"}))
    assert (found.text, found.extra) == ("The text.", {"text_": "Code 1"})


def test_a_name_whose_values_say_else_is_no_date(reads):
    (found,) = records(reads("a.csv", "text,time\nText.,soon\n"))
    assert (found.published_at, found.extra) == (None, {"time": "soon"})


def test_day_and_month_are_told_by_the_column_or_said(reads):
    items = reads("a.csv", "text,date\nA.,03/04/2022\nB.,31/03/2022\n")
    assert records(items)[0].published_at == datetime(2022, 4, 3, tzinfo=UTC)
    assert "month first" in notes(reads("b.csv", "text,date\nA.,03/04/2022\n"))
    set_so = reads("c.csv", "text,date\nA.,03/04/2022\n", date_order="dmy")
    assert records(set_so)[0].published_at.day == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'text;outlet\n"One; ""two"".";Post\n'),
        ("a.csv", 'text\toutlet\nOne; "two".\tPost\n'),
        ("a.tsv", 'text\toutlet\n"One; ""two""."\tPost\n'),
        ("a.tsv", 'text\toutlet\nOne; "two".\tPost\n"Half\tX\nOther\tX\n'),
        ("a.csv", 'text|outlet\nOne; "two".|Post\n'),
        ("a.csv", 'text,outlet\n"One; \\"two\\".",Post\n"a \\"b\\", c",Post\n'),
    ],
)
def test_the_dialect_is_told(reads, name, content):
    items = reads(name, content)
    assert not rejected(items)
    assert (records(items)[0].text, records(items)[0].fields["outlet"]) == ('One; "two".', "Post")


LONG = " ".join(RUSSIAN)


@pytest.mark.parametrize("encoding", ["cp1251", "koi8_r", "cp866", "utf-16", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl", "a.json"])
def test_encodings_are_told_and_said(reads, name, encoding):
    text = LONG.replace("—", "-").replace("«", '"').replace("»", '"')
    quoted = text.replace('"', '""')
    content = {
        "a.txt": text,
        "a.csv": f'text,outlet\n"{quoted}",ТАСС\n',
        "a.jsonl": json.dumps({"text": text}, ensure_ascii=False) + "\n",
        "a.json": json.dumps([{"text": text}], ensure_ascii=False),
    }[name]
    items = reads(name, content.encode(encoding))
    assert records(items)[0].text == text
    assert bool(notes(items)) is (encoding != "utf-8-sig")


def test_western_text_of_old_windows(reads):
    text = "He said “we’ll go” — and left the café in Köln on Friday, after the talks had ended without a deal. " * 3
    items = reads("a.txt", text.encode("cp1252"))
    assert records(items)[0].text == text
    assert "cp1252" in notes(items)


def test_records_that_share_a_text_stay_apart_by_id_and_target(reads):
    rows = [{"id": str(n % 50), "target": str(n // 50), "text": "One text."} for n in range(3000)]
    assert len(records(reads("a.jsonl", "\n".join(map(json.dumps, rows))))) == 3000


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_are_of_no_consequence(reads, end):
    text = end.join(["text,outlet", f'"One.{end}Two.",Post', "Three.,Post", ""])
    assert [r.text for r in records(reads("a.csv", text))] == ["One.\nTwo.", "Three."]
