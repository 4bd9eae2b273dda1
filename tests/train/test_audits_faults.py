"""Faults that were planted are named by the audit that is for them; the full size is benchmarks/trust.py."""

import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from corpus.console import ROOT
from train.audits import AUDITS, audits
from train.audits.material import gather
from train.audits.panel import panel
from train.audits.plots import plot
from train.evaluation.evaluate import measure
from train.fit import fit

NAMES = {
    "a copied sentence across the split": "leaks",
    "an outlet that decides the label": "leaks",
    "a label leak through a date": "leaks",
    "an annotator who clicks at random": "ceiling",
    "two camps": "panel",
    "5 % flipped labels": "label errors",
    'a model that only knows "Russia" is bad': "symmetry",
    "a test set too small for its claim": "enough data",
}
Found = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def worlds() -> Iterator[Any]:
    sys.path.append(str(ROOT / "benchmarks"))
    import worlds

    yield worlds
    sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture(scope="module")
def audited(worlds: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Found]:
    """The audits of a small world with a fault; each world is made once."""

    @cache
    def of(fault: str, again: bool = False) -> Found:
        folder: Path = tmp_path_factory.mktemp("world")
        dataset = worlds.released(folder / "datasets", 77, worlds.FAULTS.get(fault, worlds.CLEAN), documents=100)
        run = fit(dataset, runs=folder / "runs", settings=worlds.SETTINGS).run
        return audits(run, dataset, measure(run, dataset))[worlds.QUESTION]

    return of


def alarms(found: Found) -> list[str]:
    return [name for name, audit in found.items() if audit["verdict"] == "alarm"]


def test_every_fault_of_the_benchmark_is_a_test(worlds: Any) -> None:
    assert {fault: audit for fault, (_, _, audit) in worlds.FAULTS.items()} == NAMES


def test_a_clean_set_raises_no_alarm(audited: Callable[[str], Found]) -> None:
    found = audited("")
    assert list(found) == list(AUDITS)
    assert alarms(found) == []
    assert all(audit["verdict"] == "clear" and audit["says"] for audit in found.values())


@pytest.mark.parametrize(("fault", "audit"), NAMES.items(), ids=list(NAMES))
def test_a_planted_fault_is_named(audited: Callable[[str], Found], fault: str, audit: str) -> None:
    found = audited(fault)
    assert audit in alarms(found), found[audit]
    words = {
        "a copied sentence across the split": "copies of a training sentence",
        "an outlet that decides the label": "From the outlet alone",
        "a label leak through a date": "From the date alone",
        "an annotator who clicks at random": "dan@example.org agrees with the others hardly beyond chance",
        "two camps": "ann@example.org, ben@example.org, cas@example.org against",
        "5 % flipped labels": "contradict their gold label",
        'a model that only knows "Russia" is bad': "Errors go towards pro-US",
        "a test set too small for its claim": "The test has 8 documents; at least 20 are needed",
    }
    assert any(words[fault] in reason for reason in found[audit]["reasons"]), found[audit]["reasons"]
    if audit == "leaks":  # What the headline has room for comes first: metadata alone, else a copy.
        assert words[fault] in found[audit]["says"]


def test_the_same_inputs_give_the_same_plain_values(
    worlds: Any, tmp_path: Path, audited: Callable[[str], Found]
) -> None:
    dataset = worlds.released(tmp_path / "elsewhere", 77, documents=100)
    run = fit(dataset, runs=tmp_path / "runs", settings=worlds.SETTINGS).run
    again = audits(run, dataset, measure(run, dataset))[worlds.QUESTION]
    assert json.loads(json.dumps(again)) == json.loads(json.dumps(audited("")))


def test_every_audit_has_a_plot_and_short_tables(audited: Callable[[str], Found]) -> None:
    for name, audit in audited("two camps").items():
        drawn = plot(name, audit)
        assert drawn.startswith("<svg"), name
        assert "NaN" not in drawn
        for table in audit["tables"]:
            assert len(table["rows"]) <= 78, table["title"]
            assert all(len(row) == len(table["columns"]) for row in table["rows"]), table["title"]


def test_figures_are_those_of_a_world_where_only_the_text_tells(worlds: Any, audited: Callable[[str], Found]) -> None:
    found = audited("")
    leaks = found["leaks"]["numbers"]
    assert all(abs(part["value"] - 1 / 3) < 0.12 for part in leaks["metadata"].values())
    assert leaks["copies"]["test"] == 0
    people = found["ceiling"]["numbers"]["people"]
    # Each is right in 92 % of cases, and so are those that each is compared with, together in nearly all.
    assert all(0.85 < part["value"] < 0.97 for part in people.values())
    assert found["symmetry"]["numbers"]["swap"]["sides"]["value"] > 0.9
    assert found["panel"]["numbers"]["whole"]["ranking"][-1] == "majority"
    beside, weighed = found["words"]["tables"]
    assert beside["columns"] == list(worlds.STANCES)
    assert any(cell.endswith(" (side)") for row in beside["rows"] for cell in row)
    assert [row[0] for row in weighed["rows"][:3]] == list(worlds.STANCES)
    masked = found["words"]["numbers"]["masked"]
    assert masked["all names"] < masked["names that are no side"] == masked["nothing"]


def test_camps_that_are_given_are_those_that_are_left_out(worlds: Any, tmp_path: Path) -> None:
    dataset = worlds.released(tmp_path / "datasets", 77, worlds.FAULTS["two camps"], documents=60)
    run = fit(dataset, runs=tmp_path / "runs", settings=worlds.SETTINGS).run
    scores = measure(run, dataset)["questions"][worlds.QUESTION]
    wrong = tuple(f"{name}@example.org" for name in ("ann", "dan", "eve"))
    found = panel(gather(run, dataset, worlds.QUESTION, None, scores, wrong))
    assert found.numbers["camps"]["members"]["one"] == list(wrong)
    # These three are no camp, though two camps are there to be found.
    assert found.numbers["camps"]["gap"] < 0.1
    assert not found.suspicions
    assert panel(gather(run, dataset, worlds.QUESTION, None, scores)).suspicions
