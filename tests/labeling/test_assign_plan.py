"""The plan of a batch: order, arms, gold and second showings, each drawn by itself."""

import json

import pandas as pd
import pytest

from corpus.errors import UsageError
from labeling.assign.plan import Asked, Beside, loads, pairs, plan
from labeling.assign.rebalance import share_out, to_move

PEOPLE = ("ann@example.com", "bob@example.com", "cyd@example.com", "dan@example.com")
KNOWN = {f"g{n}": json.dumps({"stance": "a"}) for n in range(50)}


def batch(sentences=60, per_document=3):
    return pd.DataFrame(
        {
            "sentence_id": [f"s{n:03}" for n in range(sentences)],
            "doc_id": [f"d{n // per_document}" for n in range(sentences)],
        }
    )


def planned(sentences=60, *, people=PEOPLE, beside=Beside(), **asked):  # noqa: B008 - frozen
    return plan(batch(sentences), people, Asked(**{"overlap": 2, "seed": 7} | asked), beside)


def of(found, kind, person=None):
    rows = found[found["kind"] == kind]
    return rows if person is None else rows[rows["annotator"] == person]


def test_everyone_gets_as_much_and_every_pair_shares_as_much():
    found = planned()
    assert {row["sentences"] for row in loads(found)} == {30}
    assert {pair["sentences"] for pair in pairs(found)} == {10}
    assert found.groupby("sentence_id")["annotator"].nunique().eq(2).all()
    for _, own in found.groupby("annotator"):
        assert own["position"].tolist() == list(range(len(own)))
        assert own["sentence_id"].tolist() != sorted(own["sentence_id"])


def test_the_same_seed_gives_the_same_plan_whatever_the_order_of_names():
    assert planned().equals(planned(people=PEOPLE[::-1]))
    assert not planned().equals(planned(seed=8))


def test_part_of_the_batch_has_overlap_and_the_rest_is_labelled_once():
    found = planned(overlap=3, overlap_share=0.2)
    assert found.groupby("sentence_id")["annotator"].nunique().value_counts().to_dict() == {3: 12, 1: 48}
    assert {row["sentences"] for row in loads(found)} == {21}
    assert {pair["sentences"] for pair in pairs(found)} == {6}


def test_gold_is_mixed_in_at_its_rate_and_leaves_the_rest_as_it_was():
    found = planned(gold_rate=0.1, beside=Beside(known=KNOWN | {"s000": "{}"}))
    for person in PEOPLE:
        gold = of(found, "gold", person)
        assert len(gold) == 3  # 3 of 33
        assert gold["known"].notna().all()
        assert not set(gold["sentence_id"]) & set(of(found, "normal", person)["sentence_id"])
    plain = planned()
    assert set(zip(of(found, "normal")["annotator"], of(found, "normal")["sentence_id"], strict=True)) == set(
        zip(plain["annotator"], plain["sentence_id"], strict=True)
    )
    places = of(found, "gold")["position"]
    assert places.min() < 15 < places.max()


def test_second_showings_stand_behind_and_come_from_the_first_half():
    found = planned(retest_share=0.2)
    for person in PEOPLE:
        own = found[found["annotator"] == person]
        again = of(own, "retest")
        assert len(again) == 6
        assert again["position"].min() == 30
        first = of(own, "normal").set_index("sentence_id")["position"]
        assert first[again["sentence_id"]].max() < 15
        assert again["sentence_id"].is_unique


def test_what_was_labelled_weeks_ago_comes_back_first():
    earlier = {PEOPLE[0]: ["old1", "old2"]}
    found = planned(retest_share=0.2, beside=Beside(earlier=earlier))
    assert {"old1", "old2"} < set(of(found, "retest", PEOPLE[0])["sentence_id"])
    assert len(of(found, "retest", PEOPLE[0])) == 6


def test_arms_are_drawn_by_sentence_and_apart_from_each_other():
    found = planned(cue_share=0.5, suggestion_share=0.25, retest_share=0.2, gold_rate=0.1, beside=Beside(known=KNOWN))
    normal = of(found, "normal")
    by_sentence = normal.groupby("sentence_id")[["cue", "suggestion"]]
    assert by_sentence.nunique().eq(1).all(axis=None)
    assert by_sentence.first().sum().to_dict() == {"cue": 30, "suggestion": 15}
    assert 0 < (by_sentence.first()["cue"] & by_sentence.first()["suggestion"]).sum() < 15
    rest = found[found["kind"] != "normal"]
    assert not rest["suggestion"].any()
    suggested = set(normal.loc[normal["suggestion"], "sentence_id"])
    assert not suggested & set(of(found, "retest")["sentence_id"])
    cue = normal.drop_duplicates("sentence_id").set_index("sentence_id")["cue"]
    again = of(found, "retest")
    assert again["cue"].tolist() == cue[again["sentence_id"]].tolist()


