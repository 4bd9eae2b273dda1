"""Copies that were planted by hand: an agency report, what others made of it, and reports that only share the event."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from corpus.console import ROOT
from corpus.copies.duplicates import cluster_ids, find_links
from corpus.copies.rewritten import align
from corpus.text.segment import sentences

CASPIAN = Path(__file__).parent / "copies" / "caspian.jsonl"


def rows(name, texts):
    return [(f"{name}-{at:02d}", name, at, text) for at, text in enumerate(texts)]


@pytest.fixture(scope="module")
def reports():
    """The planted reports, the user's spun article, and by name of the report its sentences."""
    found = {}
    for line in CASPIAN.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        found[record["id"]] = [record["text"][start:end] for start, end in sentences(record["text"])]
    found["seed"] = (ROOT / "corpus" / "sample" / "seed.txt").read_text(encoding="utf-8").splitlines()
    return found


def linked(reports, names):
    frame = pd.DataFrame(
        [row for name in names for row in rows(name, reports[name])], columns=["sentence_id", "doc_id", "start", "text"]
    )
    links = find_links(frame)
    frame["cluster_id"] = cluster_ids(frame, links)
    return frame, links


def documents(links):
    own = links[links["level"] == "document"]
    return {frozenset(pair) for pair in zip(own["a"], own["b"], strict=True)}


@pytest.mark.parametrize("copy", ["light", "synonyms", "reordered", "truncated", "seed"])
def test_an_original_and_its_copy_alone_in_a_corpus_are_joined(reports, copy):
    frame, links = linked(reports, ["original", copy])
    assert documents(links) == {frozenset(("original", copy))}
    held = frame.groupby("cluster_id")["doc_id"].nunique()
    assert (held == 2).sum() >= 0.6 * len(reports[copy])


@pytest.mark.parametrize("other", ["independent", "rival"])
@pytest.mark.parametrize("report", ["original", "synonyms", "truncated", "seed"])
def test_another_report_of_the_event_is_not_joined(reports, report, other):
    frame, links = linked(reports, [report, other])
    assert documents(links) == set()
    assert frame.groupby("cluster_id")["doc_id"].nunique().max() == 1


def test_all_together_the_copies_are_one_and_the_others_apart(reports):
    frame, links = linked(reports, sorted(reports))
    copies = set(reports) - {"independent", "rival"}
    pairs = documents(links)
    assert {name for pair in pairs for name in pair} == copies
    assert all(frozenset(("seed", name)) in pairs for name in copies - {"seed", "truncated"})
    # One cluster for each fact of the story, not one for the story.
    held = frame[frame["doc_id"].isin(copies)].groupby("doc_id")["cluster_id"]
    assert (held.nunique() >= held.size() - 1).all()


def test_a_spun_quotation_joins_the_original_one(reports):
    frame, _ = linked(reports, ["original", "seed"])
    spearhead = frame[frame["text"].str.contains("spearhead")]
    assert list(spearhead["doc_id"]) == ["original", "seed"]
    assert spearhead["cluster_id"].nunique() == 1


def test_the_articles_of_one_event_do_not_melt_into_one(news):
    links = news.links[news.links["level"] == "document"]
    record = news.documents.set_index("doc_id")["record_id"]
    pairs = {tuple(sorted((record[a], record[b]))) for a, b in zip(links["a"], links["b"], strict=True)}
    events = {name.rpartition("-")[0] for name in record}
    agency = {(f"{event}-01", f"{event}-02") for event in events}
    assert agency <= pairs
    numbers = {int(name.rpartition("-")[2]) for pair in pairs for name in pair}
    assert numbers == {1, 2, 3}
    assert all(a.rpartition("-")[0] == b.rpartition("-")[0] for a, b in pairs)


def test_another_day_s_bulletin_is_no_copy():
    bulletin = (
        "Russian forces shelled {0} settlements in the Kharkiv region on {1}. The attacks damaged {2} houses and a "
        "school, the head of the region said. {3} people were taken to hospital with shrapnel wounds. Rescuers put out "
        "{4} fires over the past day."
    )
    days = [bulletin.format(7, "May 3", 12, "Nine", 4), bulletin.format(5, "May 4", 31, "Two", 6)]
    frame, links = linked({str(n): [day[a:b] for a, b in sentences(day)] for n, day in enumerate(days)}, ["0", "1"])
    assert links.empty
    assert frame["cluster_id"].nunique() == len(frame)


def test_a_later_version_with_another_toll_is_a_copy():
    first = [
        "A freight train left the rails near the border town of Zabolotye early on Tuesday, the railway company said.",
        "At least 12 people were taken to hospital, most of them passengers of a bus at the crossing.",
        "Signals at the crossing had been reported as broken in March, a union of drivers said.",
        "The line to the ferry harbour will stay closed until Thursday evening.",
    ]
    later = [first[0], first[1].replace("12", "17"), *first[2:]]
    frame, _ = linked({"first": first, "later": later}, ["first", "later"])
    assert frame["cluster_id"].nunique() == 4


@pytest.mark.parametrize(
    ("similarity", "pairs"),
    [
        ([[0.9, 0.8], [0.8, 0.1]], [(0, 0)]),
        ([[0.1, 0.8], [0.9, 0.85]], [(1, 0), (0, 1)]),
        ([[0.5, 0.5]], [(0, 0)]),
        ([[0.2]], []),
    ],
)
def test_sentences_are_matched_one_to_one_the_most_similar_first(similarity, pairs):
    assert align(np.array(similarity), 0.4) == pairs
