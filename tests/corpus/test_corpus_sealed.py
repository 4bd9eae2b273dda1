"""The sealed test set: drawn once and first, whole, and never drawn from again."""

import json

import pytest

from corpus import tables
from corpus.build import build, replace_tables
from corpus.errors import StanceError, UsageError
from corpus.sampling.choosing import Limits


def rows(batch):
    return tables.read(batch.path, tables.BATCH)


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


def test_a_rebuilt_corpus_still_keeps_copies_of_test_sentences_out(draw, workspace, tmp_path, news):
    table = rows(draw(20, test=True))
    path = tmp_path / "more.jsonl"
    text = table["text"].iloc[0]
    path.write_text(json.dumps({"id": "new", "text": text}) + '\n{"id": "other", "text": "Something else entirely."}')
    replace_tables(workspace.corpus, build([str(path)]))
    drawn = rows(draw(1))
    assert list(drawn["text"]) == ["Something else entirely."]


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
