import json

import pytest

from corpus import tables
from corpus.build import build, replace_tables
from corpus.errors import InUse, StanceError, UsageError
from corpus.files import lock
from corpus.sampling import batch_table, sample
from corpus.workspace import Workspace


@pytest.fixture
def draw(workspace):
    def drawn(n, **asked):
        default = {"strategy": "random", "by": (), "name": None, "seed": 1, "test": False}
        return sample(workspace, n, **default | asked)

    return drawn


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


def test_the_test_set_takes_whole_clusters_and_no_sample_holds_a_copy(draw, news):
    batch = draw(100, test=True)
    table = rows(batch)
    assert (batch.name, len(table) >= 100) == ("test", True)
    copies = news.sentences["cluster_id"].isin(table["cluster_id"])
    assert set(news.sentences.loc[copies, "sentence_id"]) == set(table["sentence_id"])
    others = rows(draw(None))
    assert not set(others["cluster_id"]) & set(table["cluster_id"])
    assert len(others) + len(table) == len(news.sentences)


def test_the_test_set_comes_first_and_once(draw):
    draw(10, test=True)
    assert draw(10, test=True).existed
    with pytest.raises(UsageError, match="the test set is drawn once"):
        draw(11, test=True)


def test_no_test_set_after_another_batch(draw):
    draw(10)
    with pytest.raises(UsageError, match="drawn before any other batch, and there are: batch-001"):
        draw(10, test=True)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"strategy": "uncertain"}, "uncertain needs predictions and is not in this version"),
        ({"strategy": "diverse"}, "diverse needs predictions"),
        ({"strategy": "odd"}, "no strategy 'odd'; there are: random, stratified"),
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


def test_a_rebuilt_corpus_still_keeps_copies_of_test_sentences_out(draw, workspace, tmp_path, news):
    table = rows(draw(20, test=True))
    path = tmp_path / "more.jsonl"
    text = table["text"].iloc[0]
    path.write_text(json.dumps({"id": "new", "text": text}) + '\n{"id": "other", "text": "Something else entirely."}')
    replace_tables(workspace.corpus, build([str(path)]))
    drawn = rows(draw(1))
    assert list(drawn["text"]) == ["Something else entirely."]
