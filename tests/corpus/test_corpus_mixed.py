"""Sources of every kind in one build."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from source_files import RUSSIAN, feed, packed, page, parquet, tasks, web_archive, zipped

from corpus.build import build

FILES = {
    "a.txt": "Talks end\n\nThe envoys left. Nobody spoke.\n",
    "b.csv.gz": packed(
        b"headline,body\nTalks end,The envoys of both sides left. Nobody spoke.\nOnly a title,\n,\n", ".gz"
    ),
    "c.jsonl.zst": packed(json.dumps({"id": "1", "text": " ".join(RUSSIAN)}).encode(), ".zst"),
    "d.html": page(),
    "e.warc.gz": web_archive(packed=True),
    "f.rss": feed(),
    "g.json": tasks(),
    "h.zip": zipped({"x.parquet": parquet([{"text": "A row of a table."}]), "y.tsv": "text\nA row of a TSV.\n"}),
}


def test_every_kind_of_source_in_one_call(tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    built = build([str(tmp_path / "a.txt"), str(tmp_path / "*.gz"), str(tmp_path)])
    per_file = built.documents["source"].str.split("[:/]").str[0].value_counts()
    assert dict(per_file) == {
        "a.txt": 1, "b.csv.gz": 2, "c.jsonl.zst": 1, "d.html": 1, "e.warc.gz": 2, "f.rss": 3, "g.json": 3, "h.zip": 2,
    }  # fmt: skip
    assert set(built.dropped[built.dropped["step"] == "read"]["reason"]) == {"empty text", "HTTP status 404"}
    languages = built.documents.set_index("source")["language"]
    assert (languages["c.jsonl.zst:1"], languages["d.html"]) == ("ru", "en")
    texts = built.documents.set_index("doc_id")["text"]
    assert all(texts[row.doc_id][row.start : row.end] == row.text for row in built.sentences.itertuples())
    assert any("columns taken by their names" in note for note in built.notes)


def test_a_sentence_in_another_language_than_its_document_says_so(tmp_path):
    text = " ".join(RUSSIAN) + " The envoys of both countries left the city on Friday without a deal. Да."
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": text}))
    sentences = build([str(tmp_path / "a.jsonl")]).sentences.sort_values("start")
    assert list(sentences["language"]) == ["ru", "ru", "ru", "en", "ru"]


ANY_RECORD = st.fixed_dictionaries(
    {"text": st.text(max_size=60), "id": st.sampled_from("abc")}, optional={"target": st.sampled_from("xy")}
)


@settings(max_examples=40, deadline=None)
@given(files=st.lists(st.lists(ANY_RECORD, max_size=4), min_size=2, max_size=4), data=st.data())
def test_ids_and_offsets_hold_for_any_text_in_any_order_of_files(files, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("order")
    paths = []
    for number, records in enumerate([*files, [{"text": "One that is good."}]]):
        paths.append(folder / f"{number}.jsonl")
        paths[-1].write_text("".join(json.dumps(record) + "\n" for record in records) or "{}", encoding="utf-8")
    one = build([str(path) for path in paths])
    other = build([str(path) for path in data.draw(st.permutations(paths))])
    for table, key in (("documents", "doc_id"), ("sentences", "sentence_id")):
        assert set(getattr(one, table)[key]) == set(getattr(other, table)[key])
    texts = one.documents.set_index("doc_id")["text"]
    assert all(texts[row.doc_id][row.start : row.end] == row.text for row in one.sentences.itertuples())
