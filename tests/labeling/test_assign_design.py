"""Block designs: closed forms, limits, and what people have begun."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.assign.design import NoDesign, design, pair_counts


def drawn(sentences, overlap, people, *, seed=1, documents=None, **more):
    documents = documents or list(range(sentences))
    return design(documents, [overlap] * sentences, people, rng=np.random.default_rng(seed), **more)


def off_diagonal(counts):
    return counts[np.triu_indices(len(counts), 1)]


@pytest.mark.parametrize(
    ("people", "overlap", "sentences", "shared"),
    [
        (7, 3, 7, 1),  # the Fano plane
        (9, 3, 12, 1),  # the affine plane of order 3
        (13, 4, 13, 1),  # the projective plane of order 3
        (11, 5, 11, 2),  # the Paley biplane
        (10, 5, 18, 4),
        (5, 2, 10, 1),  # every pair once
        (6, 3, 20, 4),  # every three once
        (5, 3, 1000, 300),
        (4, 4, 9, 9),
    ],
)
def test_where_an_exact_design_exists_it_is_found(people, overlap, sentences, shared):
    counts = pair_counts(drawn(sentences, overlap, people), people)
    assert set(off_diagonal(counts)) == {shared}
    # Fisher's identities: r v = b k and r (k - 1) = lambda (v - 1).
    assert set(np.diag(counts)) == {sentences * overlap // people}
    assert shared * (people - 1) == sentences * overlap // people * (overlap - 1)


@pytest.mark.parametrize(("people", "overlap", "sentences"), [(5, 2, 13), (4, 2, 101), (10, 3, 500), (6, 2, 77)])
def test_else_pairs_and_loads_differ_by_one(people, overlap, sentences):
    counts = pair_counts(drawn(sentences, overlap, people), people)
    assert np.ptp(off_diagonal(counts)) == 1
    assert np.ptp(np.diag(counts)) == (sentences * overlap % people > 0)
    assert off_diagonal(counts).sum() == sentences * overlap * (overlap - 1) // 2


@given(
    st.integers(1, 9).flatmap(lambda people: st.tuples(st.just(people), st.integers(1, people))),
    st.integers(1, 40), st.integers(0, 3),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_each_sentence_has_its_people_and_loads_differ_by_one(sizes, sentences, seed):
    people, overlap = sizes
    found = drawn(sentences, overlap, people, seed=seed)
    assert all(len(set(block)) == overlap and set(block) <= set(range(people)) for block in found)
    loads = np.diag(pair_counts(found, people))
    assert loads.max() - loads.min() <= 1


def test_a_subset_with_overlap_keeps_loads_even_over_all():
    overlap = [3] * 20 + [1] * 80
    found = design(list(range(100)), overlap, 4, rng=np.random.default_rng(2))
    assert [len(block) for block in found] == overlap
    assert set(np.diag(pair_counts(found, 4))) == {35}
    assert np.ptp(off_diagonal(pair_counts(found, 4))) == 0


def test_the_same_seed_gives_the_same_design_and_another_one_another():
    assert drawn(50, 2, 5) == drawn(50, 2, 5)
    assert drawn(50, 2, 5) != drawn(50, 2, 5, seed=2)


def test_nobody_gets_more_of_a_document_than_allowed():
    documents = [n // 6 for n in range(60)]
    found = drawn(60, 2, 4, documents=documents, most=3)  # 6 x 2 answers, 4 people x 3: there is no slack at all
    seen = Counter((documents[n], person) for n, block in enumerate(found) for person in block)
    assert set(seen.values()) == {3}
    assert np.ptp(np.diag(pair_counts(found, 4))) == 0


def test_a_document_that_is_too_long_is_named():
    with pytest.raises(NoDesign) as told:
        drawn(10, 2, 4, documents=["long"] * 10, most=4)
    assert (told.value.document, told.value.wanted) == ("long", 20)


def test_what_was_begun_stays_and_the_rest_is_shared_evenly():
    # Person 3 has left after ten sentences; person 2 is new.
    fixed = [(0, 3)] * 5 + [(1, 3)] * 5 + [()] * 30
    found = drawn(40, 2, 3, fixed=fixed)
    assert all(set(block) <= set(after) for block, after in zip(fixed, found, strict=True))
    assert all(len(block) == 2 for block in found)
    assert found[:10] == fixed[:10]
    new = Counter(person for block in found[10:] for person in block)
    assert set(new.values()) == {20}
    assert 3 not in new


def test_work_beside_counts_as_load():
    found = drawn(30, 1, 3, loads=[15, 0, 0])
    assert Counter(block[0] for block in found) == {1: 15, 2: 15}
