"""Models of annotators: known answers, published error rates, and what crowd-kit must not be given."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from labeling.gold.aggregate import modelled
from labeling.gold.crowd import MODELS, posterior

DATA = Path(os.environ.get("STANCE_BENCH_DATA", Path(__file__).parents[3] / "shared" / "data"))


def long(table: list[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(table, columns=["sentence_id", "annotator", "label"])


def panel(seed: int = 0, items: int = 120) -> tuple[pd.DataFrame, list[str]]:
    """Three careful people, and two who always say b."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(["a", "b", "c"], items)
    rows = []
    for number, label in enumerate(truth):
        for who in range(3):
            given = label if rng.random() < 0.9 else rng.choice(["a", "b", "c"])
            rows.append((f"s{number:03}", f"careful {who}", given))
        rows += [(f"s{number:03}", f"lazy {who}", "b") for who in range(2)]
    return long(rows), list(truth)


@pytest.mark.parametrize("model", MODELS)
def test_careful_people_outweigh_those_who_always_say_the_same(model):
    votes, truth = panel()
    probable = posterior(votes, ["a", "b", "c"], model)
    assert list(probable.index) == sorted(votes["sentence_id"].unique())
    assert list(probable.columns) == ["a", "b", "c"]
    np.testing.assert_allclose(probable.sum(axis=1), 1)
    wrong = (probable.idxmax(axis=1).to_numpy() != np.array(truth)).mean()
    majority = votes.groupby("sentence_id")["label"].agg(lambda given: given.mode().iloc[0])
    assert wrong < (majority.to_numpy() != np.array(truth)).mean()
    assert wrong < 0.1


@pytest.mark.parametrize("model", MODELS)
def test_neither_order_nor_names_matter(model):
    # Names that are columns inside crowd-kit, and an order in which nothing appears sorted.
    votes, _ = panel(items=40)
    names = {"a": "worker", "b": "task", "c": "label"}
    other = votes.assign(
        annotator=votes["annotator"].map({name: name[::-1] for name in votes["annotator"].unique()}),
        label=votes["label"].map(names),
    ).sample(frac=1, random_state=1)
    one = posterior(votes, ["a", "b", "c"], model)
    two = posterior(other, list(names.values()), model)
    np.testing.assert_allclose(one.to_numpy(), two.to_numpy(), atol=0.02 if model == "mace" else 1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_one_label_throughout_is_certain_and_one_never_given_has_no_chance(model):
    votes = long([("s1", "ann", "a"), ("s1", "bob", "a"), ("s2", "ann", "a")])
    assert posterior(votes, ["a", "b"], model).to_numpy().tolist() == [[1.0, 0.0], [1.0, 0.0]]
    votes, _ = panel(items=30)
    assert (posterior(votes, ["a", "b", "c", "never"], model)["never"] == 0).all()


def test_a_tie_and_what_is_not_probable_enough_stay_open():
    tied = long([("s1", "ann", "a"), ("s1", "bob", "b"), ("s2", "ann", "b"), ("s2", "bob", "a")])
    found = modelled(tied, "stance", ["a", "b"], "dawid-skene", 0.0)
    assert found["label"].isna().all()
    assert list(found["probability"]) == [0.5, 0.5]
    votes, _ = panel()
    loose = modelled(votes, "stance", ["a", "b", "c"], "dawid-skene", 0.0)
    strict = modelled(votes, "stance", ["a", "b", "c"], "dawid-skene", 0.999)
    low = loose["probability"] < 0.999
    assert low.any()
    assert not low.all()
    assert (strict["label"].isna() == low).all()
    assert set(loose["method"]) == {"dawid-skene"}
    assert list(loose["votes"]) == [5] * 120


@pytest.mark.parametrize(("name", "model", "most"), [("bluebird", "dawid-skene", 0.112), ("rte", "dawid-skene", 0.073)])
def test_published_error_rates(name, model, most):
    if not (DATA / "crowd").is_dir():
        pytest.skip("no data for evaluation")
    names = ["sentence_id", "annotator", "label"]
    votes = pd.read_csv(DATA / f"crowd/{name}_crowd.txt", sep=r"\s+", names=names, dtype=str)
    truth = pd.read_csv(DATA / f"crowd/{name}_truth.txt", sep=r"\s+", names=["s", "label"], dtype=str)
    truth = truth.set_index("s")["label"]
    votes = votes.drop_duplicates(["sentence_id", "annotator"])
    found = posterior(votes, sorted(votes["label"].unique()), model).idxmax(axis=1)
    assert (found.reindex(truth.index) != truth).mean() <= most
