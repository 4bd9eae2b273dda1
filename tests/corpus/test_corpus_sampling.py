import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from corpus import tables
from corpus.build import build, replace_tables
from corpus.choosing import Limits
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
        ({"strategy": "uncertain"}, "--strategy uncertain and --predictions FILE belong together"),
        ({"predictions": Path("p.parquet")}, "--strategy uncertain and --predictions FILE belong together"),
        ({"shares": "equal"}, "--shares equal needs strata"),
        ({"test": True, "strategy": "diverse"}, "A test that a model or a rule chose says nothing about the corpus"),
        ({"test": True, "limits": Limits(per_document=1)}, "drawn at random from the whole corpus"),
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


def predicted(path, sentences, seed=1):
    """Predictions for ``sentences``, of two questions; a's probability is skewed towards a, so that b is rare."""
    rng = np.random.default_rng(seed)
    likely = rng.beta(4, 1.5, len(sentences))
    one = pd.DataFrame(
        {
            "sentence_id": list(sentences["sentence_id"]), "question": "stance", "abstained": False, "model_id": "m",
            "label": np.where(likely > 0.5, "a", "b"), "p_a": likely, "p_b": 1 - likely,
        }
    )  # fmt: skip
    other = one.assign(question="other", p_a=np.nan, p_b=np.nan, p_x=0.5, p_y=0.5)
    tables.write(pd.concat([one, other]), path, tables.PREDICTIONS)
    return one.set_index("sentence_id")


def test_uncertain_takes_the_least_sure_of_each_predicted_class(draw, news, tmp_path):
    sealed = rows(draw(60, test=True))
    path = tmp_path / "p.parquet"
    known = predicted(path, news.sentences)
    with pytest.raises(UsageError, match="the predictions answer other, stance: name one of them with --question"):
        draw(40, strategy="uncertain", predictions=path)
    batch = draw(40, strategy="uncertain", predictions=path, question="stance")
    table = rows(batch)
    drawn = known.loc[table["sentence_id"]]
    assert drawn["label"].value_counts().to_dict() == {"a": 20, "b": 20}
    assert not set(table["cluster_id"]) & set(sealed["cluster_id"])
    left = known.loc[news.sentences.loc[~news.sentences["cluster_id"].isin(sealed["cluster_id"]), "sentence_id"]]
    for label, own in left.groupby("label"):
        closest = (own["p_a"] - 0.5).abs().nsmallest(20)
        assert set(closest.index) == set(drawn.index[drawn["label"] == label])
    recipe = json.loads(batch.path.with_suffix(".json").read_text(encoding="utf-8"))
    assert (recipe["measure"], recipe["question"], len(recipe["predictions"])) == ("margin", "stance", 64)
    assert draw(40, strategy="uncertain", predictions=path, question="stance").existed


def test_a_model_chooses_nothing_before_the_test_set_is_sealed(draw, news, tmp_path):
    path = tmp_path / "p.parquet"
    predicted(path, news.sentences)
    asked = {"strategy": "uncertain", "predictions": path, "question": "stance"}
    with pytest.raises(UsageError, match=r"no test set is sealed, and a model must not choose .* sample N --test"):
        draw(10, **asked)
    draw(10)
    with pytest.raises(UsageError, match=r"batches already \(batch-001\), so it is too late here"):
        draw(10, **asked)


def test_predictions_of_another_corpus_say_so(draw, news, tmp_path):
    draw(10, test=True)
    path = tmp_path / "p.parquet"
    predicted(path, news.sentences.assign(sentence_id="x" + news.sentences["sentence_id"]))
    with pytest.raises(StanceError, match=r"none of the .* sentences that are left has a prediction"):
        draw(10, strategy="uncertain", predictions=path, question="stance")
    predicted(path, news.sentences[:30])
    with pytest.raises(StanceError, match=r"asked for 100 sentences, and .* are left and with a prediction"):
        draw(100, strategy="uncertain", predictions=path, question="stance")


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


