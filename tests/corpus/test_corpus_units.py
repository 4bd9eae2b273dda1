import pytest

from corpus.sources import read
from corpus.text.units import lay_out

SETTINGS = {"titles": False, "language": "en", "single_line_share": 0.9, "headline_words": 25}


@pytest.fixture
def text_file(tmp_path):
    def laid_out(text, unit="auto", **changed):
        (tmp_path / "a.txt").write_text(text, encoding="utf-8")
        (record,) = read(tmp_path / "a.txt")
        return lay_out(record, unit, **SETTINGS | changed)

    return laid_out


@pytest.fixture
def json_record(tmp_path):
    def laid_out(record, unit="auto", **changed):
        (tmp_path / "a.jsonl").write_text(record, encoding="utf-8")
        (record,) = read(tmp_path / "a.jsonl")
        return lay_out(record, unit, **SETTINGS | changed)

    return laid_out


def texts(layout):
    return [layout.text[start:end] for start, end in layout.spans]


NINE = "".join(f"Sentence number {n} stands here.\n" for n in range(9))


def test_lines_that_are_sentences_stay_whole_and_the_others_are_named(text_file):
    layout = text_file("\n" + NINE + "One here. Two here.\n")
    assert len(layout.spans) == 10
    assert "9 of 10 lines are one" in layout.note
    assert "line 11 holds 2 and stays whole" in layout.note


def test_too_many_lines_with_several_sentences_make_a_document(text_file):
    layout = text_file(NINE + "One here. Two here.\n" * 2)
    assert len(layout.spans) == 13
    assert "2 of them hold more than one" in layout.note
    assert len(text_file(NINE + "One here. Two here.\n" * 2, "line").spans) == 11


@pytest.mark.parametrize("unit", ["auto", "document", "line"])
def test_a_headline_is_title_and_first_sentence(text_file, unit):
    layout = text_file("Talks end. No deal\n\nThe envoys left. Nobody spoke.\n", unit)
    assert layout.title == "Talks end. No deal"
    assert texts(layout)[0] == layout.title


@pytest.mark.parametrize(
    "text",
    [
        "Talks end.\nThe envoys left.",
        "Talks end",
        "Talks end\nNo deal",
        "word " * 26 + "\nThe envoys left.",
        "Did it?”\nNo.",
    ],
)
def test_no_headline(text_file, text):
    assert text_file(text).title is None


def test_a_record_is_split_unless_it_is_a_line(json_record):
    record = '{"text": " One here. Two\\nhere. ", "title": "Title"}'
    assert texts(json_record(record)) == ["One here.", "Two", "here."]
    assert texts(json_record(record, "line")) == ["One here. Two\nhere."]
    assert json_record(record).title == "Title"


@pytest.mark.parametrize("unit", ["auto", "line"])
def test_titles_become_sentences_of_the_text(json_record, unit):
    layout = json_record('{"text": "One here.", "title": " Out. Now "}', unit, titles=True)
    assert texts(layout) == ["Out. Now", "One here."]
    assert layout.text == " Out. Now \n\nOne here."


@pytest.mark.parametrize("titles", [False, True])
def test_a_title_alone_is_one_sentence(json_record, titles):
    assert texts(json_record('{"title": "Out. Now"}', titles=titles)) == ["Out. Now"]


def test_the_language_of_the_record_counts(json_record):
    # In German "max." is an abbreviation.
    text = "Eight was the max. Ministers agreed."
    assert len(json_record(f'{{"text": "{text}", "language": "de"}}').spans) != len(
        json_record(f'{{"text": "{text}"}}').spans
    )
