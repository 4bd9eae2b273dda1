import json
import shutil

import pytest

from corpus import tables
from corpus.cli import group
from corpus.console import ROOT
from corpus.errors import ConfigError, InputError, NotFound
from corpus.stats.summary import lines, stats

SAMPLE = ROOT / "corpus" / "sample"


def last(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_build_counts_and_notes(corpus_command, tmp_path):
    result = corpus_command("build", SAMPLE / "seed.txt", "--json")
    record = last(result)
    assert isinstance(record.pop("seconds"), float)
    assert record == {"documents": 1, "sentences": 15, "dropped": {}, "clusters": 15, "duplicates": 0}
    assert "line 3 holds 2 and stays whole" in result.stderr
    assert "documents: 1 new, 0 kept, 0 gone" in result.stderr
    assert tables.read(tmp_path / "workspace" / "corpus" / "sentences.parquet", tables.SENTENCES).shape[0] == 15


def test_build_with_titles_and_unit(corpus_command):
    assert last(corpus_command("build", SAMPLE / "news.jsonl", "--titles", "--json"))["sentences"] == 633 + 64
    assert last(corpus_command("build", SAMPLE / "news.jsonl", "--unit", "line", "--json"))["sentences"] == 64
    assert last(corpus_command("build", SAMPLE / "seed.txt", "--unit", "document", "--json"))["sentences"] == 16


def test_build_says_what_was_dropped(corpus_command, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "One."}\n[]\n{}\n{}\n', encoding="utf-8")
    result = corpus_command("build", tmp_path / "a.jsonl")
    assert "dropped 2: no text and no title" in result.stdout
    assert isinstance(corpus_command("build", tmp_path / "a.jsonl", "--strict").exception, InputError)


def test_many_text_files_do_not_flood_the_screen(corpus_command, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(25):
        (tmp_path / "in" / f"{number}.txt").write_text(f"Text number {number}.", encoding="utf-8")
    result = corpus_command("build", tmp_path / "in")
    assert "and so for 5 more notes on sources" in result.stderr
    assert len(result.stderr.splitlines()) == 22


def test_an_unknown_setting_is_named(corpus_command, tmp_path):
    (tmp_path / "corpus.yaml").write_text("duplicates: {treshold: 0.5}", encoding="utf-8")
    error = corpus_command("build", SAMPLE / "seed.txt", "--config", tmp_path / "corpus.yaml").exception
    assert isinstance(error, ConfigError)
    assert "duplicates.treshold: unknown key; allowed: aligned, coverage, near_from_words" in str(error)


def test_settings_reach_the_build(corpus_command, tmp_path):
    (tmp_path / "corpus.yaml").write_text("filters: {min_letters: 100}", encoding="utf-8")
    record = last(corpus_command("build", SAMPLE / "seed.txt", "--config", tmp_path / "corpus.yaml", "--json"))
    assert record["dropped"] == {"fewer letters than 100": 15 - record["sentences"]}
    assert 0 < record["sentences"] < 15


def test_sample_draws_from_the_built_corpus(corpus_command):
    corpus_command("build", SAMPLE / "news.jsonl")
    assert last(corpus_command("sample", "20", "--test", "--json"))["batch"] == "test"
    record = last(corpus_command("sample", "30", "--by", "outlet, event", "--json"))
    assert (record["batch"], record["sentences"], record["existed"]) == ("batch-001", 30, False)
    again = corpus_command("sample", "30", "--by", "outlet,event", "--json")
    assert last(again)["existed"] is True
    assert "was drawn like this before" in again.stderr
    assert last(corpus_command("sample", "all", "--name", "rest", "--json"))["batch"] == "rest"


@pytest.mark.parametrize("n", ["0", "-1", "x", "1.5"])
def test_sample_wants_a_number_or_all(corpus_command, n):
    result = corpus_command("sample", "--", n) if n.startswith("-") else corpus_command("sample", n)
    assert result.exit_code == 2


def test_commands_that_need_a_corpus_say_how_to_make_one(corpus_command):
    for arguments in (["stats"], ["sample", "5"]):
        error = corpus_command(*arguments).exception
        assert isinstance(error, NotFound)
        assert "Run `stance corpus build` first" in str(error)


def test_stats_are_those_of_the_tables(corpus_command, news):
    corpus_command("build", SAMPLE / "news.jsonl", "--titles")
    found = last(corpus_command("stats", "--json"))
    assert found == json.loads(json.dumps(stats(news.documents, news.sentences, news.dropped, news.links)))
    assert (found["documents"], found["sentences"], found["clusters"]) == (64, 697, news.clusters)
    assert found["events"]["port-outage"]["documents"] == 8
    assert sum(row["sentences"] for row in found["outlets"].values()) == 697
    assert found["published"] == ["2031-03-11", "2032-10-13"]
    assert found["words"]["min"] <= found["words"]["q25"] <= found["words"]["median"] <= found["words"]["max"]
    assert any("Sever News Agency" in line for line in lines(found))


def test_stats_of_a_corpus_without_dates_or_sentences(news):
    documents = news.documents.iloc[:1].assign(published_at=None, outlet=None)
    found = stats(
        documents.astype({"published_at": "datetime64[us, UTC]"}),
        news.sentences.iloc[:0],
        news.dropped,
        news.links.iloc[:0],
    )
    assert found["outlets"] == {"": {"documents": 1, "sentences": 0}}
    assert found["words"] == {}
    assert "dropped: none" in list(lines(found))


@pytest.mark.parametrize("name", sorted(group.commands))
def test_help_ends_with_an_example(corpus_command, name):
    text = corpus_command(name, "--help").stdout
    assert f"stance corpus {name}" in text.rsplit("Example:", 1)[1]


def test_a_second_build_of_the_same_says_that_all_is_kept(corpus_command, tmp_path):
    copy = shutil.copy(SAMPLE / "seed.txt", tmp_path / "renamed.txt")
    corpus_command("build", SAMPLE / "seed.txt")
    assert "documents: 0 new, 1 kept, 0 gone" in corpus_command("build", copy).stderr
