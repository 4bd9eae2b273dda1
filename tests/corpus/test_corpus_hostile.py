"""Files that are broken or mean harm: each is named, with what is wrong, and the rest is read."""

import gzip
import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from source_files import feed, packed, page, parquet, tasks, web_archive, zipped

from corpus.build import build
from corpus.errors import InputError
from corpus.sources import READERS, Reading, Record, Rejected, expand, read
from corpus.sources.delimited import split


@pytest.fixture
def put(tmp_path):
    def write(name, content):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


ROWS = "".join(json.dumps({"id": str(n), "text": f"Sentence number {n} of the file."}) + "\n" for n in range(20_000))


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2"])
def test_a_truncated_file_gives_its_beginning_and_is_named(put, suffix):
    path = put(f"a.jsonl{suffix}", packed(ROWS.encode(), suffix)[:-100])
    items, records = read(path), []
    with pytest.raises(InputError, match=r"a\.jsonl\.\w+: cannot be read to its end") as raised:  # noqa: PT012
        for item in items:
            records.append(item)  # noqa: PERF402 - what came before the error counts
    assert len(records) > 10_000 or suffix == ".bz2"  # whose blocks are large
    assert raised.value.line is None


def test_a_named_file_that_breaks_off_keeps_its_beginning(put):
    rows = "".join(json.dumps({"id": str(n), "text": "Some text."}) + "\n" for n in range(500))
    built = build([str(put("a.jsonl.gz", gzip.compress(rows.encode(), mtime=0)[:-20]))])
    assert len(built.documents) > 400
    assert "cannot be read to its end" in built.dropped["reason"].item()
    with pytest.raises(InputError, match="to its end"):
        build([str(put("a.jsonl.gz", gzip.compress(rows.encode(), mtime=0)[:-20]))], strict=True)


def test_what_is_packed_by_name_only_is_an_error(put):
    for suffix in (".gz", ".zst", ".bz2", ".zip"):
        with pytest.raises(InputError, match=r"cannot be read to its end|cannot be unpacked|not a ZIP"):
            list(read(put(f"a.txt{suffix}" if suffix != ".zip" else "a.zip", b"this is no packed file at all")))


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2", ".zip"])
def test_a_bomb_goes_off_at_the_limit(put, suffix):
    data = b'{"text": "' + b"a" * (80 << 20) + b'"}'
    path = put("a.jsonl" + suffix, zipped({"a.jsonl": data}) if suffix == ".zip" else packed(data, suffix))
    if suffix == ".zip":
        path = path.rename(path.with_name("a.zip"))
    reading = Reading(record_bytes=200 << 20)
    try:
        problems = [item.reason for item in read(path, reading)]
    except InputError as error:
        problems = [str(error)]
    assert len(problems) == 1
    assert "unpacks to more than 64 MiB, which looks like a bomb" in problems[0]


def test_an_archive_is_bounded_as_a_whole(put):
    member = b'{"text": "' + b"a" * (30 << 20) + b'"}'
    path = put("a.zip", zipped({f"{n}.jsonl": member for n in range(5)}))
    items = list(read(path))
    assert [isinstance(item, Record) for item in items] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.txt", "leads out of the archive"),
        ("/etc/evil.txt", "leads out of the archive"),
        ("a\\..\\evil.txt", "leads out of the archive"),
        ("inner.zip", "a packed file inside an archive"),
        ("inner.txt.gz", "a packed file inside an archive"),
    ],
)
def test_a_member_that_means_harm_is_refused_and_the_others_are_read(put, name, reason):
    items = list(read(put("a.zip", zipped({name: b"x", "good.txt": "A good text."}))))
    assert [item.text for item in items if isinstance(item, Record)] == ["A good text."]
    (refused,) = (item for item in items if isinstance(item, Rejected))
    assert reason in refused.reason


def test_a_damaged_member_costs_no_other(put):
    data = bytearray(zipped({"a.txt": "A first text. " * 50, "b.txt": "B second text."}))
    at = data.index(b"a.txt") + 8
    data[at : at + 6] = b"\xff" * 6
    items = list(read(put("a.zip", bytes(data))))
    assert [type(item).__name__ for item in items] == ["Rejected", "Record"]


