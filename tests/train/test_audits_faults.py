"""Faults that were planted are named by the audit that is for them; the full size is benchmarks/trust.py."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import multimode
from typing import Any

import numpy as np
import pandas as pd
import pytest

from corpus.console import ROOT
from train.audits import AUDITS, audits
from train.audits.leaks import leaks
from train.audits.material import Material, gather
from train.audits.origins import blocks_of, dealt_dates
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


@pytest.fixture(scope="module")
def clean(worlds: Any, tmp_path_factory: pytest.TempPathFactory) -> Material:
    """What audits of a small clean world look at."""
    folder: Path = tmp_path_factory.mktemp("clean")
    dataset = worlds.released(folder / "datasets", 78, documents=60)
    run = fit(dataset, runs=folder / "runs", settings=worlds.SETTINGS).run
    return gather(run, dataset, worlds.QUESTION, None, measure(run, dataset)["questions"][worlds.QUESTION])


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
    beside, weighed = found["words"]["tables"][-2:]
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


def test_what_is_said_only_where_nothing_is_found_is_in_tables(audited: Callable[[str], Found]) -> None:
    found = audited("a test set too small for its claim")
    numbers = {name: audit["numbers"] for name, audit in found.items()}
    swap, more = numbers["symmetry"]["swap"], numbers["enough data"]["curve"]["more"]
    expected = {
        "symmetry": [swap[key][edge] for key in ("sides", "neutral") for edge in ("n", "value", "low", "high")],
        "words": [*numbers["words"]["masked"].values(), *numbers["words"]["share"].values()],
        "label errors": [value for part in numbers["label errors"]["surest"].values() for value in part.values()],
        "enough data": [more[key] for key in ("now", "labels", "gain", "low", "high")],
        "ceiling": [numbers["ceiling"]["together"][who]["value"] for who in ("people", "model")],
    }
    for name, values in expected.items():
        cells = [cell for table in found[name]["tables"] for row in table["rows"] for cell in row]
        assert all(value in cells for value in values), name
    enough = audited("")["enough data"]
    assert sorted(enough["tables"][-1]["rows"][0]) == sorted(enough["numbers"]["power"].values())


def test_documents_without_a_date_are_left_out_of_the_split_by_time(clean: Material) -> None:
    rows = clean.rows
    whole = leaks(clean)
    undated = rows["doc_id"].isin(sorted(set(rows["doc_id"]))[:2])
    found = leaks(replace(clean, rows=rows.assign(published_at=rows["published_at"].mask(undated))))
    assert whole.numbers["splits"]["time"]["undated"] == 0
    assert "There is no split by" not in whole.note
    time = found.numbers["splits"]["time"]
    assert (time["undated"], time["groups"]) == (2, 5)
    assert found.note.endswith("The split by time is without 2 documents of no known date.")
    none = leaks(replace(clean, rows=rows.assign(published_at=pd.NaT, outlet="One")))
    assert {"outlet", "time"}.isdisjoint(none.numbers["splits"])
    assert "There is no split by outlet: fewer than three outlets are known." in none.note
    assert none.note.endswith("There is no split by time: documents are of fewer than five known days.")


def test_rows_without_a_date_teach_nothing_about_later_ones() -> None:
    documents = np.arange(12)
    order = np.array([np.nan, *range(10), np.nan])
    assert blocks_of(order, documents).tolist() == [5, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    dealt = dealt_dates(order, np.random.default_rng(0))
    assert np.isnan(dealt[[0, 11]]).all()
    assert sorted(dealt[1:11]) == list(range(10))
    assert dealt[1:11].tolist() != list(range(10))


def test_metadata_are_called_what_they_are_and_length_alone_is_no_leak(clean: Material) -> None:
    # The longer a sentence, the further its label; no source type is known.
    words = clean.rows["label"].map({label: 10 * (at + 1) for at, label in enumerate(clean.labels)})
    rows = clean.rows.assign(words=words, source_type=None)
    says = [suspicion.says for suspicion in leaks(replace(clean, rows=rows)).suspicions]
    (said,) = [text for text in says if text.startswith("From outlet, date and length alone")]
    assert "from the length alone" in said
    # Nothing is known but the sentence: its own length and source are no leak, and no two splits can be compared.
    alone = rows.assign(
        source_type=np.where(words > 10, "none", "military"),
        outlet=None,
        event=None,
        published_at=pd.NaT,
        unit=rows.index,
        doc_id=rows.index,
    )
    found = leaks(replace(clean, rows=alone))
    assert found.numbers["metadata"]["length"]["value"] > 0.9
    assert found.suspicions == []
    assert found.unknown is not None
    assert found.unknown.startswith("Nothing could be tested but copies. Macro-F1 is")


def test_a_label_that_is_lost_has_moved(clean: Material) -> None:
    people = sorted(clean.votes["annotator"].unique())[:3]
    votes = clean.votes[clean.votes["annotator"].isin(people)]
    found = panel(replace(clean, votes=votes))
    votes = votes[votes["sentence_id"].isin(clean.held_out.index)]
    given = {name: part["label"].tolist() for name, part in votes.groupby("sentence_id")}
    left = {
        name: part["label"].tolist() for name, part in votes[votes["annotator"] != people[0]].groupby("sentence_id")
    }
    gold = {name: only for name, labels in given.items() if len(only := multimode(labels)) == 1}
    after = [(only, multimode(left.get(name, []))) for name, only in gold.items()]
    without = found.numbers["without"][people[0]]
    assert without["lost"] == pytest.approx(np.mean([len(now) != 1 for _, now in after]))
    assert without["moved"] == pytest.approx(np.mean([was != now for was, now in after]))
    assert without["lost"] > 0
    assert f"up to {max(100 * part['moved'] for part in found.numbers['without'].values()):.0f} %" in found.clear
    assert found.clear.endswith("Camps cannot be told apart: each takes two annotators who share sentences.")
