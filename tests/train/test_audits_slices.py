"""Weak slices on tables that are made by hand."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from train.audits import slices


def material(rows: pd.DataFrame) -> Any:
    """As much of a :class:`train.audits.material.Material` as this audit asks for; nothing has an interval."""
    empty = dict.fromkeys(("event", "target", "language", "source_type"))
    rows = rows.assign(**empty, agreement=1.0, words=5, published_at=pd.NaT, unit=rows["doc_id"])
    rows["published_at"] = pd.to_datetime(rows["published_at"], utc=True)
    return SimpleNamespace(held_out=rows, seed=1, draws=lambda own, column: (np.zeros((2, 1, 2, 2)), None))


def wrong_in(outlets: dict[str, tuple[int, int]], country: dict[str, str]) -> pd.DataFrame:
    """For each outlet so many sentences, each a document of its own, and so many of them wrong."""
    rows = [
        (outlet, country[outlet], "b" if at < wrong else "a")
        for outlet, (number, wrong) in outlets.items()
        for at in range(number)
    ]
    frame = pd.DataFrame(rows, columns=["outlet", "country", "predicted"]).assign(label="a")
    return frame.assign(doc_id=[f"d{at}" for at in range(len(frame))])


def test_a_small_slice_that_is_far_weaker_is_named_behind_a_large_one_that_is_hardly_weaker() -> None:
    country = {"Large": "US", "Small": "GB", "Good": "GB", "Better": "GB"}
    rows = wrong_in({"Large": (4000, 1000), "Small": (100, 40), "Good": (2000, 350), "Better": (2000, 350)}, country)
    found = slices.slices(material(rows))
    weakest = found.tables[1]["rows"]
    assert weakest[0][0] in ("outlet is Large", "country is US")
    assert weakest[0][2] - weakest[0][3] < slices.GAP
    (suspicion,) = found.suspicions
    assert suspicion.says == "The model is weak where outlet is Small: 40 % errors in 100 sentences, 21 % elsewhere."
    assert suspicion.p is not None
    assert suspicion.p < 0.025


def test_a_difference_that_is_sure_but_small_is_said_where_nothing_is_found() -> None:
    country = {"Large": "US", "Good": "GB", "Better": "GB"}
    rows = wrong_in({"Large": (4000, 1000), "Good": (2000, 350), "Better": (2000, 350)}, country)
    found = slices.slices(material(rows))
    assert not found.suspicions
    assert found.p is not None
    assert found.p < 0.001
    assert found.clear.startswith("None of 5 slices errs 10 points more often than the rest; by less, but surely, one")
    assert found.clear.endswith(f"does: where {found.tables[1]['rows'][0][0]} there are 25 % errors, 18 % elsewhere.")


def test_what_chance_may_have_made_is_not_denied() -> None:
    rows = wrong_in({"Few": (40, 12), "One": (60, 9), "Two": (60, 9)}, {"Few": "US", "One": "GB", "Two": "GB"})
    found = slices.slices(material(rows))
    assert found.suspicions
    assert found.p is not None
    assert found.p > 0.025
    assert found.clear == "None of 5 slices errs 10 points more often than the rest by more than chance."


def test_a_pair_that_is_one_of_its_parts_is_searched_once() -> None:
    country = {"One": "US", "Two": "US", "Three": "GB"}
    found = slices.slices(material(wrong_in({"One": (50, 5), "Two": (50, 5), "Three": (50, 5)}, country)))
    names = {row[0] for row in found.tables[1]["rows"]}
    assert names == {"outlet is One", "outlet is Two", "outlet is Three", "country is US", "country is GB"}
    assert found.suspicions == []
    assert found.clear == "None of 5 slices errs 10 points more often than the rest."