def test_a_line_without_end_is_one_rejected_record(put):
    path = put("a.jsonl", b'{"text": "One."}\n' + b"x" * (64 << 20) + b'\n{"text": "Two."}\n')
    first, bad, last = read(path, Reading(record_bytes=1 << 20))
    assert (first.text, last.text) == ("One.", "Two.")
    assert (bad.source, bad.reason) == (
        "a.jsonl:2",
        "a line longer than 1,048,576 bytes (sources.record_mb), got 67,108,865",
    )
    for name in ("a.csv", "a.tsv"):
        *_, last = items = list(
            read(put(name, b"text\nOne.\n" + b"x" * (4 << 20) + b"\nTwo.\n"), Reading(record_bytes=1 << 20))
        )
        assert (len(items), last.text) == (3, "Two.")
    with pytest.raises(InputError, match=r"one document, and this one is longer|a line longer"):
        list(read(put("a.txt", b"x" * (4 << 20)), Reading(record_bytes=1 << 20)))


BROKEN = 'id,text\n1,"Fine, one."\n2,"Broken, two.\n3,"Fine, three."\n4,Fine four.\n5,"Fine ""five""."\n'


@pytest.mark.parametrize(
    ("content", "broken"),
    [
        (BROKEN, [3]),
        (BROKEN.replace('2,"Broken, two.', '2,"Broken" two.'), [3]),
        (BROKEN.replace('2,"Broken, two.', "2"), [3]),
        (BROKEN.replace('2,"Broken, two.', "2,x,y,z"), [3]),
        (BROKEN.replace('5,"Fine ""five""."', '5,"Broken five.'), [3, 6]),
    ],
)
def test_a_broken_row_is_one_dropped_row(put, content, broken):
    items = list(read(put("a.csv", content)))
    assert [item.source for item in items if isinstance(item, Rejected)] == [f"a.csv:{line}" for line in broken]
    assert [item.fields["id"] for item in items if isinstance(item, Record)] == ["1", "3", "4", "5"][: 5 - len(broken)]


def test_quotes_that_are_wrong_throughout_end_in_time():
    rows = split(
        enumerate(['a","c\n'] * 20_000, start=1), {"strict": True}, 1 << 20, place="a.csv", second_looks=1 << 20
    )
    with pytest.raises(InputError, match=r"a\.csv, line \d+: .*too many rows are broken"):
        list(rows)


def test_nul_bytes_and_control_characters(put):
    with pytest.raises(InputError, match="NUL bytes"):
        list(read(put("a.csv", "text\n" + "a\0b\n" * 100)))
    (found,) = read(put("a.txt", b"A long text that holds a single \0 byte. " * 1 + b"And goes on. " * 100))
    assert "single byte" in found.text


def test_lone_surrogates_are_rejected_in_every_json(put):
    for name, content in (
        ("a.jsonl", '{"text": "\\ud800"}\n{"text": "ok"}'),
        ("a.json", '[{"text": "\\ud800"}, {"text": "ok"}]'),
    ):
        bad, good = read(put(name, content))
        assert "surrogate" in bad.reason
        assert good.text == "ok"


def test_a_page_of_ten_thousand_nested_tags(put):
    for tag in ("div", "span", "b", "table"):
        (found,) = read(put("a.html", f"<{tag}>" * 10_000 + "text" + f"</{tag}>" * 10_000))
        assert isinstance(found, Rejected)
        assert "1,000 nested elements" in found.reason
    (found,) = read(put("b.html", "<li>" * 10_000 + "text"))
    assert isinstance(found, Rejected)


def test_a_feed_that_unfolds(put):
    bomb = (
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
        + "]><rss version='2.0'><channel><title>&j;</title></channel></rss>"
    )
    with pytest.raises(InputError):
        list(read(put("a.rss", bomb)))


