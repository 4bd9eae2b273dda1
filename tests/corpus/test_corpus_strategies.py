"""Batches that a rule or a model chooses."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from corpus import tables
from corpus.build import replace_tables
from corpus.errors import StanceError, UsageError
from corpus.sampling.draw import sample
from corpus.sampling.strategies import STRATEGIES, badge, choose, uncertain
from corpus.workspace import Workspace


def rows(batch):
    return tables.read(batch.path, tables.BATCH)


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


def test_diverse_is_more_spread_than_random_and_the_same_again(draw, tmp_path, news):
    table = rows(draw(40, strategy="diverse"))
    assert len(table) == 40
    others = rows(draw(40))

    assert table["cluster_id"].nunique() == 40 >= others["cluster_id"].nunique()
    replace_tables(tmp_path / "other" / "corpus", news)
    again = sample(Workspace(tmp_path / "other"), 40, strategy="diverse", by=(), name=None, seed=1, test=False)
    assert again.path.read_bytes() == (draw(40, strategy="diverse").path).read_bytes()


def test_diverse_without_scikit_learn_says_what_to_install():
    code = "import sys; sys.modules['sklearn'] = None\ntry: import corpus.sampling.diverse\nexcept Exception as e:"
    code += " print(e)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "strategies diverse, typiclust and badge need scikit-learn: install stancelab[train]" in done.stdout


def test_uncertain_takes_the_least_sure_of_each_class() -> None:
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8], [0.45, 0.55], [0.51, 0.49]])
    assert sorted(uncertain(p, 4)) == [1, 3, 4, 5]
    assert list(uncertain(p[:3], 2)) == [1, 2]


def test_badge_has_its_distances_right_and_spreads() -> None:
    rng = np.random.default_rng(0)
    vectors, p = rng.normal(size=(40, 5)), rng.dirichlet(np.ones(3), size=40)
    pull = p - np.eye(3)[p.argmax(axis=1)]
    gradients = (pull[:, :, None] * vectors[:, None, :]).reshape(40, -1)
    drawn = badge(vectors, p, 10, seed=1)
    assert drawn[0] == (gradients**2).sum(axis=1).argmax()
    # The second is drawn by squared distance to the first: over many seeds each as often as that says.
    distance = ((gradients - gradients[drawn[0]]) ** 2).sum(axis=1)
    seen = np.bincount([badge(vectors, p, 2, seed=at)[1] for at in range(4000)], minlength=40)
    assert np.abs(seen / 4000 - distance / distance.sum()).max() < 0.02
    # Two places with many copies each: one of each comes before a copy.
    twice = badge(np.repeat(vectors[:2], 20, axis=0), np.repeat(p[:2], 20, axis=0), 30, seed=1)
    assert len(set(twice)) == 30
    assert {int(at) // 20 for at in twice[:2]} == {0, 1}


def test_typiclust_passes_over_what_is_covered_and_takes_the_middle_of_the_largest() -> None:
    rng = np.random.default_rng(0)
    places = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    sizes = [30, 20, 10]
    vectors = np.concatenate([place + rng.normal(size=(n, 2)) for place, n in zip(places, sizes, strict=True)])
    of = np.repeat([0, 1, 2], sizes)
    taken = np.zeros(60, dtype=bool)
    first = choose("typiclust", 3, taken=taken, seed=0, vectors=vectors)
    assert list(of[first]) == [0, 1, 2]
    assert np.linalg.norm(vectors[first] - places, axis=1).max() < 1
    taken[of == 1] = [True] * 5 + [False] * 15
    taken[of == 0] = [True] * 5 + [False] * 25
    left = choose("typiclust", 1, taken=taken, seed=0, vectors=vectors)
    assert not taken[left].any()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_strategy_gives_what_is_free_once_and_the_same_again(strategy) -> None:
    rng = np.random.default_rng(5)
    vectors, p = rng.normal(size=(80, 4)), rng.dirichlet(np.ones(3), size=80)
    taken = rng.random(80) < 0.3
    for n in (1, 20, int((~taken).sum())):
        drawn = choose(strategy, n, taken=taken, seed=7, vectors=vectors, probabilities=p)
        assert (len(set(drawn.tolist())), taken[drawn].any()) == (n, False)
        np.testing.assert_array_equal(drawn, choose(strategy, n, taken=taken, seed=7, vectors=vectors, probabilities=p))
    alike = choose(strategy, 10, taken=taken, seed=7, vectors=np.zeros((80, 1)), probabilities=np.full((80, 2), 0.5))
    assert len(set(alike.tolist())) == 10


def test_what_a_strategy_lacks_is_said() -> None:
    for strategy in ("badge", "uncertain", "diverse", "typiclust"):
        with pytest.raises(UsageError, match=f"strategy {strategy} lacks what it looks at"):
            choose(strategy, 1, taken=np.zeros(3, dtype=bool), seed=1)


def test_ours_and_scikit_activeml_choose_alike() -> None:
    from skactiveml.pool import TypiClust

    rng = np.random.default_rng(3)
    places = 20 * rng.normal(size=(6, 2))
    sizes = [31, 27, 22, 17, 12, 7]
    vectors = np.concatenate([at + 0.3 * rng.normal(size=(n, 2)) for at, n in zip(places, sizes, strict=True)])
    of = np.repeat(np.arange(6), sizes)
    theirs = TypiClust(random_state=0, k=20).query(vectors, np.full(len(vectors), np.nan), batch_size=6)
    ours = choose("typiclust", 6, taken=np.zeros(len(vectors), dtype=bool), seed=0, vectors=vectors)
    assert list(of[ours]) == list(of[theirs]) == [0, 1, 2, 3, 4, 5]


def test_badge_and_typiclust_draw_batches(draw, news, tmp_path) -> None:
    draw(30, test=True)
    first = rows(draw(20, strategy="typiclust"))
    second = rows(draw(20, strategy="typiclust", seed=2))
    assert not set(first["sentence_id"]) & set(second["sentence_id"])
    path = tmp_path / "p.parquet"
    predicted(path, news.sentences)
    asked = {"predictions": path, "question": "stance"}
    batch = draw(25, strategy="badge", **asked)
    assert batch.sentences == rows(batch)["sentence_id"].nunique() == 25
    unsure = rows(draw(20, strategy="typiclust", name="unsure", **asked))
    assert not set(unsure["sentence_id"]) & set(rows(batch)["sentence_id"])
    with pytest.raises(UsageError, match="a strategy that looks at a model belong together"):
        draw(5, strategy="badge")
    with pytest.raises(UsageError, match="others do not take it"):
        draw(5, strategy="diverse", **asked)