def test_diverse_is_more_spread_than_random_and_the_same_again(draw, tmp_path, news):
    table = rows(draw(40, strategy="diverse"))
    assert len(table) == 40
    others = rows(draw(40))

    assert table["cluster_id"].nunique() == 40 >= others["cluster_id"].nunique()
    replace_tables(tmp_path / "other" / "corpus", news)
    again = sample(Workspace(tmp_path / "other"), 40, strategy="diverse", by=(), name=None, seed=1, test=False)
    assert again.path.read_bytes() == (draw(40, strategy="diverse").path).read_bytes()


def test_diverse_without_scikit_learn_says_what_to_install():
    code = "import sys; sys.modules['sklearn'] = None\ntry: import corpus.diverse\nexcept Exception as e: print(e)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--strategy diverse needs scikit-learn: install stancelab[train]" in done.stdout


def test_near_copies_of_sealed_sentences_stay_out_of_a_rebuilt_corpus(draw, workspace, tmp_path):
    sealed = rows(draw(20, test=True))
    text = max(sealed["text"], key=len)
    near = text.replace(" the ", " that ", 1) + " again"
    path = tmp_path / "more.jsonl"
    records = [{"id": "near", "text": near}, {"id": "other", "text": "Quite another matter was settled on Friday."}]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    rebuilt = build([str(path)], unit="line")
    assert not set(rebuilt.sentences["cluster_id"]) & set(sealed["cluster_id"])
    replace_tables(workspace.corpus, rebuilt)
    assert list(rows(draw(None))["text"]) == ["Quite another matter was settled on Friday."]


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


def test_the_test_set_may_hold_one_of_each_cluster_and_its_copies_stay_sealed(draw, news):
    table = rows(draw(100, test=True, limits=Limits(per_cluster=1)))
    assert (len(table), table["cluster_id"].nunique()) == (100, 100)
    others = rows(draw(None))
    assert not set(others["cluster_id"]) & set(table["cluster_id"])
    copies = news.sentences["cluster_id"].isin(table["cluster_id"]).sum()
    assert len(others) == len(news.sentences) - copies < len(news.sentences) - 100


@pytest.mark.parametrize("unit", ["line", "document"])
def test_a_sealed_sentence_inside_a_longer_one_is_not_drawn(draw, workspace, tmp_path, unit):
    texts = [
        "The envoy of the northern side left the city on Friday. Nobody spoke of the port or of its broken bridge.",
        "Two ferries lay at anchor while the strike went on. The union wants eleven per cent more for its sailors.",
        "A court in the capital freed both editors at noon. Their paper had printed a list of secret flights in May.",
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps({"text": text}) for text in texts), encoding="utf-8")
    other = "document" if unit == "line" else "line"
    replace_tables(workspace.corpus, build([str(path)], unit=other))
    (sealed,) = rows(draw(1, test=True))["text"]
    replace_tables(workspace.corpus, build([str(path)], unit=unit))
    drawn = list(rows(draw(None))["text"])
    assert drawn
    assert not any(sealed in text or text in sealed for text in drawn)


def test_a_test_set_that_is_gone_or_changed_stops_every_further_draw(draw, workspace):
    sealed, _ = draw(10, test=True), draw(5)
    whole = sealed.path.read_bytes()
    tables.write(rows(sealed).iloc[1:], sealed.path, tables.BATCH)
    with pytest.raises(StanceError, match=r"test set was changed after it was drawn: .*test\.parquet"):
        draw(5, seed=2)
    sealed.path.unlink()
    for asked in ({"seed": 3}, {"test": True}):
        with pytest.raises(StanceError, match="the sealed test set is gone: batch-001 was drawn after it"):
            draw(5, **asked)
    sealed.path.write_bytes(whole)
    assert draw(5, seed=3).name == "batch-002"
