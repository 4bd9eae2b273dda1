"""Errors towards each side by outlet country and language, on rows with a planted difference."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from train.audits.material import Material
from train.audits.plots import plot
from train.audits.symmetry import symmetry

LABELS = ("pro-Russia", "pro-US", "neutral")


def answered(planted: str | None, labels: tuple[str, ...] = LABELS) -> Material:
    """50 documents of 10 neutral sentences in each of two languages; outlets of two countries write in both.

    One in ten is taken for either side; of those in ``planted``, six in ten for pro-Russia.
    """
    rng = np.random.default_rng(1)
    rows = []
    for language in ("en", "ru"):
        lean = (0.6, 0.1, 0.3) if language == planted else (0.1, 0.1, 0.8)
        for document in range(50):
            origin = (f"{language}{document}", language, ("GB", "DE")[document % 2])
            rows += [(*origin, str(answer)) for answer in rng.choice(labels, size=10, p=lean)]
    frame = pd.DataFrame(rows, columns=["unit", "language", "country", "predicted"])
    frame = frame.assign(label=labels[2], split="test", text="Delegations met.", target=None)
    of: Any = SimpleNamespace(settings=SimpleNamespace(seed=1))
    data: Any = SimpleNamespace(sides=labels[:2], labels=labels, question="q")
    return Material(of, released(labels), data, None, frame, pd.DataFrame(), {})


def released(labels: tuple[str, ...], definitions: tuple[str, ...] = ()) -> Any:
    """A dataset version as far as its label configuration; the first labels have ``definitions``."""
    spec: Any = {"labels": {label: {} for label in labels}, "sides": labels[:2]}
    for label, definition in zip(labels, definitions, strict=False):
        spec["labels"][label]["definition"] = definition
    return SimpleNamespace(manifest={"labels": {"questions": {"q": spec}}})


@pytest.fixture(scope="module")
def lopsided() -> Any:
    return symmetry(answered("ru"))


def test_a_lopsided_language_is_named_and_the_other_is_not(lopsided: Any) -> None:
    said = {suspicion.says: suspicion.p for suspicion in lopsided.suspicions}
    (russian,) = [says for says in said if says.startswith("Where the language is ru: errors go towards pro-Russia")]
    assert "% of the other sentences are taken for pro-Russia" in russian
    assert said[russian] is not None
    assert said[russian] < 0.001
    assert not [says for says in said if "language is en" in says]


def test_the_table_has_the_closed_form_of_every_group(lopsided: Any) -> None:
    (table,) = lopsided.tables
    assert table["columns"][:6] == ["by", "value", "sentences", "wrongly pro-Russia", "wrongly pro-US", "difference"]
    rows = {(row[0], row[1]): row[2:] for row in table["rows"]}
    assert list(rows) == [
        ("all", ""), ("outlet country", "DE"), ("outlet country", "GB"), ("language", "en"), ("language", "ru"),
    ]  # fmt: skip
    own = answered("ru").rows
    for (by, value), (n, russia, us, difference, low, high) in rows.items():
        part = own if by == "all" else own[own[{"outlet country": "country"}.get(by, by)] == value]
        assert n == len(part)
        assert russia == pytest.approx((part["predicted"] == "pro-Russia").mean(), abs=1e-6)
        assert us == pytest.approx((part["predicted"] == "pro-US").mean(), abs=1e-6)
        assert difference == pytest.approx(russia - us, abs=2e-6)
        assert low < difference < high
    assert rows["language", "ru"][3] > 0.4 > 0.1 > abs(rows["language", "en"][3])


def test_languages_that_err_alike_raise_no_suspicion() -> None:
    found = symmetry(answered(None))
    assert found.suspicions == []
    assert len(found.tables[0]["rows"]) == 5


def test_sides_may_be_called_as_an_interval_s_edges_are() -> None:
    found = symmetry(answered("ru", ("high", "low", "n")))
    own = answered("ru", ("high", "low", "n")).rows["predicted"]
    errors = found.numbers["errors"]
    assert errors["rates"] == pytest.approx({side: (own == side).mean() for side in ("high", "low")}, abs=1e-6)
    assert errors["low"] < errors["difference"] < errors["high"]
    assert found.tables[0]["rows"][0][3:5] == [errors["rates"]["high"], errors["rates"]["low"]]
    drawn = plot("symmetry", {"numbers": dict(found.numbers)})
    assert drawn.startswith("<svg")
    assert "NaN" not in drawn


class Stubborn:
    """A pipeline of one step, itself, that says the first of its classes of any text."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes_ = np.array(classes)

    def __getitem__(self, step: int) -> "Stubborn":
        return self

    def predict_proba(self, rows: pd.DataFrame) -> Any:
        return np.eye(len(self.classes_))[np.zeros(len(rows), dtype=int)]