def test_links_that_loop_or_lead_nowhere_are_named(put):
    good = put("good.txt", "A good text.")
    folder = good.parent
    (folder / "loop").symlink_to(folder)
    (folder / "self.txt").symlink_to(folder / "self.txt")
    (folder / "gone.csv").symlink_to(folder / "nothing.csv")
    built = build([str(folder)])
    assert len(built.documents) == 1
    assert sorted(built.dropped["source"]) == ["gone.csv", "loop", "self.txt"]
    assert len(expand([str(folder)])) == 4


def test_folders_that_link_to_each_other_are_read_once(put):
    folders = [put(f"{name}/{name}.txt", f"A text of {name}.").parent for name in "abcdefghij"]
    for one in folders:
        for other in folders:
            if one != other:
                (one / f"to-{other.name}").symlink_to(other)
    found = list(expand([str(folders[0].parent)]))
    assert sorted(path.name for path in found if path.suffix == ".txt") == [f"{name}.txt" for name in "abcdefghij"]
    assert all(path.is_symlink() for path in found if path.suffix != ".txt")


def test_all_of_them_in_one_folder_cost_no_good_record(put):
    put("a.txt.gz", gzip.compress(b"x" * 1000)[:-9])
    put("b.zip", b"PK\x03\x04")
    put("c.parquet", b"PAR1")
    put("d.warc", b"WARC/1.0\r\nbroken")
    put("e.xml", b"<a")
    put("f.json", b'[{"text": ')
    put("g.html", b"\xff\xfe\x00")
    put("h.csv", b"\xff\xff\xff")
    put("good.jsonl", '{"text": "A good text."}')
    put("good.warc", web_archive())
    built = build([str(put("good.rss", feed()).parent)])
    assert len(built.documents) == 6
    assert {name[0] for name in built.dropped["source"]} >= set("abcdefgh")


SEEDS = {
    ".jsonl": ROWS[:500].encode(), ".csv": BROKEN.encode(), ".tsv": BROKEN.replace(",", "\t").encode(),
    ".json": tasks(), ".html": page(), ".xhtml": page(), ".htm": page(), ".warc": web_archive(),
    ".rss": feed(), ".atom": feed(), ".xml": feed(),
    ".txt": ROWS[:500].encode(), ".ndjson": ROWS[:500].encode(), ".parquet": parquet([{"text": "One."}]),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [*READERS, ".jsonl.gz", ".csv.zst", ".zip"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_broken_is_named(suffix, data, tmp_path_factory):
    inner = "." + suffix.split(".")[1]
    content = zipped({"a.csv": SEEDS[".csv"]}, zipfile.ZIP_STORED) if suffix == ".zip" else SEEDS[inner]
    broken = bytearray(packed(content, suffix[len(inner) :]) if suffix.count(".") == 2 else content)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(broken) - 1)))
        broken[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    broken = broken[: data.draw(st.integers(0, len(broken)))] if data.draw(st.booleans()) else broken
    path = tmp_path_factory.mktemp("broken") / f"a{suffix}"
    path.write_bytes(broken)
    try:
        for item in read(path):
            assert item.source.startswith(path.name)
    except InputError as error:
        assert path.name in str(error)  # noqa: PT017 - that it is raised is allowed, not expected


def test_an_entry_without_a_name_costs_no_other(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("b.csv", "c.jsonl"):
            archive.writestr(name, '{"text": "A good text."}')
        archive.infolist()[0].filename = ""
    assert [item.text for item in read(tmp_path / "a.zip")] == ["A good text."]


def test_reading_again_gives_the_same(put):
    stream = io.BytesIO(zipped({"a.csv": BROKEN, "b.html": page(), "c.warc": web_archive()}))
    path = put("a.zip", stream.getvalue())
    assert list(read(path)) == list(read(path))


def test_a_feed_that_is_an_address_is_not_fetched(put, monkeypatch):
    def opened(*arguments, **more):
        raise AssertionError("a feed opened something")

    monkeypatch.setattr("urllib.request.OpenerDirector.open", opened)
    for content in (b"http://127.0.0.1:9/feed", b"/etc/hostname", b"\x80", b"a\0b"):
        with pytest.raises(InputError):
            list(read(put("a.rss", content)))
