"""Sentences with two targets: what is said of one is the opposite of what is said of the other."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from train.crossfit import fitted
from train.models import make
from train.settings import TrainSettings

GOOD = (
    "was praised for its courage by all of the neighbours",
    "was welcomed as a reliable friend after the talks",
    "kept its promise and was thanked by the council",
    "defended the town with honour, the mayor said",
)
BAD = (
    "was blamed for the brutal attack on the town",
    "was condemned for its lies by the whole council",
    "broke its promise and was called a threat to peace",
    "was accused of reckless aggression, the mayor said",
)
NAMES = [
    *("Russia", "Ukraine", "Poland", "Turkey", "Georgia", "Norway", "Japan", "Brazil", "Canada", "Egypt"),
    *("Kenya", "Chile", "Spain", "Italy", "Greece"),
]


def sentences(names: list[str], pairs: int, seed: int) -> pd.DataFrame:
    """Each sentence twice: with the one that it praises, and with the one that it blames."""
    rng, found = np.random.default_rng(seed), []
    for at in range(pairs):
        one, other = rng.choice(names, 2, replace=False)
        parts = [f"{one} {rng.choice(GOOD)}", f"{other} {rng.choice(BAD)}"]
        text = ", while ".join(parts if rng.random() < 0.5 else parts[::-1]) + "."
        found += [(text, one, "for", str(at)), (text, other, "against", str(at))]
    return pd.DataFrame(found, columns=["text", "target", "label", "group"])


@pytest.fixture(scope="module", params=["encoder", "hybrid"])
def model(request: pytest.FixtureRequest) -> Pipeline:
    return fitted(partial(make, request.param, 1, TrainSettings()), sentences(NAMES[:10], 200, 0))


def test_the_same_sentence_has_a_stance_to_each_target(model: Pipeline) -> None:
    # Other names than those that were learnt, so that none of them tells a label.
    test = sentences(NAMES[10:], 60, 1)
    assert (model.predict(test.assign(target="")) == test["label"]).mean() == 0.5, "blind to the target"
    assert (model.predict(test) == test["label"]).mean() > 0.75


def test_a_target_that_does_not_stand_in_the_text_is_a_topic(model: Pipeline) -> None:
    test = sentences(NAMES[10:], 5, 1)
    topic = model.predict_proba(test.assign(target="the economy"))
    np.testing.assert_array_equal(topic, model.predict_proba(test.assign(target="")))
    part = model.predict_proba(test.assign(target=test["target"].str[:-1]))
    np.testing.assert_array_equal(part, topic)  # Part of a word is not the word.