def test_an_order_that_is_asked_for_wins_over_the_lot():
    order = [f"s{n:03}" for n in range(59, 10, -1)]
    for _, own in planned(beside=Beside(order=order)).groupby("annotator"):
        listed = [sentence for sentence in own["sentence_id"] if sentence in order]
        assert listed == sorted(listed, reverse=True)
        assert own["sentence_id"].tolist()[: len(listed)] == listed


def test_what_cannot_be_is_said_with_its_numbers():
    with pytest.raises(UsageError, match=r"overlap of 5 needs as many annotators, got 4 \(ann@example.com"):
        planned(overlap=5)
    with pytest.raises(UsageError, match="has 6 answers to give, and 4 annotators with at most 1") as told:
        planned(max_per_document=1)
    assert "--max-per-document" in str(told.value)


def test_nobody_gets_more_of_a_document_than_asked():
    found = planned(max_per_document=2)
    document = batch().set_index("sentence_id")["doc_id"]
    counts = found.groupby(["annotator", found["sentence_id"].map(document)]).size()
    assert counts.max() == 2
    assert {row["sentences"] for row in loads(found)} == {30}


def test_who_is_new_takes_from_each_what_is_beyond_an_equal_share():
    rows = [(f"{who}{n}", who, f"s{n}{who}", "normal") for who in ("ann", "bob") for n in range(6)]
    current = pd.DataFrame([*rows, ("g", "ann", "s9", "gold")], columns=["item", "annotator", "sentence_id", "kind"])
    there = current[["sentence_id"]].assign(doc_id="d")
    moving = to_move(there, current, set(), ["ann", "bob", "cyd"], Asked(1, seed=1))
    assert sorted(item[:3] for item in moving) == ["ann", "ann", "bob", "bob"]
    begun = {f"ann{n}" for n in range(6)}
    moving = to_move(there, current, begun, ["ann", "bob", "cyd"], Asked(1, seed=1))
    assert [item[:3] for item in moving] == ["bob"] * 4, "of six that nobody began, two for each of three"


def shared_again(current, begun, people, asked):
    """The assignments after a rebalance, and how many items moved."""
    there = batch(current["sentence_id"].nunique())
    moving, added = share_out(there, current, begun, people, asked, Beside())
    kept = current[~current["item"].isin(moving)]
    named = added.assign(item=[f"{len(moving)} {n}" for n in range(len(added))])
    return pd.concat([kept, named], ignore_index=True), len(moving)


@pytest.mark.parametrize(("overlap", "most"), [(1, None), (1, 2), (2, None), (2, 2), (4, None), (4, 3)])
def test_sharing_out_again_among_the_same_people_moves_nothing_more(overlap, most):
    found = planned(30, overlap=overlap, max_per_document=most)
    current = found.assign(item=[f"i{n}" for n in range(len(found))])
    asked = Asked(overlap, max_per_document=most, seed=7)
    # Somebody is quick: they have less left than the others.
    begun = set(current.loc[current["annotator"] == PEOPLE[0], "item"].head(6))
    once, moved = shared_again(current, begun, PEOPLE, asked)
    assert moved if overlap == 1 else moved < 15, "of what everybody has, nothing can be handed on"
    twice, again = shared_again(once, begun, PEOPLE, asked)
    assert again == 0
    assert len(twice) == len(once) == len(current)


def test_a_limit_on_documents_leaves_nothing_to_move_a_second_time():
    """Here the search alone ends one item off, which it finds when it is asked again."""
    found = planned(30, max_per_document=2)
    current = found.assign(item=[f"i{n}" for n in range(len(found))])
    begun = {item for who in PEOPLE[1:3] for item in current.loc[current["annotator"] == who, "item"].head(6)}
    people, asked = (*PEOPLE[1:], "eve@example.com"), Asked(2, max_per_document=2, seed=7)
    once, moved = shared_again(current, begun, people, asked)
    assert moved
    assert shared_again(once, begun, people, asked)[1] == 0