def stubborn(labels: tuple[str, ...], definitions: tuple[str, str] = ("", "")) -> Any:
    """What is found of a model that takes 80 sentences, which name a side, for the first label, rightly.

    Of 20 of them it is unsure what they were with the sides exchanged: of 10 the target, of 10 the text.
    """
    texts = ["Russia told the US no."] * 70 + ["South Russia is far."] * 10
    frame = pd.DataFrame(
        {"text": texts, "unit": [f"d{at}" for at in range(80)], "target": [None] * 70 + ["Moscow"] * 10}
    )
    frame.loc[:9, "target"] = "Ivanka Trump"
    frame = frame.assign(predicted=labels[0], label=labels[0], split="test", language="en", country=None)
    frame = frame.assign(**{f"p_{label}": float(label == labels[0]) for label in labels})
    of: Any = SimpleNamespace(settings=SimpleNamespace(seed=1))
    data: Any = SimpleNamespace(sides=labels[:2], labels=labels, question="q")
    model: Any = Stubborn(labels)
    return symmetry(Material(of, released(labels, definitions), data, model, frame, pd.DataFrame(), {}))


def test_a_model_that_does_not_heed_the_sides_is_named_and_what_is_left_out_is_counted() -> None:
    found = stubborn(LABELS)
    (says,) = [one.says for one in found.suspicions]
    assert "its stance turns over in only 0 % of 60 sentences" in says
    assert found.p is not None
    assert found.p < 0.001
    assert found.numbers["swap"]["unsure"] == 20
    assert "Left out as it is unsure what would stand for their words: 20 sentences." in found.note
    (worst,) = [table for table in found.tables if table["title"] == "Worst cases of the exchange"]
    assert {row[1] for row in worst["rows"]} == {"America told Russia no."}


@pytest.mark.parametrize("labels", [("against", "favor", "none"), ("pro-Russia", "anti-Russia", "neutral")])
def test_sides_that_are_not_russia_and_the_us_are_not_exchanged(labels: tuple[str, ...]) -> None:
    found = stubborn(labels)
    assert found.suspicions == []
    assert found.numbers["swap"] is None
    assert [table["title"] for table in found.tables] == ["Errors towards each side"]
    assert found.clear.endswith(
        "the sides are not Russia and the United States, so they are not exchanged in the text."
    )


@pytest.mark.parametrize("labels", [("Russia", "US", "x"), ("anti_US", "anti_Russia", "x"), ("for Moscow", "USA", "x")])
def test_sides_are_known_by_their_names(labels: tuple[str, ...]) -> None:
    assert stubborn(labels).numbers["swap"]["sides"]["n"] == 60


def test_sides_are_known_by_the_definitions_of_their_labels() -> None:
    east_west = ("east", "west", "none")
    assert stubborn(east_west, ("Praises Russia.", "Praises the United States.")).numbers["swap"]["sides"]["n"] == 60
    assert stubborn(east_west, ("Praises Russia, blames America.", "Praises America.")).numbers["swap"] is None
