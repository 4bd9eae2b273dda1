from itertools import combinations

import numpy as np
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.minhash import bucket_pairs, close_pairs, hashes, near_pairs, signatures


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_signatures_are_those_of_datasketch(texts):
    for text, signature in zip(texts, signatures(texts), strict=True):
        sketch = MinHash(num_perm=128, seed=1, hashfunc=int)
        sketch.update_batch(hashes(text).tolist())
        assert (sketch.hashvalues == signature).all()


def test_a_text_of_several_blocks_has_the_signature_of_the_whole():
    long = "".join(chr(97 + (n * n) % 23) for n in range(200_000))
    sketch = MinHash(num_perm=128, seed=1, hashfunc=int)
    sketch.update_batch(hashes(long).tolist())
    assert (sketch.hashvalues == signatures([long])[0]).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("abc ", min_size=1, max_size=30), min_size=2, max_size=10, unique=True))
def test_what_is_found_has_the_similarity_that_it_says(texts):
    texts = sorted(texts)

    def pieces(text):
        padded = f" {text} "
        return {padded[at : at + 5] for at in range(max(1, len(padded) - 4))}

    pairs, similarity = near_pairs(texts, 0.5)
    for (a, b), value in zip(pairs.tolist(), similarity, strict=True):
        assert a < b
        one, other = pieces(texts[a]), pieces(texts[b])
        assert value == len(one & other) / len(one | other) >= 0.5
    for a, b in combinations(range(len(texts)), 2):
        one, other = pieces(texts[a]), pieces(texts[b])
        if len(one & other) / len(one | other) > 0.9:
            assert [a, b] in pairs.tolist()


def test_a_bucket_of_many_rows_makes_few_pairs_and_stays_connected():
    keys = np.zeros((1000, 2), np.uint64)
    pairs = bucket_pairs(keys)
    assert len(pairs) <= 16 * 1000
    assert {(n, n + 1) for n in range(999)} <= set(map(tuple, pairs.tolist()))


def test_members_of_one_group_meet_whatever_the_order():
    groups, members = np.array([7, 5, 7, 5, 9]), np.array([3, 2, 0, 1, 4])
    assert close_pairs(groups, members, 5).tolist() == [[0, 3], [1, 2]]
    assert close_pairs(groups[:0], members[:0], 0).shape == (0, 2)
