"""Batches: what is drawn, in which order, with which context, and the recipe."""

import json
from datetime import date
from pathlib import Path

import pytest

from corpus import tables
from corpus.build import build, replace_tables
from corpus.errors import InUse, StanceError, UsageError
from corpus.files import lock
from corpus.sampling.choosing import Limits
from corpus.sampling.draw import batch_table, sample
from corpus.workspace import Workspace


def rows(batch):
    return tables.read(batch.path, tables.BATCH)


def test_a_sample_is_what_was_asked_for_in_random_order(draw, news):
    batch = draw(50)
    table = rows(batch)
    assert (batch.name, batch.sentences, batch.existed) == ("batch-001", 50, False)
    assert table["sentence_id"].is_unique
    assert not table["sentence_id"].is_monotonic_increasing
    assert set(table["sentence_id"]) < set(news.sentences["sentence_id"])
    assert table["outlet"].notna().all()


def test_the_same_recipe_gives_back_the_batch_and_another_seed_does_not_repeat_it(draw):
    first = draw(50)
    before = first.path.read_bytes()
    assert draw(50) == type(first)(first.name, first.path, 50, existed=True)
    assert first.path.read_bytes() == before
    second = draw(50, seed=2)
    assert second.name == "batch-002"
    assert not set(rows(first)["sentence_id"]) & set(rows(second)["sentence_id"])


def test_two_workspaces_give_the_same_bytes(draw, tmp_path, news):
    one = draw(30)
    replace_tables(tmp_path / "other" / "corpus", news)
    other = Workspace(tmp_path / "other")
    two = sample(other, 30, strategy="random", by=(), name=None, seed=1, test=False)
    assert one.path.read_bytes() == two.path.read_bytes()
    assert one.path.with_suffix(".json").read_bytes() == two.path.with_suffix(".json").read_bytes()


def test_all_takes_what_is_left(draw, news):
    first = draw(50, name="pilot")
    rest = draw(None)
    assert first.sentences + rest.sentences == len(news.sentences)
    with pytest.raises(StanceError, match=r"asked for 1 sentences, and 0 of 697 are left"):
        draw(1)


def test_too_few_left_says_how_many(draw):
    with pytest.raises(StanceError, match="asked for 5000 sentences, and 697 of 697 are left"):
        draw(5000)


def test_stratified_gives_each_value_its_share(draw, news):
    table = rows(draw(80, strategy="stratified", by=("event",)))
    events = news.sentences.merge(news.documents[["doc_id", "event"]], on="doc_id")["event"]
    exact = events.value_counts() * 80 / len(events)
    assert ((table["event"].value_counts() - exact).abs() < 1).all()
    assert len(table) == 80


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"strategy": "uncertain"}, "a strategy that looks at a model belong together"),
        ({"predictions": Path("p.parquet")}, "a strategy that looks at a model belong together"),
        ({"shares": "equal"}, "--shares equal needs strata"),
        ({"test": True, "strategy": "diverse"}, "A test that a model or a rule chose says nothing about the corpus"),
        ({"test": True, "limits": Limits(per_document=1)}, "drawn at random from the whole corpus"),
        ({"strategy": "odd"}, "no strategy 'odd'; there are: random, uncertain, typiclust, badge, diverse, stratified"),
        ({"strategy": "stratified"}, "belong together"),
        ({"by": ("outlet",)}, "belong together"),
        ({"strategy": "stratified", "by": ("nope",)}, "no column 'nope'"),
        ({"name": "a/b"}, "batch name 'a/b' is not allowed"),
        ({"name": "test"}, "kept for the sealed test set"),
        ({"name": "x", "test": True}, "leave out --strategy, --by and --name"),
    ],
)
def test_what_cannot_be_drawn(draw, asked, message):
    with pytest.raises(UsageError, match=message):
        draw(5, **asked)


def test_a_name_that_is_taken_by_another_recipe_is_refused(draw):
    draw(5, name="pilot")
    with pytest.raises(UsageError, match="batch pilot is there already"):
        draw(6, name="pilot")


def test_one_draws_at_a_time(draw, workspace):
    with lock(workspace.batches / ".lock", ""), pytest.raises(InUse, match="another `stance corpus sample`"):
        draw(5)


def test_the_recipe_says_how_it_was_drawn(draw):
    draw(5, name="pilot")
    recipe = json.loads(draw(7, seed=3).path.with_suffix(".json").read_text(encoding="utf-8"))
    assert {key: recipe[key] for key in ("n", "seed", "strategy", "by", "test", "after")} == {
        "n": 7, "seed": 3, "strategy": "random", "by": [], "test": False, "after": ["pilot"],
    }  # fmt: skip
    assert set(recipe["corpus"]) == {"documents", "sentences"}


def test_context_is_two_neighbours_of_the_same_document(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "A one. B two. C three. D four."}\n{"text": "Alone here."}', encoding="utf-8")
    built = build([str(path)])
    table = batch_table(built.documents, built.sentences, list(built.sentences["sentence_id"]))
    context = table.set_index("text")[["before", "after"]].apply(tuple, axis=1).to_dict()
    assert context == {
        "A one.": ("", "B two. C three."),
        "B two.": ("A one.", "C three. D four."),
        "C three.": ("A one. B two.", "D four."),
        "D four.": ("B two. C three.", ""),
        "Alone here.": ("", ""),
    }


def test_equal_shares_give_each_value_the_same(draw, news):
    table = rows(draw(40, strategy="stratified", by=("event",), shares="equal"))
    assert set(table["event"].value_counts()) == {40 // news.documents["event"].nunique()}


def test_a_column_of_the_sentences_can_be_named(draw):
    assert draw(10, strategy="stratified", by=("language", "flags")).sentences == 10


def test_limits_hold(draw, news):
    limits = Limits(since=date(2031, 6, 1), until=date(2032, 1, 31), per_document=2, per_cluster=1)
    table = rows(draw(20, limits=limits))
    assert table["published_at"].dt.date.between(date(2031, 6, 1), date(2032, 1, 31)).all()
    assert table["doc_id"].value_counts().max() <= 2
    assert table["cluster_id"].is_unique
    everything = rows(draw(None, limits=limits))
    inside = news.documents["published_at"].dt.date.between(date(2031, 6, 1), date(2032, 1, 31))
    assert set(everything["doc_id"]) <= set(news.documents.loc[inside, "doc_id"])
    with pytest.raises(StanceError, match="are left within the limits"):
        draw(10, limits=Limits(until=date(2000, 1, 1)))
    edge = news.documents["published_at"].min().date()
    assert draw(1, limits=Limits(since=edge, until=edge)).sentences == 1


def test_a_headline_is_not_shown_twice(tmp_path: Path) -> None:
    source = tmp_path / "news.jsonl"
    source.write_text(
        '{"title": "Ships sail", "text": "One ship sails today. Another one waits here."}', encoding="utf-8"
    )
    built = build([str(source)], titles=True)
    assert list(built.sentences["text"]) == ["Ships sail", "One ship sails today.", "Another one waits here."]
    batch = batch_table(built.documents, built.sentences, list(built.sentences["sentence_id"]))
    assert list(batch["before"]) == ["", "", "One ship sails today."]
    assert set(batch["title"]) == {"Ships sail"}
